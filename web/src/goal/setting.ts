// What sets a goal of votes, and its form in a link: "e", "v25000", "t0.65", each with "@level:code" for one area. Pure.

export interface GoalSetting {
  /** Half of the voters of the estimated turnout, of a scenario's, or a number of votes. */
  readonly by: 'estimate' | 'turnout' | 'votes';
  /** A turnout in thousandths, or votes; 0 where the estimate sets the bar. */
  readonly value: number;
  /** "level:code", or null for the whole campaign. */
  readonly within: string | null;
}

export function encodeGoal(g: GoalSetting): string {
  const bar = g.by === 'votes' ? `v${g.value}` : g.by === 'turnout' ? `t${g.value / 1000}` : 'e';
  return g.within === null ? bar : `${bar}@${g.within}`;
}

export function decodeGoal(text: string | null): GoalSetting | null {
  const at = text?.indexOf('@') ?? -1;
  const within = text !== null && at >= 0 ? text.slice(at + 1) : null;
  if (within !== null && !/^[^:]+:./.test(within)) return null;
  const bar = at >= 0 ? text!.slice(0, at) : text;
  if (bar === 'e') return { by: 'estimate', value: 0, within };
  if (bar && /^v[1-9]\d{0,9}$/.test(bar)) return { by: 'votes', value: Number(bar.slice(1)), within };
  if (!bar || !/^t(0\.\d{1,3}|1)$/.test(bar)) return null;
  const value = Math.round(Number(bar.slice(1)) * 1000);
  return value > 0 ? { by: 'turnout', value, within } : null;
}

/** What the API is asked for this goal. */
export function goalQuery(g: GoalSetting): URLSearchParams {
  const q = new URLSearchParams();
  if (g.by === 'votes') q.set('votes', String(g.value));
  if (g.by === 'turnout') q.set('turnout', String(g.value / 1000));
  if (g.within !== null) q.set('within', g.within);
  return q;
}
