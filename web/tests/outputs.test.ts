// The pure parts of goal, meeting, candidate's page, prints and back-test.
import geojsonvt from 'geojson-vt';
import { describe, expect, it } from 'vitest';
import vtpbf from 'vt-pbf';
import { makeEvaluation, makeGoal } from '../dev/outputs.mjs';
import { axisOf, classesOf, classWord, errorOf, groupsIn, isInside, ticks } from '../src/about/backtest';
import { sorted, terms } from '../src/about/glossary';
import { method } from '../src/about/method';
import { MISSING, UNKNOWN } from '../src/api/container';
import type { Evaluation, Goal } from '../src/api/types';
import { levelFor, richest, standings } from '../src/candidate/lists';
import {
  beyond,
  frameOf,
  mercator,
  northOf,
  outlineOf,
  placeIn,
  roomFor,
  scaleBar,
  tilesOf,
} from '../src/get/frame';
import { greyOf } from '../src/get/grey';
import { decodeTile } from '../src/get/mvt';
import { decodePaper, encodePaper, enlarged, sheetMm } from '../src/get/paper';
import { cone, LAMBERT_93, projectionOf } from '../src/get/projection';
import { boxText, inBox, sizeText } from '../src/get/size';
import { axisTop, isBeyond, isMissing, isOutside, people, signed } from '../src/goal/figures';
import { decodeGoal, encodeGoal, goalQuery } from '../src/goal/setting';
import { fromAddress, fromFile, moved, stepTo, toAddress, toFile, viewOf } from '../src/meeting/deck';

const NN = '\u202f';

