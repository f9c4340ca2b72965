// Past elections: lists that did not stand, changes, and the thresholds of French law.
import { describe, expect, it } from 'vitest';
import { encodeTable } from '../dev/table.mjs';
import { decodeTable, MISSING } from '../src/api/container';
import type { Election } from '../src/api/types';
import { cells, changeCells, makeClasses, NO_CANDIDATE, NO_FIGURE, UNCERTAIN } from '../src/classes/classes';
import { inFrance, reached, thresholdsOf } from '../src/legend/thresholds';
import {
  acrossLayer,
  comparedLayer,
  countThere,
  DOUBTFUL,
  decodePast,
  encodePast,
  estimateLayer,
  GROUPS,
  gapLayer,
  isThere,
  listChange,
  OWN_GROUND,
  pastLayer,
  pastShares,
  profileOf,
  REDRAWN,
  rowCounts,
  withoutCandidate,
} from '../src/state/layer';

const NONE = 0xffffffff;
const election = {
  id: 'e',
  label: 'E',
  date: '2017-06-11',
  of: 'electors',
  lists: [
    { id: 'A', label: 'A' },
    { id: 'B', label: 'B' },
  ],
  blocs: {},
} as unknown as Election;
const blocs = { favourable: ['A'], opposed: ['B'] };
function table(rows: readonly (readonly number[])[]) {
  const column = (at: number) => Uint32Array.from(rows, (r) => r[at]!);
  const names = ['registered', 'voters', 'valid', 'list:A', 'list:B'];
  const bytes = encodeTable(
    { kind: 'results', rows: rows.length },
    names.map((name, at) => [name, 'value', column(at)]),
  ) as Uint8Array;
  return decodeTable(Uint8Array.from(bytes).buffer);
}
// Registered, voters, valid, A, B: two communes of a département where A stood, two of one where it did not, one absent.
const communes = table([
  [1000, 600, 590, 300, 290],
  [40, 30, 30, 0, 30],
  [1000, 600, 590, 0, 500],
  [40, 30, 30, 0, 20],
  [NONE, NONE, NONE, NONE, NONE],
]);
const departements = table([
  [1040, 630, 620, 300, 320],
  [1040, 630, 620, 0, 520],
]);
const grounds = [
  { table: communes, parents: [0, 0, 1, 1, 1] },
  { table: departements, parents: null },
];

describe('hexagons of one resolution', () => {
  const numbers = ['registered', 'voters', 'valid', 'list:A', 'list:B'];
  // Four rows, of which the second and third are shown; the third has no result.
  const shown = Uint8Array.of(0, 1, 1, 0);
  const bytes = encodeTable({ kind: 'results', rows: 4 }, [
    ['shown', 'value', shown],
    ...numbers.map((name, at) => [name, 'value', Uint32Array.of(NONE, 100 - 10 * at, NONE, NONE)]),
  ]) as Uint8Array;
  const hexes = decodeTable(Uint8Array.from(bytes).buffer);
  const now = pastLayer(hexes, election, blocs, { kind: 'list', list: 'A', valid: false });
  it('are_those_that_the_table_shows_whatever_has_a_figure', () => {
    expect([...now.value]).toEqual([MISSING, 700, MISSING, MISSING]);
    expect([0, 1, 2, 3].map((row) => isThere(now, row))).toEqual([false, true, true, false]);
    expect(countThere(now)).toBe(2);
  });
  it('stay_so_in_what_changed', () => {
    const shares = Float64Array.of(Number.NaN, 0.5, Number.NaN, Number.NaN);
    const changed = listChange(now, [shares, Float64Array.of(Number.NaN, 0.7, Number.NaN, Number.NaN)], null);
    expect([countThere(changed), changed.value[1]]).toEqual([2, 200]);
  });
  it('are_all_rows_of_another_level', () => {
    const layer = pastLayer(communes, election, blocs, { kind: 'lead' });
    expect([countThere(layer), isThere(layer, 4)]).toEqual([5, true]);
  });
});

