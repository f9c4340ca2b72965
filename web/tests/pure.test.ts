// The pure parts: classes, format, URL, container, layers, levels, tooltip's place.
import { describe, expect, it } from 'vitest';
import { encodeTable } from '../dev/table.mjs';
import { decodeTable, MISSING } from '../src/api/container';
import type { Election } from '../src/api/types';
import {
  cells,
  certaintyOf,
  classOf,
  edgesFor,
  forCertainty,
  histogram,
  makeClasses,
  percents,
} from '../src/classes/classes';
import { colourOf, contrast, listColours, ramp, stance, textOn } from '../src/colour/palette';
import { about, between, count, edge, interval, points, share, votes } from '../src/format/number';
import { ordinal, word } from '../src/i18n/words';
import { levelAt, opening } from '../src/map/level';
import { dated, spaced } from '../src/panel/spark';
import { decodePast, encodePast, pastLayer, tableOf, thousandths } from '../src/state/layer';
import { decode, encode, nothingOpen, type PageState } from '../src/url/url';

const NN = '\u202f';
const six = makeClasses([0.15, 0.2, 0.25, 0.3, 0.35]);

describe('classes', () => {
  it('an_edge_belongs_to_the_class_above_it', () => {
    expect([149, 150, 199, 200, 350, 999].map((v) => classOf(v, six))).toEqual([0, 1, 1, 2, 5, 5]);
  });
  it('certainty_is_judged_by_the_spread_in_class_widths', () => {
    expect([75, 76, 150, 151].map((s) => certaintyOf(s, six))).toEqual([
      'precise',
      'approximate',
      'approximate',
      'uncertain',
    ]);
  });
  it('exact_figures_and_hidden_uncertainty_never_fade', () => {
    const f = {
      value: Int16Array.of(160, 310, MISSING),
      spread: Int16Array.of(10, 400, MISSING),
      electors: Uint32Array.of(5, 5, 0),
    };
    expect([...cells(f, six, true)]).toEqual([1, 9, -1]);
    expect([...cells(f, six, false)]).toEqual([1, 4, -1]);
    expect([...cells({ ...f, spread: null }, six, true)]).toEqual([1, 4, -1]);
  });
  it('wide_intervals_drop_to_four_classes_on_the_same_edges', () => {
    expect(forCertainty(six, 0.06).edges).toEqual([0.15, 0.25, 0.35]);
    expect(forCertainty(six, 0.05)).toBe(six);
  });
  it('the_histogram_counts_every_elector_once', () => {
    const f = {
      value: Int16Array.of(-50, 160, 310, 990),
      spread: null,
      electors: Uint32Array.of(1, 2, 3, 4),
    };
    const h = histogram(f, cells(f, six, true), six);
    expect(h.total).toBe(10);
    expect(h.bins.reduce((s, b) => s + b.total, 0)).toBe(10);
  });
  it('edges_of_a_difference_break_at_zero_with_readable_steps', () => {
    const shares = (low: number, high: number) =>
      edgesFor(Int16Array.of(low, (low + high) / 2, high), Uint32Array.of(1, 1, 1), false);
    // Six classes of 20 points would end above 100 %.
    expect([shares(0, 1000), shares(410, 1000)]).toEqual([
      [0.4, 0.6, 0.8],
      [0.5, 0.6, 0.7, 0.8, 0.9],
    ]);
    const e = edgesFor(Int16Array.of(-120, 40, 180), Uint32Array.of(1, 1, 1), true);
    expect(e[2]).toBe(0);
    expect(e[3]).toBe(0.1);
  });
  it('percents_add_to_a_hundred', () => {
    expect(percents([1, 1, 1]).reduce((a, b) => a + b, 0)).toBe(100);
    expect(percents([0, 0])).toEqual([0, 0]);
  });
});

describe('figures', () => {
  it('a_wide_share_has_no_decimal_and_a_narrow_one_has_one', () => {
    expect(share(324, 'fr', { width: 70 })).toBe(`32${NN}%`);
    expect(share(324, 'en', { width: 20 })).toBe('32.4%');
  });
  it('an_estimate_is_never_nothing_or_everything', () => {
    expect(share(4, 'fr', { width: 10 })).toBe(`< 1${NN}%`);
    expect(share(999, 'en', { width: 10 })).toBe('> 99%');
    expect(share(0, 'fr', { width: 0, exact: true })).toBe(`0,0${NN}%`);
  });
  it('points_carry_their_sign_with_a_true_minus', () => {
    expect(points(-25, 'fr', 10)).toBe(`−2,5${NN}pt`);
    expect(points(40, 'en', 60)).toBe(`+4${NN}pt`);
    expect(points(0, 'en', 60)).toBe(`0${NN}pt`);
  });
  it('intervals_read_as_the_interface_writes_them', () => {
    expect(interval(280, 350, 'fr', false)).toBe('28–35');
    expect(between(280, 350, 'fr', false)).toBe(`28 et 35${NN}%`);
    expect(between(280, 350, 'en', false)).toBe('28% and 35%');
    expect(interval(-40, 60, 'en', true)).toBe('−4 to +6');
  });
  it('people_are_exact_or_said_to_be_about', () => {
    expect(count(12345, 'en')).toBe('12,345');
    expect(count(12345, 'fr')).toBe(`12${NN}345`);
    expect(about(423, 'fr')).toBe('≈ 420');
    expect(votes(33.4, 'en')).toBe('+33');
    expect(edge(0.125, 'fr', false)).toBe(`12,5${NN}%`);
  });
  it('words_fill_their_places_and_ranks_have_their_endings', () => {
    expect(word('fr', 'stay', { n: 3 })).toBe('Rester sur la n° 3');
    // No percent sign nor colon is left alone at the beginning of a line.
    expect(word('fr', 'chance', { range: 'x' })).toBe('90\u202f% de chances\u202f: entre x');
    expect(word('en', 'chance', { range: 'x' })).toBe('90% chance: between x');
    expect([ordinal(1, 'fr'), ordinal(2, 'fr'), ordinal(22, 'en'), ordinal(12, 'en')]).toEqual([
      '1er',
      '2e',
      '22nd',
      '12th',
    ]);
  });
});

