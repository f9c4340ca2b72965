// The table of a level that is here as a whole: a real table, sorted by its headers, virtualised, in step with measure and isolated classes.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { UNKNOWN } from '../api/container';
import { count } from '../format/number';
import { toggled } from '../lasso/lasso';
import { goTo } from '../state/go';
import {
  areasOf,
  chooseLasso,
  election,
  isolated,
  lang,
  lasso,
  lassoing,
  level,
  ready,
  state,
  t,
} from '../state/store';
import {
  areas,
  campaignInterval,
  campaignText,
  certaintyText,
  elsewhere,
  intervalText,
  layer,
  orderedRows,
  rowCells,
  selection,
  spec,
  valueText,
  wholeElectors,
} from '../state/view';
import { Head, type Sorted } from './parts';

const ROW_PX = 30;
const AROUND = 8;
type Key = 'name' | 'value' | 'electors' | 'width';

export default function TableView() {
  const sorted = useSignal<Sorted<Key>>({ by: 'value', descending: true });
  const from = useSignal(0);
  const visible = useSignal(20);
  const scroller = useRef<HTMLDivElement>(null);
  const list = areas.value;
  const l = layer.value;
  const cells = rowCells.value;
  const lv = level.value;
  useEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const observer = new ResizeObserver(() => {
      visible.value = Math.ceil(el.clientHeight / ROW_PX) + 2 * AROUND;
    });
    observer.observe(el);
    return () => observer.disconnect();
  }, [l === null]);
  // The row of the area chosen on the map comes into view; a row that is seen already stays where it is.
  const order = useRef<readonly number[]>([]);
  const at = selection.value?.level === lv?.id ? (selection.value?.row ?? null) : null;
  useEffect(() => {
    const el = scroller.current;
    const place = at === null ? -1 : order.current.indexOf(at);
    if (!el || place < 0) return;
    const below = (place + 1) * ROW_PX - el.scrollTop;
    if (below < ROW_PX || below > el.clientHeight - ROW_PX)
      el.scrollTop = Math.max(0, place * ROW_PX - el.clientHeight / 2);
  }, [at, l === null]);
  if (!list || !l || !cells || !lv) return <p class="wait">{t('loading')}</p>;
  const chosen = lasso.value?.kind === 'areas' ? lasso.value : null;
  const ticked = new Set(chosen?.level === lv.id ? chosen.codes : []);
  // Hexagons of several sizes lie over each other: they make no sum.
  const ticks = (lassoing.value || chosen !== null) && ready.value?.levels.some((x) => x.id === lv.id);
  const rows = orderedRows(l, sorted.value.by, sorted.value.descending, list.names);
  order.current = rows;
  const estimate = l.low !== null;
  // Isolated classes leave areas out: what is left adds up to nothing.
  const whole = isolated.value.size === 0;
  const total = wholeElectors.value;
  const parents = list.parent_level ? areasOf(list.parent_level) : null;
  const first = Math.min(from.value, Math.max(0, rows.length - visible.value));
  const shown = rows.slice(first, first + visible.value);
  const key = (e: KeyboardEvent) => {
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
    const row = (e.target as HTMLElement).closest('tr');
    const next = e.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling;
    const button = next?.querySelector('button');
    if (button) {
      e.preventDefault();
      button.focus();
    }
  };
  return (
    <section
      class="scroller"
      ref={scroller}
      aria-label={t('table')}
      onScroll={(e) => {
        from.value = Math.max(0, Math.floor(e.currentTarget.scrollTop / ROW_PX) - AROUND);
      }}
    >
      <table class="figures" aria-rowcount={rows.length + 1 + (whole ? elsewhere.value.length + 1 : 0)}>
        <thead>
          <tr>
            {ticks ? <td class="choose" /> : null}
            <Head sorted={sorted} column="name" text={t('areaCol')} />
            {parents ? (
              <th scope="col" class="parent">
                {t('parentCol')}
              </th>
            ) : null}
            <Head
              sorted={sorted}
              column="electors"
              text={t((election.value ?? ready.value)?.of === 'voters' ? 'votersCol' : 'electorsCol')}
            />
            <Head sorted={sorted} column="value" text={spec.value.label} />
            {estimate ? <Head sorted={sorted} column="width" text={t('intervalCol')} /> : null}
            <th scope="col" class="sure">
              {t('certaintyCol')}
            </th>
          </tr>
        </thead>
        <tbody onKeyDown={key}>
          {first > 0 ? (
            <tr class="space">
              <td colSpan={7} style={{ height: `${first * ROW_PX}px` }} />
            </tr>
          ) : null}
          {shown.map((i, at) => {
            const code = list.codes[i]!;
            const on = state.value.area?.level === lv.id && state.value.area.code === code;
            const electors = l.electors[i]!;
            return (
              <tr key={code} class={on ? 'on' : ''} aria-rowindex={first + at + 2} aria-selected={on}>
                {ticks ? (
                  <td class="choose">
                    <input
                      type="checkbox"
                      aria-label={t('choose', { name: list.names[i]! })}
                      checked={ticked.has(code)}
                      onChange={() => {
                        const next = toggled(lasso.value, lv.id, code);
                        chooseLasso(next);
                        lassoing.value = next === null;
                      }}
                    />
                  </td>
                ) : null}
                <th scope="row">
                  <button type="button" aria-pressed={on} onClick={() => goTo({ level: lv.id, code })}>
                    {list.names[i]}
                  </button>
                </th>
                {parents ? <td class="parent">{parents.names[list.parents[i]!] ?? ''}</td> : null}
                <td class="n">{electors === UNKNOWN ? '?' : count(electors, lang.value)}</td>
                <td class="n v">{valueText(l, i)}</td>
                {estimate ? <td class="n iv">{intervalText(l, i)}</td> : null}
                <td class="sure">{certaintyText(l, cells[i]!, i)}</td>
              </tr>
            );
          })}
          {first + shown.length < rows.length ? (
            <tr class="space">
              <td colSpan={7} style={{ height: `${(rows.length - first - shown.length) * ROW_PX}px` }} />
            </tr>
          ) : null}
          {whole
            ? elsewhere.value.map((u) => (
                <tr key={u.name} class="elsewhere">
                  {ticks ? <td class="choose" /> : null}
                  <th scope="row">{u.name}</th>
                  {parents ? <td class="parent" /> : null}
                  <td class="n">{count(u.electors, lang.value)}</td>
                  <td class="n v">{u.layer ? valueText(u.layer, 0) : '—'}</td>
                  {estimate ? <td class="n iv" /> : null}
                  <td class="sure">{u.layer ? certaintyText(u.layer, 0) : ''}</td>
                </tr>
              ))
            : null}
        </tbody>
        {whole && total !== null ? (
          <tfoot>
            <tr>
              {ticks ? <td class="choose" /> : null}
              <th scope="row">{ready.value?.name}</th>
              {parents ? <td class="parent" /> : null}
              <td class="n">{count(total, lang.value)}</td>
              <td class="n v">{campaignText(spec.value.id, spec.value)}</td>
              {estimate ? <td class="n iv">{campaignInterval(spec.value)}</td> : null}
              <td class="sure">{estimate ? '' : t('exact')}</td>
            </tr>
          </tfoot>
        ) : null}
      </table>
    </section>
  );
}
