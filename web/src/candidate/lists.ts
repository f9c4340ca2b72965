// Where we stand, area by area: surely ahead, surely behind, neck and neck, or nobody can tell. Pure.
import { MISSING, UNKNOWN } from '../api/container';

/** Margins whose interval holds 0 and is at most this wide (thousandths) are a tie; a wider one says nothing. */
const TIE_WIDTH = 100;

export interface Figures {
  readonly value: ArrayLike<number>;
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly electors: ArrayLike<number>;
}
export interface Standing {
  readonly rows: readonly number[];
  readonly electors: number;
}
export interface Standings {
  /** The interval of the margin lies above 0: ahead in at least 95 of 100 draws. Strongest first. */
  readonly ahead: Standing;
  readonly behind: Standing;
  readonly tied: Standing;
  readonly unknown: Standing;
  readonly areas: number;
  readonly electors: number;
}

/** Sorts areas by what the interval of their margin says. Areas without electors or without a figure are left out. */
export function standings(f: Figures, rows: readonly number[]): Standings {
  const known = rows.filter((i) => f.value[i] !== MISSING && f.electors[i]! > 0 && f.electors[i] !== UNKNOWN);
  const of = (keep: (i: number) => boolean, by: (i: number) => number): Standing => {
    const own = known.filter(keep).sort((i, j) => by(j) - by(i) || i - j);
    return { rows: own, electors: own.reduce((s, i) => s + f.electors[i]!, 0) };
  };
  const held = (i: number) => f.low[i]! <= 0 && f.high[i]! >= 0;
  const narrow = (i: number) => f.high[i]! - f.low[i]! <= TIE_WIDTH;
  const most = (i: number) => f.electors[i]!;
  return {
    ahead: of(
      (i) => f.low[i]! > 0,
      (i) => f.value[i]!,
    ),
    behind: of(
      (i) => f.high[i]! < 0,
      (i) => -f.value[i]!,
    ),
    tied: of((i) => held(i) && narrow(i), most),
    unknown: of((i) => held(i) && !narrow(i), most),
    areas: known.length,
    electors: known.reduce((s, i) => s + f.electors[i]!, 0),
  };
}

/** As many areas as a page can speak of. */
const MOST_AREAS = 120;

/** The level whose areas a page is made of: the finest with at most 120 areas inside, else the first below. */
export function levelFor(counts: readonly number[], below: number): number {
  let best = below;
  for (let i = below; i < counts.length; i++) if (counts[i]! > 0 && counts[i]! <= MOST_AREAS) best = i;
  return Math.min(best, counts.length - 1);
}

/** The rows of the areas with the most people to win, first the most. */
export function richest(
  people: (row: number) => number,
  rows: readonly number[],
  most: number,
): readonly number[] {
  return [...rows].sort((i, j) => people(j) - people(i) || i - j).slice(0, most);
}
