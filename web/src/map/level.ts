// The level that follows the zoom: the finest whose median area covers enough of the screen. Pure.
import type { Level } from '../api/types';

/** Square pixels that the median area must cover. */
const ENOUGH_PX2 = 150;
/** Zooms that a change must pass, so that a level does not flicker. */
const HYSTERESIS = 0.3;
const TILE = 512;

/** The share of a campaign's bounding box that its areas fill, and of an area's own box: about this. */
const FILLED = 0.6;

const mercator = (lat: number) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

/** The square pixels of a box [west, south, east, north] at zoom 0. */
export const boxPx2 = ([w, s, e, n]: readonly [number, number, number, number]): number =>
  Math.abs(((e - w) / 360) * (mercator(n) - mercator(s))) * TILE * TILE;

/** Median square pixels at zoom 0 of the level's areas, from a guess by count. */
export const guess = (bounds: readonly [number, number, number, number], count: number): number =>
  (boxPx2(bounds) * FILLED) / Math.max(1, count);

export function levelAt(
  levels: readonly Level[],
  median: (level: Level) => number,
  zoom: number,
  now: string | null,
): string {
  const fits = (l: Level, z: number) => z >= l.minzoom && median(l) * 4 ** z >= ENOUGH_PX2;
  const index = levels.findIndex((l) => l.id === now);
  let best = 0;
  levels.forEach((l, i) => {
    const z = index < 0 ? zoom : i > index ? zoom - HYSTERESIS : i === index ? zoom + HYSTERESIS : zoom;
    if (fits(l, z)) best = i;
  });
  return levels[best]!.id;
}

/** How many times the place where most electors live a campaign may be, and still be opened whole. */
const WHOLE = 8;
/** What the map opens on: the whole campaign, or where most electors live when the rest is far from it. */
export const opening = (
  bounds: readonly [number, number, number, number],
  home: readonly [number, number, number, number],
): readonly [number, number, number, number] => (boxPx2(bounds) <= WHOLE * boxPx2(home) ? bounds : home);
