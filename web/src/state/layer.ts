// A layer is what one measure says of one level: columns in thousandths, from an estimate or from exact counts. Pure.
import { type Column, type ColumnTable, MISSING, UNKNOWN } from '../api/container';
import type { Blocs, Counts, Election } from '../api/types';

export const FLAG_POOLED = 1;
/** Of an estimate; in a comparison the bit says something else. */
export const FLAG_MOVED_BASELINE = 32;
const FLAG_NO_RESULT = 32;
const FLAG_NO_CANDIDATE = 64;
const FLAG_PARTLY_COUNTED = 128;
const NO_REGISTERED = 0;

/** The measures that a profile gives; the past has them by blocs. */
export const GROUPS = ['favourable', 'undecided', 'opposed', 'abstainers'] as const;
export type Group = (typeof GROUPS)[number];

export interface Layer {
  readonly value: Int16Array;
  readonly low: Int16Array | null;
  readonly high: Int16Array | null;
  readonly spread: Int16Array | null;
  readonly electors: Uint32Array;
  /** Flags; bit 0: pooled with neighbours. */
  readonly pooled: Uint8Array | null;
  /** Votes behind the share, of past lists. */
  readonly people: Uint32Array | null;
  /** Values are indexes of lists, not shares. */
  readonly categorical: boolean;
  /** 1 where a list had no candidate, or where no list leads alone: no figure, and not 0 % either. */
  readonly absent: Uint8Array | null;
  /** Of a change: 1 where its interval leaves out 0. */
  readonly clear: Uint8Array | null;
  /** Of a change: 1 where the election has no result. */
  readonly uncounted: Uint8Array | null;
  /** Of a change: 1 where the election has a result of a part of the area only. */
  readonly partly: Uint8Array | null;
  /** Of hexagons: 1 where one is of the size shown; the others lie over or under those. */
  readonly there: Uint8Array | null;
  /** Of a change: whether an area is the same place at both ends, and the level of the area whose change it shows. */
  readonly ground: { readonly class: Uint8Array; readonly level: Uint8Array } | null;
}

/** Classes of `ground`; 0 is not judged, 1 stable. */
export const DOUBTFUL = 2;
export const REDRAWN = 3;
/** Of the levels of `ground`, that of an area which shows its own change; 0 is the campaign, 1 the coarsest level. */
export const OWN_GROUND = 255;

const plain = {
  low: null,
  high: null,
  spread: null,
  pooled: null,
  absent: null,
  clear: null,
  uncounted: null,
  partly: null,
  there: null,
  ground: null,
} as const;

/** Whether a row is one of those shown. */
export const isThere = (l: Layer, row: number): boolean => !l.there || l.there[row] === 1;
/** How many are. */
export const countThere = (l: Layer): number => l.there?.reduce((n, one) => n + one, 0) ?? l.value.length;

/** Whether the baseline of an estimate was moved to a row out of areas that were divided. */
export const isMoved = (l: Layer, row: number): boolean =>
  !l.clear && l.pooled !== null && (l.pooled[row]! & FLAG_MOVED_BASELINE) !== 0;

/** What a past measure's id says: which lists, over what. */
export type PastMeasure =
  | { readonly kind: 'list'; readonly list: string; readonly valid: boolean }
  | { readonly kind: 'difference'; readonly first: string; readonly second: string; readonly valid: boolean }
  | { readonly kind: 'lead' }
  | { readonly kind: 'group'; readonly group: Group | 'turnout' | 'margin' }
  | { readonly kind: 'across'; readonly measure: 'base' | 'reserve' };
/** What one election says by itself. */
export type OwnMeasure = Exclude<PastMeasure, { readonly kind: 'across' }>;

const VALID = '@valid';
const groups: readonly string[] = [...GROUPS, 'turnout', 'margin'];

export function encodePast(m: PastMeasure): string {
  switch (m.kind) {
    case 'list':
      return `list:${encodeURIComponent(m.list)}${m.valid ? VALID : ''}`;
    case 'difference':
      return `diff:${encodeURIComponent(m.first)}:${encodeURIComponent(m.second)}${m.valid ? VALID : ''}`;
    case 'lead':
      return 'lead';
    case 'group':
      return m.group;
    case 'across':
      return m.measure;
  }
}

