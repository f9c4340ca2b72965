// The dialogs by the name that the link gives them; each is loaded when it opens.
import type { ComponentType } from 'preact';
import { ready, state } from '../state/store';
import type { SheetName } from '../url/url';
import { Lazy } from './Lazy';

type Load = () => Promise<{ readonly default: ComponentType }>;
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
  if (open === null || !ready.value) return null;
  const load = sheets[open];
  return <Lazy key={load === about ? 'about' : open} load={load} />;
}
