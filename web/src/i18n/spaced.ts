// The spaces of French typography. Pure.
import type { Lang } from '../api/types';

/** French puts a space that does not break before its high marks and inside its quotes. */
export const spaced = (text: string, of: Lang): string =>
  of === 'fr' ? text.replace(/ (?=[:;!?%»])/g, '\u202f').replace(/« /g, '«\u202f') : text;
