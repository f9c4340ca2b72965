// The one state of the page, and the remote data it names. Components read signals and call actions; nothing else writes.
import { computed, effect, type Signal, signal } from '@preact/signals';
import {
  type Compared,
  failure,
  fetchAcross,
  fetchArea,
  fetchAreas,
  fetchCampaign,
  fetchCompared,
  fetchGoals,
  fetchResults,
  fetchSummary,
  fetchValues,
  type LargeLevel,
} from '../api/client';
import type { ColumnTable } from '../api/container';
import type { Areas, Campaign, Failure, Lang, Remote, Summary } from '../api/types';
import type { Theme } from '../colour/palette';
import { type Word, word } from '../i18n/words';
import { decodeLasso, encodeLasso, type Lasso } from '../lasso/lasso';
import {
  type AreaRef,
  type Comparison,
  decode,
  encode,
  type MapView,
  nothingOpen,
  type PageState,
  type SheetName,
} from '../url/url';

import { isTiled, ofDetail, Seen } from './seen';

/** The measure of an estimate that follows from the goal of the link. */
export const GAP = 'gap';

const language = (navigator.language ?? 'fr').startsWith('en') ? 'en' : 'fr';
const empty: PageState = {
  measure: 'favourable',
  level: null,
  snapshot: null,
  area: null,
  lasso: null,
  uncertainty: true,
  counts: false,
  reading: null,
  compare: null,
  election: null,
  tab: 'map',
  lang: language,
  view: null,
  ...nothingOpen,
};

export const state = signal<PageState>(decode(location.search + location.hash, empty));
export const campaign = signal<Remote<Campaign>>({ kind: 'loading' });
export const online = signal(navigator.onLine);
export const announcedSnapshot = signal<number | null>(null);
/** Cells of the legend that are isolated: empty means all. */
export const isolated = signal<ReadonlySet<number>>(new Set());
/** The level that follows the zoom, set by the map. */
export const autoLevel = signal<string | null>(null);
/** The zoom of the tiles on the map, whole: hexagons are of its resolution. */
export const tileZoom = signal(0);
export const tableOpen = signal(false);
/** An outline is being drawn, or rows of the table chosen. */
export const lassoing = signal(false);
/** How much of a phone the sheet of an area takes: its head, half, or all. */
export const sheet = signal<'peek' | 'half' | 'full'>('half');
/** A sentence for the live region. */
export const spoken = signal('');
/** Rows of the level shown to look at: [west, south, east, north]. */
export const flyTo = signal<readonly [number, number, number, number] | null>(null);
/** Where the map goes at once: a saved view. */
export const jumpTo = signal<MapView | null>(null);
export const mapState = signal<'loading' | 'ready' | 'no-webgl' | 'tiles-failed'>('loading');

const dark = matchMedia('(prefers-color-scheme: dark)');
const storedTheme = localStorage.getItem('quartier.theme');
export const theme = signal<Theme>(
  storedTheme === 'dark' || storedTheme === 'light' ? storedTheme : dark.matches ? 'dark' : 'light',
);
dark.addEventListener('change', () => {
  if (!localStorage.getItem('quartier.theme')) theme.value = dark.matches ? 'dark' : 'light';
});
export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  localStorage.setItem('quartier.theme', theme.value);
}
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export const showCounts = computed(() => state.value.counts);
export const lang = computed(() => state.value.lang);
effect(() => {
  document.documentElement.lang = lang.value;
});
export const t = (key: Word, values?: Readonly<Record<string, string | number>>): string =>
  word(lang.value, key, values);
export const say = (w: Readonly<Record<Lang, string>> | string | null | undefined): string =>
  typeof w === 'string' ? w : (w?.[lang.value] ?? '');

/** Why something is not there, in words. */
export const whyNot = (f: Failure): string => (f.answered ? t('refused', { why: f.message }) : t('noAnswer'));

