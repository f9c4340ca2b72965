// What can be done with the chosen area: its page for the candidate, its goal.
import { change, openSheet, ready, state, t } from '../state/store';

export function AreaActions() {
  const a = state.value.area;
  if (!a || !ready.value?.snapshot) return null;
  return (
    <footer class="do">
      <button type="button" class="btn" onClick={() => change({ mode: 'candidate' }, true)}>
        {t('areaPage')}
      </button>
      <button
        type="button"
        class="btn"
        onClick={() => {
          change({ goal: state.value.goal ?? { by: 'estimate', value: 0, within: `${a.level}:${a.code}` } });
          openSheet('goal');
        }}
      >
        {t('goal')}
      </button>
    </footer>
  );
}
