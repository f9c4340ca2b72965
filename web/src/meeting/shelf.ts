// Where the views of a meeting are kept: the address first, else this browser's storage, one meeting a campaign.
import { computed, signal } from '@preact/signals';
import { change, ready, state } from '../state/store';
import { type Deck, fromAddress, fromFile, toFile } from './deck';

const key = () => `quartier.meeting.${ready.value?.name ?? ''}`;
const changed = signal(0);

function stored(): Deck {
  void changed.value;
  try {
    return fromFile(localStorage.getItem(key()) ?? '') ?? [];
  } catch {
    return [];
  }
}

/** The views, in order. */
export const deck = computed<Deck>(() => fromAddress(state.value.deck) ?? stored());

/** Keeps the views here, in the place of those of the address. */
export function keep(next: Deck): void {
  try {
    localStorage.setItem(key(), toFile(next));
  } catch {
    // A browser that keeps nothing still shows what the address holds.
  }
  changed.value++;
  if (state.value.deck !== null) change({ deck: null });
}
