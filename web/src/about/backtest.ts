// What a back-test says, in numbers that can be drawn. Pure.
import type { Evaluation, Tried } from '../api/types';

/** Whether a result fell within the interval that was predicted for it. */
export const isInside = (t: Tried): boolean => t.actual >= t.low && t.actual <= t.high;

/** Mean absolute error of points, in points (0 to 100). */
export const errorOf = (points: readonly Tried[]): number =>
  points.length === 0
    ? 0
    : (100 * points.reduce((s, t) => s + Math.abs(t.predicted - t.actual), 0)) / points.length;

/** The groups that a scatter plot has points of, in their order. */
export const groupsIn = (e: Evaluation): readonly string[] => [...new Set(e.scatter.map((t) => t.group))];

/** The ends of an axis that holds every point and interval: whole tens of percents. */
export function axisOf(points: readonly Tried[]): readonly [number, number] {
  const all = points.flatMap((t) => [t.low, t.high, t.actual]);
  if (all.length === 0) return [0, 1];
  const low = Math.floor(Math.min(...all) * 10 + 1e-9) / 10;
  const high = Math.ceil(Math.max(...all) * 10 - 1e-9) / 10;
  return [Math.max(-1, low), Math.min(1, Math.max(high, low + 0.1))];
}

/** Ticks of an axis, at most six. */
export function ticks([low, high]: readonly [number, number]): readonly number[] {
  const step = high - low > 0.5 ? 0.2 : 0.1;
  const out: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9; k++)
    out.push(k === 0 ? 0 : Math.round(k * step * 10) / 10);
  return out;
}

/** The classes of areas of the method and the number of answers that the rest of the page is of. */
export function classesOf(e: Evaluation): Evaluation['by_class'] {
  const most = Math.max(...e.by_class.map((c) => c.answers));
  return e.by_class.filter((c) => c.method === e.method && c.answers === most);
}

/** The words of a class of areas: which vocabulary entry, with what in its place. */
export function classWord(name: string): {
  readonly key: 'visited' | 'not visited' | 'size' | 'level' | null;
  readonly x: string;
} {
  if (name === 'visited' || name === 'not visited') return { key: name, x: '' };
  const colon = name.indexOf(':');
  const kind = name.slice(0, colon);
  const x = name.slice(colon + 1);
  return kind === 'size' || kind === 'level' ? { key: kind, x } : { key: null, x: name };
}
