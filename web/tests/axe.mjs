// What axe finds on a page, by every rule of WCAG 2.2 AA.
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';

/** Fails with the rules that are broken and the first elements that break them. */
export async function accessible(page, what) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  assert.deepEqual(
    violations.map(
      (v) =>
        `${v.id}: ${v.nodes
          .slice(0, 3)
          .map((n) => n.html.slice(0, 120))
          .join(' | ')}`,
    ),
    [],
    what,
  );
}
