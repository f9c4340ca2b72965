// The views of a meeting: a title and a link each; their form in the browser's storage, in a file and in an address. Pure.

export interface Slide {
  readonly title: string;
  /** The part of a permalink behind the path: "?m=…#map=…". */
  readonly link: string;
}
export type Deck = readonly Slide[];

/** Bounds of what is read: a link is some 200 characters, a meeting some tens of views. */
const MOST_SLIDES = 200;
const MOST_LINK = 2000;
const MOST_TITLE = 200;
const FORMAT = 'quartier-meeting-1';

/** Parameters that belong to the page around a view, not to the view. */
const AROUND = ['view', 'deck', 'd', 'p'];

/** A link that shows a view and nothing around it; null where the text is no link of this page. */
export function viewOf(link: string): string | null {
  if (!/^\?[^\s<>"\\]*$/.test(link) || link.length > MOST_LINK) return null;
  const at = link.indexOf('#');
  const q = new URLSearchParams(at < 0 ? link : link.slice(0, at));
  for (const name of AROUND) q.delete(name);
  return `?${q}${at < 0 ? '' : link.slice(at)}`;
}

function slideOf(value: unknown): Slide | null {
  const [title, link] = Array.isArray(value)
    ? [value[0] as unknown, value[1] as unknown]
    : typeof value === 'object' && value !== null
      ? [(value as Slide).title as unknown, (value as Slide).link as unknown]
      : [null, null];
  if (typeof title !== 'string' || typeof link !== 'string') return null;
  const view = viewOf(link);
  return view === null ? null : { title: title.slice(0, MOST_TITLE), link: view };
}

/** The views of parsed JSON; null where it is no meeting, or any of its views is none. */
function deckOf(value: unknown): Deck | null {
  const list = Array.isArray(value) ? value : (value as { slides?: unknown } | null)?.slides;
  if (!Array.isArray(list) || list.length > MOST_SLIDES) return null;
  const slides = list.map(slideOf);
  return slides.every((s): s is Slide => s !== null) ? slides : null;
}

/** The file of a meeting. */
export const toFile = (deck: Deck): string =>
  `${JSON.stringify({ format: FORMAT, slides: deck }, null, 2)}\n`;

/** Reads a file; null where it is none. */
export function fromFile(text: string): Deck | null {
  try {
    return deckOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** A meeting in an address: base64url of its JSON, short names left out. */
export function toAddress(deck: Deck): string {
  const bytes = new TextEncoder().encode(JSON.stringify(deck.map((s) => [s.title, s.link])));
  let text = '';
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function fromAddress(text: string | null): Deck | null {
  if (text === null || !/^[\w-]+$/.test(text)) return null;
  try {
    const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return deckOf(
      JSON.parse(
        new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(raw, (c) => c.charCodeAt(0))),
      ),
    );
  } catch {
    return null;
  }
}

/** The place after a key of a meeting, or null where the key is none of its. */
export function stepTo(key: string, at: number, length: number): number | null {
  const last = Math.max(0, length - 1);
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
    case 'PageDown':
    case ' ':
      return Math.min(last, at + 1);
    case 'ArrowLeft':
    case 'ArrowUp':
    case 'PageUp':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/** The deck with one view moved by one place. */
export function moved(deck: Deck, at: number, by: 1 | -1): Deck {
  const to = at + by;
  if (to < 0 || to >= deck.length) return deck;
  const out = [...deck];
  [out[at], out[to]] = [out[to]!, out[at]!];
  return out;
}
