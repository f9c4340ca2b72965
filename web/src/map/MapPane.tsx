// The map's place: canvas, title, controls, tooltip, crosshair, keys, legend and states. MapLibre arrives by a dynamic import.
import { useSignal } from '@preact/signals';
import type { Map as GlMap } from 'maplibre-gl';
import { useEffect, useRef } from 'preact/hooks';
import { Beside, MapTitle, type Way } from '../compare/Beside';
import { Icon } from '../layout/icons';
import { Lazy } from '../layout/Lazy';
import { Legend, Tree } from '../legend/Legend';
import { goTo } from '../state/go';
import { encodePast } from '../state/layer';
import {
  areasOf,
  chooseLevel,
  chooseMeasure,
  election,
  GAP,
  isolated,
  lang,
  lasso,
  lassoing,
  level,
  levelsToPick,
  mapState,
  openSheet,
  ready,
  retryFailed,
  say,
  select,
  spoken,
  state,
  t,
  whyNot,
} from '../state/store';
import {
  betweenText,
  byVotes,
  comparing,
  estimateSpec,
  figuresFailure,
  groupsOf,
  layer,
  layerOf,
  look,
  past,
  pastSpec,
  selection,
  spec,
  valueText,
} from '../state/view';
import { firstChildOf, parentOf, siblingOf } from '../state/walk';
import { tableView } from '../table/Table';
import type { Hovered, MapHandle } from './controller';
import { fitsWhole } from './level';
import { Tooltip } from './Tooltip';

/** Pixels that a legend takes whose figures stand beside its bars, or under them, and the controls of a phone. */
const LEGEND = 190;
const SLIM_LEGEND = 240;
const CONTROLS = 128;
/** On lower maps the legend is its classes only: the table is open, or the window low. */
const LOW = 520;
/** On narrower maps the figures of the legend stand under its bars; in narrower windows too. */
const SLIM = 650;
const LAPTOP = '(max-width: 1199px)';
/** Pixels of height that the campaign is left, whatever lies over the map. */
const LEAST = 80;
/** The width of the panel that slides over the map of a laptop. */
const PANEL = 340;
/** Narrower than this, two maps do not stand side by side. */
const NARROW = '(max-width: 899px)';

const lassoTool = () => import('../lasso/LassoTool');