describe('a list that did not stand', () => {
  const absent = withoutCandidate(grounds, 'A', 0.25);
  it('is_told_from_one_without_votes_by_the_area_around', () => {
    expect([...absent]).toEqual([0, 0, 1, 1, 0]);
  });
  it('is_no_figure_and_a_class_of_its_own', () => {
    const l = pastLayer(communes, election, blocs, { kind: 'list', list: 'A', valid: false }, absent);
    expect([...l.value]).toEqual([300, 0, MISSING, MISSING, MISSING]);
    const classes = makeClasses([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect([...cells(l, classes, true)]).toEqual([3, 0, NO_CANDIDATE, NO_CANDIDATE, NO_FIGURE]);
  });
  it('nor_says_anything_where_its_ballot_was_annulled', () => {
    const annulled = {
      table: table([
        [1000, 600, 0, 0, 0],
        [60, 39, 0, 0, 0],
      ]),
      parents: null,
    };
    expect([...withoutCandidate([annulled], 'A', 0.25)]).toEqual([1, 0]);
  });
  it('of_so_few_that_nobody_was_to_be_expected_stays_at_0', () => {
    expect([...withoutCandidate(grounds, 'A', 0.001)]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('base and reserve', () => {
  const bytes = encodeTable({ kind: 'past', rows: 4 }, [
    ['electors', 'value', Uint32Array.of(1000, 500, NONE, 40)],
    ['flags', 'value', Uint8Array.of(0, 128, 32, 64)],
    ['reserve', 'value', Int16Array.of(120, -64, MISSING, MISSING)],
    ['reserve', 'people', Float32Array.of(120.4, -31.6, Number.NaN, Number.NaN)],
  ]) as Uint8Array;
  const l = acrossLayer(decodeTable(Uint8Array.from(bytes).buffer), 'reserve');
  it('are_read_as_the_server_counts_them', () => {
    expect([...l.value]).toEqual([120, -64, MISSING, MISSING]);
    expect([...l.people!]).toEqual([120, 32, NONE, NONE]);
    expect([...l.absent!]).toEqual([0, 0, 0, 1]);
    expect([...l.partly!]).toEqual([0, 1, 0, 0]);
    const classes = makeClasses([-0.1, 0, 0.1]);
    expect([...cells(l, classes, true)].slice(2)).toEqual([NO_FIGURE, NO_CANDIDATE]);
  });
  it('are_kept_in_the_link_whatever_the_election', () => {
    for (const measure of ['base', 'reserve'] as const) {
      const m = decodePast(measure, election);
      expect(m).toEqual({ kind: 'across', measure });
      expect(encodePast(m)).toBe(measure);
    }
  });
});

describe('groups of a level', () => {
  it('are_rounded_together_as_the_panel_rounds_them', () => {
    for (let i = 0; i < 200; i++) {
      const [n, f, o] = [3 + ((i * 7919) % 997), (i * 31) % 3, (i * 17) % 5];
      const t = table([[n + 10, n, n - 1, Math.min(f, n - 1), Math.min(o, Math.max(0, n - 1 - f))]]);
      const counts = rowCounts(t, election, 0)!;
      const four = profileOf(counts, election, blocs)!;
      const shown = GROUPS.map((group) => pastLayer(t, election, blocs, { kind: 'group', group }).value[0]);
      expect(shown).toEqual(four);
    }
  });
});

describe('a change', () => {
  const now = table([
    [1000, 700, 690, 350, 340],
    [40, 30, 30, 10, 20],
    [1000, 500, 500, 250, 250],
    [40, 30, 30, 0, 20],
    [NONE, NONE, NONE, NONE, NONE],
  ]);
  const list = { kind: 'list', list: 'A', valid: false } as const;
  it('of_a_list_is_rounded_once_always_clear_and_none_where_it_did_not_stand', () => {
    const shares = [
      pastShares(communes, election, blocs, list),
      pastShares(now, election, blocs, list),
    ] as const;
    const c = listChange(pastLayer(now, election, blocs, list), shares, Uint8Array.of(0, 0, 1, 0, 0));
    expect([...c.value]).toEqual([50, 250, MISSING, 0, MISSING]);
    expect(c.low).toBeNull();
    expect([...c.clear!]).toEqual([1, 1, 0, 1, 0]);
  });
  const compared = (() => {
    const i16 = (...v: number[]) => Int16Array.from(v);
    const bytes = encodeTable({ kind: 'compare', rows: 5, edges: [-0.1, -0.05, 0, 0.05, 0.1] }, [
      ['electors', 'value', Uint32Array.of(1000, 40, 1000, 40, NONE)],
      ['flags', 'value', Uint8Array.of(1, 128, 0, 64, 32)],
      ['continuity', 'value', Uint8Array.of(1, 2, 3, 1, 3)],
      ['continuity', 'level', Uint8Array.of(OWN_GROUND, 1, 0, OWN_GROUND, OWN_GROUND)],
      ['change', 'value', i16(50, 0, -100, MISSING, MISSING)],
      ['change', 'low', i16(-10, -50, -150, MISSING, MISSING)],
      ['change', 'high', i16(100, 50, -50, MISSING, MISSING)],
      ['change', 'spread', i16(90, 90, 90, MISSING, MISSING)],
    ]) as Uint8Array;
    return decodeTable(Uint8Array.from(bytes).buffer);
  })();
  it('of_the_server_is_not_clear_where_0_is_inside_and_says_why_there_is_none', () => {
    const c = comparedLayer(compared, false);
    expect([...c.clear!]).toEqual([0, 0, 1, 0, 0]);
    expect([...c.absent!]).toEqual([0, 0, 0, 1, 0]);
    expect([...c.uncounted!]).toEqual([0, 0, 0, 0, 1]);
    expect([...c.partly!]).toEqual([0, 1, 0, 0, 0]);
    expect([...c.ground!.class]).toEqual([1, DOUBTFUL, REDRAWN, 1, REDRAWN]);
    expect([...c.ground!.level]).toEqual([OWN_GROUND, 1, 0, OWN_GROUND, OWN_GROUND]);
    const classes = makeClasses(compared.about.edges as number[]);
    expect([...changeCells({ ...c, clear: c.clear! }, classes)]).toEqual([
      UNCERTAIN,
      UNCERTAIN,
      1,
      NO_CANDIDATE,
      NO_FIGURE,
    ]);
  });
  it('of_two_elections_is_exact', () => {
    const c = comparedLayer(compared, true);
    expect([c.low, c.high, c.spread]).toEqual([null, null, null]);
    expect([...c.clear!]).toEqual([1, 1, 1, 0, 0]);
  });
});

describe('thresholds', () => {
  const paris = { language: 'fr', home: [2.22, 48.81, 2.47, 48.9] } as const;
  const montreal = { language: 'fr', home: [-73.97, 45.4, -73.47, 45.7] } as const;
  const list = (valid: boolean) => ({ kind: 'list', list: 'A', valid }) as const;
  it('are_those_of_france_and_of_what_the_share_is_of', () => {
    expect(thresholdsOf(paris, election, list(false)).map((x) => x.at)).toEqual([0.125]);
    expect(thresholdsOf(paris, election, list(true)).map((x) => x.at)).toEqual([0.1, 0.05]);
    expect(thresholdsOf(montreal, election, list(true))).toEqual([]);
    expect(thresholdsOf(paris, { of: 'voters' }, list(false))).toEqual([]);
    expect(thresholdsOf(paris, election, { kind: 'lead' })).toEqual([]);
    expect(inFrance('en', paris.home)).toBe(false);
    expect(inFrance('fr', [55.2, -21.4, 55.8, -20.9])).toBe(true);
  });
  it('count_the_electors_who_live_where_they_are_reached', () => {
    const l = pastLayer(communes, election, blocs, { kind: 'list', list: 'B', valid: false });
    expect(reached(l, 0.5)).toBeCloseTo((1000 + 40 + 40) / 2080);
  });
});

describe('the gap to a goal', () => {
  const estimates = decodeTable(
    Uint8Array.from(
      encodeTable({ kind: 'values', rows: 4 }, [
        ['electors', 'value', Uint32Array.of(1000, 2000, 0, 500)],
        ['favourable', 'value', Int16Array.of(300, 250, MISSING, 400)],
        ['favourable', 'low', Int16Array.of(250, 230, MISSING, 350)],
        ['favourable', 'high', Int16Array.of(350, 270, MISSING, 450)],
        ['favourable', 'spread', Int16Array.of(60, 30, MISSING, 90)],
      ]) as Uint8Array,
    ).buffer,
  );
  const goals = decodeTable(
    Uint8Array.from(
      encodeTable({ kind: 'goal', rows: 4 }, [
        ['goal', 'value', Uint32Array.of(320, 450, 0, NONE)],
      ]) as Uint8Array,
    ).buffer,
  );
  it('is_the_estimate_and_its_interval_less_the_goal_and_nothing_outside_of_its_ground', () => {
    const l = gapLayer(estimateLayer(estimates, 'favourable'), goals);
    expect([...l.value]).toEqual([-20, 25, MISSING, MISSING]);
    expect([...l.low!]).toEqual([-70, 5, MISSING, MISSING]);
    expect([...l.high!]).toEqual([30, 45, MISSING, MISSING]);
    // A goal is a number: it makes nothing less sure.
    expect([...l.spread!]).toEqual([60, 30, MISSING, 90]);
  });
});
