// The dialog in which a meeting is prepared: add the view shown, name, order, remove, share, start.
import { useSignal } from '@preact/signals';
import { Icon } from '../layout/icons';
import { Sheet } from '../layout/Sheet';
import { change, ready, state } from '../state/store';
import { selection, spec } from '../state/view';
import { encode } from '../url/url';
import { type Deck, fromFile, moved, toAddress, toFile, viewOf } from './deck';
import './meeting.css';
import { deck, keep } from './shelf';
import { m } from './words';

/** What the page shows now, as a link without what is around it. */
const shownNow = () => viewOf(encode(state.value)) ?? '?';

/** A title that says what is seen: measure and place. */
function proposed(): string {
  const s = selection.value;
  return m('of', { measure: spec.value.label, place: s ? s.areas.names[s.row]! : (ready.value?.name ?? '') });
}

function Share({ views }: { views: Deck }) {
  const copied = useSignal(false);
  const bad = useSignal(false);
  const address = () => {
    const s = { ...state.value, sheet: null, mode: 'meeting' as const, deck: toAddress(views) };
    return `${location.origin}${location.pathname}${encode(s)}`;
  };
  const save = () => {
    const url = URL.createObjectURL(new Blob([toFile(views)], { type: 'application/json' }));
    const a = Object.assign(document.createElement('a'), { href: url, download: 'quartier-meeting.json' });
    a.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div class="deck-share">
      <button
        type="button"
        class="btn"
        disabled={views.length === 0}
        onClick={() => {
          navigator.clipboard?.writeText(address()).then(
            () => {
              copied.value = true;
            },
            () => undefined,
          );
        }}
      >
        {m('copy')}
      </button>
      <button type="button" class="btn" disabled={views.length === 0} onClick={save}>
        {m('save')}
      </button>
      <label class="btn file">
        {m('load')}
        <input
          type="file"
          accept="application/json,.json"
          onChange={(e) => {
            const file = e.currentTarget.files?.[0];
            e.currentTarget.value = '';
            file?.text().then(
              (text) => {
                const read = fromFile(text);
                bad.value = read === null;
                if (read) keep(read);
              },
              () => {
                bad.value = true;
              },
            );
          }}
        />
      </label>
      <span role="status">{copied.value ? m('copied') : ''}</span>
      {bad.value ? (
        <p class="notice error" role="alert">
          {m('bad')}
        </p>
      ) : null}
    </div>
  );
}

export default function DeckSheet() {
  const views = deck.value;
  const title = useSignal(proposed());
  const edit = (at: number, name: string) =>
    keep(views.map((s, i) => (i === at ? { ...s, title: name } : s)));
  return (
    <Sheet title={m('title')}>
      <p class="sub">{m('intro')}</p>
      <form
        class="deck-add"
        onSubmit={(e) => {
          e.preventDefault();
          keep([...views, { title: title.value.trim() || proposed(), link: shownNow() }]);
        }}
      >
        <input
          type="text"
          aria-label={m('name')}
          maxLength={200}
          value={title.value}
          onInput={(e) => {
            title.value = e.currentTarget.value;
          }}
        />
        <button type="submit" class="btn">
          <Icon name="plus" />
          {m('add')}
        </button>
      </form>
      <h3 class="eyebrow">{m('views')}</h3>
      {views.length === 0 ? <p class="note">{m('none')}</p> : null}
      <ol class="deck">
        {views.map((s, i) => (
          <li key={i}>
            <span aria-hidden="true">{i + 1}</span>
            <input
              type="text"
              aria-label={m('rename', { n: i + 1 })}
              maxLength={200}
              value={s.title}
              onChange={(e) => edit(i, e.currentTarget.value)}
            />
            <button
              type="button"
              class="tool"
              aria-label={m('up', { name: s.title })}
              disabled={i === 0}
              onClick={() => keep(moved(views, i, -1))}
            >
              ↑
            </button>
            <button
              type="button"
              class="tool"
              aria-label={m('down', { name: s.title })}
              disabled={i === views.length - 1}
              onClick={() => keep(moved(views, i, 1))}
            >
              ↓
            </button>
            <button
              type="button"
              class="tool"
              aria-label={m('remove', { name: s.title })}
              onClick={() => keep(views.filter((_, j) => j !== i))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ol>
      <Share views={views} />
      <p class="note">{m(state.value.deck !== null ? 'fromAddress' : 'kept')}</p>
      <button
        type="button"
        class="btn primary"
        onClick={() => change({ sheet: null, mode: 'meeting' }, true)}
      >
        {m('start')}
      </button>
    </Sheet>
  );
}
