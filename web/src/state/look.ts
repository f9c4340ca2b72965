// One look at the campaign: a source (a past election or the estimate) and a measure, with its figures, classes and colours.
// The page has one look, and a second one while it compares.
import { computed, type ReadonlySignal } from '@preact/signals';
import { MISSING, UNKNOWN } from '../api/container';
import type { Election } from '../api/types';
import {
  type Cell,
  type Classes,
  cells,
  changeCells,
  edgesFor,
  forCertainty,
  type Histogram,
  histogram,
  makeClasses,
  medianHalfSpread,
  NO_CANDIDATE,
  NO_FIGURE,
} from '../classes/classes';
import { colourOf, listColours, type Ramp, ramp } from '../colour/palette';
import { about, between, count, interval, points, share } from '../format/number';
import {
  changeLayer,
  estimateLayer,
  type Ground,
  type Layer,
  type PastMeasure,
  pastLayer,
  pastShares,
  tableOf,
  withoutCandidate,
} from './layer';
import { blocsOf, changeSpec, estimateSpec, pastMeasure, pastSpec, type Spec } from './spec';
import {
  areasOf,
  lang,
  level,
  ready,
  resultsOf,
  showCounts,
  snapshotId,
  state,
  t,
  theme,
  valuesOf,
} from './store';

/** What a look is of. */
export interface Source {
  /** A past election, or null: the estimate. */
  readonly election: string | null;
  readonly measure: string;
  /** The election since which the change is shown. */
  readonly since: string | null;
}

export interface Look {
  readonly election: ReadonlySignal<Election | null>;
  readonly past: ReadonlySignal<PastMeasure | null>;
  readonly since: ReadonlySignal<Election | null>;
  readonly spec: ReadonlySignal<Spec>;
  readonly layerOf: (level: string) => Layer | null;
  readonly layer: ReadonlySignal<Layer | null>;
  readonly failure: ReadonlySignal<string | null>;
  readonly classes: ReadonlySignal<Classes>;
  readonly rowCells: ReadonlySignal<Int8Array | null>;
  readonly cellColour: (cell: Cell) => string;
  readonly bars: ReadonlySignal<Histogram | null>;
  readonly campaignValue: (id: string) => number | null;
  readonly campaignText: (id: string, s: Spec) => string;
  readonly valueText: (l: Layer, row: number, s?: Spec) => string;
  readonly peopleText: (l: Layer, row: number) => string;
  readonly intervalText: (l: Layer, row: number, s?: Spec) => string;
  readonly betweenText: (l: Layer, row: number, s?: Spec) => string;
  readonly certaintyText: (l: Layer, cell: Cell) => string;
}

const width = (l: Layer, i: number) => (l.low && l.high ? l.high[i]! - l.low[i]! : 0);

/** Counts of an election from a level upwards, as far as they are here. */
function grounds(e: Election, id: string): readonly Ground[] {
  const out: Ground[] = [];
  for (let at: string | null = id; at !== null; ) {
    const table = resultsOf(e.id, at);
    if (table.kind !== 'ready') break;
    const list = areasOf(at);
    out.push({ table: table.value, parents: list?.parents ?? null });
    at = list?.parent_level ?? null;
  }
  return out;
}

/** Rows where a list of a measure did not stand. */
function absentRows(e: Election, id: string, m: PastMeasure): Uint8Array | null {
  const lists = m.kind === 'list' ? [m.list] : m.kind === 'difference' ? [m.first, m.second] : [];
  if (lists.length === 0) return null;
  const above = grounds(e, id);
  const [first, ...rest] = lists.map((l) =>
    withoutCandidate(above, l, (e.total.lists[l] ?? 0) / Math.max(1, e.total.valid)),
  );
  return first!.map((v, i) => v | (rest[0]?.[i] ?? 0));
}

