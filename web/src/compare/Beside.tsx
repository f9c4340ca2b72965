// The second map of a comparison: beside the first, under a swipe, or on a narrow page in its place (A/B). One camera moves both.
import { useSignal } from '@preact/signals';
import type { Map as GlMap } from 'maplibre-gl';
import { useEffect, useRef } from 'preact/hooks';
import { Legend } from '../legend/Legend';
import type { Look } from '../state/look';
import { lang, level, ready, say, t } from '../state/store';
import { other } from '../state/view';

/** Pixels of the swipe's thumb: its middle is the border, and never leaves the map. */
const THUMB = 34;
const HALF = 50;

export type Way = 'side' | 'swipe' | 'ab';

/** What a map shows, in words: the measure, its unit, level and election. */
export function MapTitle({ look, place }: { look: Look; place?: string }) {
  const s = look.spec.value;
  const e = look.election.value;
  const lv = say(level.value?.label).toLocaleLowerCase(lang.value);
  return (
    <div class={`maptitle ${place ?? ''}`}>
      <h2>{s.label}</h2>
      <p>
        {t('shareBy', { unit: s.categorical ? (e?.label ?? '') : s.unit, level: lv })}
        {e && !s.categorical ? ` · ${s.named ?? e.label}` : ''}
        {place && !e ? ` · ${t('estimate')}` : ''}
      </p>
    </div>
  );
}

/** `first` is the map that leads; `width` that of the maps' place, in pixels. */
export function Beside({
  first,
  way,
  width,
  legendWidth,
}: {
  first: GlMap;
  way: Way;
  width: number;
  legendWidth: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const split = useSignal(HALF);
  const b = useSignal(false);
  const c = ready.value!;
  useEffect(() => {
    let gone = false;
    let end = () => {};
    import('../map/controller').then(({ createMap, together }) => {
      if (gone || !box.current) return;
      const none = () => ({ top: 0, bottom: 0, left: 0, right: 0 });
      const handle = createMap(box.current, c, none, other);
      Object.assign(window, { quartierSecond: handle.map });
      const part = together(first, handle.map);
      end = () => {
        part();
        handle.destroy();
        Object.assign(window, { quartierSecond: undefined });
      };
    });
    return () => {
      gone = true;
      end();
    };
  }, [first, c.geography]);
  const name = other.spec.value.label;
  useEffect(() => {
    const canvas = box.current?.querySelector('canvas');
    canvas?.setAttribute('aria-label', `${t('compareTo')}${lang.value === 'fr' ? ' :' : ':'} ${name}`);
  }, [name, lang.value]);
  const at = THUMB / 2 + ((width - THUMB) * split.value) / 100;
  const hidden = way === 'ab' && !b.value;
  return (
    <>
      <div
        id="map-b"
        class={way}
        ref={box}
        style={{
          clipPath: way === 'swipe' ? `inset(0 0 0 ${at}px)` : 'none',
          visibility: hidden ? 'hidden' : 'visible',
        }}
      />
      {way === 'ab' ? (
        <fieldset class="seg ab">
          <legend class="hidden">{t('compareTo')}</legend>
          {([false, true] as const).map((second) => (
            <button
              key={String(second)}
              type="button"
              aria-pressed={b.value === second}
              onClick={() => {
                b.value = second;
              }}
            >
              {t(second ? 'mapB' : 'mapA')}
            </button>
          ))}
        </fieldset>
      ) : (
        <MapTitle look={other} place="second" />
      )}
      {way === 'swipe' ? (
        <>
          <div class="swipe-line" aria-hidden="true" style={{ left: `${at}px` }} />
          <input
            class="swipe"
            type="range"
            min="0"
            max="100"
            step="1"
            value={split.value}
            aria-label={t('swipeAt')}
            onInput={(e) => {
              split.value = Number(e.currentTarget.value);
            }}
          />
        </>
      ) : null}
      {way === 'ab' ? (
        b.value ? (
          <div class="strip second">
            <p>
              <b>{other.spec.value.label}</b> {other.election.value?.label ?? t('estimate')}
            </p>
            <Legend width={legendWidth} look={other} />
          </div>
        ) : null
      ) : (
        <div class="legend-place slim second">
          <Legend width={legendWidth} look={other} />
        </div>
      )}
    </>
  );
}