/** Reads a past measure's id; what an election does not know becomes its turnout. */
export function decodePast(id: string, election: Election): PastMeasure {
  const valid = id.endsWith(VALID);
  const [kind, ...names] = (valid ? id.slice(0, -VALID.length) : id).split(':');
  const lists = names.map((n) => {
    try {
      return decodeURIComponent(n);
    } catch {
      return n;
    }
  });
  const known = (n: string | undefined): n is string => election.lists.some((l) => l.id === n);
  if (kind === 'list' && known(lists[0])) return { kind: 'list', list: lists[0], valid };
  if (kind === 'diff' && known(lists[0]) && known(lists[1]))
    return { kind: 'difference', first: lists[0], second: lists[1], valid };
  if (kind === 'lead') return { kind: 'lead' };
  if (kind === 'base' || kind === 'reserve') return { kind: 'across', measure: kind };
  if (kind && groups.includes(kind)) return { kind: 'group', group: kind as Group };
  return { kind: 'group', group: 'turnout' };
}

const i16 = (c: Column | null, rows: number): Int16Array =>
  c instanceof Int16Array ? c : new Int16Array(rows).fill(MISSING);
const thereOf = (t: ColumnTable): Uint8Array | null => {
  const shown = t.column('shown');
  return shown instanceof Uint8Array ? shown : null;
};
const u32 = (c: Column | null, rows: number): Uint32Array =>
  c instanceof Uint32Array ? c : new Uint32Array(rows).fill(UNKNOWN);

export function estimateLayer(t: ColumnTable, measure: string): Layer {
  const flags = t.column('flags');
  return {
    ...plain,
    value: i16(t.column(measure), t.rows),
    low: i16(t.column(measure, 'low'), t.rows),
    high: i16(t.column(measure, 'high'), t.rows),
    spread: i16(t.column(measure, 'spread'), t.rows),
    electors: u32(t.column('electors'), t.rows),
    pooled: flags instanceof Uint8Array ? flags : null,
    people: null,
    categorical: false,
    there: thereOf(t),
  };
}

/**
 * How far an area is ahead of its goal (+) or short of it (−), in thousandths of its electors: the estimate and its
 * interval less the goal, which is a number and moves none of them. `favourable` is the estimate's layer.
 */
export function gapLayer(favourable: Layer, goals: ColumnTable): Layer {
  const goal = u32(goals.column('goal'), goals.rows);
  const asked = Float64Array.from(goal, (g, i) => {
    const n = favourable.electors[i]!;
    return g === UNKNOWN || n === UNKNOWN || n === 0 ? Number.NaN : (1000 * g) / n;
  });
  const less = (column: Int16Array | null) =>
    column?.map((v, i) => (v === MISSING || Number.isNaN(asked[i]!) ? MISSING : round(v - asked[i]!)));
  const [value, low, high] = [favourable.value, favourable.low, favourable.high].map(less);
  return { ...favourable, value: value!, low: low ?? null, high: high ?? null };
}

/** Four counts as thousandths that add to 1000, by largest remainder (ties to the first). */
export function thousandths(counts: readonly number[], total: number): number[] {
  const exact = counts.map((c) => (1000 * c) / total);
  const out = exact.map((e) => Math.floor(e + 1e-9));
  const order = [...exact.keys()].sort((i, j) => exact[j]! - out[j]! - (exact[i]! - out[i]!) || i - j);
  const left = 1000 - out.reduce((a, b) => a + b, 0);
  for (let i = 0; i < left; i++) out[order[i % order.length]!]!++;
  return out;
}

const parts = new Float64Array(4);
/** `thousandths` of four counts into `out`, without an array a row: a level may have many rows. */
function roundFour(a: number, b: number, c: number, d: number, out: number[]): void {
  const total = a + b + c + d;
  let left = 1000;
  for (let k = 0; k < 4; k++) {
    const exact = (1000 * (k === 0 ? a : k === 1 ? b : k === 2 ? c : d)) / total;
    out[k] = Math.floor(exact + 1e-9);
    parts[k] = exact - out[k]!;
    left -= out[k]!;
  }
  for (; left > 0; left--) {
    let most = 0;
    for (let k = 1; k < 4; k++) if (parts[k]! > parts[most]!) most = k;
    out[most]!++;
    parts[most] = -1;
  }
}

