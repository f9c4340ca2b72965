// Whom to credit, as a sentence; nothing where the campaign names nobody.
import { ready } from '../state/store';
import { w } from './words';

export function sourcesText(): string {
  const names = ready.value?.attribution ?? [];
  return names.length === 0 ? '' : w('sources', { sources: names.join(', ') });
}
