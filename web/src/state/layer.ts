// A layer is what one measure says of one level: columns in thousandths, from an estimate or from exact counts. Pure.
import { type Column, type ColumnTable, MISSING, UNKNOWN } from '../api/container';
import type { Blocs, Counts, Election } from '../api/types';

export const FLAG_POOLED = 1;
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
  /** Bit 0: pooled with neighbours. */
  readonly pooled: Uint8Array | null;
  /** Votes behind the share, of past lists. */
  readonly people: Uint32Array | null;
  /** Values are indexes of lists, not shares. */
  readonly categorical: boolean;
}

/** What a past measure's id says: which lists, over what. */
export type PastMeasure =
  | { readonly kind: 'list'; readonly list: string; readonly valid: boolean }
  | { readonly kind: 'difference'; readonly first: string; readonly second: string; readonly valid: boolean }
  | { readonly kind: 'lead' }
  | { readonly kind: 'group'; readonly group: Group | 'turnout' | 'margin' };

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
  if (kind && groups.includes(kind)) return { kind: 'group', group: kind as Group };
  return { kind: 'group', group: 'turnout' };
}

const i16 = (c: Column | null, rows: number): Int16Array =>
  c instanceof Int16Array ? c : new Int16Array(rows).fill(MISSING);
const u32 = (c: Column | null, rows: number): Uint32Array =>
  c instanceof Uint32Array ? c : new Uint32Array(rows).fill(UNKNOWN);

export function estimateLayer(t: ColumnTable, measure: string): Layer {
  const flags = t.column('flags');
  return {
    value: i16(t.column(measure), t.rows),
    low: i16(t.column(measure, 'low'), t.rows),
    high: i16(t.column(measure, 'high'), t.rows),
    spread: i16(t.column(measure, 'spread'), t.rows),
    electors: u32(t.column('electors'), t.rows),
    pooled: flags instanceof Uint8Array ? flags : null,
    people: null,
    categorical: false,
  };
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
  return { kind: 'results', rows: 1, names: [], column };
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

export function pastLayer(t: ColumnTable, election: Election, blocs: Blocs, m: PastMeasure): Layer {
  const value = new Int16Array(t.rows).fill(MISSING);
  const people = new Uint32Array(t.rows).fill(UNKNOWN);
  const electors = new Uint32Array(t.rows);
  const index = (id: string) => election.lists.findIndex((l) => l.id === id);
  for (let i = 0; i < t.rows; i++) {
    const c = rowCounts(t, election, i);
    if (!c) continue;
    electors[i] = c.registered ?? c.voters;
    const total = 'valid' in m && m.valid ? c.valid : (c.registered ?? c.voters);
    if (total <= 0) continue;
    if (m.kind === 'list') {
      const votes = c.lists[index(m.list)]!;
      value[i] = round((1000 * votes) / total);
      people[i] = votes;
    } else if (m.kind === 'difference') {
      value[i] = round((1000 * (c.lists[index(m.first)]! - c.lists[index(m.second)]!)) / total);
      people[i] = Math.abs(c.lists[index(m.first)]! - c.lists[index(m.second)]!);
    } else if (m.kind === 'lead') {
      const best = Math.max(...c.lists);
      const at = c.lists.indexOf(best);
      // A tie leads nowhere: no list is shown rather than the first of two.
      if (best > 0 && c.lists.indexOf(best, at + 1) < 0) value[i] = at;
      people[i] = best;
    } else {
      const p = profileOf(c, election, blocs);
      if (!p) continue;
      value[i] = ofGroups(p, 1000)[m.group];
      // Exact counts, never a rounded share of the register.
      people[i] = Math.abs(ofGroups(groupCounts(c, election, blocs), total)[m.group]);
    }
  }
  return {
    value,
    low: null,
    high: null,
    spread: null,
    electors,
    pooled: null,
    people,
    categorical: m.kind === 'lead',
  };
}
