// The table of a level too large to be here: pages from the server, sorted there, in step with the measure.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { failure, fetchPage } from '../api/client';
import type { EstimatesPage, Remote } from '../api/types';
import { count, interval, points, share } from '../format/number';
import { goTo } from '../state/go';
import { GAP, lang, largeLevel, level, ready, say, state, t, whyNot } from '../state/store';
import { spec } from '../state/view';

type Row = EstimatesPage['areas'][number];
const ROWS_A_PAGE = 100;

const thousandths = (row: Row, key: string): number | null => {
  const v = row[key];
  return typeof v === 'number' ? Math.round(1000 * v) : null;
};

export default function LargeTable() {
  const sorted = useSignal<{ by: 'name' | 'value' | 'electors'; descending: boolean }>({
    by: 'value',
    descending: true,
  });
  /** The cursors of the pages before this one. */
  const cursors = useSignal<readonly (string | null)[]>([null]);
  const page = useSignal<Remote<EstimatesPage>>({ kind: 'loading' });
  const lv = level.value;
  const s = spec.value;
  // Pages hold estimates: neither what changed nor how far a goal is.
  const none = s.change || s.id === GAP;
  const of = lv && !none ? largeLevel(lv.id) : null;
  const { by, descending } = sorted.value;
  const sort = `${descending ? '-' : ''}${by === 'value' ? s.id : by}`;
  const at = cursors.value.length - 1;
  const key = `${of?.snapshot} ${of?.level} ${of?.resolution} ${s.id} ${sort}`;
  useEffect(() => {
    cursors.value = [null];
  }, [key]);
  useEffect(() => {
    if (!of) return;
    let current = true;
    fetchPage(of, s.id, sort, cursors.value[at] ?? null).then(
      (value) => {
        if (current) page.value = { kind: 'ready', value };
      },
      (e: unknown) => {
        if (current) page.value = failure(e);
      },
    );
    return () => {
      current = false;
    };
  }, [key, at]);
  if (none) return <p class="wait">{t('noTableHere')}</p>;
  if (!lv || page.value.kind === 'loading') return <p class="wait">{t('loading')}</p>;
  if (page.value.kind === 'failed') return <p class="wait">{whyNot(page.value)}</p>;
  const { areas, total, next_cursor: next } = page.value.value;
  const head = (column: 'name' | 'value' | 'electors', text: string) => (
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
  const figure = (row: Row) => {
    const [v, low, high] = ['', '_low', '_high'].map((end) => thousandths(row, `${s.id}${end}`));
    if (v == null || low == null || high == null) return ['—', ''];
    const width = high - low;
    return [
      s.signed ? points(v, lang.value, width) : share(v, lang.value, { width, exact: false }),
      interval(low, high, lang.value, s.signed),
    ];
  };
  const first = at * ROWS_A_PAGE;
  const values = {
    from: count(total === 0 ? 0 : first + 1, lang.value),
    to: count(first + areas.length, lang.value),
    all: count(total, lang.value),
    level: say(lv.label).toLocaleLowerCase(lang.value),
  };
  return (
    <section class="scroller" aria-label={t('table')}>
      <p class="pages">
        <span>{t('rowsOf', values)}</span>
        <button
          type="button"
          disabled={at === 0}
          onClick={() => {
            cursors.value = cursors.value.slice(0, -1);
          }}
        >
          {t('pageBefore')}
        </button>
        <button
          type="button"
          disabled={next === null}
          onClick={() => {
            cursors.value = [...cursors.value, next];
          }}
        >
          {t('pageAfter')}
        </button>
      </p>
      <table class="figures" aria-rowcount={total + 1}>
        <thead>
          <tr>
            {head('name', t('areaCol'))}
            <th scope="col">{t('codeCol')}</th>
            {head('electors', t(ready.value?.of === 'voters' ? 'votersCol' : 'electorsCol'))}
            {head('value', s.label)}
            <th scope="col" class="n">
              {t('intervalCol')}
            </th>
          </tr>
        </thead>
        <tbody>
          {areas.map((row, i) => {
            const code = String(row.code);
            const on = state.value.area?.level === lv.id && state.value.area.code === code;
            const [value, between] = figure(row);
            return (
              <tr key={code} class={on ? 'on' : ''} aria-rowindex={first + i + 2} aria-selected={on}>
                <th scope="row">
                  <button type="button" aria-pressed={on} onClick={() => goTo({ level: lv.id, code })}>
                    {String(row.name)}
                  </button>
                </th>
                <td>{code}</td>
                <td class="n">{typeof row.electors === 'number' ? count(row.electors, lang.value) : '?'}</td>
                <td class="n v">{value}</td>
                <td class="n iv">{between}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
