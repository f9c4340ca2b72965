// The state of the page and its serial form:
// ?m=&l=&s=&a=&x=&u=&n=&r=&cmp=&e=&t=&g=&d=&view=&p=&deck=&lang=#map=z/lat/lon. decode(encode(s)) equals s.
import type { Lang } from '../api/types';
import { decodePaper, encodePaper, type Paper } from '../get/paper';
import { decodeGoal, encodeGoal, type GoalSetting } from '../goal/setting';

export interface AreaRef {
  readonly level: string;
  readonly code: string;
}
export interface MapView {
  readonly zoom: number;
  readonly lat: number;
  readonly lon: number;
}
/** What the map is compared with: another map beside or under a swipe, or the change since an election. */
export interface Comparison {
  readonly mode: 'side' | 'swipe' | 'change';
  /** An election, or null: the estimate. */
  readonly election: string | null;
  /** A measure as in the state; of a change it is the map's own, and empty here. */
  readonly measure: string;
}
/** Everything that a link must bring back. */
export interface PageState {
  /** A measure of the estimate or, with an election, of the past ("list:ID", "lead", "diff:A:B", a group). */
  readonly measure: string;
  /** A locked level, or null: the level follows the zoom. */
  readonly level: string | null;
  /** A pinned snapshot, or null: the current one. */
  readonly snapshot: number | null;
  readonly area: AreaRef | null;
  /** An outline or chosen areas whose sum is looked at, as `lasso/lasso.ts` writes them. */
  readonly lasso: string | null;
  readonly uncertainty: boolean;
  /** Circles of people rather than shares. */
  readonly counts: boolean;
  /** A reading of past elections, or null: the one of the snapshot. */
  readonly reading: string | null;
  readonly compare: Comparison | null;
  /** A past election, or null: the estimate. */
  readonly election: string | null;
  readonly tab: 'map' | 'field';
  readonly lang: Lang;
  readonly view: MapView | null;
  /** The goal of votes that the page works with, or none. */
  readonly goal: GoalSetting | null;
  /** The dialog that is open. */
  readonly sheet: SheetName | null;
  /** What the page is: itself, or one of the forms made to be shown or printed. */
  readonly mode: Mode | null;
  readonly paper: Paper | null;
  /** The views of a meeting, as `meeting/deck.ts` writes them. */
  readonly deck: string | null;
}

export const SHEETS = ['goal', 'get', 'meeting', 'method', 'backtest', 'words', 'keys'] as const;
export type SheetName = (typeof SHEETS)[number];
export const MODES = ['meeting', 'candidate', 'print'] as const;
export type Mode = (typeof MODES)[number];
const oneOf = <T extends string>(all: readonly T[], text: string | null): T | null =>
  all.find((x) => x === text) ?? null;

/** What a link without these says. */
export const nothingOpen = { goal: null, sheet: null, mode: null, paper: null, deck: null } as const;

const ESTIMATE = '~';

const encodeComparison = (c: Comparison): string =>
  [c.mode, c.election === null ? ESTIMATE : encodeURIComponent(c.election), c.measure].join(':');

function decodeComparison(text: string | null): Comparison | null {
  const [mode, election, ...measure] = (text ?? '').split(':');
  if ((mode !== 'side' && mode !== 'swipe' && mode !== 'change') || !election) return null;
  try {
    const of = election === ESTIMATE ? null : decodeURIComponent(election);
    return { mode, election: of, measure: measure.join(':') };
  } catch {
    return null;
  }
}

export function encode(s: PageState): string {
  const q = new URLSearchParams();
  q.set('m', s.measure);
  if (s.level !== null) q.set('l', s.level);
  if (s.snapshot !== null) q.set('s', String(s.snapshot));
  if (s.area) q.set('a', `${s.area.level}:${s.area.code}`);
  if (s.lasso !== null) q.set('x', s.lasso);
  if (!s.uncertainty) q.set('u', '0');
  if (s.counts) q.set('n', '1');
  if (s.reading !== null) q.set('r', s.reading);
  if (s.compare) q.set('cmp', encodeComparison(s.compare));
  q.set('e', s.election ?? ESTIMATE);
  if (s.tab === 'field') q.set('t', 'field');
  if (s.goal) q.set('g', encodeGoal(s.goal));
  if (s.sheet !== null) q.set('d', s.sheet);
  if (s.mode !== null) q.set('view', s.mode);
  if (s.paper) q.set('p', encodePaper(s.paper));
  if (s.deck !== null) q.set('deck', s.deck);
  q.set('lang', s.lang);
  const v = s.view;
  return `?${q}${v ? `#map=${v.zoom.toFixed(2)}/${v.lat.toFixed(5)}/${v.lon.toFixed(5)}` : ''}`;
}

/** Reads a link; what it does not say comes from `defaults`. */
export function decode(link: string, defaults: PageState): PageState {
  const hash = link.indexOf('#');
  const q = new URLSearchParams(hash < 0 ? link : link.slice(0, hash));
  const at = /^#map=([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(hash < 0 ? '' : link.slice(hash));
  const a = q.get('a');
  const colon = a?.indexOf(':') ?? -1;
  const s = q.get('s');
  const e = q.get('e');
  const lang = q.get('lang');
  return {
    measure: q.get('m') ?? defaults.measure,
    level: q.get('l'),
    snapshot: s !== null && /^\d+$/.test(s) ? Number(s) : null,
    area: a && colon > 0 ? { level: a.slice(0, colon), code: a.slice(colon + 1) } : null,
    lasso: q.get('x'),
    uncertainty: q.get('u') !== '0',
    counts: q.get('n') === '1',
    reading: q.get('r'),
    compare: decodeComparison(q.get('cmp')),
    election: e === null ? defaults.election : e === ESTIMATE ? null : e,
    tab: q.get('t') === 'field' ? 'field' : 'map',
    lang: lang === 'fr' || lang === 'en' ? lang : defaults.lang,
    goal: decodeGoal(q.get('g')),
    sheet: oneOf(SHEETS, q.get('d')),
    mode: oneOf(MODES, q.get('view')),
    paper: decodePaper(q.get('p')),
    deck: q.get('deck'),
    view: at ? { zoom: Number(at[1]), lat: Number(at[2]), lon: Number(at[3]) } : null,
  };
}