export const ready = computed(() => (campaign.value.kind === 'ready' ? campaign.value.value : null));
/** The lasso of the link; none where nothing is estimated. */
export const lasso = computed(() => (ready.value?.snapshot ? decodeLasso(state.value.lasso) : null));
export const snapshotId = computed(() => state.value.snapshot ?? ready.value?.snapshot?.id ?? null);
export const election = computed(
  () => ready.value?.elections.find((e) => e.id === state.value.election) ?? null,
);
/** The levels that can be locked: those of the tree, the groupings and the hexagons. */
export const levelsToPick = computed(() => {
  const c = ready.value;
  if (!c) return [];
  const { hexes } = c;
  // The past is in no tile: that of hexagons comes by resolution, that of a level of very many areas not at all.
  const past = (id: string) => (id === hexes?.id ? c.snapshot !== null : !isTiled(c, id));
  return allLevels.value.filter((l) => !election.value || past(l.id));
});
/** The level on the map: the locked one, or the one that follows the zoom. */
export const level = computed(() => {
  const c = ready.value;
  if (!c) return null;
  const pick = levelsToPick.value;
  const named = (id: string | null | undefined) => pick.find((l) => l.id === id);
  const usual = c.levels[Math.min(1, c.levels.length - 1)];
  return (
    named(state.value.level ?? autoLevel.value) ?? named(usual?.id) ?? named(c.hexes?.id) ?? usual ?? null
  );
});

/** Whether people are shown as circles: cells have an outline by their index, and no points in their tiles. */
export const circled = computed(
  () => showCounts.value && level.value?.id !== ready.value?.hexes?.id && level.value?.h3 == null,
);

const cache = new Map<string, Signal<Remote<unknown>>>();
function remote<T>(key: string, load: () => Promise<T>): Signal<Remote<T>> {
  const kept = cache.get(key) as Signal<Remote<T>> | undefined;
  if (kept) return kept;
  const s = signal<Remote<T>>({ kind: 'loading' });
  cache.set(key, s as Signal<Remote<unknown>>);
  load().then(
    (value) => {
      s.value = { kind: 'ready', value };
    },
    (e: unknown) => {
      s.value = failure(e);
    },
  );
  return s;
}
const got = <T>(r: Remote<T>): T | null => (r.kind === 'ready' ? r.value : null);

/** What was seen of a level that is too large to be sent whole; null of another level. */
export const seenOf = (id: string): Seen | null => {
  const c = ready.value;
  const snapshot = snapshotId.value;
  if (!c || snapshot === null || !isTiled(c, id)) return null;
  const at = c.levels.findIndex((l) => l.id === id);
  const own = at < 0 ? c.hexes! : c.levels[at]!;
  const key = `${snapshot} ${id}`;
  let made = seen.get(key);
  if (!made) {
    made = new Seen(own);
    seen.set(key, made);
  }
  return made;
};
const seen = new Map<string, Seen>();
/** A level as the server is asked for it where it is too large; null of another level. */
export const largeLevel = (id: string): LargeLevel | null => {
  const c = ready.value;
  const snapshot = snapshotId.value;
  if (!c || snapshot === null || !isTiled(c, id)) return null;
  return { snapshot, level: id, resolution: resolutionOf(id) };
};
/** Whether areas have parts of finest ones, whose votes are split with their electors: hexagons, and some groupings. */
export const isSplit = (id: string | undefined): boolean =>
  id !== undefined &&
  (id === ready.value?.hexes?.id ||
    ready.value?.groupings.some((g) => g.id === id && g.method === 'pieces') === true);
/** The resolution at which hexagons are on the map, or that of one of them; null of another level. */
export const resolutionOf = (id: string, code?: string): number | null => {
  const hexes = ready.value?.hexes;
  if (!hexes || id !== hexes.id) return null;
  // The second digit of an H3 index.
  if (code) return Number.parseInt(code[1]!, 16);
  return hexes.resolutions[Math.min(tileZoom.value, hexes.resolutions.length - 1)]!;
};
/** All that has areas: levels, groupings and hexagons. */
export const allLevels = computed(() => {
  const c = ready.value;
  return c ? [...c.levels, ...c.groupings, ...(c.hexes ? [c.hexes] : [])] : [];
});
/** How the electors of such a level are distributed. */
export const summaryOf = (id: string, measure: string, step: number): Summary | null => {
  const of = largeLevel(id);
  if (!of) return null;
  const key = `summary ${of.snapshot} ${id} ${of.resolution} ${measure} ${step}`;
  return got(remote(key, () => fetchSummary(of, measure, step)).value);
};
const askedFor = new Set<string>();
// An area that a link names, or a search, need not be on the map.
effect(() => {
  const a = state.value.area;
  const own = a ? seenOf(a.level) : null;
  if (!a || !own || own.areas().codes.includes(a.code)) return;
  const key = `${snapshotId.peek()} ${a.level} ${a.code}`;
  if (askedFor.has(key)) return;
  askedFor.add(key);
  void fetchArea(a.level, a.code, state.peek().snapshot).then(
    (d) => own.add([ofDetail(d)]),
    () => undefined,
  );
});

