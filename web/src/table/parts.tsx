// What tables in pages share: the line of pages, and a header that sorts.
import type { Signal } from '@preact/signals';
import { count } from '../format/number';
import { lang, level, say, t } from '../state/store';

export const ROWS_A_PAGE = 100;

/** By which column rows are sorted. */
export interface Sorted<K extends string> {
  readonly by: K;
  readonly descending: boolean;
}

/** Which rows are shown, and the way to those before and after; null where there are none. */
export function Pager({
  first,
  rows,
  total,
  before,
  after,
}: {
  first: number;
  rows: number;
  total: number;
  before: (() => void) | null;
  after: (() => void) | null;
}) {
  const values = {
    from: count(total === 0 ? 0 : first + 1, lang.value),
    to: count(first + rows, lang.value),
    all: count(total, lang.value),
    level: say(level.value?.label).toLocaleLowerCase(lang.value),
  };
  return (
    <p class="pages">
      <span>{t('rowsOf', values)}</span>
      <button type="button" disabled={!before} onClick={() => before?.()}>
        {t('pageBefore')}
      </button>
      <button type="button" disabled={!after} onClick={() => after?.()}>
        {t('pageAfter')}
      </button>
    </p>
  );
}

/** A header that sorts by its column; the greatest first, and names from A. */
export function Head<K extends string>({
  sorted,
  column,
  text,
}: {
  sorted: Signal<Sorted<K>>;
  column: K;
  text: string;
}) {
  const { by, descending } = sorted.value;
  return (
    <th
      scope="col"
      class={column === 'name' ? '' : 'n'}
      aria-sort={by === column ? (descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        onClick={() => {
          sorted.value =
            by === column ? { by, descending: !descending } : { by: column, descending: column !== 'name' };
        }}
      >
        {text}
        <span aria-hidden="true">{by === column ? (descending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}
