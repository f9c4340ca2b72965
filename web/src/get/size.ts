// How large a download will be, and who is to be credited. Pure.
import type { Lang } from '../api/types';
import { number } from '../format/number';

/** Bytes as people read them: "48 kB", "1.2 MB"; `unit` gives the words. */
export function sizeText(bytes: number, lang: Lang): { readonly n: string; readonly unit: 'kb' | 'mb' } {
  if (bytes < 1_000_000) return { n: number(Math.max(1, Math.round(bytes / 1000)), lang, 0), unit: 'kb' };
  const mb = bytes / 1_000_000;
  return { n: number(mb, lang, mb < 10 ? 1 : 0), unit: 'mb' };
}

/** Whether a point lies in a box [west, south, east, north]; one that crosses the antimeridian has west above east. */
export function inBox(box: readonly [number, number, number, number], lon: number, lat: number): boolean {
  const [w, s, e, n] = box;
  if (lat < s || lat > n) return false;
  return w <= e ? lon >= w && lon <= e : lon >= w || lon <= e;
}

/** A box as a parameter: five decimals are about a metre. */
export const boxText = (box: readonly [number, number, number, number]): string =>
  box.map((v) => Math.round(v * 1e5) / 1e5).join(',');