describe('link', () => {
  const base: PageState = {
    measure: 'favourable',
    level: null,
    snapshot: null,
    area: null,
    lasso: null,
    uncertainty: true,
    counts: false,
    reading: null,
    compare: null,
    election: null,
    tab: 'map',
    lang: 'fr',
    view: null,
    ...nothingOpen,
  };
  const cases: PageState[] = [
    base,
    {
      ...base,
      measure: encodePast({ kind: 'difference', first: 'LE PEN', second: 'A:B&c', valid: true }),
      election: 'pres2017t1',
      level: 'bureau',
      area: { level: 'bureau', code: '75056-19:61' },
    },
    {
      ...base,
      counts: true,
      reading: 'gauche & co',
      compare: {
        mode: 'swipe',
        election: 'a:b',
        measure: encodePast({ kind: 'list', list: 'X:Y', valid: true }),
      },
    },
    { ...base, lasso: 'a:bureau:75056-0101,x%252Cy' },
    { ...base, compare: { mode: 'side', election: null, measure: 'margin' } },
    { ...base, compare: { mode: 'change', election: 'pres2017t1', measure: '' } },
    {
      ...base,
      snapshot: 14,
      uncertainty: false,
      tab: 'field',
      lang: 'en',
      view: { zoom: 12.25, lat: -48.86123, lon: 2.35 },
    },
  ];
  it('decode_of_encode_is_the_state', () => {
    for (const s of cases) expect(decode(encode(s), base)).toEqual(s);
  });
  it('a_damaged_link_falls_back', () => {
    expect(decode('?a=nothing&s=x&cmp=beside:%25&n=2#map=oops', base)).toEqual(base);
  });
});

describe('tables', () => {
  const header = { kind: 'results', rows: 2 };
  const election = {
    id: 'e',
    label: 'E',
    date: '2017-04-23',
    of: 'electors',
    lists: [
      { id: 'A', label: 'A' },
      { id: 'B', label: 'B' },
    ],
    blocs: {},
  } as Election;
  const bytes = encodeTable(header, [
    ['flags', 'value', Uint8Array.of(0, 1)],
    ['registered', 'value', Uint32Array.of(1000, 0xffffffff)],
    ['voters', 'value', Uint32Array.of(700, 0xffffffff)],
    ['valid', 'value', Uint32Array.of(690, 0xffffffff)],
    ['list:A', 'value', Uint32Array.of(400, 0xffffffff)],
    ['list:B', 'value', Uint32Array.of(290, 0xffffffff)],
  ]) as Uint8Array;
  const buffer = Uint8Array.from(bytes).buffer;
  const blocs = { favourable: ['A'], opposed: ['B'] };
  it('a_container_gives_its_columns_back', () => {
    const t = decodeTable(buffer);
    expect([...(t.column('list:A') ?? [])]).toEqual([400, 0xffffffff]);
    expect(t.column('nothing')).toBeNull();
  });
  it('a_container_cut_short_is_refused', () => {
    expect(() => decodeTable(buffer.slice(0, 40))).toThrow();
    expect(() => decodeTable(new ArrayBuffer(4))).toThrow();
  });
  it('the_past_is_exact_and_absent_rows_stay_absent', () => {
    const t = decodeTable(buffer);
    const value = (id: string) => [...pastLayer(t, election, blocs, decodePast(id, election)).value];
    expect(value('list:A')).toEqual([400, MISSING]);
    expect(value('list:A@valid')).toEqual([580, MISSING]);
    expect(value('diff:A:B')).toEqual([110, MISSING]);
    expect(value('turnout')).toEqual([700, MISSING]);
    expect(value('lead')).toEqual([0, MISSING]);
    expect(value('margin')).toEqual([110, MISSING]);
  });
  it('votes_behind_a_share_are_counted_not_multiplied', () => {
    const counts = {
      registered: 7001,
      voters: 5003,
      valid: 4999,
      blank: 2,
      null: 2,
      lists: { A: 3001, B: 1998 },
    };
    const people = (id: string) =>
      pastLayer(tableOf(counts), election, blocs, decodePast(id, election)).people?.[0];
    expect(people('turnout')).toBe(5003);
    expect(people('abstainers')).toBe(1998);
    expect(people('list:A')).toBe(3001);
    expect(people('favourable')).toBe(3001);
    expect(people('margin')).toBe(1003);
  });
  it('four_rounded_shares_add_to_a_thousand', () => {
    expect(thousandths([1, 1, 1, 0], 3).reduce((a, b) => a + b, 0)).toBe(1000);
  });
});

