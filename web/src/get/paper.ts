// A sheet of paper and what is printed on it, and its form in a link: "a3-l-g-v". Pure.

export const SIZES = ['a4', 'a3', 'a2', 'a1', 'a0'] as const;
export type Size = (typeof SIZES)[number];
export interface Paper {
  readonly size: Size;
  readonly landscape: boolean;
  readonly grey: boolean;
  /** The figure of every area that has room for it. */
  readonly values: boolean;
}
export const PLAIN: Paper = { size: 'a4', landscape: true, grey: false, values: false };

/** Margin on every side, in mm. */
export const MARGIN_MM = 10;
const SHORT_MM: Readonly<Record<Size, number>> = { a4: 210, a3: 297, a2: 420, a1: 594, a0: 841 };
const LONG_MM: Readonly<Record<Size, number>> = { a4: 297, a3: 420, a2: 594, a1: 841, a0: 1189 };

/** Width and height of the sheet, in mm. */
export const sheetMm = (p: Paper): readonly [number, number] =>
  p.landscape ? [LONG_MM[p.size], SHORT_MM[p.size]] : [SHORT_MM[p.size], LONG_MM[p.size]];

/** How much larger than on A4 the type is: a poster is read from further away. */
export const enlarged = (p: Paper): number => Math.sqrt(SHORT_MM[p.size] / SHORT_MM.a4);

export const encodePaper = (p: Paper): string =>
  `${p.size}-${p.landscape ? 'l' : 'p'}${p.grey ? '-g' : ''}${p.values ? '-v' : ''}`;

export function decodePaper(text: string | null): Paper | null {
  const found = /^(a[0-4])-([lp])(-g)?(-v)?$/.exec(text ?? '');
  if (!found) return null;
  return {
    size: found[1] as Size,
    landscape: found[2] === 'l',
    grey: found[3] !== undefined,
    values: found[4] !== undefined,
  };
}
