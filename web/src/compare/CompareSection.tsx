// What the map is compared with: another map beside it or under a swipe, or the change since an election.

import { fetchSnapshots } from '../api/client';
import type { Snapshots } from '../api/types';
import { day } from '../format/number';
import { encodePast } from '../state/layer';
import { compareWith, kept, lang, ready, snapshotId, state, t } from '../state/store';
import { byVotes, estimateSpec, groupsOf, pastMeasure, pastSpec, spec } from '../state/view';
import type { Comparison } from '../url/url';

const ESTIMATE = '~';

/** The measures of a source as options: of the estimate (null), or of an election. */
function optionsOf(election: string | null): readonly { readonly id: string; readonly label: string }[] {
  const c = ready.value;
  const e = c?.elections.find((x) => x.id === election);
  if (!e) return (c?.measures ?? []).map((m) => ({ id: m.id, label: estimateSpec(m.id).label }));
  return [
    ...groupsOf(e).map((g) => ({ id: g, label: pastSpec(e, { kind: 'group', group: g as 'margin' }).label })),
    { id: 'lead', label: t('lead') },
    ...byVotes(e).map((l) => ({
      id: encodePast({ kind: 'list', list: l.id, valid: false }),
      label: l.short ?? l.label,
    })),
  ];
}

/** The snapshots before the one shown, newest first; none beside a past election. */
function earlier(): Snapshots['snapshots'] {
  const now = state.value.election === null ? snapshotId.value : null;
  if (now === null || now < 2) return [];
  const all = kept<Snapshots>(`snapshots ${now}`, fetchSnapshots);
  return all.kind === 'ready' ? all.value.snapshots.filter((s) => s.id < now) : [];
}

/** A comparison to begin with: the same measure of another source where there is one. */
export function begin(mode: Comparison['mode']): Comparison | null {
  const c = ready.value;
  const now = state.value;
  const past = [...(c?.elections ?? [])]
    .sort((a, b) => b.date.localeCompare(a.date))
    .filter((e) => e.id !== now.election);
  // The election before the one shown, else one whose groups are read, else any.
  const read = past.find((e) => Object.keys(e.blocs).length > 0) ?? past[0];
  if (mode === 'change') {
    const start = read?.id ?? earlier()[0]?.id.toString();
    return start === undefined ? null : { mode, election: start, measure: '' };
  }
  const election = now.election !== null && c?.snapshot ? null : (read?.id ?? now.election);
  const options = optionsOf(election);
  const measure = options.some((o) => o.id === now.measure) ? now.measure : (options[0]?.id ?? '');
  return { mode, election, measure };
}

export function CompareSection() {
  const c = ready.value;
  const now = state.value.compare;
  if (!c) return null;
  const modes = [
    ['', 'compareNone'],
    ['side', 'compareSide'],
    ['swipe', 'compareSwipe'],
    ...(c.elections.length > (state.value.election === null ? 0 : 1) || earlier().length > 0
      ? ([['change', 'compareChange']] as const)
      : []),
  ] as const;
  const choose = (mode: string) => {
    if (mode === '') return compareWith(null);
    const m = mode as Comparison['mode'];
    compareWith(now && now.mode !== 'change' && m !== 'change' ? { ...now, mode: m } : begin(m));
  };
  const elections = c.elections.filter((e) => now?.mode !== 'change' || e.id !== state.value.election);
  const setSource = (id: string) => {
    if (!now) return;
    const election = id === ESTIMATE ? null : id;
    const options = optionsOf(election);
    const measure =
      now.mode === 'change' || options.some((o) => o.id === now.measure)
        ? now.measure
        : (options[0]?.id ?? '');
    compareWith({ ...now, election, measure });
  };
  const of = now ? optionsOf(now.election) : [];
  const e = c.elections.find((x) => x.id === now?.election);
  const measure = now && e ? pastSpec(e, pastMeasure(now.measure, e)).id : now?.measure;
  return (
    <section class="compare">
      <p class="eyebrow">
        <span>{t('compareWith')}</span>
      </p>
      <select
        aria-label={t('compareWith')}
        value={now?.mode ?? ''}
        onChange={(ev) => choose(ev.currentTarget.value)}
      >
        {modes.map(([id, text]) => (
          <option key={id} value={id}>
            {t(text)}
          </option>
        ))}
      </select>
      {now ? (
        <select
          aria-label={t(now.mode === 'change' ? 'compareSince' : 'compareTo')}
          value={now.election ?? ESTIMATE}
          onChange={(ev) => setSource(ev.currentTarget.value)}
        >
          {now.mode !== 'change' && c.snapshot ? <option value={ESTIMATE}>{t('estimate')}</option> : null}
          {elections.map((x) => (
            <option key={x.id} value={x.id}>{`${x.label} · ${day(x.date, lang.value)}`}</option>
          ))}
          {now.mode === 'change'
            ? earlier().map((x) => (
                <option key={x.id} value={String(x.id)}>
                  {t('publication', { n: x.id, date: day(x.published_at, lang.value) })}
                </option>
              ))
            : null}
        </select>
      ) : null}
      {now?.mode === 'change' && !spec.value.change ? <p class="note">{t('noChange')}</p> : null}
      {now && now.mode !== 'change' ? (
        <select
          aria-label={t('compareMeasure')}
          value={measure}
          onChange={(ev) => compareWith({ ...now, measure: ev.currentTarget.value })}
        >
          {(of.some((o) => o.id === measure) || !measure ? of : [{ id: measure, label: measure }, ...of]).map(
            (o) => (
              <option key={o.id} value={o.id}>
                {o.label}
              </option>
            ),
          )}
        </select>
      ) : null}
    </section>
  );
}
