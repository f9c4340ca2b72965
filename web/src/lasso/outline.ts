// From a stroke of the hand to an outline that does not cross itself and is short enough for a link. Pure, in pixels.

export type Point = readonly [x: number, y: number];

/** Corners of an outline: so that its link is a line of text. */
export const MOST_CORNERS = 120;
/** Pixels that a corner may be moved at first. */
const TOLERANCE = 1;

/** Where two segments cross, or null. */
function crossing(a: Point, b: Point, c: Point, d: Point): Point | null {
  const [rx, ry, sx, sy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]];
  const over = rx * sy - ry * sx;
  if (over === 0) return null;
  const [qx, qy] = [c[0] - a[0], c[1] - a[1]];
  const [t, u] = [(qx * sy - qy * sx) / over, (qx * ry - qy * rx) / over];
  return t < 0 || t > 1 || u < 0 || u > 1 ? null : [a[0] + t * rx, a[1] + t * ry];
}

/** The two sides of a ring that cross each other, with the point; null where none do. */
function crossed(ring: readonly Point[]): { i: number; j: number; at: Point } | null {
  const n = ring.length;
  for (let i = 0; i < n; i++)
    for (let j = n - 1; j > i + 1; j--) {
      if (i === 0 && j === n - 1) continue;
      const at = crossing(ring[i]!, ring[i + 1]!, ring[j]!, ring[(j + 1) % n]!);
      if (at) return { i, j, at };
    }
  return null;
}
export const crosses = (ring: readonly Point[]): boolean => crossed(ring) !== null;

const surface = (ring: readonly Point[]): number =>
  Math.abs(
    ring.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = ring[(i + 1) % ring.length]!;
      return sum + x * nextY - nextX * y;
    }, 0),
  ) / 2;

/** The largest loop of a ring that crosses itself: the ends of a stroke beyond their crossing fall away. */
export function loop(ring: readonly Point[]): readonly Point[] {
  let now = ring;
  for (let found = crossed(now); found; found = crossed(now)) {
    const { i, j, at } = found;
    const inner = [at, ...now.slice(i + 1, j + 1)];
    const outer = [...now.slice(0, i + 1), at, ...now.slice(j + 1)];
    now = surface(inner) >= surface(outer) ? inner : outer;
  }
  return now;
}

function farFrom([x, y]: Point, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = Math.hypot(dx, dy);
  return length === 0 ? Math.hypot(x - a[0], y - a[1]) : Math.abs(dy * (x - a[0]) - dx * (y - a[1])) / length;
}

/** A line with its corners of less than a tolerance left out (Douglas and Peucker 1973). */
function straightened(line: readonly Point[], tolerance: number): readonly Point[] {
  if (line.length < 3) return line;
  const [a, b] = [line[0]!, line.at(-1)!];
  let [at, far] = [0, 0];
  for (let i = 1; i < line.length - 1; i++) {
    const d = farFrom(line[i]!, a, b);
    if (d > far) [at, far] = [i, d];
  }
  if (far <= tolerance) return [a, b];
  return [
    ...straightened(line.slice(0, at + 1), tolerance).slice(0, -1),
    ...straightened(line.slice(at), tolerance),
  ];
}

/** The outline that a stroke draws; null where it holds no surface. */
export function outlineOf(stroke: readonly Point[]): readonly Point[] | null {
  let tolerance = TOLERANCE;
  let line = straightened(stroke, tolerance);
  while (line.length > MOST_CORNERS) {
    tolerance *= 1.5;
    line = straightened(stroke, tolerance);
  }
  const [first, last] = [line[0], line.at(-1)];
  const closed = first && last && Math.hypot(first[0] - last[0], first[1] - last[1]) < 1;
  const ring = loop(closed ? line.slice(0, -1) : line);
  return ring.length < 3 || surface(ring) < 1 ? null : ring;
}
