// Why an area is estimated so: past elections, answers, where its electors come from, and the publication.
import type { Answers, AreaDetail } from '../api/types';
import { count, day } from '../format/number';
import { GROUPS } from '../state/layer';
import { groupLabel } from '../state/spec';
import { lang, ready, t } from '../state/store';
import { w } from './words';

export function Why({ detail }: { detail: AreaDetail }) {
  const c = ready.value;
  const s = c?.snapshot;
  if (!c || !s) return null;
  const name = (id: string) => c.elections.find((e) => e.id === id)?.label ?? id;
  const past = detail.history.filter((h) => h.profile !== null && h.counts !== null);
  const moved = c.elections.filter((e) => e.transfers?.length && past.some((h) => h.election === e.id));
  const rows: readonly (readonly [string, string])[] = [
    [w('whyBaseline'), name(s.baseline)],
    ...(past.length > 0 ? [[w('whyPast'), past.map((h) => h.label).join(', ')] as const] : []),
    ...(moved.length > 0 ? [[w('whyMoved'), moved.map((e) => e.label).join(', ')] as const] : []),
    ...(detail.electors_source === null
      ? []
      : [[w('whyElectors'), electorsFrom(detail.electors_source)] as const]),
    [w('whyPublished'), t('publication', { n: s.id, date: day(s.published_at, lang.value) })],
  ];
  const evidence = detail.evidence;
  return (
    <section>
      <h3>{w('why')}</h3>
      {evidence ? (
        <p class="sub">
          {evidence.answers > 0 ? t('answers', { n: count(evidence.answers, lang.value) }) : w('noAnswers')}
          {evidence.no_result ? ` · ${w('whyNoResult')}` : ''}
        </p>
      ) : null}
      {evidence?.counts ? <Counted of={evidence.counts} /> : null}
      <dl class="why">
        {rows.map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
/** What was answered, by group: counts, since those who answer are no sample of those who live here. */
function Counted({ of }: { of: Answers }) {
  const asked = GROUPS.flatMap((g) => (of[g] === null ? [] : [[g, of[g]] as const]));
  return (
    <>
      <dl class="why">
        {asked.map(([g, n]) => (
          <div key={g}>
            <dt>{groupLabel(g)}</dt>
            {/* Noise may have taken a count below nobody. */}
            <dd>{of.noised ? `≈ ${count(Math.max(0, n), lang.value)}` : count(n, lang.value)}</dd>
          </div>
        ))}
      </dl>
      {of.noised ? <p class="note">{w('noised')}</p> : null}
    </>
  );
}
/** The words of a source of electors (the server's own ids); one that is not known yet is shown as it is called. */
function electorsFrom(source: string): string {
  const c = ready.value;
  const words = {
    area_file: 'whyAreaFile',
    newest_election: 'whyNewest',
    children: 'whyChildren',
  } as const;
  if (source === 'baseline') return c?.elections.find((e) => e.id === c.snapshot?.baseline)?.label ?? source;
  if (source === 'unknown') return t('unknownElectors');
  return source in words ? w(words[source as keyof typeof words]) : source;
}
