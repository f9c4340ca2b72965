// What is on the screen, derived from the state and the loaded tables: the measure's words, its classes, every row's cell.
import { computed } from '@preact/signals';
import { MISSING } from '../api/container';
import type { Election } from '../api/types';
import {
  type Classes,
  cells,
  classOf,
  edgesFor,
  forCertainty,
  histogram,
  makeClasses,
  medianHalfSpread,
} from '../classes/classes';
import { colourOf, listColours, type Ramp, ramp } from '../colour/palette';
import { between, interval, points, share } from '../format/number';
import {
  decodePast,
  encodePast,
  estimateLayer,
  GROUPS,
  type Layer,
  type PastMeasure,
  pastLayer,
  tableOf,
} from './layer';
import {
  areasOf,
  election,
  isolated,
  lang,
  level,
  ready,
  resultsOf,
  say,
  snapshotId,
  state,
  t,
  theme,
  valuesOf,
} from './store';

/** A measure as the interface speaks of it. */
export interface Spec {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly signed: boolean;
  readonly scale: string;
  readonly categorical: boolean;
}

const reading = computed(() => {
  const c = ready.value;
  return c?.snapshot?.reading ?? c?.readings.find((r) => r.default)?.id ?? 'default';
});
/** Whether a reading says which lists of an election are whose: without that there are no groups, only a turnout. */
export const isRead = (e: Election): boolean => Object.keys(e.blocs).length > 0;
const NEEDS_BLOCS: readonly string[] = ['favourable', 'undecided', 'opposed', 'margin'];
/** The groups that an election has: those of blocs where it is read, turnout where somebody is registered. */
export const groupsOf = (e: Election): readonly string[] =>
  ['favourable', 'undecided', 'opposed', 'margin', 'turnout', 'abstainers'].filter((g) =>
    NEEDS_BLOCS.includes(g) ? isRead(e) : e.of === 'electors',
  );
/** The lists of an election, strongest first. */
export const byVotes = (e: Election): Election['lists'] =>
  [...e.lists].sort((a, b) => (e.total.lists[b.id] ?? 0) - (e.total.lists[a.id] ?? 0));
export const blocsOf = (e: Election) =>
  e.blocs[reading.value] ?? Object.values(e.blocs)[0] ?? { favourable: [], opposed: [] };

export function groupLabel(id: string): string {
  const c = ready.value;
  const r = c?.readings.find((x) => x.id === reading.value);
  if (id === 'undecided' && r?.undecided_label) return say(r.undecided_label);
  return say(c?.measures.find((m) => m.id === id)?.label) || id;
}

const ofElectors = (of: string | undefined) => t(of === 'voters' ? 'ofVoters' : 'ofElectors');

export const past = computed<PastMeasure | null>(() => {
  const e = election.value;
  if (!e) return null;
  const m = decodePast(state.value.measure, e);
  return m.kind === 'group' && !groupsOf(e).includes(m.group) ? { kind: 'lead' } : m;
});

export function pastSpec(e: Election, m: PastMeasure): Spec {
  const name = (id: string) => {
    const l = e.lists.find((x) => x.id === id);
    return l?.short ?? l?.label ?? id;
  };
  const id = encodePast(m);
  const unit = 'valid' in m && m.valid ? t('ofValid') : ofElectors(e.of);
  const blocs = blocsOf(e);
  switch (m.kind) {
    case 'list': {
      const scale = blocs.favourable.includes(m.list)
        ? 'favourable'
        : blocs.opposed.includes(m.list)
          ? 'opposed'
          : 'undecided';
      return { id, label: name(m.list), unit, signed: false, scale, categorical: false };
    }
    case 'difference':
      return {
        id,
        label: `${name(m.first)} − ${name(m.second)}`,
        unit: `${t('pointsOf')}, ${unit}`,
        signed: true,
        scale: 'margin',
        categorical: false,
      };
    case 'lead':
      return { id, label: t('lead'), unit, signed: false, scale: 'undecided', categorical: true };
    case 'group': {
      const signed = m.group === 'margin';
      return {
        id,
        label: groupLabel(m.group),
        unit: signed ? `${t('pointsOf')}, ${unit}` : unit,
        signed,
        scale: m.group,
        categorical: false,
      };
    }
  }
}

