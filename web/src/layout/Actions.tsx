// What can be done with the chosen area: compare what the map says of it, set its goal, take its sheet.
import { begin } from '../compare/CompareSection';
import { change, compareWith, openSheet, ready, state, t } from '../state/store';

export function AreaActions() {
  const a = state.value.area;
  if (!a || !ready.value?.snapshot) return null;
  return (
    <footer class="do">
      <button
        type="button"
        class="btn"
        aria-pressed={state.value.compare !== null}
        onClick={() => compareWith(state.value.compare ? null : begin('side'))}
      >
        {t('compare')}
      </button>
      <button
        type="button"
        class="btn"
        onClick={() => {
          change({ goal: state.value.goal ?? { by: 'estimate', value: 0, within: `${a.level}:${a.code}` } });
          openSheet('goal');
        }}
      >
        {t('goalShort')}
      </button>
      <button type="button" class="btn primary" onClick={() => change({ mode: 'candidate' }, true)}>
        {t('areaPage')}
      </button>
    </footer>
  );
}
