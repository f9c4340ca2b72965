// The table of hexagons where their figures are here as a whole: past elections, what changed, how far a goal is.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fetchRows } from '../api/client';
import { UNKNOWN } from '../api/container';
import { count } from '../format/number';
import { goTo } from '../state/go';
import { election, isolated, kept, lang, level, ready, state, t, whyNot } from '../state/store';
import {
  campaignText,
  certaintyText,
  elsewhere,
  intervalText,
  layer,
  orderedRows,
  rowCells,
  spec,
  valueText,
  wholeElectors,
} from '../state/view';
import { Head, Pager, ROWS_A_PAGE, type Sorted } from './parts';

export function HexTable() {
  const sorted = useSignal<Sorted<'value' | 'electors' | 'width'>>({ by: 'value', descending: true });
  const page = useSignal(0);
  const c = ready.value;
  const lv = level.value;
  const l = layer.value;
  const cells = rowCells.value;
  const e = election.value;
  const { by, descending } = sorted.value;
  useEffect(() => {
    page.value = 0;
  }, [l, by, descending, isolated.value]);
  if (!c?.geography || !lv || !l || !cells) return <p class="wait">{t('loading')}</p>;
  const rows = orderedRows(l, by, descending, []);
  const first = Math.min(page.value * ROWS_A_PAGE, Math.max(0, rows.length - 1));
  const shown = rows.slice(first, first + ROWS_A_PAGE);
  const { geography } = c;
  const named =
    shown.length > 0
      ? kept(`rows ${geography} ${lv.id} ${shown}`, () => fetchRows(geography, lv.id, shown))
      : null;
  if (named?.kind === 'failed') return <p class="wait">{whyNot(named)}</p>;
  const names = named?.kind === 'ready' ? named.value : null;
  // Isolated classes leave hexagons out: what is left adds up to nothing.
  const whole = e !== null && isolated.value.size === 0 && first + shown.length === rows.length;
  return (
    <section class="scroller" aria-label={t('table')}>
      <Pager
        first={first}
        rows={shown.length}
        total={rows.length}
        before={page.value === 0 ? null : () => page.value--}
        after={first + shown.length < rows.length ? () => page.value++ : null}
      />
      <table class="figures" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col">{t('areaCol')}</th>
            <th scope="col">{t('codeCol')}</th>
            <Head
              sorted={sorted}
              column="electors"
              text={t((e ?? c).of === 'voters' ? 'votersCol' : 'electorsCol')}
            />
            <Head sorted={sorted} column="value" text={spec.value.label} />
            {l.low ? <Head sorted={sorted} column="width" text={t('intervalCol')} /> : null}
            <th scope="col" class="sure">
              {t('certaintyCol')}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => {
            const code = names?.codes[i];
            const on = state.value.area?.level === lv.id && state.value.area.code === code;
            const electors = l.electors[row]!;
            return (
              <tr key={row} class={on ? 'on' : ''} aria-rowindex={first + i + 2} aria-selected={on}>
                <th scope="row">
                  {code === undefined ? (
                    '…'
                  ) : (
                    <button type="button" aria-pressed={on} onClick={() => goTo({ level: lv.id, code })}>
                      {names!.names[i]}
                    </button>
                  )}
                </th>
                <td>{code}</td>
                <td class="n">{electors === UNKNOWN ? '?' : count(electors, lang.value)}</td>
                <td class="n v">{valueText(l, row)}</td>
                {l.low ? <td class="n iv">{intervalText(l, row)}</td> : null}
                <td class="sure">{certaintyText(l, cells[row]!, row)}</td>
              </tr>
            );
          })}
          {whole
            ? elsewhere.value.map((u) => (
                <tr key={u.name} class="elsewhere">
                  <th scope="row">{u.name}</th>
                  <td />
                  <td class="n">{count(u.electors, lang.value)}</td>
                  <td class="n v">{u.layer ? valueText(u.layer, 0) : '—'}</td>
                  <td class="sure">{u.layer ? certaintyText(u.layer, 0) : ''}</td>
                </tr>
              ))
            : null}
        </tbody>
        {whole && wholeElectors.value !== null ? (
          <tfoot>
            <tr>
              <th scope="row">{c.name}</th>
              <td />
              <td class="n">{count(wholeElectors.value, lang.value)}</td>
              <td class="n v">{campaignText(spec.value.id, spec.value)}</td>
              <td class="sure">{t('exact')}</td>
            </tr>
          </tfoot>
        ) : null}
      </table>
    </section>
  );
}