export const areasOf = (id: string): Areas | null => {
  const large = seenOf(id);
  if (large) return large.areas();
  const hash = ready.value?.geography ?? null;
  return hash === null ? null : got(remote(`areas ${hash} ${id}`, () => fetchAreas(hash, id)).value);
};
export const valuesOf = (snapshot: number, id: string): Remote<ColumnTable> => {
  const large = snapshot === snapshotId.value ? seenOf(id) : null;
  if (large) return { kind: 'ready', value: large.table() };
  return remote(`values ${snapshot} ${id}`, () => fetchValues(snapshot, id)).value;
};
/** The past is that of the areas shown: of a pinned snapshot its own. */
const pin = (): number | null => state.value.snapshot;
/** Of hexagons, those of the zoom, or those of the size of one. */
export const resultsOf = (e: string, id: string, code?: string): Remote<ColumnTable> => {
  const of = resolutionOf(id, code);
  return remote(`results ${pin()} ${e} ${id} ${of}`, () => fetchResults(e, id, of, pin())).value;
};
export const comparedOf = (o: Compared, id: string, code?: string): Remote<ColumnTable> => {
  const of = resolutionOf(id, code);
  return remote(`compared ${pin()} ${JSON.stringify(o)} ${id} ${of}`, () => fetchCompared(o, id, of, pin()))
    .value;
};
export const acrossOf = (
  measure: string,
  id: string,
  reading: string,
  code?: string,
): Remote<ColumnTable> => {
  const of = resolutionOf(id, code);
  return remote(`across ${pin()} ${measure} ${id} ${reading} ${of}`, () =>
    fetchAcross(measure, id, of, reading, pin()),
  ).value;
};
/** What a goal asks of every area of a level; `query` is the goal's. */
export const goalsOf = (
  query: URLSearchParams,
  id: string,
  snapshot: number,
  code?: string,
): Remote<ColumnTable> => {
  const of = resolutionOf(id, code);
  return remote(`goals ${snapshot} ${query} ${id} ${of}`, () => fetchGoals(query, id, of, snapshot)).value;
};
/** Anything that is asked for once and kept, by the address it is asked under. */
export const kept = <T>(key: string, load: () => Promise<T>): Remote<T> => remote(key, load).value;
/** How often the reader asked for what failed to be asked for again; the maps follow with their tiles. */
export const retries = signal(0);
/** Forgets what failed, so that it is asked again. */
export function retryFailed(): void {
  retries.value++;
  for (const [key, s] of cache) if (s.value.kind === 'failed') cache.delete(key);
  state.value = { ...state.value };
}

/** Changes the state; `push` makes a step of the browser's history. */
export function change(part: Partial<PageState>, push = false): void {
  const next = { ...state.value, ...part };
  state.value = next;
  const link = encode(next);
  if (link === location.search + location.hash) return;
  history[push ? 'pushState' : 'replaceState'](null, '', link);
}
addEventListener('popstate', () => {
  state.value = decode(location.search + location.hash, { ...state.value, area: null });
});
addEventListener('online', () => {
  online.value = true;
});
addEventListener('offline', () => {
  online.value = false;
});

