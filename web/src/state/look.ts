// One look at the campaign: a source (a past election or the estimate) and a measure, with its figures, classes and colours.
// The page has one look, and a second one while it compares.
import { computed, type ReadonlySignal } from '@preact/signals';
import type { Compared } from '../api/client';
import { type ColumnTable, MISSING, UNKNOWN } from '../api/container';
import type { CompareAbout, Election, Failure, Remote, Summary } from '../api/types';
import {
  type Cell,
  type Classes,
  cells,
  changeCells,
  edgesFor,
  type Figures,
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
import { goalQuery } from '../goal/setting';
import {
  acrossLayer,
  comparedLayer,
  estimateLayer,
  type Ground,
  gapLayer,
  isMoved,
  type Layer,
  listChange,
  type OwnMeasure,
  type PastMeasure,
  pastLayer,
  pastShares,
  tableOf,
  withoutCandidate,
} from './layer';
import {
  acrossInfo,
  blocsOf,
  CHANGES,
  changeSpec,
  estimateSpec,
  hasGroup,
  pastMeasure,
  pastSpec,
  reading,
  type Spec,
} from './spec';
import {
  acrossOf,
  areasOf,
  comparedOf,
  GAP,
  goalsOf,
  isSplit,
  lang,
  largeLevel,
  level,
  ready,
  resultsOf,
  showCounts,
  snapshotId,
  state,
  summaryOf,
  t,
  theme,
  valuesOf,
} from './store';

/** What a look is of. */
export interface Source {
  /** A past election, or null: the estimate. */
  readonly election: string | null;
  readonly measure: string;
  /** The election, or the number of the snapshot, since which the change is shown. */
  readonly since: string | null;
}

/** What a change starts from. */
export interface Since {
  readonly id: string;
  readonly label: string;
  /** Null: a snapshot. */
  readonly election: Election | null;
}

export interface Look {
  readonly election: ReadonlySignal<Election | null>;
  readonly past: ReadonlySignal<PastMeasure | null>;
  readonly since: ReadonlySignal<Since | null>;
  readonly spec: ReadonlySignal<Spec>;
  /** What the server says of the change that is shown. */
  readonly compared: ReadonlySignal<CompareAbout | null>;
  /** The figures of a level; of hexagons those of the zoom, or those of the size of one of them. */
  readonly layerOf: (level: string, code?: string) => Layer | null;
  readonly layer: ReadonlySignal<Layer | null>;
  readonly failure: ReadonlySignal<Failure | null>;
  readonly classes: ReadonlySignal<Classes>;
  readonly rowCells: ReadonlySignal<Int8Array | null>;
  readonly cellColour: (cell: Cell) => string;
  /** Of a large level, how its electors are distributed; null of another, or while it is on its way. */
  readonly summary: ReadonlySignal<Summary | null>;
  readonly bars: ReadonlySignal<Histogram | null>;
  readonly campaignValue: (id: string) => number | null;
  readonly campaignText: (id: string, s: Spec) => string;
  readonly valueText: (l: Layer, row: number, s?: Spec) => string;
  readonly peopleText: (l: Layer, row: number) => string;
  readonly intervalText: (l: Layer, row: number, s?: Spec) => string;
  readonly betweenText: (l: Layer, row: number, s?: Spec) => string;
  /** What a past count is: exact, or moved from the areas where it was counted, or split between parts of areas. */
  readonly counted: (level?: string) => 'exact' | 'moved' | 'split';
  readonly countedText: (level?: string) => string;
  readonly certaintyText: (l: Layer, cell: Cell, row?: number) => string;
  /** Why a row has no figure. */
  readonly whyNone: (l: Layer, row: number) => string;
}

const width = (l: Layer, i: number) => (l.low && l.high ? l.high[i]! - l.low[i]! : 0);

/** Counts of an election from a level upwards, as far as they are here. */
function grounds(e: Election, id: string, code?: string): readonly Ground[] {
  const out: Ground[] = [];
  for (let at: string | null = id; at !== null; ) {
    const table = resultsOf(e.id, at, code);
    if (table.kind !== 'ready') break;
    const list = areasOf(at);
    out.push({ table: table.value, parents: list?.parents ?? null });
    at = list?.parent_level ?? null;
  }
  return out;
}

/** Rows where a list of a measure did not stand. */
function absentRows(e: Election, id: string, m: PastMeasure, code?: string): Uint8Array | null {
  const lists = m.kind === 'list' ? [m.list] : m.kind === 'difference' ? [m.first, m.second] : [];
  if (lists.length === 0) return null;
  const above = grounds(e, id, code);
  const [first, ...rest] = lists.map((l) =>
    withoutCandidate(above, l, (e.total.lists[l] ?? 0) / Math.max(1, e.total.valid)),
  );
  return first!.map((v, i) => v | (rest[0]?.[i] ?? 0));
}

export function makeLook(source: ReadonlySignal<Source>): Look {
  const named = (id: string | null) => ready.value?.elections.find((e) => e.id === id) ?? null;
  const election = computed(() => named(source.value.election));
  const since = computed<Since | null>(() => {
    const id = source.value.since;
    if (id === null || id === source.value.election) return null;
    const e = named(id);
    if (e) return { id, label: e.label, election: e };
    // A snapshot is compared with a later one.
    const n = Number(id);
    const before = election.value === null && Number.isInteger(n) && n > 0 && n < (snapshotId.value ?? 0);
    return before ? { id, label: t('publicationN', { n }), election: null } : null;
  });
  const past = computed<PastMeasure | null>(() =>
    election.value ? pastMeasure(source.value.measure, election.value) : null,
  );
  /** What to ask the server for; null where it compares no such measure. */
  const asked = computed<Compared | null>(() => {
    const [from, e, now] = [since.value, election.value, snapshotId.value];
    if (!from || (!e && now === null)) return null;
    const group = past.value ? (past.value.kind === 'group' ? past.value.group : '') : source.value.measure;
    const of = e ? reading.value : (ready.value?.snapshot?.reading ?? reading.value);
    const sides = [from.election, e].filter((x) => x !== null);
    if (!sides.every((x) => hasGroup(x, group, of))) return null;
    if (from.election ? !CHANGES.includes(group) : !ready.value?.measures.some((m) => m.id === group))
      return null;
    const to = e?.id ?? (named(String(now)) ? 'current' : String(now));
    return { from: from.id, to, measure: group, reading: e ? of : null };
  });
  /** The same list, or difference of lists, of the election that a change starts from; null where it has none. */
  const before = computed<OwnMeasure | null>(() => {
    const e = since.value?.election;
    const m = past.value;
    if (!e || (m?.kind !== 'list' && m?.kind !== 'difference')) return null;
    const id = pastSpec(election.value!, m).id;
    const then = pastMeasure(id, e);
    return then.kind !== 'across' && then.kind === m.kind && pastSpec(e, then).id === id ? then : null;
  });
  const comparison = (id: string | undefined, code?: string): Remote<ColumnTable> | null =>
    id !== undefined && asked.value ? comparedOf(asked.value, id, code) : null;
  const compared = computed<CompareAbout | null>(() => {
    const table = comparison(level.value?.id);
    return table?.kind === 'ready' ? (table.value.about as unknown as CompareAbout) : null;
  });
  const spec = computed<Spec>(() => {
    const e = election.value;
    const s = e && past.value ? pastSpec(e, past.value) : estimateSpec(source.value.measure);
    const from = since.value;
    if (!from || (!asked.value && !before.value)) return s;
    return changeSpec(s, from, compared.value?.label[lang.value] ?? '');
  });

  /** The goal whose gap is shown; null where another measure is. */
  const gapGoal = computed(() => {
    const { goal } = state.value;
    return goal && source.value.measure === GAP && !election.value ? goalQuery(goal) : null;
  });
  function layerOf(id: string, code?: string): Layer | null {
    const table = comparison(id, code);
    if (table) return table.kind === 'ready' ? comparedLayer(table.value, election.value !== null) : null;
    const e = election.value;
    const m = past.value;
    const now = e && m ? pastOf(e, id, m, code) : estimateOf(id, code);
    return now && e && m && m.kind !== 'across' && before.value ? changeOf(now, e, m, id, code) : now;
  }
  function changeOf(now: Layer, e: Election, m: OwnMeasure, id: string, code?: string): Layer | null {
    const [from, then] = [since.value?.election, before.value];
    if (!from || !then) return null;
    const tables = [resultsOf(from.id, id, code), resultsOf(e.id, id, code)];
    const [old, own] = tables;
    if (old?.kind !== 'ready' || own?.kind !== 'ready') return null;
    const shares = [
      pastShares(old.value, from, blocsOf(from), then),
      pastShares(own.value, e, blocsOf(e), m),
    ] as const;
    const absent = absentRows(from, id, then, code)?.map((v, i) => v | (now.absent?.[i] ?? 0)) ?? null;
    return listChange(now, shares, absent);
  }
  function pastOf(e: Election, id: string, m: PastMeasure, code?: string): Layer | null {
    if (m.kind === 'across') {
      const counted = acrossOf(m.measure, id, reading.value, code);
      return counted.kind === 'ready' ? acrossLayer(counted.value, m.measure) : null;
    }
    const table = resultsOf(e.id, id, code);
    return table.kind === 'ready'
      ? pastLayer(table.value, e, blocsOf(e), m, absentRows(e, id, m, code))
      : null;
  }
  function estimateOf(id: string, code?: string): Layer | null {
    const snapshot = snapshotId.value;
    if (snapshot === null) return null;
    const table = valuesOf(snapshot, id);
    if (table.kind !== 'ready') return null;
    if (!gapGoal.value) return estimateLayer(table.value, source.value.measure);
    const goals = goalsOf(gapGoal.value, id, snapshot, code);
    if (goals.kind !== 'ready') return null;
    // Those of hexagons come with what is in hand: their tiles say it of what was drawn only.
    const held = goals.value.column('favourable') ? goals.value : table.value;
    return gapLayer(estimateLayer(held, 'favourable'), goals.value);
  }

  const failure = computed<Failure | null>(() => {
    const id = level.value?.id;
    if (!id) return null;
    const e = election.value;
    const from = since.value?.election;
    const goals =
      gapGoal.value && snapshotId.value !== null ? goalsOf(gapGoal.value, id, snapshotId.value) : null;
    const tables = asked.value
      ? [comparison(id)]
      : [
          e
            ? past.value?.kind === 'across'
              ? acrossOf(past.value.measure, id, reading.value)
              : resultsOf(e.id, id)
            : snapshotId.value !== null
              ? valuesOf(snapshotId.value, id)
              : null,
          from && before.value ? resultsOf(from.id, id) : null,
          goals,
        ];
    const failed = tables.find((table) => table?.kind === 'failed');
    return failed?.kind === 'failed' ? failed : null;
  });
  const layer = computed<Layer | null>(() => (level.value ? layerOf(level.value.id) : null));
  const finest = computed(() => ready.value?.levels.at(-1)?.id ?? null);
  /** The layer that sets the classes: that of the finest level, which is the one shown when it is on the map. */
  const base = computed(() => {
    const id = finest.value;
    // The past of a level of very many areas is nowhere.
    const own = id === null || id === level.value?.id || (election.value && largeLevel(id));
    return own ? layer.value : layerOf(id);
  });
  // Classes do not depend on the level, zoom or extent: edges of the publication, or of the finest level for lists.
  /** Half the median spread of the layer that sets the classes: of a large level the server says it. */
  const halfSpread = (b: Layer, made: Classes): number => {
    const id = finest.value;
    const summary = id === null ? null : summaryOf(id, spec.value.id, made.step);
    return summary ? summary.half_spread : id !== null && largeLevel(id) ? 0 : medianHalfSpread(b.spread);
  };
  const classes = computed<Classes>(() => {
    const s = spec.value;
    if (asked.value && compared.value) return makeClasses(compared.value.edges);
    const edges = s.change ? undefined : ready.value?.edges[s.id];
    const b = asked.value ? null : base.value;
    if (edges) {
      const made = makeClasses(edges);
      return b ? forCertainty(made, halfSpread(b, made)) : made;
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
    if (l.clear) return changeCells({ ...l, clear: l.clear }, classes.value);
    return cells(l, classes.value, state.value.uncertainty);
  });
  const cellColour = (cell: Cell): string => {
    if (!spec.value.categorical) return colourOf(cell, scale.value);
    return cell < 0
      ? colourOf(cell, scale.value)
      : (election.value?.lists[cell]?.colour ?? colours.value[cell]!);
  };
  const summary = computed<Summary | null>(() => {
    const [id, s] = [level.value?.id, spec.value];
    const edges = ready.value?.edges[s.id];
    if (id === undefined || election.value || s.change || !edges) return null;
    return summaryOf(id, s.id, makeClasses(edges).step);
  });
  const bars = computed(() => {
    if (!layer.value || !rowCells.value || spec.value.categorical) return null;
    // Comparisons, goals and the past bring all their rows, of hexagons those shown.
    if (level.value && largeLevel(level.value.id) && !layer.value.there) {
      if (!summary.value) return null;
      const { value, spread, electors } = summary.value;
      const counted: Figures = {
        value: Int16Array.from(value),
        spread: Int16Array.from(spread),
        electors: Uint32Array.from(electors),
      };
      return histogram(counted, cells(counted, classes.value, state.value.uncertainty), classes.value);
    }
    return histogram(layer.value, rowCells.value, classes.value);
  });

  /** The value of the whole campaign in thousandths: as published, the unplaced counted. */
  function campaignValue(id: string): number | null {
    const c = ready.value;
    const e = election.value;
    if (!c) return null;
    if (spec.value.change && id === spec.value.id) return campaignChange();
    if (id === GAP) return campaignGap();
    if (!e) {
      const v = c.snapshot?.campaign[id];
      return v ? Math.round(v.value * 1000) : null;
    }
    const m = pastMeasure(id, e);
    if (m.kind === 'across') {
      const whole = acrossInfo(m.measure)?.campaign.share ?? null;
      return whole === null ? null : Math.round(whole * 1000);
    }
    const l = pastLayer(tableOf(e.total), e, blocsOf(e), m);
    return l.value[0] === MISSING ? null : l.value[0]!;
  }
  /** The gap of the whole ground of the goal. */
  function campaignGap(): number | null {
    const [snapshot, at, query] = [snapshotId.value, level.value, gapGoal.value];
    const table = query && at && snapshot !== null ? goalsOf(query, at.id, snapshot) : null;
    const v = ready.value?.snapshot?.campaign.favourable;
    if (table?.kind !== 'ready' || !v || state.value.goal?.within) return null;
    const { needed, electors } = table.value.about as { needed: number; electors: number };
    return Math.round(1000 * (v.value - needed / Math.max(1, electors)));
  }
  function campaignChange(): number | null {
    if (asked.value) {
      const v = compared.value?.campaign;
      return v ? Math.round(v.value * 1000) : null;
    }
    const [e, m, from, b] = [election.value, past.value, since.value?.election, before.value];
    if (!e || !m || m.kind === 'across' || !from || !b) return null;
    const [now, then] = [
      pastShares(tableOf(e.total), e, blocsOf(e), m)[0]!,
      pastShares(tableOf(from.total), from, blocsOf(from), b)[0]!,
    ];
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
  const counted = (id = level.value?.id) =>
    [election.value, since.value?.election].some((e) => e?.transfers?.length)
      ? 'moved'
      : isSplit(id)
        ? 'split'
        : 'exact';
  const countedText = (id?: string): string => t(counted(id));
  function certaintyText(l: Layer, cell: Cell, row = -1): string {
    if (cell === NO_CANDIDATE) return t(l.categorical ? 'tie' : 'noCandidate');
    if (l.clear && cell === -1) return '';
    if (l.clear && cell >= 6) return t('notClear');
    if (l.clear && l.low) return t('clearChange');
    if (!l.spread) return countedText();
    if (cell === -1) return '';
    const sure = t(cell < 6 ? 'precise' : cell < 9 ? 'approximate' : 'uncertain');
    // The legend says what the sign means.
    return row >= 0 && isMoved(l, row) ? `${sure} ≈` : sure;
  }

  function whyNone(l: Layer, i: number): string {
    if (l.absent?.[i]) return t(l.categorical ? 'tie' : 'noCandidate');
    if (l.electors[i] === 0) return t('noElectors');
    if (spec.value.change && !l.uncounted?.[i] && !before.value) return t('noFigureHere');
    return t(election.value || spec.value.change ? 'noResultHere' : 'noElectors');
  }

  return {
    election,
    past,
    since,
    spec,
    compared,
    whyNone,
    layerOf,
    layer,
    failure,
    classes,
    rowCells,
    cellColour,
    summary,
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
  };
}