/** The exact counts of one row; null where the row has no result. */
export interface RowCounts {
  readonly registered: number | null;
  readonly voters: number;
  readonly valid: number;
  readonly blank: number | null;
  readonly null: number | null;
  readonly lists: readonly number[];
}

export function rowCounts(t: ColumnTable, election: Election, row: number): RowCounts | null {
  const at = (name: string) => {
    const v = t.column(name)?.[row];
    return v === undefined || v === UNKNOWN ? null : v;
  };
  const voters = at('voters');
  const valid = at('valid');
  if (voters === null || valid === null) return null;
  return {
    registered: at('registered'),
    voters,
    valid,
    blank: at('blank'),
    null: at('null'),
    lists: election.lists.map((l) => at(`list:${l.id}`) ?? 0),
  };
}

/** Counts outside any table as a table of one row, so that they are read as a row is. */
export function tableOf(c: Counts): ColumnTable {
  const column = (name: string): Uint32Array | null => {
    const counts: Readonly<Record<string, number | null | undefined>> = {
      registered: c.registered,
      voters: c.voters,
      valid: c.valid,
      blank: c.blank,
      null: c.null,
    };
    const n = name.startsWith('list:') ? c.lists[name.slice('list:'.length)] : counts[name];
    return n === null || n === undefined ? null : Uint32Array.of(n);
  };
  return { kind: 'results', rows: 1, names: [], column, about: {} };
}

/** The four groups of a row as exact counts, in the order of GROUPS. */
export function groupCounts(c: RowCounts, election: Election, blocs: Blocs): readonly number[] {
  const sum = (ids: readonly string[]) =>
    election.lists.reduce((s, l, i) => s + (ids.includes(l.id) ? c.lists[i]! : 0), 0);
  const [f, o] = [sum(blocs.favourable), sum(blocs.opposed)];
  return [f, c.voters - f - o, o, (c.registered ?? c.voters) - c.voters];
}

/** The four groups of a row in thousandths, in the order of GROUPS: of electors, or of voters where nobody is registered. */
export function profileOf(c: RowCounts, election: Election, blocs: Blocs): readonly number[] | null {
  const total = c.registered ?? c.voters;
  if (total <= NO_REGISTERED) return null;
  return thousandths(groupCounts(c, election, blocs), total);
}

/** What the measures of a profile make of the four groups, in shares or in counts of a whole. */
const ofGroups = (four: readonly number[], whole: number) => ({
  favourable: four[0]!,
  undecided: four[1]!,
  opposed: four[2]!,
  abstainers: four[3]!,
  turnout: whole - four[3]!,
  margin: four[0]! - four[2]!,
});

/** Rounds half away from zero, so that a difference and its opposite agree. */
const round = (x: number) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/** A level's counts and the rows of the level above that hold its rows; null at the top. */
export interface Ground {
  readonly table: ColumnTable;
  readonly parents: readonly number[] | null;
}
/** Votes that a list would have on its share of the campaign, from which having none says that it did not stand. */
const EXPECTED_VOTES = 10;

/**
 * 1 where a list had no candidate: it has no vote in the area, nor in the smallest area around it where its share of the
 * whole campaign would have given it ten. `grounds` go from the level shown upwards; `share` is of valid votes. Where people
 * voted and no vote is valid the ballot was annulled: votes are then expected of all who voted.
 */
export function withoutCandidate(grounds: readonly Ground[], list: string, share: number): Uint8Array {
  const rows = grounds[0]?.table.rows ?? 0;
  const out = new Uint8Array(rows);
  const columns = grounds.map(({ table, parents }) => ({
    votes: table.column(`list:${list}`),
    valid: table.column('valid'),
    voters: table.column('voters'),
    parents,
  }));
  for (let i = 0; i < rows; i++) {
    let at = i;
    for (const c of columns) {
      const valid = c.valid?.[at] ?? UNKNOWN;
      if (valid === UNKNOWN || c.votes === null || c.votes[at]! > 0) break;
      const voters = c.voters?.[at] ?? UNKNOWN;
      const of = valid > 0 || voters === UNKNOWN ? valid : voters;
      if (of * share >= EXPECTED_VOTES) {
        out[i] = 1;
        break;
      }
      at = c.parents?.[at] ?? -1;
      if (at < 0) break;
    }
  }
  return out;
}