/** Opens a dialog, or closes it. */
export const openSheet = (sheet: SheetName | null): void => change({ sheet });
export const select = (area: AreaRef | null): void => change({ area, lasso: null }, true);
export const moved = (view: MapView): void => change({ view });
export function chooseMeasure(measure: string): void {
  isolated.value = new Set();
  change({ measure }, true);
}
export function chooseSource(id: string | null): void {
  const c = ready.value;
  isolated.value = new Set();
  const past = state.value.measure;
  const measure =
    id === null && past !== GAP && !c?.measures.some((m) => m.id === past)
      ? 'favourable'
      : id !== null && ['persuasion', 'mobilisation', GAP].includes(past)
        ? 'favourable'
        : past;
  change({ election: id, measure }, true);
}
/** What is looked at is a lasso, and no area; null: neither. */
export function chooseLasso(l: Lasso | null): void {
  lassoing.value = false;
  change({ area: null, lasso: l && encodeLasso(l) }, true);
}
/** Opens, changes or (null) closes a comparison. */
export function compareWith(compare: Comparison | null): void {
  isolated.value = new Set();
  change({ compare }, true);
}
export const chooseLevel = (id: string | null): void => {
  isolated.value = new Set();
  change({ level: id }, true);
};
export function isolate(cell: number, add: boolean): void {
  const now = isolated.value;
  const next = new Set(add ? now : []);
  if (now.has(cell) && (add || now.size === 1)) next.delete(cell);
  else next.add(cell);
  isolated.value = next;
}

/** The campaign as the link's snapshot shows it; a snapshot that is gone is forgotten. */
async function pinned(now: Campaign): Promise<Campaign> {
  const id = state.value.snapshot;
  if (id === null || id === now.snapshot?.id) return now;
  const then = await fetchCampaign(id).catch(() => null);
  if (then) return then;
  change({ snapshot: null });
  return now;
}

/** Loads the campaign, then settles what the link left open. */
export async function start(): Promise<void> {
  campaign.value = { kind: 'loading' };
  try {
    const c = await pinned(await fetchCampaign());
    const query = new URLSearchParams(location.search);
    const last = [...c.elections].sort((a, b) => a.date.localeCompare(b.date)).at(-1)?.id ?? null;
    const past = !c.snapshot || (!c.snapshot.newer_than_baseline && c.levels.some((l) => !isTiled(c, l.id)));
    const s = state.value;
    const settled: Partial<PageState> = {};
    if (!query.has('lang')) Object.assign(settled, { lang: c.language });
    if (!query.has('e')) Object.assign(settled, { election: past ? (c.snapshot?.baseline ?? last) : null });
    else if (s.election !== null && !c.elections.some((e) => e.id === s.election))
      Object.assign(settled, { election: c.snapshot ? null : last });
    else if (s.election === null && !c.snapshot) Object.assign(settled, { election: last });
    const shown = (id: string) =>
      id === c.hexes?.id || [...c.levels, ...c.groupings].some((l) => l.id === id);
    if (s.level !== null && !shown(s.level)) Object.assign(settled, { level: null });
    if (s.area && !shown(s.area.level)) Object.assign(settled, { area: null });
    const now = { ...s, ...settled };
    const isGap = now.measure === GAP && now.goal !== null;
    if (now.election === null && !isGap && !c.measures.some((m) => m.id === now.measure))
      Object.assign(settled, { measure: 'favourable' });
    campaign.value = { kind: 'ready', value: c };
    change(settled);
  } catch (e) {
    campaign.value = failure(e);
  }
}

/** Listens for publications; the page never switches by itself. A stream that breaks says that the server is gone. */
export function listen(): void {
  const events = new EventSource('/events');
  const announce = (id: number | undefined) => {
    const known = ready.value?.snapshot?.id;
    if (id !== undefined && id !== known && id > (state.value.snapshot ?? 0)) announcedSnapshot.value = id;
  };
  events.addEventListener('snapshot', (e) => {
    announce((JSON.parse((e as MessageEvent<string>).data) as { id: number }).id);
  });
  let broken = false;
  events.addEventListener('error', () => {
    online.value = false;
    broken = true;
  });
  events.addEventListener('open', () => {
    online.value = true;
    // What was published while nobody could hear it.
    if (broken)
      void fetchCampaign().then(
        (c) => announce(c.snapshot?.id),
        () => undefined,
      );
    broken = false;
  });
}