export function estimateSpec(id: string): Spec {
  const c = ready.value;
  const info = c?.measures.find((m) => m.id === id);
  const signed = info?.signed ?? false;
  const unit = ofElectors(c?.of);
  return {
    id,
    label: id === 'undecided' ? groupLabel(id) : say(info?.label) || id,
    unit: signed ? `${t('pointsOf')}, ${unit}` : unit,
    signed,
    scale: id,
    categorical: false,
  };
}

export const spec = computed<Spec>(() =>
  election.value && past.value ? pastSpec(election.value, past.value) : estimateSpec(state.value.measure),
);

/** The layer of a level under the present source and measure, or null while it loads. */
export function layerOf(id: string): Layer | null {
  const e = election.value;
  const m = past.value;
  if (e && m) {
    const table = resultsOf(e.id, id);
    return table.kind === 'ready' ? pastLayer(table.value, e, blocsOf(e), m) : null;
  }
  const snapshot = snapshotId.value;
  if (snapshot === null) return null;
  const table = valuesOf(snapshot, id);
  return table.kind === 'ready' ? estimateLayer(table.value, state.value.measure) : null;
}

/** Why the figures are not there, when they are not. */
export const figuresFailure = computed<string | null>(() => {
  const id = level.value?.id;
  if (!id) return null;
  const e = election.value;
  const table = e ? resultsOf(e.id, id) : snapshotId.value !== null ? valuesOf(snapshotId.value, id) : null;
  return table?.kind === 'failed' ? table.message : null;
});

export const layer = computed<Layer | null>(() => (level.value ? layerOf(level.value.id) : null));
export const areas = computed(() => (level.value ? areasOf(level.value.id) : null));

const finest = computed(() => ready.value?.levels.at(-1)?.id ?? null);
/** Classes do not depend on the level, zoom or extent: edges of the publication, or of the finest level for lists. */
export const classes = computed<Classes>(() => {
  const c = ready.value;
  const s = spec.value;
  const edges = c?.edges[s.id];
  const base = finest.value ? layerOf(finest.value) : null;
  if (edges) {
    const made = makeClasses(edges);
    return base ? forCertainty(made, medianHalfSpread(base.spread)) : made;
  }
  return makeClasses(
    base && !s.categorical ? edgesFor(base.value, base.electors, s.signed) : [0.1, 0.2, 0.3, 0.4, 0.5],
  );
});

export const scale = computed<Ramp>(() =>
  ramp(spec.value.scale, theme.value, classes.value.edges.length === 3),
);
const colours = computed<readonly string[]>(() => {
  const e = election.value;
  return e ? listColours(e.lists, e.total.lists, blocsOf(e), theme.value) : [];
});
export const listColour = (i: number): string => election.value?.lists[i]?.colour ?? colours.value[i]!;

export const rowCells = computed<Int8Array | null>(() => {
  const l = layer.value;
  if (!l) return null;
  if (l.categorical) return Int8Array.from(l.value, (v) => (v === MISSING ? -1 : v));
  return cells(l, classes.value, state.value.uncertainty);
});
export const cellColour = (cell: number): string =>
  spec.value.categorical ? (cell < 0 ? scale.value.none : listColour(cell)) : colourOf(cell, scale.value);
/** The cells that a class of the legend holds when isolated. */
export const shown = (cell: number): boolean => isolated.value.size === 0 || isolated.value.has(cell);
export const bars = computed(() =>
  layer.value && rowCells.value && !spec.value.categorical
    ? histogram(layer.value, rowCells.value, classes.value)
    : null,
);

/** The value of the whole campaign in thousandths: as published, the unplaced counted. */
export function campaignValue(id: string): number | null {
  const c = ready.value;
  const e = election.value;
  if (!c) return null;
  if (!e) {
    const v = c.snapshot?.campaign[id];
    return v ? Math.round(v.value * 1000) : null;
  }
  const l = pastLayer(tableOf(e.total), e, blocsOf(e), decodePast(id, e));
  return l.value[0] === MISSING ? null : l.value[0]!;
}

