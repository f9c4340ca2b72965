// The table of a level too large to be here. Estimates come in pages from the server, sorted there. Of the past, a change or
// a goal the figures of hexagons are here, and only the names of a page are asked for. Both in step with the measure.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { failure, fetchPage } from '../api/client';
import type { EstimatesPage, Remote } from '../api/types';
import { count, interval, points, share } from '../format/number';
import { goTo } from '../state/go';
import { election, GAP, lang, largeLevel, level, ready, state, t, whyNot } from '../state/store';
import { spec } from '../state/view';
import { HexTable } from './HexTable';
import { Head, Pager, ROWS_A_PAGE, type Sorted } from './parts';

type Row = EstimatesPage['areas'][number];

const thousandths = (row: Row, key: string): number | null => {
  const v = row[key];
  return typeof v === 'number' ? Math.round(1000 * v) : null;
};

function Estimates() {
  const sorted = useSignal<Sorted<'name' | 'value' | 'electors'>>({ by: 'value', descending: true });
  /** The cursors of the pages before this one. */
  const cursors = useSignal<readonly (string | null)[]>([null]);
  const page = useSignal<Remote<EstimatesPage>>({ kind: 'loading' });
  const lv = level.value;
  const s = spec.value;
  const of = lv ? largeLevel(lv.id) : null;
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
  if (!lv || page.value.kind === 'loading') return <p class="wait">{t('loading')}</p>;
  if (page.value.kind === 'failed') return <p class="wait">{whyNot(page.value)}</p>;
  const { areas, total, next_cursor: next } = page.value.value;
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
  return (
    <section class="scroller" aria-label={t('table')}>
      <Pager
        first={first}
        rows={areas.length}
        total={total}
        before={
          at === 0
            ? null
            : () => {
                cursors.value = cursors.value.slice(0, -1);
              }
        }
        after={
          next === null
            ? null
            : () => {
                cursors.value = [...cursors.value, next];
              }
        }
      />
      <table class="figures" aria-rowcount={total + 1}>
        <thead>
          <tr>
            <Head sorted={sorted} column="name" text={t('areaCol')} />
            <th scope="col">{t('codeCol')}</th>
            <Head
              sorted={sorted}
              column="electors"
              text={t(ready.value?.of === 'voters' ? 'votersCol' : 'electorsCol')}
            />
            <Head sorted={sorted} column="value" text={s.label} />
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

export default function LargeTable() {
  const own = election.value === null && !spec.value.change && spec.value.id !== GAP;
  if (own) return <Estimates />;
  return level.value?.id === ready.value?.hexes?.id ? <HexTable /> : <p class="wait">{t('noTableHere')}</p>;
}
