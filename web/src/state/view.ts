// What is on the screen, derived from the state and the loaded tables: the look of the map, that of the map beside it, and
// what both share.
import { computed } from '@preact/signals';
import { fetchUnplaced, fetchUnplacedElectors } from '../api/client';
import type { Counts, Election } from '../api/types';
import { interval } from '../format/number';
import { isThere, type Layer, pastLayer, tableOf } from './layer';
import { makeLook } from './look';
import { blocsOf, type Spec } from './spec';
import { areasOf, election, isolated, kept, lang, level, ready, snapshotId, state, t } from './store';

export * from './spec';

/** The look of the map, its legend, table and panel. */
export const look = makeLook(
  computed(() => ({
    election: state.value.election,
    measure: state.value.measure,
    since: state.value.compare?.mode === 'change' ? state.value.compare.election : null,
  })),
);
/** The look of the second map of a comparison. */
export const other = makeLook(
  computed(() => ({
    election: state.value.compare?.election ?? null,
    measure: state.value.compare?.measure || state.value.measure,
    since: null,
  })),
);
export const {
  past,
  spec,
  layerOf,
  layer,
  classes,
  rowCells,
  cellColour,
  bars,
  campaignValue,
  campaignText,
  valueText,
  peopleText,
  intervalText,
  betweenText,
  counted,
  countedText,
  certaintyText,
  whyNone,
} = look;
/** Why the figures are not there, when they are not. */
export const figuresFailure = computed(
  () => look.failure.value ?? (comparing.value ? other.failure.value : null),
);
/** How two maps are shown, or null while there is one. */
export const comparing = computed(() => {
  const c = state.value.compare;
  return c && c.mode !== 'change' && state.value.tab === 'map' ? c.mode : null;
});

export const areas = computed(() => (level.value ? areasOf(level.value.id) : null));
/** The cells that a class of the legend holds when isolated. */
export const shown = (cell: number): boolean => isolated.value.size === 0 || isolated.value.has(cell);

const addCounts = (a: Counts, b: Counts): Counts => {
  const sum = (x: number | null, y: number | null) => (x === null || y === null ? null : x + y);
  return {
    registered: sum(a.registered, b.registered),
    voters: a.voters + b.voters,
    valid: a.valid + b.valid,
    blank: sum(a.blank, b.blank),
    null: sum(a.null, b.null),
    lists: Object.fromEntries(Object.entries(a.lists).map(([id, n]) => [id, n + (b.lists[id] ?? 0)])),
  };
};

/** A measure of an election for counts outside any area; none of a change, nor of several elections. */
function unplacedLayer(counts: Counts, e: Election): Layer | null {
  const m = past.value;
  return election.value && m && m.kind !== 'across' && !spec.value.change
    ? pastLayer(tableOf(counts), e, blocsOf(e), m)
    : null;
}

/** What a grouping, or the hexagons, leave out, together: the areas that are in none of them. */
function ungrouped(): readonly Elsewhere[] {
  const id = level.value!.id;
  const e = election.value;
  const name = t('unplaced');
  if (!e) {
    const snapshot = snapshotId.value;
    if (snapshot === null) return [];
    const found = kept(`unplaced electors ${snapshot} ${id}`, () => fetchUnplacedElectors(snapshot, id));
    const electors = found.kind === 'ready' ? found.value : 0;
    return electors > 0 ? [{ name, electors, layer: null }] : [];
  }
  const pinned = state.value.snapshot;
  const found = kept(`unplaced ${pinned} ${e.id} ${id}`, () => fetchUnplaced(e.id, id, pinned));
  if (found.kind !== 'ready' || found.value.length === 0) return [];
  const counts = found.value.reduce(addCounts);
  return [{ name, electors: counts.registered ?? counts.voters, layer: unplacedLayer(counts, e) }];
}

/** What no area of the level shown counts, coarse to fine; of an estimate, the electors whom its baseline counts there. */
export interface Elsewhere {
  readonly name: string;
  readonly electors: number;
  readonly layer: Layer | null;
}
export const elsewhere = computed<readonly Elsewhere[]>(() => {
  const c = ready.value;
  const id = level.value?.id;
  if (c?.groupings.some((g) => g.id === id) || (election.value && id === c?.hexes?.id)) return ungrouped();
  const at = c?.levels.findIndex((l) => l.id === level.value?.id) ?? -1;
  const e = election.value ?? c?.elections.find((x) => x.id === c.snapshot?.baseline);
  if (!c || !e || at < 0) return [];
  const above = ['campaign', ...c.levels.slice(0, at).map((l) => l.id)];
  return e.unplaced
    .filter((u) => above.includes(u.level))
    .map((u) => ({
      name: u.name ? t('unplacedIn', { name: u.name }) : t('unplaced'),
      electors: (c.of === 'electors' ? u.counts.registered : null) ?? u.counts.voters,
      layer: unplacedLayer(u.counts, e),
    }));
});

/** The interval of an estimate of the whole campaign, as a row shows its own. */
export function campaignInterval(s: Spec): string {
  const v = s.change
    ? look.compared.value?.campaign
    : election.value
      ? null
      : ready.value?.snapshot?.campaign[s.id];
  return v ? interval(Math.round(v.low * 1000), Math.round(v.high * 1000), lang.value, s.signed) : '';
}
/** Electors of the whole campaign, the unplaced counted: what the column of the table adds up to. */
export const wholeElectors = computed<number | null>(() => {
  const e = election.value;
  if (e) return e.total.registered ?? e.total.voters;
  const grouped = ready.value?.groupings.some((g) => g.id === level.value?.id);
  const all = ready.value?.snapshot?.electors ?? null;
  // What a grouping leaves out are, for the most part, electors of areas.
  const placed = grouped ? (areas.value?.electors.reduce<number>((s, n) => s + (n ?? 0), 0) ?? null) : all;
  return placed === null ? null : elsewhere.value.reduce((s, u) => s + u.electors, placed);
});
/** What shares are of: the election's or the estimate's. */
export const ofWhom = computed(() => (election.value ?? ready.value)?.of ?? 'electors');

/** The row and layer of the selected area, whatever level is on the map. */
export const selection = computed(() => {
  const a = state.value.area;
  if (!a) return null;
  const list = areasOf(a.level);
  const row = list ? list.codes.indexOf(a.code) : -1;
  return list && row >= 0 ? { ...a, row, areas: list } : null;
});

/** Rows of the level in the order of a column, filtered by the isolated classes; of hexagons those shown. */
export function orderedRows(
  l: Layer,
  by: 'name' | 'value' | 'electors' | 'width',
  descending: boolean,
  names: readonly string[],
): number[] {
  const cellsNow = rowCells.value;
  const rows = [...l.value.keys()].filter(
    (i) => isThere(l, i) && (isolated.value.size === 0 || (cellsNow && shown(cellsNow[i]!))),
  );
  const collator = new Intl.Collator(lang.value, { numeric: true });
  const key = (i: number) =>
    by === 'value'
      ? l.value[i]!
      : by === 'electors'
        ? l.electors[i]!
        : l.low && l.high
          ? l.high[i]! - l.low[i]!
          : 0;
  rows.sort(
    (i, j) =>
      (by === 'name' ? collator.compare(names[i] ?? '', names[j] ?? '') : key(i) - key(j)) *
        (descending ? -1 : 1) || i - j,
  );
  return rows;
}