/** What no area of the level shown counts, coarse to fine; of an estimate, the electors whom its baseline counts there. */
export interface Elsewhere {
  readonly name: string;
  readonly electors: number;
  readonly layer: Layer | null;
}
export const elsewhere = computed<readonly Elsewhere[]>(() => {
  const c = ready.value;
  const m = past.value;
  const at = c?.levels.findIndex((l) => l.id === level.value?.id) ?? -1;
  const e = election.value ?? c?.elections.find((x) => x.id === c.snapshot?.baseline);
  if (!c || !e || at < 0) return [];
  const above = ['campaign', ...c.levels.slice(0, at).map((l) => l.id)];
  return e.unplaced
    .filter((u) => above.includes(u.level))
    .map((u) => ({
      name: u.name ? t('unplacedIn', { name: u.name }) : t('unplaced'),
      electors: (c.of === 'electors' ? u.counts.registered : null) ?? u.counts.voters,
      layer: election.value && m ? pastLayer(tableOf(u.counts), e, blocsOf(e), m) : null,
    }));
});

const width = (l: Layer, i: number) => (l.low && l.high ? l.high[i]! - l.low[i]! : 0);

/** A row's value as everyone shows it. */
export function valueText(l: Layer, i: number, s: Spec = spec.value): string {
  const v = l.value[i]!;
  if (v === MISSING) return '—';
  if (l.categorical) {
    const list = election.value?.lists[v];
    return list?.short ?? list?.label ?? '—';
  }
  const exact = !l.low;
  return s.signed ? points(v, lang.value, width(l, i)) : share(v, lang.value, { width: width(l, i), exact });
}
export const campaignText = (id: string, s: Spec): string => {
  const v = campaignValue(id);
  if (v === null || s.categorical) return '';
  const exact = election.value !== null;
  return s.signed
    ? points(v, lang.value, exact ? 0 : 40)
    : share(v, lang.value, { width: exact ? 0 : 40, exact });
};
/** The interval of an estimate of the whole campaign, as a row shows its own. */
export function campaignInterval(s: Spec): string {
  const v = election.value ? null : ready.value?.snapshot?.campaign[s.id];
  return v ? interval(Math.round(v.low * 1000), Math.round(v.high * 1000), lang.value, s.signed) : '';
}
/** Electors of the whole campaign, the unplaced counted: what the column of the table adds up to. */
export const wholeElectors = computed<number | null>(() => {
  const e = election.value;
  if (e) return e.total.registered ?? e.total.voters;
  const placed = ready.value?.snapshot?.electors ?? null;
  return placed === null ? null : elsewhere.value.reduce((s, u) => s + u.electors, placed);
});
export const intervalText = (l: Layer, i: number, s: Spec = spec.value): string =>
  !l.low || l.value[i] === MISSING ? '' : interval(l.low[i]!, l.high![i]!, lang.value, s.signed);
export const betweenText = (l: Layer, i: number, s: Spec = spec.value): string =>
  !l.low || l.value[i] === MISSING ? '' : between(l.low[i]!, l.high![i]!, lang.value, s.signed);
export function certaintyText(l: Layer, cell: number): string {
  if (!l.spread) return t('exact');
  if (cell === -1) return '';
  return t(cell < 6 ? 'precise' : cell < 9 ? 'approximate' : 'uncertain');
}

/** The row and layer of the selected area, whatever level is on the map. */
export const selection = computed(() => {
  const a = state.value.area;
  if (!a) return null;
  const list = areasOf(a.level);
  const row = list ? list.codes.indexOf(a.code) : -1;
  return list && row >= 0 ? { ...a, row, areas: list } : null;
});

/** Rows of the level in the order of a column, filtered by the isolated classes. */
export function orderedRows(
  l: Layer,
  by: 'name' | 'value' | 'electors' | 'width',
  descending: boolean,
  names: readonly string[],
): number[] {
  const cellsNow = rowCells.value;
  const rows = [...l.value.keys()].filter(
    (i) => isolated.value.size === 0 || (cellsNow && shown(cellsNow[i]!)),
  );
  const collator = new Intl.Collator(lang.value, { numeric: true });
  const key = (i: number) =>
    by === 'value' ? l.value[i]! : by === 'electors' ? l.electors[i]! : width(l, i);
  rows.sort(
    (i, j) =>
      (by === 'name' ? collator.compare(names[i] ?? '', names[j] ?? '') : key(i) - key(j)) *
        (descending ? -1 : 1) || i - j,
  );
  return rows;
}

export { classOf, GROUPS };
