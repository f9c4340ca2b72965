// The meeting: the map alone, large; arrow keys step through the views, Escape leaves.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from '../layout/icons';
import { change, jumpTo, spoken, state } from '../state/store';
import { decode } from '../url/url';
import { stepTo } from './deck';
import './meeting.css';
import { deck } from './shelf';
import { m } from './words';

export default function MeetingBar() {
  const views = deck.value;
  const at = useSignal(0);
  const titled = useSignal(views.length > 0);
  const show = (to: number) => {
    const slide = views[to];
    if (!slide) return;
    at.value = to;
    titled.value = true;
    const now = state.value;
    const next = decode(slide.link, { ...now, area: null });
    change({ ...next, lang: now.lang, mode: 'meeting', deck: now.deck, sheet: null });
    if (next.view) jumpTo.value = next.view;
    spoken.value = slide.title;
  };
  const leave = () => change({ mode: null }, true);
  useEffect(() => {
    if (views.length > 0) show(0);
  }, []);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
      if (e.key === 'Escape') leave();
      else {
        if (e.key === ' ' && e.target instanceof HTMLButtonElement) return;
        const to = stepTo(e.key, at.value, views.length);
        if (to === null || views.length === 0) return;
        if (to !== at.value || !titled.value) show(to);
      }
      e.preventDefault();
      e.stopPropagation();
    };
    // Before the map sees the key, which would pan it.
    addEventListener('keydown', onKey, true);
    return () => removeEventListener('keydown', onKey, true);
  });
  const slide = views[at.value];
  return (
    <section class={`meeting-bar ${slide ? '' : 'bare'}`} aria-label={m('title')}>
      {slide ? <h1>{slide.title}</h1> : null}
      <div>
        {views.length > 0 ? (
          <>
            <button
              type="button"
              class="tool"
              aria-label={m('previous')}
              disabled={at.value === 0}
              onClick={() => show(at.value - 1)}
            >
              ←
            </button>
            <span>{m('place', { n: at.value + 1, all: views.length })}</span>
            <button
              type="button"
              class="tool"
              aria-label={m('next')}
              disabled={at.value >= views.length - 1}
              onClick={() => show(at.value + 1)}
            >
              →
            </button>
          </>
        ) : null}
        <button type="button" class="tool" aria-label={m('leave')} title={m('leave')} onClick={leave}>
          <Icon name="close" />
        </button>
      </div>
    </section>
  );
}
