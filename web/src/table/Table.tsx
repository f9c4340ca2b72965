// The drawer of the table: how many areas there are; the table itself arrives when it is opened.
import { count } from '../format/number';
import { Lazy } from '../layout/Lazy';
import { countThere } from '../state/layer';
import { isolated, lang, largeLevel, level, say, t, tableOpen } from '../state/store';
import { areas, layer, look, orderedRows } from '../state/view';

export const tableView = () => import('./TableView');
const largeTable = () => import('./LargeTable');

export function Drawer() {
  const lv = level.value;
  const l = layer.value;
  // Of hexagons, those of the resolution shown.
  const all =
    look.summary.value?.areas ?? (l?.there ? countThere(l) : (areas.value?.count ?? lv?.count ?? 0));
  const open = tableOpen.value;
  const large = lv !== null && largeLevel(lv.id) !== null;
  const n =
    l && (!large || l.there) && isolated.value.size > 0 ? orderedRows(l, 'value', true, []).length : all;
  const values = {
    n: count(n, lang.value),
    all: count(all, lang.value),
    level: say(lv?.label).toLocaleLowerCase(lang.value),
  };
  return (
    <section class={`drawer ${open ? 'open' : ''}`} id="table" aria-label={t('table')}>
      <button
        type="button"
        class="handle"
        aria-expanded={open}
        onClick={() => {
          tableOpen.value = !open;
        }}
      >
        <b>{t('table')}</b>
        <span>{t(n === all ? 'tableOf' : 'tableFiltered', values)}</span>
        <b class="end">{`${t(open ? 'close' : 'open')} ${open ? '▾' : '▴'}`}</b>
      </button>
      {open ? <Lazy key={String(large)} load={large ? largeTable : tableView} /> : null}
    </section>
  );
}
