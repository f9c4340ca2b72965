import { describe, expect, it } from 'vitest';
import { MISSING } from '../src/api/container';
import type { AreaDetail, Campaign, Level } from '../src/api/types';
import { estimateLayer, isMoved } from '../src/state/layer';
import { isTiled, ofDetail, ofFeature, Seen } from '../src/state/seen';

const level = (id: string, count: number) => ({ id, count }) as Level;
const campaign = {
  levels: [level('region', 3), level('cell', 1_000_000)],
  hexes: level('hex', 9),
} as unknown as Campaign;

const feature = (id: number, east: number, favourable: number | undefined) => ({
  id,
  properties: {
    code: `89${id}`,
    name: `N${id}`,
    electors: 100 + id,
    pooled: id === 7,
    ...(id === 3 ? { moved_baseline: true } : {}),
    ...(favourable === undefined ? {} : { favourable, favourable_spread: 0.04 }),
  },
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [2, 48],
        [east, 48],
        [east, 49],
        [2, 48],
      ],
    ],
  },
});

describe('a level too large to be sent whole', () => {
  it('is the hexagons, and what has very many areas', () => {
    expect(['region', 'cell', 'hex'].map((id) => isTiled(campaign, id))).toEqual([false, true, true]);
  });

  it('is known by the areas of its tiles, whose boxes grow by what the next tile holds', () => {
    const seen = new Seen(level('cell', 10));
    const areas = [feature(3, 2.5, 0.25), feature(7, 3, undefined)].flatMap((f) => ofFeature(f) ?? []);
    seen.add(areas);
    seen.add([ofFeature(feature(3, 2.8, 0.25))!]);
    expect(seen.areas().codes.indexOf('893')).toBe(3);
    expect(seen.areas().bounds.slice(12, 16)).toEqual([2, 48, 2.8, 49]);
    expect(seen.areas().seen).toEqual([3, 7]);
    const values = seen.table().column('favourable')!;
    expect([values.length, values[3], values[7], values[0]]).toEqual([10, 250, MISSING, MISSING]);
    expect(seen.table().column('favourable', 'spread')![3]).toBe(40);
    const flags = seen.table().column('flags')!;
    expect([flags[3], flags[7], flags[0]]).toEqual([32, 1, 0]);
    const layer = estimateLayer(seen.table(), 'favourable');
    expect([3, 7, 0].map((row) => isMoved(layer, row))).toEqual([true, false, false]);
    expect(seen.table().column('electors')![3]).toBe(103);
  });

  it('changes only when something new is seen', () => {
    const seen = new Seen(level('cell', 10));
    seen.add([ofFeature(feature(3, 2.5, 0.25))!]);
    const before = seen.version.value;
    seen.add([ofFeature(feature(3, 2.4, 0.25))!]);
    expect(seen.version.value).toBe(before);
  });

  it('takes what the page of an area says', () => {
    const estimate = { favourable: { value: 0.3, low: 0.2, high: 0.4, spread: 0.1 } };
    const detail = { row: 5, code: '895', name: 'N5', electors: null, pooled: false, bbox: null, estimate };
    const seen = new Seen(level('cell', 10));
    seen.add([ofDetail(detail as unknown as AreaDetail)]);
    expect([seen.table().column('favourable')![5], seen.table().column('favourable', 'low')![5]]).toEqual([
      300, 200,
    ]);
  });

  it('is no feature without a code', () => {
    expect(ofFeature({ id: 1, properties: {}, geometry: { type: 'Point' } })).toBeNull();
  });
});
