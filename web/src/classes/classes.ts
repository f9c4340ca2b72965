// Classes, certainty and the legend's histogram: pure functions over columns of thousandths.
import { MISSING } from '../api/container';

/** How sure a colour is of itself. */
export type Certainty = 'precise' | 'approximate' | 'uncertain';

/** Widths of the spread, in class widths, up to which a figure keeps its class or half of it. */
const PRECISE = 1.5;
const APPROXIMATE = 3;
const EPSILON = 1e-9;

/** The classes of a measure: inner edges in fractions, equally spaced. Five edges make six classes, three make four. */
export interface Classes {
  readonly edges: readonly number[];
  readonly step: number;
}

export function makeClasses(edges: readonly number[]): Classes {
  const [a, b] = [edges[0] ?? 0, edges[1] ?? 1];
  return { edges, step: b - a };
}

/** Drops to four classes of double width when the median half-width exceeds the step. */
export function forCertainty(classes: Classes, medianHalfWidth: number): Classes {
  const e = classes.edges;
  if (e.length !== 5 || medianHalfWidth <= classes.step) return classes;
  return makeClasses([e[0]!, e[2]!, e[4]!]);
}

/** Class widths that people can read, in fractions. */
const STEPS = [0.01, 0.02, 0.025, 0.05, 0.1, 0.2];

/** The widest a figure may be, in thousandths: the change of a margin. */
const REACH = 4000;

/** Five inner edges of equal steps that cover the 1st to 99th electors-weighted percentile; `diverging` breaks at 0. */
export function edgesFor(values: Int16Array, weights: Uint32Array, diverging: boolean): readonly number[] {
  // Electors by thousandth: counted, not sorted, since a level may be large.
  const by = new Float64Array(2 * REACH + 1);
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === MISSING || weights[i]! === 0) continue;
    by[values[i]! + REACH]! += weights[i]!;
    total += weights[i]!;
  }
  if (total === 0) return diverging ? [-0.2, -0.1, 0, 0.1, 0.2] : [0.1, 0.2, 0.3, 0.4, 0.5];
  const at = (p: number) => {
    let sum = 0;
    for (let v = 0; v < by.length; v++) {
      sum += by[v]!;
      if (sum > 0 && sum >= p * total) return (v - REACH) / 1000;
    }
    return 0;
  };
  const [low, high] = [at(0.01), at(0.99)];
  const middle = diverging ? 0 : (low + high) / 2;
  const reach = Math.max(high - middle, middle - low);
  const step = STEPS.find((s) => 3 * s >= reach) ?? 0.2;
  // Six classes of 20 points would end above 100 %: four do not.
  const four = !diverging && 6 * step > 1;
  const half = four ? 2 : 3;
  const near = Math.round(middle / step) * step;
  const centre = diverging ? 0 : Math.min(1 - half * step, Math.max(half * step, near));
  return (four ? [-1, 0, 1] : [-2, -1, 0, 1, 2]).map((k) => Math.round((centre + k * step) * 1e4) / 1e4);
}

/** The class of a value in thousandths: 0 is the lowest. */
export function classOf(thousandths: number, classes: Classes): number {
  let k = 0;
  while (k < classes.edges.length && thousandths / 1000 >= classes.edges[k]! - EPSILON) k++;
  return k;
}

/** Certainty from the spread, in thousandths. */
export function certaintyOf(spread: number, classes: Classes): Certainty {
  const w = spread / 1000;
  if (w <= PRECISE * classes.step + EPSILON) return 'precise';
  return w <= APPROXIMATE * classes.step + EPSILON ? 'approximate' : 'uncertain';
}

/** A cell of the 6-3-1 tree, as one number: 0..5 precise, 6..8 approximate, 9 too uncertain; -1 has no figure. */
export type Cell = number;
export const UNCERTAIN: Cell = 9;
export const NO_FIGURE: Cell = -1;
/** A list that did not stand here: no figure, and not 0 % either. */
export const NO_CANDIDATE: Cell = -2;

export function cellOf(k: number, certainty: Certainty): Cell {
  if (certainty === 'precise') return k;
  return certainty === 'approximate' ? 6 + (k >> 1) : UNCERTAIN;
}
export const certaintyOfCell = (cell: Cell): Certainty =>
  cell < 6 ? 'precise' : cell < UNCERTAIN ? 'approximate' : 'uncertain';

