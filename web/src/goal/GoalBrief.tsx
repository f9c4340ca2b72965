// The goal in two lines, in the rail.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fetchGoal } from '../api/client';
import type { Goal } from '../api/types';
import { lang, openSheet, snapshotId, state } from '../state/store';
import { isMissing, needed, odds, people } from './figures';
import './goal.css';
import { goalQuery } from './setting';
import { g } from './words';

export default function GoalBrief() {
  const answer = useSignal<Goal | null>(null);
  const setting = state.value.goal;
  const q = setting ? goalQuery(setting) : null;
  if (q && snapshotId.value !== null) q.set('snapshot', String(snapshotId.value));
  q?.set('limit', '1');
  const key = q?.toString() ?? '';
  useEffect(() => {
    if (!q) return;
    let current = true;
    fetchGoal(q).then(
      (value) => {
        if (current) answer.value = value;
      },
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [key]);
  const goal = answer.value;
  if (!goal) return null;
  const l = lang.value;
  return (
    <button type="button" class="goal-brief" title={g('change')} onClick={() => openSheet('goal')}>
      <b>{g('briefNeed', { n: needed(goal, l) })}</b>
      <span>
        {g(isMissing(goal) ? 'briefGap' : 'briefSpare', {
          n: people(Math.abs(goal.gap.value), l),
          p: odds(goal, l),
        })}
      </span>
    </button>
  );
}