/** The counts of a level, its columns looked up once. */
function reader(t: ColumnTable, election: Election) {
  const [registered, voters, valid] = [t.column('registered'), t.column('voters'), t.column('valid')];
  const lists = election.lists.map((l) => t.column(`list:${l.id}`));
  const at = (c: Column | null | undefined, i: number) => {
    const v = c?.[i];
    return v === undefined || v === UNKNOWN ? 0 : v;
  };
  const sum = (ids: readonly string[]) => {
    const own = election.lists.flatMap((l, k) => (ids.includes(l.id) ? [lists[k]] : []));
    return (i: number) => own.reduce((s, c) => s + at(c, i), 0);
  };
  return {
    known: (i: number) => (voters?.[i] ?? UNKNOWN) !== UNKNOWN && (valid?.[i] ?? UNKNOWN) !== UNKNOWN,
    /** Registered, or voters where nobody is. */
    whole: (i: number) => {
      const r = registered?.[i] ?? UNKNOWN;
      return r === UNKNOWN ? at(voters, i) : r;
    },
    voters: (i: number) => at(voters, i),
    valid: (i: number) => at(valid, i),
    list: (id: string) => {
      const own = lists[election.lists.findIndex((l) => l.id === id)];
      return (i: number) => at(own, i);
    },
    sum,
    lists: lists.map((c) => (i: number) => at(c, i)),
  };
}

/** A signed count over a total, of one row: what every share of the past is made of. */
interface Share {
  readonly part: (i: number) => number;
  readonly of: (i: number) => number;
}

function shareOf(r: ReturnType<typeof reader>, blocs: Blocs, m: OwnMeasure): Share {
  const of = 'valid' in m && m.valid ? r.valid : r.whole;
  if (m.kind === 'list') return { part: r.list(m.list), of };
  if (m.kind === 'difference') {
    const [a, b] = [r.list(m.first), r.list(m.second)];
    return { part: (i) => a(i) - b(i), of };
  }
  if (m.kind === 'lead') return { part: () => 0, of };
  const [f, o] = [r.sum(blocs.favourable), r.sum(blocs.opposed)];
  const parts: Readonly<Record<typeof m.group, (i: number) => number>> = {
    favourable: f,
    opposed: o,
    undecided: (i) => r.voters(i) - f(i) - o(i),
    abstainers: (i) => r.whole(i) - r.voters(i),
    turnout: r.voters,
    margin: (i) => f(i) - o(i),
  };
  return { part: parts[m.group], of };
}

/** The exact past; `absent` says where a list had no candidate (`withoutCandidate`). */
export function pastLayer(
  t: ColumnTable,
  election: Election,
  blocs: Blocs,
  m: OwnMeasure,
  absent: Uint8Array | null = null,
): Layer {
  const value = new Int16Array(t.rows).fill(MISSING);
  const people = new Uint32Array(t.rows).fill(UNKNOWN);
  const electors = new Uint32Array(t.rows);
  const r = reader(t, election);
  const { part, of } = shareOf(r, blocs, m);
  const rounded = [0, 0, 0, 0];
  const ties = m.kind === 'lead' ? new Uint8Array(t.rows) : null;
  const [f, o] = [r.sum(blocs.favourable), r.sum(blocs.opposed)];
  for (let i = 0; i < t.rows; i++) {
    if (!r.known(i)) continue;
    electors[i] = r.whole(i);
    const total = of(i);
    if (total <= 0 || absent?.[i]) continue;
    if (m.kind === 'lead') {
      let [best, second, at] = [0, 0, -1];
      r.lists.forEach((votes, k) => {
        const v = votes(i);
        if (v > best) [best, second, at] = [v, best, k];
        else if (v > second) second = v;
      });
      // A tie leads nowhere: no list is shown rather than the first of two.
      if (best > second) value[i] = at;
      else if (ties) ties[i] = 1;
      people[i] = best;
      continue;
    }
    people[i] = Math.abs(part(i));
    if (m.kind !== 'group') value[i] = round((1000 * part(i)) / total);
    else {
      // The four groups are rounded together, as they are published.
      roundFour(f(i), r.voters(i) - f(i) - o(i), o(i), total - r.voters(i), rounded);
      value[i] = ofGroups(rounded, 1000)[m.group];
    }
  }
  const categorical = m.kind === 'lead';
  return { ...plain, value, electors, people, absent: ties ?? absent, categorical, there: thereOf(t) };
}