/** What the map and legend need of a level: thousandths, with the spread where the figure is an estimate. */
export interface Figures {
  readonly value: Int16Array;
  readonly spread: Int16Array | null;
  readonly electors: Uint32Array;
  /** 1 where a list did not stand. */
  readonly absent?: Uint8Array | null;
}

/** The cells of a change: its class where its interval leaves out 0, else not clear. */
export function changeCells(
  f: { readonly value: Int16Array; readonly clear: Uint8Array; readonly absent: Uint8Array | null },
  classes: Classes,
): Int8Array {
  return Int8Array.from(f.value, (v, i) => {
    if (v === MISSING) return f.absent?.[i] ? NO_CANDIDATE : NO_FIGURE;
    return f.clear[i] ? classOf(v, classes) : UNCERTAIN;
  });
}

/** The cell of every row. Without uncertainty, or for exact figures, every cell is precise. */
export function cells(f: Figures, classes: Classes, uncertainty: boolean): Int8Array {
  const out = new Int8Array(f.value.length);
  for (let i = 0; i < out.length; i++) {
    const v = f.value[i]!;
    if (v === MISSING) {
      out[i] = f.absent?.[i] ? NO_CANDIDATE : NO_FIGURE;
      continue;
    }
    const sure = uncertainty && f.spread ? certaintyOf(f.spread[i]!, classes) : 'precise';
    out[i] = cellOf(classOf(v, classes), sure);
  }
  return out;
}

/** Half the median spread of a level, in fractions. */
export function medianHalfSpread(spread: Int16Array | null): number {
  if (!spread) return 0;
  const known = spread.filter((s) => s !== MISSING).sort();
  return known.length ? known[known.length >> 1]! / 2000 : 0;
}

export interface Bin {
  /** The bin's lower end, in fractions. */
  readonly from: number;
  /** Electors by cell. */
  readonly byCell: ReadonlyMap<Cell, number>;
  readonly total: number;
}
export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly bins: readonly Bin[];
  readonly tallest: number;
  /** Electors by certainty. */
  readonly rows: Readonly<Record<Certainty, number>>;
  readonly total: number;
}

/** Electors in one-point bins over the span of the classes (one class below the first edge to one above the last). */
export function histogram(f: Figures, cellsOf: Int8Array, classes: Classes): Histogram {
  const e = classes.edges;
  const low = e[0]! - 1.6 * classes.step;
  const high = e[e.length - 1]! + 1.6 * classes.step;
  const width = classes.step >= 0.1 ? 0.02 : classes.step <= 0.02 ? 0.005 : 0.01;
  const n = Math.max(1, Math.round((high - low) / width));
  const bins = Array.from({ length: n }, () => new Map<Cell, number>());
  const rows = { precise: 0, approximate: 0, uncertain: 0 };
  let total = 0;
  for (let i = 0; i < f.value.length; i++) {
    const cell = cellsOf[i]!;
    const electors = f.electors[i]!;
    if (cell < 0 || electors === 0 || electors === 0xffffffff) continue;
    const b = Math.min(n - 1, Math.max(0, Math.floor((f.value[i]! / 1000 - low) / width + 1e-6)));
    bins[b]!.set(cell, (bins[b]!.get(cell) ?? 0) + electors);
    rows[certaintyOfCell(cell)] += electors;
    total += electors;
  }
  const out = bins.map((byCell, i) => ({
    from: low + i * width,
    byCell,
    total: [...byCell.values()].reduce((a, b) => a + b, 0),
  }));
  return { low, high, bins: out, tallest: Math.max(1, ...out.map((b) => b.total)), rows, total };
}

/** Whole percents that add to 100, by largest remainder. */
export function percents(parts: readonly number[]): readonly number[] {
  const sum = parts.reduce((a, b) => a + b, 0);
  if (sum === 0) return parts.map(() => 0);
  const exact = parts.map((p) => (100 * p) / sum);
  const out = exact.map(Math.floor);
  const order = [...exact.keys()].sort((i, j) => exact[j]! - out[j]! - (exact[i]! - out[i]!));
  for (let i = 0, left = 100 - out.reduce((a, b) => a + b, 0); i < left; i++) out[order[i]!]!++;
  return out;
}