export function makeLook(source: ReadonlySignal<Source>): Look {
  const named = (id: string | null) => ready.value?.elections.find((e) => e.id === id) ?? null;
  const election = computed(() => named(source.value.election));
  const since = computed(() => {
    const e = named(source.value.since);
    return e && e.id !== election.value?.id ? e : null;
  });
  const past = computed<PastMeasure | null>(() =>
    election.value ? pastMeasure(source.value.measure, election.value) : null,
  );
  /** The same measure of the election that a change starts from; null where that has no such measure. */
  const before = computed<PastMeasure | null>(() => {
    const e = since.value;
    if (!e) return null;
    const id = past.value ? pastSpec(election.value!, past.value).id : source.value.measure;
    const m = pastMeasure(id, e);
    return m.kind !== 'lead' && pastSpec(e, m).id === id ? m : null;
  });
  const spec = computed<Spec>(() => {
    const e = election.value;
    const s = e && past.value ? pastSpec(e, past.value) : estimateSpec(source.value.measure);
    return since.value && before.value ? changeSpec(s, since.value) : s;
  });

  function layerOf(id: string): Layer | null {
    const e = election.value;
    const m = past.value;
    const now = e && m ? pastOf(e, id, m) : estimateOf(id);
    const from = since.value;
    if (!now || !from || !before.value) return now;
    const then = resultsOf(from.id, id);
    if (then.kind !== 'ready') return null;
    const table = e ? resultsOf(e.id, id) : null;
    const exact = e && m && table?.kind === 'ready' ? pastShares(table.value, e, blocsOf(e), m) : null;
    return changeLayer(now, exact, pastShares(then.value, from, blocsOf(from), before.value));
  }
  function pastOf(e: Election, id: string, m: PastMeasure): Layer | null {
    const table = resultsOf(e.id, id);
    return table.kind === 'ready' ? pastLayer(table.value, e, blocsOf(e), m, absentRows(e, id, m)) : null;
  }
  function estimateOf(id: string): Layer | null {
    const snapshot = snapshotId.value;
    if (snapshot === null) return null;
    const table = valuesOf(snapshot, id);
    return table.kind === 'ready' ? estimateLayer(table.value, source.value.measure) : null;
  }

  const failure = computed<string | null>(() => {
    const id = level.value?.id;
    if (!id) return null;
    const e = election.value;
    const table = e ? resultsOf(e.id, id) : snapshotId.value !== null ? valuesOf(snapshotId.value, id) : null;
    const then = since.value ? resultsOf(since.value.id, id) : null;
    return table?.kind === 'failed' ? table.message : then?.kind === 'failed' ? then.message : null;
  });
  const layer = computed<Layer | null>(() => (level.value ? layerOf(level.value.id) : null));
  const finest = computed(() => ready.value?.levels.at(-1)?.id ?? null);
  /** The layer that sets the classes: that of the finest level, which is the one shown when it is on the map. */
  const base = computed(() =>
    finest.value === null || finest.value === level.value?.id ? layer.value : layerOf(finest.value),
  );
  // Classes do not depend on the level, zoom or extent: edges of the publication, or of the finest level for lists.
  const classes = computed<Classes>(() => {
    const s = spec.value;
    const edges = s.change ? undefined : ready.value?.edges[s.id];
    const b = base.value;
    if (edges) {
      const made = makeClasses(edges);
      return b ? forCertainty(made, medianHalfSpread(b.spread)) : made;
    }
    return makeClasses(
      b && !s.categorical ? edgesFor(b.value, b.electors, s.signed) : [0.1, 0.2, 0.3, 0.4, 0.5],
    );
  });
  const scale = computed<Ramp>(() => ramp(spec.value.scale, theme.value, classes.value.edges.length === 3));
  const colours = computed<readonly string[]>(() => {
    const e = election.value;
    return e ? listColours(e.lists, e.total.lists, blocsOf(e), theme.value) : [];
  });
  const rowCells = computed<Int8Array | null>(() => {
    const l = layer.value;
    if (!l) return null;
    if (l.categorical)
      return Int8Array.from(l.value, (v, i) =>
        v !== MISSING ? v : l.absent?.[i] ? NO_CANDIDATE : NO_FIGURE,
      );
    if (l.clear) return changeCells(l.value, l.clear, classes.value);
    return cells(l, classes.value, state.value.uncertainty);
  });
  const cellColour = (cell: Cell): string => {
    if (!spec.value.categorical) return colourOf(cell, scale.value);
    return cell < 0
      ? colourOf(cell, scale.value)
      : (election.value?.lists[cell]?.colour ?? colours.value[cell]!);
  };
  const bars = computed(() =>
    layer.value && rowCells.value && !spec.value.categorical
      ? histogram(layer.value, rowCells.value, classes.value)
      : null,
  );

  /** The value of the whole campaign in thousandths: as published, the unplaced counted. */
  function campaignValue(id: string): number | null {
    const c = ready.value;
    const e = election.value;
    if (!c) return null;
    if (spec.value.change && id === spec.value.id) return campaignChange();
    if (!e) {
      const v = c.snapshot?.campaign[id];
      return v ? Math.round(v.value * 1000) : null;
    }
    const l = pastLayer(tableOf(e.total), e, blocsOf(e), pastMeasure(id, e));
    return l.value[0] === MISSING ? null : l.value[0]!;
  }
  function campaignChange(): number | null {
    const [e, m, from, b] = [election.value, past.value, since.value, before.value];
    if (!from || !b) return null;
    const then = pastShares(tableOf(from.total), from, blocsOf(from), b)[0]!;
    const now =
      e && m
        ? pastShares(tableOf(e.total), e, blocsOf(e), m)[0]!
        : (ready.value?.snapshot?.campaign[source.value.measure]?.value ?? Number.NaN);
    return Number.isNaN(now - then) ? null : Math.round(1000 * (now - then));
  }
  const campaignText = (id: string, s: Spec): string => {
    const v = campaignValue(id);
    if (v === null || s.categorical) return '';
    const exact = election.value !== null;
    return s.signed
      ? points(v, lang.value, exact ? 0 : 40)
      : share(v, lang.value, { width: exact ? 0 : 40, exact });
  };

  /** A row's value as everyone shows it. */
  function valueText(l: Layer, i: number, s: Spec = spec.value): string {
    const v = l.value[i]!;
    if (l.absent?.[i]) return t(l.categorical ? 'tie' : 'noCandidate');
    if (v === MISSING) return '—';
    if (l.categorical) {
      const list = election.value?.lists[v];
      return list?.short ?? list?.label ?? '—';
    }
    return s.signed
      ? points(v, lang.value, width(l, i))
      : share(v, lang.value, { width: width(l, i), exact: !l.low });
  }
  /** The people behind a share, where counts are shown: exact of the past, two figures of an estimate. */
  function peopleText(l: Layer, i: number): string {
    if (!showCounts.value || l.categorical || l.clear || l.value[i] === MISSING) return '';
    if (l.people) return l.people[i] === UNKNOWN ? '' : count(l.people[i]!, lang.value);
    const electors = l.electors[i]!;
    return electors === UNKNOWN ? '' : about((Math.abs(l.value[i]!) * electors) / 1000, lang.value);
  }
  const intervalText = (l: Layer, i: number, s: Spec = spec.value): string =>
    !l.low || l.value[i] === MISSING ? '' : interval(l.low[i]!, l.high![i]!, lang.value, s.signed);
  const betweenText = (l: Layer, i: number, s: Spec = spec.value): string =>
    !l.low || l.value[i] === MISSING ? '' : between(l.low[i]!, l.high![i]!, lang.value, s.signed);
  function certaintyText(l: Layer, cell: Cell): string {
    if (cell === NO_CANDIDATE) return t(l.categorical ? 'tie' : 'noCandidate');
    if (l.clear) return cell === -1 ? '' : t(cell < 6 ? (l.low ? 'clearChange' : 'exact') : 'notClear');
    if (!l.spread) return t('exact');
    if (cell === -1) return '';
    return t(cell < 6 ? 'precise' : cell < 9 ? 'approximate' : 'uncertain');
  }

  return {
    election,
    past,
    since,
    spec,
    layerOf,
    layer,
    failure,
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
    certaintyText,
  };
}