/** A measure of an election in parts of 1: what a change starts from; NaN where it is not known. */
export function pastShares(t: ColumnTable, election: Election, blocs: Blocs, m: OwnMeasure): Float64Array {
  const r = reader(t, election);
  const { part, of } = shareOf(r, blocs, m);
  return Float64Array.from({ length: t.rows }, (_, i) =>
    r.known(i) && of(i) > 0 ? part(i) / of(i) : Number.NaN,
  );
}

/** By bit of the flags, 1 in the rows that have it. */
const flagged = (t: ColumnTable) => {
  const flags = t.column('flags');
  return (bit: number) => Uint8Array.from({ length: t.rows }, (_, i) => ((flags?.[i] ?? 0) & bit ? 1 : 0));
};

/** Base or reserve as the server counts them over several elections; `people` without their sign. */
export function acrossLayer(t: ColumnTable, measure: string): Layer {
  const has = flagged(t);
  const people = t.column(measure, 'people');
  return {
    ...plain,
    value: i16(t.column(measure), t.rows),
    electors: u32(t.column('electors'), t.rows),
    people: Uint32Array.from({ length: t.rows }, (_, i) => {
      const n = people?.[i] ?? Number.NaN;
      return Number.isNaN(n) ? UNKNOWN : Math.round(Math.abs(n));
    }),
    categorical: false,
    absent: has(FLAG_NO_CANDIDATE),
    partly: has(FLAG_PARTLY_COUNTED),
    there: thereOf(t),
  };
}

function groundOf(t: ColumnTable): Layer['ground'] {
  const [own, level] = [t.column('continuity'), t.column('continuity', 'level')];
  return own instanceof Uint8Array && level instanceof Uint8Array ? { class: own, level } : null;
}

/**
 * What changed, as the server compares: its figures, why there is none, and where the interval leaves out 0. Two exact
 * counts have no interval, and what they differ by is always clear.
 */
export function comparedLayer(t: ColumnTable, exact: boolean): Layer {
  const flags = t.column('flags');
  const has = flagged(t);
  const value = i16(t.column('change'), t.rows);
  const [low, high] = [i16(t.column('change', 'low'), t.rows), i16(t.column('change', 'high'), t.rows)];
  return {
    ...plain,
    value,
    low: exact ? null : low,
    high: exact ? null : high,
    electors: u32(t.column('electors'), t.rows),
    pooled: flags instanceof Uint8Array ? flags : null,
    people: null,
    categorical: false,
    absent: has(FLAG_NO_CANDIDATE),
    clear: Uint8Array.from(value, (v, i) =>
      v !== MISSING && (exact || low[i]! > 0 || high[i]! < 0) ? 1 : 0,
    ),
    uncounted: has(FLAG_NO_RESULT),
    partly: has(FLAG_PARTLY_COUNTED),
    there: thereOf(t),
    ground: groundOf(t),
  };
}

/**
 * The change of a list's exact shares between two elections, in thousandths, rounded once; the server compares groups
 * only. `absent` says where the list did not stand in either.
 */
export function listChange(
  now: Layer,
  shares: readonly [Float64Array, Float64Array],
  absent: Uint8Array | null,
): Layer {
  const [then, here] = shares;
  const value = Int16Array.from(now.value, (v, i) => {
    const change = here[i]! - (then[i] ?? Number.NaN);
    return v === MISSING || absent?.[i] || Number.isNaN(change) ? MISSING : round(1000 * change);
  });
  return {
    ...plain,
    value,
    electors: now.electors,
    people: null,
    categorical: false,
    absent,
    there: now.there,
    clear: Uint8Array.from(value, (v) => (v === MISSING ? 0 : 1)),
  };
}
