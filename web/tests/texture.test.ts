import { expect, it } from 'vitest';
import { type Box, marks } from '../src/get/Texture';

const box: Box = [10, 20, 34, 32];
const numbers = (d: string) => [...d.matchAll(/-?[\d.]+/g)].map((m) => Number(m[0]));

it('dots_lie_in_their_boxes_on_one_grid_and_none_is_drawn_twice', () => {
  const dots = (boxes: readonly Box[]) =>
    [...marks('dots', 4, boxes).matchAll(/M([\d.]+) ([\d.]+)h0/g)].map(
      (m) => [Number(m[1]), Number(m[2])] as const,
    );
  const own = dots([box]);
  // Two dots in each of 6 by 3 cells.
  expect(own).toHaveLength(36);
  for (const [x, y] of own) {
    expect(x >= 10 && x <= 34 && y >= 20 && y <= 32).toBe(true);
    expect([0.25, 0.75]).toContain((x / 4) % 1);
    expect((x / 4) % 1).toBe((y / 4) % 1);
  }
  expect(dots([box, [10, 20, 20, 32], [20, 20, 34, 32]])).toHaveLength(36);
});
it('a_hatch_rises_at_45_degrees_and_ends_at_the_border_of_its_box', () => {
  const lines = marks('hatch', 4, [box]).split('M').slice(1).map(numbers);
  expect(lines.length).toBeGreaterThan(6);
  for (const [x0, y0, x1, y1] of lines) {
    expect(x1! - x0!).toBeCloseTo(y0! - y1!);
    expect((x0! + y0!) % 4).toBe(0);
    for (const x of [x0!, x1!]) expect(x >= 10 && x <= 34).toBe(true);
    for (const y of [y0!, y1!]) expect(y >= 20 && y <= 32).toBe(true);
  }
});
it('negative_values_have_level_lines', () => {
  expect(marks('negative', 4, [box])).toBe('M10 22H34M10 26H34M10 30H34');
});
