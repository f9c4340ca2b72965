// From the ground to a frame of paper: a projection, a round scale, the tiles that cover it, labels that do not meet. Pure.
import type { Box, Projection } from './projection';

export type { Box } from './projection';

/** A place in the square of Web Mercator, both in 0..1, y downwards. */
export function mercator(lon: number, lat: number): readonly [number, number] {
  const y = Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  return [lon / 360 + 0.5, 0.5 - y / (2 * Math.PI)];
}
const latitude = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

/** Scales that people know: 1, 2, 2.5 or 5 thousands, tens of thousands, millions. */
const ROUND = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8];
/** Places looked at along each side: a straight side of a box is a curve on paper, and the other way round. */
const ALONG = 16;

export interface Frame {
  readonly projection: Projection;
  /** Left and top, metres east and north. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** 1 to so many. */
  readonly scale: number;
  /** Metres of ground in a millimetre of paper. */
  readonly metres: number;
}

/** The corners and sides of a rectangle, as places. */
function rim(x0: number, y0: number, x1: number, y1: number): readonly (readonly [number, number])[] {
  return Array.from({ length: ALONG + 1 }, (_, i) => i / ALONG).flatMap((t) => {
    const [x, y] = [x0 + t * (x1 - x0), y0 + t * (y1 - y0)];
    return [
      [x, y0],
      [x, y1],
      [x0, y],
      [x1, y],
    ] as const;
  });
}
function extent(places: readonly (readonly [number, number])[]): Box {
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The frame of so many mm that holds a box at a round scale, the box in its middle. */
export function frameOf(box: Box, width: number, height: number, projection: Projection): Frame {
  const [x0, y0, x1, y1] = extent(rim(...box).map(([lon, lat]) => projection.project(lon, lat)));
  const least = Math.max(((x1 - x0) * 1000) / width, ((y1 - y0) * 1000) / height, 500);
  const size = 10 ** Math.floor(Math.log10(least));
  const scale = (ROUND.find((m) => m * size >= least) ?? 10) * size;
  const metres = scale / 1000;
  return {
    projection,
    x: (x0 + x1) / 2 - (width / 2) * metres,
    y: (y0 + y1) / 2 + (height / 2) * metres,
    width,
    height,
    scale,
    metres,
  };
}

/** A place in mm from the frame's left and top. */
export function placeIn(f: Frame, lon: number, lat: number): readonly [number, number] {
  const [x, y] = f.projection.project(lon, lat);
  return [(x - f.x) / f.metres, (f.y - y) / f.metres];
}

/** Rows whose point [longitude, latitude, ...] lies outside of the frame. */
export function beyond(f: Frame, points: readonly (number | null)[]): readonly number[] {
  const rows = Array.from({ length: points.length / 2 }, (_, row) => row);
  return rows.filter((row) => {
    const [lon, lat] = [points[2 * row], points[2 * row + 1]];
    if (typeof lon !== 'number' || typeof lat !== 'number') return false;
    const [x, y] = placeIn(f, lon, lat);
    return !(x >= 0 && x <= f.width && y >= 0 && y <= f.height);
  });
}

/** Degrees clockwise from the top of the sheet to the north, at the middle of the frame. */
export function northOf(f: Frame): number {
  const [lon] = f.projection.unproject(f.x + (f.width / 2) * f.metres, f.y - (f.height / 2) * f.metres);
  return f.projection.north(lon);
}

export interface TileAt {
  readonly z: number;
  readonly x: number;
  readonly y: number;
}
/** As many tiles as a frame may be drawn from. */
const MOST_TILES = 20;

/** The tiles of a tileset that cover a frame: the finest zoom that needs at most twenty. */
export function tilesOf(f: Frame, minzoom: number, maxzoom: number): readonly TileAt[] {
  const [right, bottom] = [f.x + f.width * f.metres, f.y - f.height * f.metres];
  const seen = rim(f.x, bottom, right, f.y).map(([x, y]) => mercator(...f.projection.unproject(x, y)));
  const [x0, y0, x1, y1] = extent(seen.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)));
  const span = (z: number) => {
    const n = 2 ** z;
    const row = (v: number) => Math.min(n - 1, Math.max(0, Math.floor(v * n)));
    const first = Math.floor(x0 * n);
    // A frame over the 180th meridian goes on at the other side, once around at most.
    return { n, first, columns: Math.min(n, Math.floor(x1 * n) - first + 1), y0: row(y0), y1: row(y1) };
  };
  let z = maxzoom;
  for (; z > minzoom; z--) {
    const s = span(z);
    if (s.columns * (s.y1 - s.y0 + 1) <= MOST_TILES) break;
  }
  const s = span(z);
  const out: TileAt[] = [];
  for (let y = s.y0; y <= s.y1; y++)
    for (let i = 0; i < s.columns; i++) out.push({ z, x: (((s.first + i) % s.n) + s.n) % s.n, y });
  return out;
}

/** Where a tile's own units lie on the frame, mm. */
export function placerOf(
  f: Frame,
  t: TileAt,
  units: number,
): (x: number, y: number) => readonly [number, number] {
  const n = 2 ** t.z;
  return (x, y) => placeIn(f, ((t.x + x / units) / n) * 360 - 180, latitude((t.y + y / units) / n));
}

/** The outline of a tile on the frame as path data in mm, `over` parts of its side larger. */
export function outlineOf(f: Frame, t: TileAt, over: number): string {
  const place = placerOf(f, t, ALONG);
  const more = over * ALONG;
  const [a, b] = [-more, ALONG + more];
  const steps = Array.from({ length: ALONG + 1 }, (_, i) => a + (i / ALONG) * (b - a));
  const ring = [
    ...steps.map((x) => place(x, a)),
    ...steps.map((y) => place(b, y)),
    ...steps.map((x) => place(b + a - x, b)),
    ...steps.map((y) => place(a, b + a - y)),
  ];
  return `M${ring.map(([x, y]) => `${x.toFixed(3)} ${y.toFixed(3)}`).join('L')}Z`;
}

/** A round length of ground that takes at most `most` mm, and the mm it takes. */
export function scaleBar(f: Frame, most: number): { readonly metres: number; readonly mm: number } {
  const longest = most * f.metres;
  const size = 10 ** Math.floor(Math.log10(longest));
  const metres = ([5, 2, 1].find((m) => m * size <= longest) ?? 1) * size;
  return { metres, mm: metres / f.metres };
}

export interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}
/** Mean width of a letter, in heights of the type. */
const LETTER = 0.5;
/** Free space around a label, mm. */
const AROUND = 0.7;

/** The labels that have room, the first of the list first; each stays within the frame. */
export function roomFor(labels: readonly Label[], f: Frame): readonly Label[] {
  const taken: [number, number, number, number][] = [];
  const out: Label[] = [];
  for (const l of labels) {
    const w = (l.text.length * LETTER * l.size) / 2 + AROUND;
    const h = l.size / 2 + AROUND;
    const box: [number, number, number, number] = [l.x - w, l.y - h, l.x + w, l.y + h];
    if (box[0] < 0 || box[1] < 0 || box[2] > f.width || box[3] > f.height) continue;
    if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
    taken.push(box);
    out.push(l);
  }
  return out;
}

/** The box around boxes; null around none. */
export function around(boxes: readonly (Box | null)[]): Box | null {
  const known = boxes.filter((b): b is Box => b !== null);
  if (known.length === 0) return null;
  return known.reduce((a, b) => [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.max(a[3], b[3]),
  ]);
}