describe('goal', () => {
  it('a_setting_comes_back_from_its_link', () => {
    for (const text of ['e', 'v25000', 't0.65', 't1', 'v1@bureau:75056-19:61', 't0.705@city:01']) {
      const g = decodeGoal(text);
      expect(g && encodeGoal(g)).toBe(text);
    }
    for (const text of [null, '', 'v0', 'v-3', 't0', 't1.2', 't0.1234', 'x', 'e@', 'e@city', 'v1e9'])
      expect(decodeGoal(text)).toBeNull();
  });
  it('the_api_is_asked_for_what_was_set', () => {
    const ask = (text: string) => goalQuery(decodeGoal(text)!).toString();
    expect([ask('e'), ask('v12'), ask('t0.6@city:02')]).toEqual([
      '',
      'votes=12',
      'turnout=0.6&within=city%3A02',
    ]);
  });
  const rows = [
    { code: 'a', name: 'A', parent: null, electors: 101, value: 333 },
    { code: 'b', name: 'B', parent: null, electors: 205, value: 250 },
    { code: 'c', name: 'C', parent: null, electors: 7, value: 999 },
  ];
  const goal = (query: string) => makeGoal(new URLSearchParams(query), 'city', rows, 0.6, 3) as Goal;
  it('goals_of_areas_add_up_to_what_is_needed', () => {
    for (const query of ['votes=1', 'votes=100', 'turnout=0.71', '']) {
      const g = goal(query);
      expect(g.areas.reduce((s, a) => s + a.goal, 0)).toBe(g.needed);
    }
    expect(goal('turnout=0.5').needed).toBe(Math.floor((313 * 0.5) / 2) + 1);
  });
  it('what_a_goal_warns_of_is_seen_in_its_figures', () => {
    expect([isMissing(goal('votes=300')), isMissing(goal('votes=1'))]).toEqual([true, false]);
    expect([isBeyond(goal('votes=300')), isBeyond(goal('votes=100'))]).toEqual([true, false]);
    expect([isOutside(goal('turnout=0.9')), isOutside(goal('')), isOutside(goal('votes=9'))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(axisTop(goal('votes=300'))).toBeGreaterThanOrEqual(300);
  });
  it('estimated_votes_have_two_figures_and_their_sign', () => {
    expect([people(822920, 'en'), people(0.2, 'en'), people(96, 'fr')]).toEqual([
      '≈ 820,000',
      'less than one',
      '≈ 96',
    ]);
    expect([signed(-2691, 'en'), signed(4612, 'fr'), signed(0.4, 'fr')]).toEqual([
      '−2,700',
      `+4${NN}600`,
      '0',
    ]);
  });
});

describe('meeting', () => {
  const deck = [
    { title: 'Où nous en sommes', link: '?m=favourable&e=%7E&lang=fr#map=11.00/48.85000/2.35000' },
    { title: '<img onerror=1> 🗳 ‮', link: '?m=margin&a=city%3A02' },
  ];
  it('a_deck_comes_back_from_its_file_and_its_address', () => {
    expect(fromFile(toFile(deck))).toEqual(deck);
    expect(fromAddress(toAddress(deck))).toEqual(deck);
    expect(toAddress(deck)).toMatch(/^[\w-]+$/);
  });
  it('what_is_no_deck_is_refused_whole', () => {
    for (const text of [
      '',
      'null',
      '{}',
      '[1]',
      '[["a","http://x/"]]',
      '[["a","?m=<b>"]]',
      '{"slides":[{"title":1}]}',
    ])
      expect(fromFile(text)).toBeNull();
    for (const text of [null, '', '!', 'AAAA', 'W10=']) expect(fromAddress(text)).toBeNull();
    expect(fromFile('[]')).toEqual([]);
  });
  it('a_view_forgets_what_was_around_it', () => {
    expect(viewOf('?m=margin&d=goal&view=meeting&deck=abc&p=a4-l#map=1.00/2.00000/3.00000')).toBe(
      '?m=margin#map=1.00/2.00000/3.00000',
    );
    expect(viewOf('javascript:alert(1)')).toBeNull();
  });
  it('keys_step_within_the_ends', () => {
    const keys = ['ArrowRight', 'PageDown', ' ', 'ArrowLeft', 'Home', 'End', 'x'];
    expect(keys.map((k) => stepTo(k, 1, 3))).toEqual([2, 2, 2, 0, 0, 2, null]);
    expect([stepTo('ArrowRight', 2, 3), stepTo('ArrowLeft', 0, 3), stepTo('End', 0, 0)]).toEqual([2, 0, 0]);
  });
  it('views_change_places', () => {
    expect(moved(deck, 0, 1).map((s) => s.title)).toEqual([deck[1]!.title, deck[0]!.title]);
    expect(moved(deck, 0, -1)).toBe(deck);
  });
});

describe('standings', () => {
  const f = {
    value: [100, -80, 5, 10, MISSING, 50],
    low: [20, -150, -40, -200, 0, 10],
    high: [180, -10, 50, 220, 0, 90],
    electors: [10, 20, 30, 40, 50, 0],
  };
  it('an_area_is_sure_tied_or_untold_by_its_interval', () => {
    const s = standings(f, [0, 1, 2, 3, 4, 5]);
    expect([s.ahead.rows, s.behind.rows, s.tied.rows, s.unknown.rows]).toEqual([[0], [1], [2], [3]]);
    expect([s.areas, s.electors]).toEqual([4, 100]);
  });
  it('an_interval_that_ends_at_zero_is_not_sure', () => {
    const at = { value: [10], low: [0], high: [20], electors: [5] };
    expect(standings(at, [0]).tied.rows).toEqual([0]);
    expect(standings({ ...at, electors: [UNKNOWN] }, [0]).areas).toBe(0);
  });
  it('a_page_speaks_of_as_many_areas_as_it_holds', () => {
    expect([
      levelFor([1, 20, 80, 896], 0),
      levelFor([18, 101, 35000], 0),
      levelFor([0, 0, 4, 900], 2),
    ]).toEqual([2, 1, 2]);
    expect(levelFor([0, 500], 1)).toBe(1);
  });
  it('the_richest_come_first', () => {
    expect(richest((row) => [3, 9, 9, 1][row]!, [0, 1, 2, 3], 2)).toEqual([1, 2]);
  });
});

describe('paper', () => {
  it('a_sheet_comes_back_from_its_link', () => {
    for (const text of ['a4-l', 'a0-p-g-v', 'a3-l-v', 'a2-p-g']) {
      const p = decodePaper(text);
      expect(p && encodePaper(p)).toBe(text);
    }
    for (const text of [null, '', 'a5-l', 'a4', 'a4-l-x']) expect(decodePaper(text)).toBeNull();
  });
  it('sheets_have_the_sides_of_iso_216_and_type_that_grows', () => {
    const p = decodePaper('a3-l')!;
    expect(sheetMm(p)).toEqual([420, 297]);
    expect(sheetMm({ ...p, landscape: false })).toEqual([297, 420]);
    expect(enlarged(p)).toBeCloseTo(Math.SQRT2 ** 0.5, 2);
    expect(enlarged(decodePaper('a4-p')!)).toBe(1);
  });
  it('grey_keeps_the_order_of_lightness', () => {
    expect([greyOf('#ffffff'), greyOf('#000000'), greyOf('none')]).toEqual(['#ffffff', '#000000', 'none']);
    expect(Number.parseInt(greyOf('#d0f2f2').slice(1, 3), 16)).toBeGreaterThan(
      Number.parseInt(greyOf('#007a8a').slice(1, 3), 16),
    );
  });
});

describe('frame', () => {
  const paris = [2.224, 48.815, 2.47, 48.902] as const;
  const f = frameOf(paris, 190, 100, LAMBERT_93);
  it('a_box_fits_its_frame_at_a_round_scale', () => {
    expect(f.scale).toBe(100_000);
    const [x0, y0] = placeIn(f, paris[0], paris[3]);
    const [x1, y1] = placeIn(f, paris[2], paris[1]);
    expect(x0).toBeGreaterThanOrEqual(0);
    expect(y0).toBeGreaterThanOrEqual(0);
    expect(x1).toBeLessThanOrEqual(190);
    expect(y1).toBeLessThanOrEqual(100);
    expect((x0 + x1) / 2).toBeCloseTo(95, 0);
  });
  it('areas_beyond_the_frame_are_known_and_those_without_a_point_are_not_judged', () => {
    expect(beyond(f, [2.35, 48.86, 55.5, -21.1, null, null, 2.23, 48.82])).toEqual([1]);
  });
  it('a_millimetre_is_as_many_metres_as_the_scale_says', () => {
    // A degree of latitude is 111.21 km on WGS 84 at 48.9; Lambert-93 is within 1 part in 1000 there.
    const [, a] = placeIn(f, 2.35, 48.85);
    const [, b] = placeIn(f, 2.35, 48.86);
    expect(((a - b) * f.metres) / 1112.1).toBeCloseTo(1, 2);
    expect(scaleBar(f, 30)).toEqual({ metres: 2000, mm: 20 });
  });
  it('tiles_cover_the_frame_and_are_few', () => {
    const tiles = tilesOf(f, 5, 14);
    expect(tiles.length).toBeLessThanOrEqual(20);
    const corners = tiles.flatMap((t) =>
      [...outlineOf(f, t, 0).matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(
        (m) => [Number(m[1]), Number(m[2])] as const,
      ),
    );
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    expect([
      Math.min(...xs) <= 0,
      Math.max(...xs) >= 190,
      Math.min(...ys) <= 0,
      Math.max(...ys) >= 100,
    ]).toEqual([true, true, true, true]);
  });
  it('tiles_go_on_behind_the_180th_meridian', () => {
    const box = [170, 50, 190, 60] as const;
    const over = frameOf(box, 190, 100, projectionOf(box, false));
    const columns = new Set(tilesOf(over, 0, 6).map((t) => t.x));
    expect(columns.has(0) && columns.has(2 ** tilesOf(over, 0, 6)[0]!.z - 1)).toBe(true);
  });
  it('labels_never_meet_and_the_first_wins', () => {
    const at = (text: string, x: number, y: number) => ({ text, x, y, size: 3 });
    const kept = roomFor(
      [at('Belleville', 50, 50), at('Charonne', 52, 51), at('Auteuil', 90, 50), at('Bord', 1, 1)],
      f,
    );
    expect(kept.map((l) => l.text)).toEqual(['Belleville', 'Auteuil']);
  });
  it('the_middle_of_the_world_is_its_middle', () => {
    expect(mercator(0, 0)).toEqual([0.5, 0.5]);
  });
});

describe('projection', () => {
  it('lambert_93_has_the_constants_of_the_ign', () => {
    // IGN, NTG 71: the apex at 700 000, 12 655 612.050; n = .725 607 765 0.
    const [x, y] = LAMBERT_93.project(3, 90);
    expect([x, y]).toEqual([expect.closeTo(700_000, 3), expect.closeTo(12_655_612.05, 2)]);
    expect(LAMBERT_93.project(3, 46.5)).toEqual([expect.closeTo(700_000, 4), expect.closeTo(6_600_000, 4)]);
    expect(LAMBERT_93.north(2)).toBeCloseTo(0.725607765, 8);
  });
  it('a_place_comes_back_from_paper_also_in_the_south_and_at_the_equator', () => {
    for (const [box, lon, lat] of [
      [[-97, 43, -89, 49], -93.2, 45],
      [[55.2, -21.4, 55.9, -20.8], 55.5, -21.1],
      [[-54, -3, -51, 3], -52.5, 1.5],
      [[170, 50, 190, 60], 181, 55],
    ] as const) {
      const p = projectionOf(box, false);
      const [a, b] = p.unproject(...p.project(lon, lat));
      expect([a, b]).toEqual([expect.closeTo(lon, 8), expect.closeTo(lat, 8)]);
      // Conformal: as far east as north, for a step of as many metres.
      const [o, n] = [p.project(lon, lat), p.project(lon, lat + 0.001)];
      const e = p.project(lon + 0.001, lat);
      const up = Math.hypot(n[0] - o[0], n[1] - o[1]) / 110_574 / 0.001;
      const right =
        Math.hypot(e[0] - o[0], e[1] - o[1]) / (111_320 * Math.cos((lat * Math.PI) / 180)) / 0.001;
      expect(up / right).toBeCloseTo(1, 1);
    }
  });
  it('france_is_drawn_in_lambert_93_and_the_north_leans_where_it_does', () => {
    expect(projectionOf([2.2, 48.8, 2.5, 48.9], true).name).toBe('lambert93');
    expect(projectionOf([55.2, -21.4, 55.9, -20.8], true).name).not.toBe('lambert93');
    const brest = [-5, 48, -4, 48.6] as const;
    expect(northOf(frameOf(brest, 100, 100, LAMBERT_93))).toBeCloseTo(0.7256 * 7.5, 1);
    expect(cone([44, 49], [3, 46.5], [0, 0]).north(3)).toBeCloseTo(0, 12);
  });
});

describe('tile', () => {
  const square = (x: number, y: number, s: number) => [
    [x, y],
    [x + s, y],
    [x + s, y + s],
    [x, y + s],
    [x, y],
  ];
  const index = geojsonvt(
    {
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          id: 5,
          properties: {},
          geometry: { type: 'Polygon', coordinates: [square(-90, -45, 60), square(-70, -30, 10)] },
        },
        { type: 'Feature', id: 6, properties: {}, geometry: { type: 'Point', coordinates: [1, 1] } },
        {
          type: 'Feature',
          id: 300,
          properties: {},
          geometry: { type: 'Polygon', coordinates: [square(10, 10, 5)] },
        },
      ],
    },
    { extent: 4096, buffer: 64, tolerance: 0 },
  );
  const bytes = new Uint8Array(vtpbf.fromGeojsonVt({ city: index.getTile(0, 0, 0)! }, { version: 2 }));
  it('polygons_come_out_with_their_ids_and_rings', () => {
    const tile = decodeTile(bytes, 'city');
    expect([tile.extent, tile.shapes.map((s) => s.id)]).toEqual([4096, [5, 300]]);
    const { rings } = tile.shapes[0]!;
    expect(rings.map((r) => r.length)).toEqual([8, 8]);
    // West -90 is a quarter of the world, -30 five twelfths.
    const xs = rings[0]!.filter((_, i) => i % 2 === 0);
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([1024, 1707]);
  });
  it('another_layer_is_empty_and_broken_bytes_are_refused', () => {
    expect(decodeTile(bytes, 'none').shapes).toEqual([]);
    expect(decodeTile(new Uint8Array(), 'city').shapes).toEqual([]);
    expect(() => decodeTile(bytes.subarray(0, bytes.length - 9), 'city')).toThrow('cut short');
  });
});

describe('download', () => {
  it('sizes_are_read_in_the_unit_that_fits', () => {
    expect([
      sizeText(10, 'en'),
      sizeText(130_800, 'en'),
      sizeText(1_234_567, 'fr'),
      sizeText(48_700_000, 'en'),
    ]).toEqual([
      { n: '1', unit: 'kb' },
      { n: '131', unit: 'kb' },
      { n: '1,2', unit: 'mb' },
      { n: '49', unit: 'mb' },
    ]);
  });
  it('a_box_may_cross_the_antimeridian', () => {
    expect([inBox([2, 48, 3, 49], 2.5, 48.5), inBox([2, 48, 3, 49], 3.5, 48.5)]).toEqual([true, false]);
    expect([inBox([170, -20, -170, 0], 179, -10), inBox([170, -20, -170, 0], 0, -10)]).toEqual([true, false]);
    expect(boxText([2.1234567, 48, 2.5, 49])).toBe('2.12346,48,2.5,49');
  });
});

describe('back-test', () => {
  const areas = Array.from({ length: 60 }, (_, i) => ({ level: 'city', code: `c${i}`, electors: 100 + i }));
  const e = makeEvaluation('a', 'b', areas) as Evaluation;
  it('the_fixture_is_one_of_the_form', () => {
    expect(groupsIn(e)).toEqual(['favourable', 'undecided', 'opposed', 'abstainers']);
    expect(e.pit.reduce((s, p) => s + p, 0)).toBeCloseTo(1);
    expect(makeEvaluation('a', 'b', areas)).toEqual(e);
  });
  it('dots_are_inside_or_outside_and_the_axis_holds_them', () => {
    const dots = e.scatter.filter((t) => t.group === 'favourable');
    const [low, high] = axisOf(dots);
    expect(dots.every((t) => t.low >= low && t.high <= high && t.actual <= high)).toBe(true);
    const inside = dots.filter(isInside).length;
    expect(inside).toBeGreaterThan(40);
    expect(errorOf(dots)).toBeGreaterThan(0);
    expect(errorOf([])).toBe(0);
    expect(ticks([0, 0.6])).toEqual([0, 0.2, 0.4, 0.6]);
    expect(Object.is(ticks([-0.1, 0.3])[1], 0)).toBe(true);
  });
  it('classes_are_those_of_the_method_shown', () => {
    const rows = classesOf(e);
    expect(rows).toHaveLength(5);
    expect(rows.every((c) => c.method === e.method && c.answers === 10_000)).toBe(true);
    expect(classesOf({ ...e, by_class: [] })).toEqual([]);
  });
  it('classes_have_words', () => {
    expect([classWord('visited'), classWord('size:0-1000'), classWord('odd')]).toEqual([
      { key: 'visited', x: '' },
      { key: 'size', x: '0-1000' },
      { key: null, x: 'odd' },
    ]);
  });
});

describe('words', () => {
  it('method_and_glossary_say_as_much_in_both_languages', () => {
    expect(method.fr.map((c) => c.text.length)).toEqual(method.en.map((c) => c.text.length));
    expect(sorted('fr')).toHaveLength(terms.length);
    const collator = new Intl.Collator('fr');
    const names = sorted('fr').map((t) => t.term);
    expect([...names].sort(collator.compare)).toEqual(names);
  });
});
