// The dialogs by the name that the link gives them, and the panel of an area; each is loaded when it opens, or once the map
// stands, so that they are there when the network is not.
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { mapState, ready, state } from '../state/store';
import type { SheetName } from '../url/url';
import { Lazy } from './Lazy';

type Load = () => Promise<{ readonly default: ComponentType }>;
export const areaPanel: Load = () => import('../panel/AreaPanel');
const about: Load = () => import('../about/About');
const sheets: Readonly<Record<SheetName, Load>> = {
  goal: () => import('../goal/GoalSheet'),
  get: () => import('../get/Download'),
  meeting: () => import('../meeting/DeckSheet'),
  method: about,
  backtest: about,
  words: about,
  keys: about,
};

export function Sheets() {
  const open = state.value.sheet;
  const stands = mapState.value !== 'loading';
  useEffect(() => {
    // What does not come now is asked for again when it is opened, and says so there.
    if (stands)
      for (const load of new Set([areaPanel, ...Object.values(sheets)])) load().catch(() => undefined);
  }, [stands]);
  if (open === null || !ready.value) return null;
  const load = sheets[open];
  return <Lazy key={load === about ? 'about' : open} load={load} />;
}
