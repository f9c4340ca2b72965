// What else the page does: a short list at the end of the rail.
import { change, openSheet, ready, state, t } from '../state/store';
import { Lazy } from './Lazy';

const brief = () => import('../goal/GoalBrief');

export function More() {
  const estimated = ready.value?.snapshot !== null && ready.value !== null;
  return (
    <section class="more">
      {state.value.goal && estimated ? <Lazy load={brief} /> : null}
      <ul>
        {estimated ? (
          <>
            <li>
              <button type="button" onClick={() => openSheet('goal')}>
                {t('goal')}
              </button>
            </li>
            <li>
              <button type="button" onClick={() => change({ mode: 'candidate' }, true)}>
                {t('candidate')}
              </button>
            </li>
          </>
        ) : null}
        <li>
          <button type="button" onClick={() => openSheet('meeting')}>
            {t('meeting')}
          </button>
        </li>
        <li>
          <button type="button" onClick={() => openSheet('method')}>
            {t('method')}
          </button>
        </li>
        <li>
          <button type="button" onClick={() => openSheet('words')}>
            {t('glossary')}
          </button>
        </li>
      </ul>
    </section>
  );
}