function Pickers() {
  const c = ready.value;
  const e = election.value;
  if (!c) return null;
  const ids = e
    ? [
        'lead',
        ...groupsOf(e),
        ...byVotes(e).map((l) => encodePast({ kind: 'list', list: l.id, valid: false })),
      ]
    : [...c.measures.map((m) => m.id), ...(state.value.goal ? [GAP] : [])];
  const label = (id: string) => {
    if (!e) return estimateSpec(id).label;
    const list = e.lists.find((l) => encodePast({ kind: 'list', list: l.id, valid: false }) === id);
    return list
      ? (list.short ?? list.label)
      : pastSpec(e, id === 'lead' ? { kind: 'lead' } : { kind: 'group', group: id as 'margin' }).label;
  };
  const now = e && past.value ? encodePast(past.value) : state.value.measure;
  return (
    <div class="pickers">
      <select aria-label={t('measure')} value={now} onChange={(ev) => chooseMeasure(ev.currentTarget.value)}>
        {(ids.includes(now) ? ids : [now, ...ids]).map((id) => (
          <option key={id} value={id}>
            {ids.includes(id) ? label(id) : spec.value.label}
          </option>
        ))}
      </select>
      <select
        aria-label={t('level')}
        value={state.value.level ?? ''}
        onChange={(ev) => chooseLevel(ev.currentTarget.value || null)}
      >
        <option value="">{t('auto')}</option>
        {levelsToPick.value.map((l) => (
          <option key={l.id} value={l.id}>
            {say(l.label)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function MapPane() {
  const c = ready.value!;
  const box = useRef<HTMLDivElement>(null);
  const pane = useRef<HTMLElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const handle = useRef<MapHandle | null>(null);
  const hover = useSignal<Hovered | null>(null);
  const cross = useSignal(false);
  const legendOpen = useSignal(false);
  const size = useSignal({ w: 1000, h: 800 });
  const staged = useSignal({ w: 1000, h: 800 });
  const first = useSignal<GlMap | null>(null);
  const narrow = useSignal(matchMedia(NARROW).matches);

  useEffect(() => {
    let gone = false;
    const stops: (() => void)[] = [];
    import('./controller')
      .then(({ createMap, hovered }) => {
        if (gone || !box.current) return;
        const padding = () => {
          const small = matchMedia(NARROW).matches;
          const over = (what: string) => pane.current?.querySelector(what)?.clientHeight ?? 0;
          const legend = Math.max(over('.legend-place'), over('.strip'));
          // The sheet of a chosen area lies over the map: what is looked at stays above it.
          const end = pane.current?.getBoundingClientRect().bottom ?? 0;
          const panel = document.querySelector('.panel-place .panel')?.getBoundingClientRect();
          // A link's area has its panel once its table is here.
          const comes = state.peek().area !== null && !panel?.height;
          const half = comes ? innerHeight / 2 : 0;
          const sheet = state.peek().area && panel && panel.height > 0 ? end - panel.top : half;
          // On a laptop the panel slides over the right of the map.
          const right = pane.current?.getBoundingClientRect().right ?? 0;
          const coming = comes && !small && matchMedia(LAPTOP).matches ? PANEL : 0;
          const slid = panel && panel.width > 0 ? Math.max(0, right - panel.left) : coming;
          // In a meeting the legend stands beside the map.
          if (state.peek().mode === 'meeting')
            return { top: 130, bottom: innerWidth < 1200 ? 190 : 60, left: 30, right: 30 };
          // Beside the map, legend and strip cover nothing of it.
          if (pane.current?.classList.contains('docked'))
            return { top: small ? 16 : 76, bottom: 16, left: 16, right: 16 + slid };
          // Before its figures are there, the legend is as high as it will be.
          const slim = matchMedia(LAPTOP).matches || (pane.current?.clientWidth ?? 0) < SLIM;
          const top = small ? Math.max(legend, 92) + 76 : 76;
          const below = small
            ? Math.max(CONTROLS, sheet + 8)
            : Math.max(legend, slim ? SLIM_LEGEND : LEGEND) + 30;
          const bottom = Math.max(16, Math.min(below, (pane.current?.clientHeight ?? 0) - top - LEAST));
          return small ? { top, bottom, left: 16, right: 16 } : { top, bottom, left: 20, right: 60 + slid };
        };
        const h = createMap(box.current, c, padding);
        handle.current = h;
        first.value = h.map;
        Object.assign(window, { quartierMap: h.map });
        stops.push(
          hovered.subscribe((v) => {
            hover.value = v;
          }),
        );
      })
      // Without WebGL no map can be made, and the table takes its place: to ask beforehand would cost a context more.
      .catch(() => {
        mapState.value = 'no-webgl';
      });
    const media = matchMedia(NARROW);
    const onMedia = () => {
      narrow.value = media.matches;
    };
    media.addEventListener('change', onMedia);
    stops.push(() => media.removeEventListener('change', onMedia));
    const observer = new ResizeObserver(() => {
      if (!pane.current) return;
      size.value = { w: pane.current.clientWidth, h: pane.current.clientHeight };
      if (stage.current) staged.value = { w: stage.current.clientWidth, h: stage.current.clientHeight };
      handle.current?.resize();
    });
    for (const el of [pane.current, stage.current]) if (el) observer.observe(el);
    return () => {
      gone = true;
      observer.disconnect();
      for (const stop of stops) stop();
      first.value = null;
      handle.current?.destroy();
    };
  }, [c.geography]);

  const place = selection.value ? selection.value.areas.names[selection.value.row]! : c.name;
  const lv = say(level.value?.label);
  const canvasLabel = t('canvas', { measure: spec.value.label, level: lv, place });
  useEffect(() => {
    box.current?.querySelector('canvas')?.setAttribute('aria-label', canvasLabel);
  }, [canvasLabel, mapState.value]);
  useEffect(() => {
    const s = selection.value;
    if (!s) return;
    const l = layerOf(s.level, s.code);
    const detail = l ? betweenText(l, s.row) : '';
    spoken.value = t('selected', {
      name: s.areas.names[s.row]!,
      value: l ? valueText(l, s.row) : '',
      detail: detail ? t('chance', { range: detail }) : spec.value.label,
    });
  }, [selection.value?.code, selection.value?.level, spec.value.id, lang.value]);

  const onKeyDown = (e: KeyboardEvent) => {
    if (!(e.target instanceof HTMLCanvasElement) || e.ctrlKey || e.metaKey || e.altKey) return;
    const a = state.value.area;
    const go = (to: ReturnType<typeof parentOf>) => {
      if (to) goTo(to);
    };
    if (e.key === '?') openSheet('keys');
    else if ((e.key === 'l' || e.key === 'L') && c.snapshot) lassoing.value = true;
    else if (e.key === 'c' || e.key === 'C') cross.value = !cross.value;
    else if (e.key === 'Enter') {
      if (cross.value || !a) handle.current?.selectCentre();
      else go(firstChildOf(c, areasOf, a));
    } else if (e.key === '[' && a) go(siblingOf(areasOf, a, -1));
    else if (e.key === ']' && a) go(siblingOf(areasOf, a, 1));
    else if (e.key === 'Backspace') {
      const up = a ? parentOf(c, areasOf, a) : null;
      if (up) goTo(up);
      else {
        select(null);
        handle.current?.fit();
      }
    } else if (e.key === 'Escape') {
      if (hover.value) hover.value = null;
      else if (cross.value) cross.value = false;
      else isolated.value = new Set();
    } else return;
    e.preventDefault();
  };

  const mode = comparing.value;
  const way: Way | null = mode === null ? null : narrow.value ? 'ab' : mode;
  const pair = way === 'side' || way === 'swipe';
  // Two legends share the width: half of it less margins and paddings.
  const halfLegend = Math.max(180, Math.min(340, Math.floor(size.value.w / 2) - 62));
  const legendWidth = size.value.w - 52;
  const noMap = mapState.value === 'no-webgl';
  // A campaign that stays larger than the map at its first zoom lies under whatever is over the map.
  const { w, h } = size.value;
  const docked =
    !noMap &&
    // In a window too low for both the map has the room.
    h > 400 &&
    state.value.mode !== 'meeting' &&
    !fitsWhole({ ...c, minzoom: c.levels[0]!.minzoom }, w - 40, h - 296);
  const failure = figuresFailure.value;
  const published = c.snapshot !== null || c.elections.length > 0;
  return (
    <main class={`mapwrap ${way ?? (docked ? 'docked' : '')}`} ref={pane} onKeyDown={onKeyDown}>
      <div class="stage" ref={stage}>
        <div id="map" ref={box} hidden={noMap} />
        {!noMap && (lassoing.value || lasso.value?.kind === 'outline') ? <Lazy load={lassoTool} /> : null}
        {cross.value && !lassoing.value ? (
          <svg class="crosshair" viewBox="0 0 40 40" role="img" aria-label={t('crosshair')}>
            <path d="M20 2v14M20 24v14M2 20h14M24 20h14" />
          </svg>
        ) : null}
        {hover.value ? <Tooltip at={hover.value} w={staged.value.w} h={staged.value.h} /> : null}
      </div>
      {way && first.value && !noMap ? (
        <Beside first={first.value} way={way} width={size.value.w} legendWidth={halfLegend} />
      ) : null}
      {mapState.value === 'loading' || (published && !layer.value && !failure) ? (
        <div class="progress" role="progressbar" aria-label={t('loading')} />
      ) : null}
      {noMap ? (
        <div class="nomap">
          <p class="notice">{t('noWebgl')}</p>
          <Lazy load={tableView} />
        </div>
      ) : null}
      <MapTitle look={look} {...(way && way !== 'ab' ? { place: 'first' } : {})} />
      <Pickers />
      {noMap ? null : (
        <div class="strip">
          <button
            type="button"
            aria-expanded={legendOpen.value}
            onClick={() => {
              legendOpen.value = !legendOpen.value;
            }}
          >
            <span>{spec.value.unit}</span>
            <span>{`${t(layer.value?.spread && state.value.uncertainty ? 'levelsOfCertainty' : 'legend')} ${legendOpen.value ? '▴' : '▾'}`}</span>
          </button>
          {legendOpen.value ? <Legend width={legendWidth} /> : <Tree width={legendWidth} tall={false} />}
        </div>
      )}
      {noMap ? null : (
        <div class="mapctl">
          <button type="button" aria-label={t('zoomIn')} onClick={() => handle.current?.map.zoomIn()}>
            <Icon name="plus" />
          </button>
          <button type="button" aria-label={t('zoomOut')} onClick={() => handle.current?.map.zoomOut()}>
            <Icon name="minus" />
          </button>
          <button type="button" aria-label={t('fit')} onClick={() => handle.current?.fit()}>
            <Icon name="fit" />
          </button>
          {c.snapshot ? (
            <button
              type="button"
              aria-label={t('lasso')}
              aria-pressed={lassoing.value}
              onClick={() => {
                lassoing.value = !lassoing.value;
                // What follows is done on the map, by hand or by key.
                handle.current?.map.getCanvas().focus();
              }}
            >
              <Icon name="lasso" />
            </button>
          ) : null}
        </div>
      )}
      {size.value.w >= 560 && !noMap ? (
        <div class={`legend-place ${size.value.w < SLIM || pair ? 'slim' : ''}`}>
          <Legend width={pair ? halfLegend : 340} low={!pair && state.value.mode !== 'meeting' && h < LOW} />
        </div>
      ) : null}
      {failure || mapState.value === 'tiles-failed' ? (
        <p class="banner error" role="alert">
          {failure ? whyNot(failure) : t('tilesFailed')}
          <button
            type="button"
            class="btn"
            onClick={() => {
              mapState.value = 'ready';
              retryFailed();
            }}
          >
            {t('retry')}
          </button>
        </p>
      ) : null}
      <p class="attr">{c.attribution.join(', ')}</p>
    </main>
  );
}
