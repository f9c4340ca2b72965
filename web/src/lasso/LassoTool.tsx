// Drawing an outline on the map, by a stroke, by corners, or by the crosshair; and the outline that was drawn.
import { useSignal } from '@preact/signals';
import type { Map as GlMap } from 'maplibre-gl';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { count } from '../format/number';
import { leading } from '../map/controller';
import { chooseLasso, lang, lasso, lassoing, spoken, t } from '../state/store';
import type { Place } from './lasso';
import './lasso.css';
import { crosses, outlineOf, type Point } from './outline';
import { l } from './words';

/** Pixels that the pointer must travel before a click is a stroke. */
const STROKE_PX = 8;
/** Pixels around the first corner in which a click closes the outline. */
const CLOSE_PX = 12;
/** Pixels between two points of a stroke. */
const STEP_PX = 3;

const placed = (map: GlMap, [x, y]: Point): Place => {
  const { lng, lat } = map.unproject([x, y]);
  return [Math.min(180, Math.max(-180, lng)), lat];
};
const shownAt = (map: GlMap, place: Place): Point => {
  const { x, y } = map.project([place[0], place[1]]);
  return [x, y];
};
const path = (points: readonly Point[]) =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

/** Draws again whenever the map has moved. */
function useMoves(map: GlMap): void {
  const moves = useSignal(0);
  useEffect(() => {
    const on = () => {
      moves.value++;
    };
    map.on('move', on);
    map.on('resize', on);
    return () => {
      map.off('move', on);
      map.off('resize', on);
    };
  }, [map]);
  void moves.value;
}

function Drawn({ map, ring }: { map: GlMap; ring: readonly Place[] }) {
  useMoves(map);
  const d = `${path(ring.map((p) => shownAt(map, p)))}Z`;
  return (
    <svg class="lasso" aria-hidden="true">
      <path class="case" d={d} />
      <path class="line" d={d} />
    </svg>
  );
}

