// From the ground to a frame of paper: Web Mercator, a round scale, the tiles that cover it, labels that do not meet. Pure.

export type Box = readonly [west: number, south: number, east: number, north: number];

/** A place in the square of Web Mercator, both in 0..1, y downwards. */
export function mercator(lon: number, lat: number): readonly [number, number] {
  const y = Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  return [lon / 360 + 0.5, 0.5 - y / (2 * Math.PI)];
}
const latitude = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

/** Length of the equator in the sphere of Web Mercator, metres. */
const EQUATOR_M = 2 * Math.PI * 6_378_137;
/** Scales that people know: 1, 2, 2.5 or 5 thousands, tens of thousands, millions. */
const ROUND = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8];

export interface Frame {
  /** Left and top in Mercator. */
  readonly x: number;
  readonly y: number;
  /** Millimetres of paper in the whole Mercator square. */
  readonly k: number;
  readonly width: number;
  readonly height: number;
  /** 1 to so many, at the middle of the frame. */
  readonly scale: number;
  /** Metres of ground in a millimetre of paper, at the middle of the frame. */
  readonly metres: number;
}

/** The frame of so many mm that holds a box at a round scale, the box in its middle. */
export function frameOf([west, south, east, north]: Box, width: number, height: number): Frame {
  const [x0, y0] = mercator(west, north);
  const [x1, y1] = mercator(east, south);
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const ground = EQUATOR_M * Math.cos((latitude(cy) * Math.PI) / 180);
  const least = Math.max(((x1 - x0) * ground * 1000) / width, ((y1 - y0) * ground * 1000) / height, 500);
  const size = 10 ** Math.floor(Math.log10(least));
  const scale = (ROUND.find((m) => m * size >= least) ?? 10) * size;
  const k = (ground * 1000) / scale;
  return { x: cx - width / 2 / k, y: cy - height / 2 / k, k, width, height, scale, metres: scale / 1000 };
}

/** A place in mm from the frame's left and top. */
export function placeIn(f: Frame, lon: number, lat: number): readonly [number, number] {
  const [x, y] = mercator(lon, lat);
  return [(x - f.x) * f.k, (y - f.y) * f.k];
}

export interface TileAt {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  /** Left, top and side in mm. */
  readonly left: number;
  readonly top: number;
  readonly side: number;
}
/** As many tiles as a frame may be drawn from. */
const MOST_TILES = 20;

/** The tiles of a tileset that cover a frame: the finest zoom that needs at most twenty. */
export function tilesOf(f: Frame, minzoom: number, maxzoom: number): readonly TileAt[] {
  const [w, h] = [f.width / f.k, f.height / f.k];
  const span = (z: number) => {
    const n = 2 ** z;
    const at = (v: number) => Math.min(n - 1, Math.max(0, Math.floor(v * n)));
    return { n, x0: at(f.x), x1: at(f.x + w), y0: at(f.y), y1: at(f.y + h) };
  };
  let z = maxzoom;
  for (; z > minzoom; z--) {
    const s = span(z);
    if ((s.x1 - s.x0 + 1) * (s.y1 - s.y0 + 1) <= MOST_TILES) break;
  }
  const s = span(z);
  const side = f.k / s.n;
  const out: TileAt[] = [];
  for (let y = s.y0; y <= s.y1; y++)
    for (let x = s.x0; x <= s.x1; x++)
      out.push({ z, x, y, left: (x / s.n - f.x) * f.k, top: (y / s.n - f.y) * f.k, side });
  return out;
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
