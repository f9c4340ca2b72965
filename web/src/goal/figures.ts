// The figures of a goal as people read them. Pure but for nothing: values in, text out.
import type { Goal, Interval, Lang } from '../api/types';
import { about, count, probability, share } from '../format/number';

/** Votes of an estimate, two significant figures; never "≈ 0". */
export const people = (n: number, lang: Lang): string =>
  Math.abs(n) < 1 ? (lang === 'fr' ? 'moins d’une' : 'less than one') : about(n, lang);

/** Votes missing (+) or to spare (−), two significant figures. */
export const signed = (n: number, lang: Lang): string => {
  const text = about(Math.abs(n), lang).replace('≈ ', '');
  return Math.abs(n) < 1 ? '0' : (n < 0 ? '\u2212' : '+') + text;
};

/** The ends of an interval of people, without the sign for "about". */
export const ends = (i: Interval, lang: Lang): readonly [string, string] => {
  const bare = (n: number) => about(n, lang).replace('≈ ', '');
  return [bare(i.low), bare(i.high)];
};

/** Whether the bar lies beyond what is in hand by the estimate's mean. */
export const isMissing = (goal: Goal): boolean => goal.gap.value > 0;

/** The chance as a percentage, never none and never certain. */
export const odds = (goal: { readonly chance: number }, lang: Lang): string => probability(goal.chance, lang);

/** A fraction as a whole percentage. */
export const percent = (fraction: number, lang: Lang): string =>
  share(Math.round(fraction * 1000), lang, { width: 100, exact: true });

/** A fraction with the decimal that it has. */
export const percentExact = (fraction: number, lang: Lang): string => {
  const thousandths = Math.round(fraction * 1000);
  return share(thousandths, lang, { width: thousandths % 10 === 0 ? 100 : 0, exact: true });
};

/** Whether a scenario's turnout lies outside of the estimated interval. */
export const isOutside = (goal: Goal): boolean =>
  goal.scenario !== null && (goal.scenario < goal.turnout.low || goal.scenario > goal.turnout.high);

/** Whether more is missing than could be persuaded and mobilised. */
export const isBeyond = (goal: Goal): boolean => goal.gap.value > goal.potential;

/** What an axis of votes from 0 to `top` needs to hold: a round number above everything that is drawn on it. */
export function axisTop(goal: Goal): number {
  const most = Math.max(
    goal.needed,
    goal.in_hand.high,
    Math.min(goal.in_hand.value + goal.potential, goal.electors),
  );
  const size = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return (
    [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((m) => m * size).find((top) => top >= most * 1.02) ?? most
  );
}

/** Votes needed, exact. */
export const needed = (goal: Goal, lang: Lang): string => count(goal.needed, lang);
