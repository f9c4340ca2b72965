// The thresholds of French law that a list reaches or not, on the axis of its shares. Pure.
import { MISSING, UNKNOWN } from '../api/container';
import type { Campaign, Election } from '../api/types';
import type { Layer, PastMeasure } from '../state/layer';

export interface Threshold {
  /** In parts of 1. */
  readonly at: number;
  readonly of: 'ofElectors' | 'ofValid';
  readonly why: 'thresholdSecondRound' | 'thresholdList' | 'thresholdCosts';
}

/** Second round of legislative and departmental elections: 12.5 % of registered electors (code électoral, L162, L210-1). */
const SECOND_ROUND: Threshold = { at: 0.125, of: 'ofElectors', why: 'thresholdSecondRound' };
/** Municipal and regional lists stay in the second round from 10 % of valid votes (L264, L346). */
const STAYS: Threshold = { at: 0.1, of: 'ofValid', why: 'thresholdList' };
/** Seats, merging of lists and the refund of costs from 5 % of valid votes (L264, L346, L52-11-1). */
const REFUND: Threshold = { at: 0.05, of: 'ofValid', why: 'thresholdCosts' };

/** Boxes [west, south, east, north] of France and its overseas territories with such elections. */
const FRANCE = [
  [-5.5, 41.2, 9.8, 51.3],
  [-63.3, 14.2, -60.7, 18.2],
  [-54.8, 1.9, -51.4, 6],
  [44.9, -13.2, 45.4, -12.5],
  [55.1, -21.5, 55.9, -20.8],
] as const;

/** Whether a French-speaking campaign lies in France: elsewhere its thresholds mean nothing. */
export function inFrance(language: string, home: readonly [number, number, number, number]): boolean {
  const [x, y] = [(home[0] + home[2]) / 2, (home[1] + home[3]) / 2];
  return language === 'fr' && FRANCE.some(([w, s, e, n]) => x >= w && x <= e && y >= s && y <= n);
}

/** The thresholds of a measure of an election: for one list's share of electors or of valid votes. */
export function thresholdsOf(
  c: Pick<Campaign, 'language' | 'home'>,
  e: Pick<Election, 'of'> | null,
  m: PastMeasure | null,
): readonly Threshold[] {
  if (!e || m?.kind !== 'list' || !inFrance(c.language, c.home)) return [];
  if (m.valid) return [STAYS, REFUND];
  return e.of === 'electors' ? [SECOND_ROUND] : [];
}

/** The part of the electors who live where a share is reached. */
export function reached(l: Layer, at: number): number {
  let [all, there] = [0, 0];
  for (let i = 0; i < l.value.length; i++) {
    const electors = l.electors[i]!;
    if (l.value[i] === MISSING || electors === UNKNOWN) continue;
    all += electors;
    if (l.value[i]! >= 1000 * at - 1e-9) there += electors;
  }
  return all > 0 ? there / all : 0;
}
