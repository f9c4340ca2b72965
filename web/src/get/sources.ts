// Whom to credit, as a sentence; nothing where the campaign names nobody.
import { day } from '../format/number';
import { election, lang, ready, snapshotId } from '../state/store';
import { spec } from '../state/view';
import { w } from './words';

export function sourcesText(): string {
  const names = ready.value?.attribution ?? [];
  return names.length === 0 ? '' : w('sources', { sources: names.join(', ') });
}

/** Whom a copy of estimates must name. */
export function creditOfEstimate(): string {
  const c = ready.value!;
  const date = c.snapshot ? day(c.snapshot.published_at, lang.value) : '–';
  return w('credit', { campaign: c.name, n: snapshotId.value ?? '–', date, sources: sourcesText() }).trim();
}

/** Whom a copy of the figures shown must name. */
export function credit(): string {
  const e = election.value;
  if (!e) return creditOfEstimate();
  const named = spec.value.named ?? e.label;
  return w('creditPast', { campaign: ready.value!.name, election: named, sources: sourcesText() }).trim();
}
