// Where the points of the sparkline stand, and what they are called. Pure.
import type { Lang } from '../api/types';

/** Two rounds of one election are at most so far apart, in days. */
const ROUNDS_DAYS = 35;
const DAY_MS = 86_400_000;

/**
 * Places dates (ascending) between `from` and `to` by time, at least `gap` apart so that no label covers another; where
 * there is no room for that, evenly.
 */
export function spaced(dates: readonly number[], from: number, to: number, gap: number): readonly number[] {
  const n = dates.length;
  if (n === 0) return [];
  const span = Math.max(1, dates[n - 1]! - dates[0]!);
  const least = Math.min(gap, (to - from) / Math.max(1, n - 1));
  const at = dates.map((d) => from + ((d - dates[0]!) / span) * (to - from));
  for (let i = 1; i < n; i++) at[i] = Math.max(at[i]!, at[i - 1]! + least);
  at[n - 1] = Math.min(at[n - 1]!, to);
  for (let i = n - 2; i >= 0; i--) at[i] = Math.min(at[i]!, at[i + 1]! - least);
  return at;
}

/**
 * The label of each date (ascending, YYYY-MM-DD): its year; of two rounds, the year at the first and the round at both;
 * of two other elections of a year, the month too.
 */
export function dated(dates: readonly string[], lang: Lang): readonly string[] {
  const year = (d: string) => d.slice(0, 4);
  const near = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && Date.parse(b) - Date.parse(a) <= ROUNDS_DAYS * DAY_MS && a !== b;
  const letter = lang === 'fr' ? 'T' : 'R';
  return dates.map((d, i) => {
    if (near(dates[i - 1], d) && !near(dates[i - 2], dates[i - 1])) return `${letter}2`;
    if (near(d, dates[i + 1]) && !near(dates[i - 1], d)) return `${year(d)} ${letter}1`;
    if (dates.filter((x) => year(x) === year(d)).length < 2) return year(d);
    const month = new Intl.DateTimeFormat(lang === 'fr' ? 'fr-FR' : 'en-GB', {
      month: 'short',
      timeZone: 'UTC',
    });
    return `${month.format(new Date(d))} ${year(d)}`;
  });
}
