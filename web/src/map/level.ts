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

type Bounds = readonly [number, number, number, number];

/** The zoom at which a box [west, south, east, north] fills so many pixels. */
export function zoomFor([w, s, e, n]: Bounds, width: number, height: number): number {
  const across = Math.log2((Math.max(1, width) * 360) / TILE / Math.max(1e-9, e - w));
  const up = Math.log2(Math.max(1, height) / TILE / Math.max(1e-9, mercator(n) - mercator(s)));
  return Math.min(across, up);
}
/** How many times the place where most electors live a campaign may be, and still be opened whole. */
const WHOLE = 8;
/**
 * What the map opens on in so many pixels: the whole campaign, or where most electors live when the rest is far from it
 * or there is nothing to draw at so small a scale.
 */
export const opening = (c: Opened, width: number, height: number): Bounds =>
  boxPx2(c.bounds) <= WHOLE * boxPx2(c.home) && zoomFor(c.bounds, width, height) >= c.minzoom
    ? c.bounds
    : c.home;
/** Whether what the map opens on has room in so many pixels at a zoom that has something to draw. */
export const fitsWhole = (c: Opened, width: number, height: number): boolean =>
  zoomFor(opening(c, width, height), width, height) >= c.minzoom;
export interface Opened {
  readonly bounds: Bounds;
  readonly home: Bounds;
  /** The first zoom of the coarsest level. */
  readonly minzoom: number;
}