function Drawing({ map }: { map: GlMap }) {
  useMoves(map);
  const corners = useSignal<readonly Place[]>([]);
  const stroke = useSignal<readonly Point[]>([]);
  const fault = useSignal('');
  const cross = useSignal(false);

  const finish = (ring: readonly Place[]) => {
    chooseLasso({ kind: 'outline', ring });
    map.getCanvas().focus();
  };
  const put = (place: Place) => {
    corners.value = [...corners.value, place];
    const crossing = crosses(corners.value.map((p) => shownAt(map, p)));
    fault.value = crossing && corners.value.length > 3 ? l('crosses') : '';
    spoken.value = l('put', { n: corners.value.length });
  };
  const undo = () => {
    corners.value = corners.value.slice(0, -1);
    fault.value = '';
    spoken.value = l('taken', { n: corners.value.length });
  };
  const close = () => {
    if (corners.value.length < 3) return;
    if (crosses(corners.value.map((p) => shownAt(map, p)))) {
      fault.value = l('crosses');
      return;
    }
    finish(corners.value);
  };
  const cancel = () => {
    lassoing.value = false;
    map.getCanvas().focus();
  };

  // Before the bar is seen: a key that is pressed then is meant for it.
  useLayoutEffect(() => {
    const canvas = map.getCanvas();
    map.dragPan.disable();
    map.doubleClickZoom.disable();
    map.boxZoom.disable();
    let from: Point | null = null;
    let pointer = -1;
    const at = (e: PointerEvent): Point => {
      const box = canvas.getBoundingClientRect();
      return [e.clientX - box.left, e.clientY - box.top];
    };
    const down = (e: PointerEvent) => {
      if (!e.isPrimary) {
        // A second finger moves the map.
        from = null;
        stroke.value = [];
      } else if (e.button === 0) {
        from = at(e);
        pointer = e.pointerId;
        canvas.setPointerCapture(pointer);
      }
    };
    const move = (e: PointerEvent) => {
      if (!from || e.pointerId !== pointer) return;
      const [x, y] = at(e);
      const last = stroke.value.at(-1);
      const far = last
        ? Math.hypot(x - last[0], y - last[1]) >= STEP_PX
        : Math.hypot(x - from[0], y - from[1]) >= STROKE_PX;
      if (far) stroke.value = last ? [...stroke.value, [x, y]] : [from, [x, y]];
    };
    const up = (e: PointerEvent) => {
      if (!from || e.pointerId !== pointer) return;
      const drawn = stroke.value;
      from = null;
      stroke.value = [];
      if (drawn.length > 1) {
        const ring = outlineOf(drawn);
        if (ring) finish(ring.map((p) => placed(map, p)));
        else fault.value = l('empty');
        return;
      }
      const here = at(e);
      const first = corners.value[0] && shownAt(map, corners.value[0]);
      const closes = first && Math.hypot(here[0] - first[0], here[1] - first[1]) <= CLOSE_PX;
      if (closes && corners.value.length >= 3) close();
      else if (!closes) put(placed(map, here));
    };
    const key = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key === 'Enter' || e.key === ' ') {
        cross.value = true;
        put(placed(map, [canvas.clientWidth / 2, canvas.clientHeight / 2]));
      } else if (e.key === 'Backspace') undo();
      else if (e.key === 'Escape') cancel();
      else if (e.key === 'l' || e.key === 'L') close();
      else {
        if (e.key.startsWith('Arrow')) cross.value = true;
        return;
      }
      e.preventDefault();
      e.stopPropagation();
    };
    canvas.addEventListener('pointerdown', down);
    canvas.addEventListener('pointermove', move);
    canvas.addEventListener('pointerup', up);
    canvas.addEventListener('keydown', key, true);
    const cursor = canvas.style.cursor;
    canvas.style.cursor = 'crosshair';
    return () => {
      canvas.removeEventListener('pointerdown', down);
      canvas.removeEventListener('pointermove', move);
      canvas.removeEventListener('pointerup', up);
      canvas.removeEventListener('keydown', key, true);
      canvas.style.cursor = cursor;
      map.dragPan.enable();
      map.doubleClickZoom.enable();
      map.boxZoom.enable();
    };
  }, [map]);

  const n = corners.value.length;
  const points = corners.value.map((p) => shownAt(map, p));
  const { clientWidth: w, clientHeight: h } = map.getCanvas();
  const aimed = cross.value && n > 0 ? [...points, [w / 2, h / 2] as const] : points;
  const d = stroke.value.length > 0 ? path(stroke.value) : path(aimed);
  return (
    <>
      <svg class="lasso" aria-hidden="true">
        <path class="case" d={d} />
        <path class="line" d={d} />
        {points.map(([x, y], i) => (
          <circle key={i} cx={x} cy={y} r={i === 0 && n >= 3 ? 6 : 4} />
        ))}
        {cross.value ? (
          <path class="aim" d={`M${w / 2} ${h / 2 - 18}v14m0 8v14M${w / 2 - 18} ${h / 2}h14m8 0h14`} />
        ) : null}
      </svg>
      <fieldset class="lasso-bar">
        <legend class="hidden">{t('lasso')}</legend>
        <p>
          {fault.value ? (
            <b role="alert">{fault.value}</b>
          ) : n === 0 ? (
            l('how')
          ) : (
            l(n === 1 ? 'corner' : 'corners', { n: count(n, lang.value) })
          )}
        </p>
        {n > 0 ? (
          <>
            <button type="button" class="btn" onClick={undo}>
              {l('undo')}
            </button>
            <button type="button" class="btn primary" disabled={n < 3} onClick={close}>
              {l('close')}
            </button>
          </>
        ) : null}
        <button type="button" class="btn" onClick={cancel}>
          {l('cancel')}
        </button>
      </fieldset>
    </>
  );
}

export default function LassoTool() {
  const map = leading.value;
  const drawn = lasso.value;
  if (!map) return null;
  if (lassoing.value) return <Drawing map={map} />;
  return drawn?.kind === 'outline' ? <Drawn map={map} ring={drawn.ring} /> : null;
}
