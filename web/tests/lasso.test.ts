// The lasso: its form in a link, and the outline that a stroke draws.
import { describe, expect, it } from 'vitest';
import { bodyOf, decodeLasso, encodeLasso, type Lasso, toggled } from '../src/lasso/lasso';
import { crosses, loop, MOST_CORNERS, outlineOf, type Point } from '../src/lasso/outline';

const surface = (ring: readonly Point[]) =>
  Math.abs(
    ring.reduce((s, [x, y], i) => {
      const [nx, ny] = ring[(i + 1) % ring.length]!;
      return s + x * ny - nx * y;
    }, 0),
  ) / 2;
const circle = (n: number, r: number): Point[] =>
  Array.from({ length: n }, (_, i) => [
    r * Math.cos((2 * Math.PI * i) / n),
    r * Math.sin((2 * Math.PI * i) / n),
  ]);

describe('a lasso in a link', () => {
  const cases: readonly Lasso[] = [
    {
      kind: 'outline',
      ring: [
        [2.35, 48.86],
        [2.36, 48.86],
        [2.35321, 48.87],
      ],
    },
    {
      kind: 'outline',
      ring: [
        [-180, -90],
        [180, 90],
        [0, 0],
        [-0.00001, 0.00001],
      ],
    },
    { kind: 'areas', level: 'bureau', codes: ['75056-0101', '75056-0102'] },
    { kind: 'areas', level: 'précinct', codes: ['a,b', 'c:d', 'e%f'] },
  ];
  it('comes_back_as_it_was', () => {
    for (const l of cases) expect(decodeLasso(encodeLasso(l))).toEqual(l);
  });
  it('is_of_letters_that_a_link_keeps_and_short', () => {
    const ring = circle(MOST_CORNERS, 0.05).map(([x, y]): [number, number] => [2 + x, 48 + y]);
    const text = encodeLasso({ kind: 'outline', ring });
    expect(text).toMatch(/^[\w-]+$/);
    expect(text.length).toBeLessThan(900);
  });
  it('is_nothing_where_the_text_is_none', () => {
    for (const text of [
      null,
      '',
      'o',
      'oAA',
      'oAAAAAA!',
      'og',
      'a:',
      'a:x',
      'a:x:',
      'a:x:%E0%A4%A',
      `o${'_'.repeat(99)}`,
    ])
      expect(decodeLasso(text)).toBeNull();
  });
  it('asks_for_a_closed_ring_or_for_codes', () => {
    expect(bodyOf(cases[0]!)).toEqual({
      type: 'Polygon',
      coordinates: [
        [
          [2.35, 48.86],
          [2.36, 48.86],
          [2.35321, 48.87],
          [2.35, 48.86],
        ],
      ],
    });
    expect(bodyOf(cases[2]!)).toEqual({ level: 'bureau', codes: ['75056-0101', '75056-0102'] });
  });
  it('takes_and_leaves_areas_of_one_level', () => {
    const one = toggled(null, 'city', '01');
    const two = toggled(one, 'city', '02');
    expect(two).toEqual({ kind: 'areas', level: 'city', codes: ['01', '02'] });
    expect(toggled(two, 'region', '9')).toEqual({ kind: 'areas', level: 'region', codes: ['9'] });
    expect(toggled(one, 'city', '01')).toBeNull();
    expect(toggled(cases[0]!, 'city', '01')).toEqual(one);
  });
});

describe('the outline of a stroke', () => {
  it('keeps_the_surface_of_a_circle_in_few_corners', () => {
    const ring = outlineOf(circle(1000, 200))!;
    expect(ring.length).toBeLessThanOrEqual(MOST_CORNERS);
    expect(surface(ring) / (Math.PI * 200 ** 2)).toBeCloseTo(1, 1);
    expect(crosses(ring)).toBe(false);
  });
  it('drops_the_ends_beyond_their_crossing', () => {
    const ring = outlineOf([
      [-20, 0],
      [100, 0],
      [100, 100],
      [0, 100],
      [0, -20],
    ])!;
    expect(crosses(ring)).toBe(false);
    expect(surface(ring)).toBeCloseTo(10_000, 0);
  });
  it('keeps_the_larger_loop_of_an_eight', () => {
    const eight: Point[] = [
      [0, 0],
      [100, 100],
      [100, 0],
      [-10, 110],
      [-10, 0],
    ];
    const ring = loop(eight);
    expect(crosses(ring)).toBe(false);
    expect(surface(ring)).toBeGreaterThan(2000);
  });
  it('is_none_where_a_stroke_holds_nothing', () => {
    expect(outlineOf([[0, 0]])).toBeNull();
    expect(
      outlineOf([
        [0, 0],
        [50, 0],
        [100, 0],
      ]),
    ).toBeNull();
  });
  it('stays_short_of_a_scribble', () => {
    const scribble = Array.from({ length: 3000 }, (_, i): Point => {
      const turn = (2 * Math.PI * i) / 3000;
      const r = 200 + 30 * Math.sin(97 * turn);
      return [r * Math.cos(turn), r * Math.sin(turn)];
    });
    const ring = outlineOf(scribble)!;
    expect(ring.length).toBeLessThanOrEqual(MOST_CORNERS);
    expect(crosses(ring)).toBe(false);
  });
});
