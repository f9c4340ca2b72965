// Drives MapLibre: one style per theme and level, figures as feature-state, the pointer to state. Loaded beside the first paint.
import 'maplibre-gl/dist/maplibre-gl.css';
import { effect, signal } from '@preact/signals';
import { Map as GlMap, type MapMouseEvent, prewarm, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { MISSING, UNKNOWN } from '../api/container';
import type { Areas, Campaign, Level } from '../api/types';
import { NO_CANDIDATE, UNCERTAIN } from '../classes/classes';
import { faded } from '../colour/palette';
import { FLAG_POOLED, isThere } from '../state/layer';
import type { Look } from '../state/look';
import { isTiled, ofFeature } from '../state/seen';
import {
  areasOf,
  autoLevel,
  circled,
  flyTo,
  jumpTo,
  lasso,
  lassoing,
  level,
  mapState,
  moved,
  retries,
  seenOf,
  select,
  snapshotId,
  state,
  theme,
  tileZoom,
} from '../state/store';
import { areas, look as main, selection, shown } from '../state/view';
import { boxPx2, guess, levelAt, opening } from './level';
import { patterns } from './patterns';
import { among, groundOf, mapStyle, marksFrom, NOBODY, only, type Rows } from './style';

/** What is under the pointer, in pixels of the map's place; null when nothing is. */
export interface Hovered {
  readonly row: number;
  readonly look: Look;
  readonly box: readonly [number, number, number, number];
}
export const hovered = signal<Hovered | null>(null);
/** The map of the page's own look, once it is there. */
export const leading = signal<GlMap | null>(null);

// The worker starts while the campaign is on its way.
setWorkerUrl(workerUrl);
prewarm();

type Box = readonly [number, number, number, number];

const HOVER_MS = 80;
/** Pixels across that a chosen area must have to be seen. */
const SEEN_PX = 16;
const DIMMED = 0.15;
/** The share of the areas' surface that the circles of counts cover together. */
const CIRCLES = 0.3;
/** The share of its box that an area fills, about. */
const FILLED = 0.6;

const reduced = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

interface TileAt {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface MapHandle {
  readonly map: GlMap;
  readonly selectCentre: () => void;
  readonly fit: () => void;
  readonly resize: () => void;
  readonly destroy: () => void;
}

/** The box of a row [west, south, east, north], or null where the area has no polygon. */
export function boundsOf(a: Areas, row: number): Box | null {
  // A large level is known in part: the others have no bounds at all.
  const at = 4 * row;
  const [w, s, e, n] = [a.bounds[at], a.bounds[at + 1], a.bounds[at + 2], a.bounds[at + 3]];
  return typeof w === 'number' && typeof s === 'number' && typeof e === 'number' && typeof n === 'number'
    ? [w, s, e, n]
    : null;
}

/** The rows of codes, in row order. */
function rowsOf(a: Areas, codes: readonly string[]): Rows {
  const wanted = new Set(codes);
  return [...a.codes.keys()].filter((i) => wanted.has(a.codes[i]!));
}

/**
 * `padding` keeps the campaign clear of the title and the legend. The map of the page's own look leads: it sets the level
 * that follows the zoom and the link's place; another one shows the same level. Throws where there is no WebGL.
 */
export function createMap(
  container: HTMLElement,
  campaign: Campaign,
  padding: () => { top: number; bottom: number; left: number; right: number },
  look: Look = main,
): MapHandle {
  const { spec, layer, rowCells, cellColour } = look;
  const leads = look === main;
  const origin = location.origin;
  /** Tiles that did not load, by source. */
  const failed = new Map<string, readonly TileAt[]>();
  // Levels: the median box of each level whose table is here, else a guess from the count.
  const medians = new WeakMap<Areas, number>();
  const median = (l: Level): number => {
    const list = areasOf(l.id);
    if (!list || list.seen) return guess(campaign.home, l.count);
    const kept = medians.get(list);
    if (kept !== undefined) return kept;
    const sizes: number[] = [];
    for (let i = 0; i < list.count; i++) {
      const b = boundsOf(list, i);
      if (b) sizes.push(boxPx2(b) * FILLED);
    }
    sizes.sort((x, y) => x - y);
    const m = sizes[sizes.length >> 1] ?? guess(campaign.home, l.count);
    medians.set(list, m);
    return m;
  };
  /** The square pixels at zoom 0 of all areas of the level shown. */
  const ground = (): number => {
    const list = areas.value;
    let sum = 0;
    for (const i of list?.seen ?? list?.codes.keys() ?? []) {
      const b = boundsOf(list!, i);
      if (b) sum += boxPx2(b) * FILLED;
    }
    return sum;
  };
  let land = true;
  /** An area bears its name from about 70 by 70 pixels. */
  const namesAt = (l: Level) => Math.log2(Math.sqrt(5000 / Math.max(1e-9, median(l))));
  const namesFrom = () => namesAt(level.peek()!);
  /** Rows that bear more than a colour, by what they bear; kept while they are the same, so that a filter is. */
  let marks: { readonly key: string; readonly pooled: Rows; readonly none: Rows } = {
    key: '',
    pooled: [],
    none: [],
  };
  let dotted = false;
  /** Land, names, borders above, dots and hatch: they follow the first figures, which are complete without them. */
  const surroundings = signal(false);
  /** They are about to come, at the end of this wait. */
  let coming = false;
  let later = 0;
  let gone = false;
  let hover: number | null = null;
  const picked = () => {
    const s = selection.value;
    if (s) return { level: s.level, rows: [s.row] };
    const chosen = lasso.value?.kind === 'areas' ? lasso.value : null;
    const list = chosen && areasOf(chosen.level);
    return list ? { level: chosen.level, rows: rowsOf(list, chosen.codes) } : null;
  };
  /** Levels that are painted from the figures in their tiles. */
  const valued = () => {
    const snapshot = snapshotId.peek();
    const all = campaign.hexes ? [...campaign.levels, campaign.hexes] : campaign.levels;
    const levels = all.map((l) => l.id).filter((id) => isTiled(campaign, id));
    return snapshot === null ? null : { snapshot, levels };
  };
  const style = () =>
    mapStyle({
      // Hexagons and groupings are drawn under the outlines of the levels.
      campaign: campaign.levels.some((l) => l.id === level.value!.id)
        ? campaign
        : { ...campaign, levels: [...campaign.levels, level.value!] },
      theme: theme.value,
      level: level.value!.id,
      counts: circled.value && !spec.value.categorical,
      origin,
      valued: valued(),
      land,
      namesFrom: namesFrom(),
      namesAbove: Object.fromEntries(campaign.levels.map((l) => [l.id, namesAt(l)])),
      surroundings: surroundings.peek(),
      wall: state.value.mode === 'meeting',
      dotted,
      pooled: marks.pooled,
      none: marks.none,
      hovered: hover,
      picked: picked(),
    });
  /** What a style depends on. */
  const dress = () =>
    `${theme.value} ${level.value?.id} ${circled.value} ${spec.value.categorical} ${state.value.mode === 'meeting'} ${picked()?.level}`;
  // Between the first style and its arrival the level may follow the zoom: this is what the first style was made for.
  let dressed = dress();
  /** Before the tiles of the coarsest level there are hexagons, where that level is of very many areas. */
  const hexesFirst = isTiled(campaign, campaign.levels[0]!.id) || campaign.levels[0]!.h3 != null;
  const firstZoom = () =>
    hexesFirst && campaign.hexes ? campaign.hexes.minzoom : campaign.levels[0]!.minzoom;
  const opens = () => {
    const { top, bottom, left, right } = padding();
    const minzoom = firstZoom();
    const { clientWidth: w, clientHeight: h } = container;
    return opening({ ...campaign, minzoom }, w - left - right, h - top - bottom);
  };
  const start = state.peek().view;
  const map = new GlMap({
    container,
    style: style(),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    // Nothing is drawn before the coarsest level's first zoom: the camera stops there.
    minZoom: firstZoom(),
    fadeDuration: reduced() ? 0 : 200,
    ...(start
      ? { center: [start.lon, start.lat] as [number, number], zoom: start.zoom }
      : {
          bounds: [...opens()] as [number, number, number, number],
          fitBoundsOptions: { padding: padding() },
        }),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  if (leads) map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-right');
  if (leads) leading.value = map;
  const media = matchMedia('(max-width: 599px)');

  const follow = () => {
    if (!leads) return;
    const zoom = map.getZoom();
    tileZoom.value = Math.max(0, Math.floor(zoom));
    const { hexes } = campaign;
    const before = hexesFirst && hexes && zoom < campaign.levels[0]!.minzoom;
    autoLevel.value = before ? hexes.id : levelAt(campaign.levels, median, zoom, autoLevel.peek());
  };
  follow();

  let loaded = false;
  let inked = '';
  const images = () => {
    // A new image lays out anew what is drawn with it.
    if (inked === theme.value && map.hasImage('dots')) return;
    inked = theme.value;
    const p = patterns(theme.value);
    for (const id of ['dots', 'hatch'] as const) {
      const image = p[id];
      if (!image) continue;
      // An image that is replaced is drawn at once; one that is removed and added has every tile laid out anew.
      if (map.hasImage(id)) map.updateImage(id, image);
      else map.addImage(id, image, { pixelRatio: p.ratio });
    }
  };

  /** What every row of a source looks like by now, and in which dress. */
  const painted = new Map<string, { readonly key: string; readonly state: Int16Array }>();
  const paint = () => {
    const id = level.value?.id;
    const l = layer.value;
    const cells = rowCells.value;
    const counts = circled.value;
    if (!loaded || !id || !l || !cells || !map.getSource(id)) return;
    let people = 0;
    const size = (i: number) =>
      l.people
        ? l.people[i] === UNKNOWN
          ? 0
          : l.people[i]!
        : (Math.abs(l.value[i]!) * l.electors[i]!) / 1000;
    if (counts) for (let i = 0; i < l.value.length; i++) if (l.value[i] !== MISSING) people += size(i);
    const surface = counts ? (CIRCLES * ground()) / Math.PI / Math.max(1, people) : 0;
    const key = `${theme.value} ${spec.value.scale} ${spec.value.id} ${counts} ${surface}`;
    const known = painted.get(id);
    const before = known?.key === key ? known.state : null;
    const now = new Int16Array(l.value.length);
    /** Until dots are there, what is too uncertain to tell is plain grey. */
    const plainGrey = !surroundings.value;
    const list = areas.value;
    const land_ = groundOf(theme.value);
    /** A cell's colour, once a cell: where dots show the fill is clear, and what is dimmed has faded into the ground. */
    const looks = new Map<number, string>();
    const colour = (cell: number, on: boolean): string => {
      const at = 2 * cell + (on ? 1 : 0);
      let made = looks.get(at);
      if (made === undefined) {
        const dots = cell === UNCERTAIN && !l.categorical && !counts && !plainGrey;
        if (dots) made = on ? 'rgba(0,0,0,0)' : faded(land_, null, 1 - DIMMED);
        else made = on ? cellColour(cell) : faded(cellColour(cell), land_, DIMMED);
        looks.set(at, made);
      }
      return made;
    };
    const [pooled, none]: [number[], number[]] = [[], []];
    let uncertain = false;
    for (const i of list?.seen ?? l.value.keys()) {
      if (!isThere(l, i)) continue;
      const cell = cells[i]!;
      const plain = l.value[i] === MISSING && cell !== NO_CANDIDATE;
      const on = plain || !leads || shown(cell);
      if (plain) none.push(i);
      if (l.pooled && (l.pooled[i]! & FLAG_POOLED) !== 0 && standsForOthers(id, list?.codes[i]))
        pooled.push(i);
      if (cell === UNCERTAIN) uncertain = true;
      // Rows that look as they did are left alone; 0 is no look at all.
      now[i] = ((cell + 3) << 2) | (cell === UNCERTAIN && plainGrey ? 2 : 0) | (on ? 1 : 0);
      if (before && before[i] === now[i]) continue;
      const c = colour(cell, on);
      if (!counts) map.setFeatureState({ source: id, sourceLayer: id, id: i }, { c });
      else
        map.setFeatureState(
          { source: id, sourceLayer: `${id}_points`, id: i },
          { c, o: on ? 1 : DIMMED, r: plain ? 0 : Math.sqrt(surface * size(i)) },
        );
    }
    painted.set(id, { key, state: now });
    dotted = uncertain && !l.categorical && !plainGrey;
    const dots = `dots-${id}`;
    const opacity = dotted && !counts ? 1 : 0;
    // What stays as it is draws no frame.
    if (map.getPaintProperty(dots, 'fill-opacity') !== opacity)
      map.setPaintProperty(dots, 'fill-opacity', opacity, { validate: false });
    mark(id, pooled, none);
  };
  /** Whether a hexagon is coarser than those of the zoom; whoever is pooled on another level is so at every zoom. */
  const standsForOthers = (id: string, code: string | undefined): boolean => {
    const { hexes } = campaign;
    if (id !== hexes?.id || code === undefined) return true;
    // The second digit of an H3 index is its resolution.
    const shownAt = hexes.resolutions[Math.min(tileZoom.peek(), hexes.resolutions.length - 1)]!;
    return Number.parseInt(code[1]!, 16) < shownAt;
  };
  /** Hatch and dashes: as filters where they are drawn already, else in the style. */
  const mark = (id: string, pooled: Rows, none: Rows) => {
    const key = `${id} ${pooled.join()} ${none.join()}`;
    if (key === marks.key) return;
    const empty = (rows: Rows) => rows.length === 0;
    const unseen = !surroundings.peek() && map.getZoom() < marksFrom(namesFrom());
    if (unseen || [pooled, none, marks.pooled, marks.none].every(empty)) {
      marks = { key, pooled, none };
      return;
    }
    const same = (was: Rows, is: Rows) => empty(was) === empty(is);
    const fits = marks.key.startsWith(`${id} `) && same(marks.pooled, pooled) && same(marks.none, none);
    marks = { key, pooled, none };
    if (!fits) {
      map.setStyle(style());
      return;
    }
    const filter = (layer: string, f: ReturnType<typeof among>) => {
      if (map.getLayer(layer)) map.setFilter(layer, f, { validate: false });
    };
    filter('hatch', among(pooled));
    filter('none', among(none));
    if (pooled.length > 0 && !circled.value) filter(`line-${id}`, ['!', among(pooled)] as never);
  };

  const pick = () => {
    const s = picked();
    if (!loaded || !s) return;
    for (const id of ['case', 'picked'])
      if (map.getLayer(id)?.source === `picked ${s.level}`)
        map.setFilter(id, among(s.rows), { validate: false });
  };

  /** A link names an area and no place. */
  let sought = !start && state.peek().area !== null;
  /** Whether a box is out of sight, under what lies over the map, or too small to be seen. */
  const unseen = ([w, s, e, n]: Box): boolean => {
    const [p, q] = [map.project([w, n]), map.project([e, s])];
    const { top, bottom, left, right } = padding();
    const { clientWidth: wide, clientHeight: high } = container;
    // What the map opens on touches the padding.
    const out = Math.max(left - p.x, top - p.y, q.x - (wide - right), q.y - (high - bottom));
    return Math.max(q.x - p.x, q.y - p.y) < SEEN_PX || out > SEEN_PX;
  };
  map.on('movestart', (e) => {
    if ('originalEvent' in e && e.originalEvent) sought = false;
  });
  const stops: (() => void)[] = [];
  map.once('style.load', () => {
    images();
    container.dataset.level = level.peek()?.id ?? '';
    loaded = true;
    stops.push(
      effect(() => {
        const key = dress();
        if (key === dressed) return;
        // Rows of another level are other areas.
        if (!marks.key.startsWith(`${level.value?.id} `)) marks = { key: '', pooled: [], none: [] };
        hover = null;
        map.setStyle(style());
        images();
        container.dataset.level = level.value?.id ?? '';
        dressed = key;
        painted.clear();
      }),
      effect(() => {
        // A level that is locked is drawn from its first zoom: farther away there would be ground and no figure.
        map.setMinZoom(
          state.value.level === null ? firstZoom() : Math.max(firstZoom(), level.value!.minzoom),
        );
      }),
      effect(paint),
      effect(pick),
      effect(() => {
        const box = flyTo.value;
        if (!box || !leads) return;
        flyTo.value = null;
        map.fitBounds([box[0], box[1], box[2], box[3]], {
          padding: fitPadding(),
          maxZoom: 13,
          duration: reduced() ? 0 : 500,
        });
      }),
      effect(() => {
        const s = selection.value;
        const b = s && sought ? boundsOf(s.areas, s.row) : null;
        if (!b || !leads) return;
        sought = false;
        if (unseen(b))
          map.fitBounds([b[0], b[1], b[2], b[3]], { padding: fitPadding(), maxZoom: 13, duration: 0 });
      }),
      effect(() => {
        const view = jumpTo.value;
        if (!view) return;
        jumpTo.value = null;
        map.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom });
      }),
      effect(() => {
        if (retries.value === 0) return;
        // Named one by one: a source that is told to begin anew waits for ever for tiles that failed.
        const again = [...failed];
        failed.clear();
        for (const [source, tiles] of again) if (map.getSource(source)) map.refreshTiles(source, [...tiles]);
      }),
      effect(() => {
        // Areas tables refine the medians as they arrive.
        for (const l of campaign.levels) areasOf(l.id);
        follow();
      }),
    );
  });
  /** What the tiles on the map say of the areas of a large level. */
  const lookAround = () => {
    const id = level.peek()?.id;
    const own = id === undefined ? null : seenOf(id);
    if (!own || !id || !map.getSource(id)) return;
    own.add(map.querySourceFeatures(id, { sourceLayer: id }).flatMap((f) => ofFeature(f) ?? []));
  };
  const fitPadding = () => {
    const p = padding();
    return { top: p.top + 20, bottom: p.bottom + 20, left: p.left + 20, right: p.right + 20 };
  };
  /** Tiles that failed stay said. */
  const rests = () => {
    if (leads && mapState.peek() === 'loading') mapState.value = 'ready';
  };
  map.once('load', rests);
  map.on('sourcedata', (e) => {
    if (leads && e.isSourceLoaded && e.sourceId === level.peek()?.id) lookAround();
  });
  map.on('idle', () => {
    if (leads) lookAround();
    rests();
    container.dataset.idle = String(Number(container.dataset.idle ?? '0') + 1);
    if (painted.size > 0) container.dataset.figures = 'drawn';
    if (surroundings.peek()) container.dataset.whole = 'drawn';
    else if (!coming) {
      // What was asked for first is drawn, or the figures are long in coming: once that is on the screen, the rest.
      coming = true;
      requestAnimationFrame(() => {
        if (gone) return;
        later = window.setTimeout(() => {
          surroundings.value = true;
          map.setStyle(style());
          // Also where nothing changes: the map rests once more.
          map.triggerRepaint();
        });
      });
    }
  });
  map.on('error', (e) => {
    const source = (e as unknown as { sourceId?: string }).sourceId;
    if (source === 'land') {
      // Without a basemap the campaign still stands on plain land.
      if (land) {
        land = false;
        map.setStyle(style());
      }
      return;
    }
    const { tile } = e as unknown as { tile?: { tileID: { canonical: TileAt } } };
    if (!source || !tile) return;
    failed.set(source, [...(failed.get(source) ?? []), tile.tileID.canonical]);
    mapState.value = 'tiles-failed';
  });
  map.on('zoom', follow);
  map.on('moveend', () => {
    if (!leads) return;
    const c = map.getCenter();
    moved({
      zoom: Math.round(map.getZoom() * 100) / 100,
      lat: Math.round(c.lat * 1e5) / 1e5,
      lon: Math.round(c.lng * 1e5) / 1e5,
    });
  });

  const rowAt = (x: number, y: number): number | null => {
    const fill = `fill-${level.peek()?.id}`;
    if (!map.getLayer(fill)) return null;
    const f = map.queryRenderedFeatures([x, y], { layers: [fill] })[0];
    return typeof f?.id === 'number' ? f.id : null;
  };
  let timer = 0;
  /** Outlines a row of the level shown; its layer comes with the first. */
  const outline = (row: number) => {
    if (hover === row) return;
    const first = hover === null || !map.getLayer('hover');
    hover = row;
    if (first) map.setStyle(style());
    else map.setFilter('hover', only(row), { validate: false });
  };
  let over: { source: string; id: number } | null = null;
  const leave = () => {
    clearTimeout(timer);
    if (over && hover !== null) outline(NOBODY);
    over = null;
    hovered.value = null;
  };
  map.on('mousemove', (e: MapMouseEvent) => {
    if (media.matches || lassoing.peek()) return leave();
    const id = level.peek()?.id;
    const row = rowAt(e.point.x, e.point.y);
    map.getCanvas().style.cursor = row === null ? '' : 'pointer';
    if (row === null || !id) return leave();
    if (over?.id === row && over.source === id) return;
    clearTimeout(timer);
    hovered.value = null;
    over = { source: id, id: row };
    outline(row);
    timer = window.setTimeout(() => {
      const list = areas.peek();
      const b = list ? boundsOf(list, row) : null;
      if (!b) return;
      const p = map.project([b[0], b[3]]);
      const q = map.project([b[2], b[1]]);
      const x = container.offsetLeft;
      hovered.value = { row, look, box: [p.x + x, p.y, q.x + x, q.y] };
    }, HOVER_MS);
  });
  map.on('mouseout', leave);
  map.on('movestart', leave);
  const choose = (row: number | null) => {
    const id = level.peek()?.id;
    const code = row === null ? undefined : areas.peek()?.codes[row];
    if (id && code !== undefined) select({ level: id, code });
  };
  map.on('click', (e: MapMouseEvent) => {
    if (!lassoing.peek()) choose(rowAt(e.point.x, e.point.y));
  });

  return {
    map,
    selectCentre: () => {
      const { clientWidth: w, clientHeight: h } = container;
      choose(rowAt(w / 2, h / 2));
    },
    fit: () =>
      void map.fitBounds([...campaign.bounds] as [number, number, number, number], {
        padding: padding(),
        duration: reduced() ? 0 : 400,
      }),
    resize: () => map.resize(),
    destroy: () => {
      for (const stop of stops) stop();
      gone = true;
      clearTimeout(later);
      if (leads) leading.value = null;
      map.remove();
    },
  };
}

/** Moves two maps as one, whichever is moved; gives what parts them. */
export function together(one: GlMap, two: GlMap): () => void {
  let busy = false;
  const follow = (from: GlMap, to: GlMap) => () => {
    if (busy) return;
    busy = true;
    to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
    busy = false;
  };
  const [there, back] = [follow(one, two), follow(two, one)];
  there();
  one.on('move', there);
  two.on('move', back);
  return () => {
    one.off('move', there);
    two.off('move', back);
  };
}
