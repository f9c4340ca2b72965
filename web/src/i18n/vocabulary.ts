// Words that come with the part of the page that speaks them: a table of its own, loaded with it.
import { lang } from '../state/store';
import { spaced } from './spaced';

type Values = Readonly<Record<string, string | number>>;

/** A speaker of a table of [French, English]; placeholders are {named}. */
export function vocabulary<K extends string>(table: Readonly<Record<K, readonly [string, string]>>) {
  return (key: K, values: Values = {}): string =>
    spaced(table[key][lang.value === 'fr' ? 0 : 1], lang.value).replace(/\{(\w+)\}/g, (all, name: string) =>
      name in values ? String(values[name]) : all,
    );
}
