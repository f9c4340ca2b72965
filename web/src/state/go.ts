// Going to an area: select it, bring it into view, and speak it.
import { effect } from '@preact/signals';
import type { AreaRef } from '../url/url';
import { areasOf, flyTo, select } from './store';

/** Selects an area and flies to it once its table is here. */
export function goTo(a: AreaRef): void {
  select(a);
  let done = false;
  const stop = effect(() => {
    const list = areasOf(a.level);
    if (!list || done) return;
    const row = list.codes.indexOf(a.code);
    // Of a large level, it is on its way.
    if (row < 0 && list.seen) return;
    done = true;
    const b = list.bounds.slice(4 * row, 4 * row + 4);
    if (row >= 0 && b.every((v): v is number => v !== null)) flyTo.value = [b[0]!, b[1]!, b[2]!, b[3]!];
    queueMicrotask(() => stop());
  });
}