describe('colour', () => {
  it('labels_on_the_stance_colours_read_at_4_5_to_1', () => {
    for (const theme of ['light', 'dark'] as const)
      for (const c of Object.values(stance(theme))) expect(contrast(c, textOn(c))).toBeGreaterThan(4.5);
  });
  it('every_cell_has_the_colour_of_its_row_of_the_tree', () => {
    const r = ramp('favourable', 'light');
    expect([colourOf(0, r), colourOf(6, r), colourOf(9, r), colourOf(-1, r)]).toEqual([
      r.six[0],
      r.three[0],
      r.one,
      r.none,
    ]);
  });
});

describe('sparkline', () => {
  const days = ['2014-05-25', '2017-04-23', '2017-05-07', '2019-05-26'];
  it('two_rounds_of_one_year_stand_apart_and_say_which_they_are', () => {
    const x = spaced(days.map(Date.parse), 20, 272, 46);
    expect([x[0], x.at(-1)]).toEqual([20, 272]);
    for (let i = 1; i < x.length; i++) expect(x[i]! - x[i - 1]!).toBeGreaterThanOrEqual(46 - 1e-9);
    expect(dated(days, 'fr')).toEqual(['2014', '2017 T1', 'T2', '2019']);
    expect(dated(days, 'en')).toEqual(['2014', '2017 R1', 'R2', '2019']);
  });
  it('two_other_elections_of_a_year_say_their_month', () => {
    expect(dated(['2015-03-22', '2015-12-06'], 'en')).toEqual(['Mar 2015', 'Dec 2015']);
  });
  it('too_many_points_are_spaced_evenly_and_none_leaves_the_axis', () => {
    const many = Array.from({ length: 9 }, (_, i) => i * i);
    const x = spaced(many, 0, 240, 46);
    expect(x.map(Math.round)).toEqual([0, 30, 60, 90, 120, 150, 180, 210, 240]);
    expect(spaced([5], 10, 90, 46)).toEqual([10]);
  });
});

describe('lists', () => {
  it('our_side_is_teal_theirs_sienna_and_no_two_of_eight_lists_share_a_colour', () => {
    const lists = 'abcdefgh'.split('').map((id) => ({ id }));
    const votes = Object.fromEntries(lists.map(({ id }, i) => [id, i]));
    const blocs = { favourable: ['b', 'c'], opposed: ['a'] };
    for (const theme of ['light', 'dark'] as const) {
      const colours = listColours(lists, votes, blocs, theme);
      expect([colours[2], colours[0]]).toEqual([stance(theme).favourable, stance(theme).opposed]);
      expect(new Set(colours).size).toBe(8);
    }
  });
});

describe('level', () => {
  const levels = ['region', 'city', 'block'].map((id, i) => ({
    id,
    label: { fr: id, en: id },
    count: 1,
    minzoom: i,
    maxzoom: 14,
  }));
  const median = (l: { id: string }) => ({ region: 50, city: 1, block: 0.01 })[l.id] ?? 0;
  it('the_finest_level_whose_median_area_shows_wins', () => {
    expect([1, 4, 8].map((z) => levelAt(levels, median, z, null))).toEqual(['region', 'city', 'block']);
  });
  it('a_level_does_not_flicker_at_its_threshold', () => {
    const z = Math.log2(150) / 2;
    expect(levelAt(levels, median, z + 0.1, 'region')).toBe('region');
    expect(levelAt(levels, median, z - 0.1, 'city')).toBe('city');
  });
  it('a_campaign_opens_whole_unless_most_electors_live_far_from_the_rest', () => {
    const minnesota = { bounds: [-97.2, 43.5, -89.5, 49.4], home: [-95.2, 43.6, -91.8, 46.4] } as const;
    const from = (minzoom: number) => opening({ ...minnesota, minzoom }, 700, 500);
    // 500 pixels hold 5.9 degrees at 45 north from zoom 5.9 down: a tileset that starts at 6 leaves nothing to see.
    expect([from(5), from(6)]).toEqual([minnesota.bounds, minnesota.home]);
    const france = { bounds: [-61.8, -21.4, 55.8, 51.1], home: [-5.1, 41.3, 9.6, 51.1], minzoom: 0 } as const;
    expect(opening(france, 700, 500)).toBe(france.home);
  });
});
