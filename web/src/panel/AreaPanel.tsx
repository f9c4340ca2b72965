// The panel of one area: headline with its interval, profile, whiskers on one axis, rank as a range, past and estimate.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { failure, fetchArea } from '../api/client';
import { MISSING, UNKNOWN } from '../api/container';
import type { AreaDetail, Election, Remote } from '../api/types';
import { stance, textOn } from '../colour/palette';
import { about, count, share } from '../format/number';
import { ordinal } from '../i18n/words';
import { AreaActions } from '../layout/Actions';
import { Icon } from '../layout/icons';
import { goTo } from '../state/go';
import {
  DOUBTFUL,
  estimateLayer,
  GROUPS,
  isMoved,
  type Layer,
  OWN_GROUND,
  profileOf,
  REDRAWN,
  rowCounts,
} from '../state/layer';
import {
  areasOf,
  election,
  lang,
  ready,
  resultsOf,
  say,
  select,
  snapshotId,
  state,
  t,
  theme,
  valuesOf,
  whyNot,
} from '../state/store';
import {
  betweenText,
  blocsOf,
  counted,
  countedText,
  estimateSpec,
  groupLabel,
  intervalText,
  isRead,
  layerOf,
  selection,
  spec,
  valueText,
  whyNone,
} from '../state/view';
import { pathOf } from '../state/walk';
import { PanelFrame } from './PanelFrame';
import { dated, spaced } from './spark';
import { Why } from './Why';
import { w } from './words';

/** Room for a date under a point of the sparkline. */
const LABEL_PX = 46;
/** Profile labels under this many thousandths do not fit their segment. */
const LABELLED = 50;

export function ProfileBar({ profile }: { profile: readonly number[] }) {
  const c = stance(theme.value);
  const of = election.value?.of ?? ready.value?.of;
  return (
    <section>
      <h3>
        {w(of === 'voters' ? 'profileVoters' : 'profile')}
        <span>{w('rounded')}</span>
      </h3>
      <svg class="bar" viewBox="0 0 1000 26" preserveAspectRatio="none" aria-hidden="true">
        {GROUPS.map((g, i) => (
          <rect
            key={g}
            x={profile.slice(0, i).reduce((a, b) => a + b, 0)}
            width={profile[i]}
            height="26"
            fill={c[g]}
          />
        ))}
      </svg>
      <div class="bar-labels" aria-hidden="true">
        {GROUPS.map((g, i) => (
          <span key={g} style={{ flexGrow: profile[i]!, color: textOn(c[g]!) }}>
            {profile[i]! >= LABELLED ? Math.round(profile[i]! / 10) : ''}
          </span>
        ))}
      </div>
      <ul class="key">
        {GROUPS.map((g, i) => (
          <li key={g}>
            <i style={{ background: c[g]! }} />
            <span>{groupLabel(g)}</span>
            <span class="hidden">{share(profile[i]!, lang.value, { width: 0, exact: true })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Dots({
  value,
  low,
  high,
  mark,
  ends,
  fill,
}: {
  value: number;
  low: number;
  high: number;
  mark: number | null;
  ends: readonly [number, number];
  fill: string;
}) {
  const W = 118;
  const X = (v: number) => 4 + ((v - ends[0]) / (ends[1] - ends[0])) * (W - 8);
  return (
    <svg class="whisker" viewBox={`0 0 ${W} 16`} aria-hidden="true">
      <path class="rule" d={`M4 8H${W - 4}`} />
      {mark === null ? null : <path class="tick" d={`M${X(mark)} 2.5V13.5`} />}
      <path class="span" d={`M${X(low)} 8H${X(high)}`} />
      <circle cx={X(value)} cy="8" r="3.6" fill={fill} class="dot" />
    </svg>
  );
}

/** A measure as a line of the panel: its figure, and where it lies on the common axis; all in thousandths. */
export interface Line {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly text: string;
  readonly interval: string;
}
/** The measures that are lines: those of one axis. */
export const lined = (): readonly string[] =>
  ['favourable', 'undecided', 'opposed', 'abstainers', 'persuasion', 'mobilisation'].filter((id) =>
    ready.value?.measures.some((m) => m.id === id),
  );

export function Whiskers({ lines }: { lines: readonly Line[] }) {
  const top = Math.max(...lines.map((l) => Math.max(l.high, campaignOf(l.id) ?? 0)), 100);
  const ends = [0, Math.ceil(top / 100) * 100] as const;
  const c = stance(theme.value);
  return (
    <section>
      <h3>
        {t('estimates')}
        <span>{w('estimatesNote', { name: ready.value?.name ?? '' })}</span>
      </h3>
      <ul class="dots">
        {lines.map((l) => (
          <li key={l.id}>
            <span>{l.label}</span>
            <Dots
              value={l.value}
              low={l.low}
              high={l.high}
              mark={campaignOf(l.id)}
              ends={ends}
              fill={c[l.id] ?? 'var(--ink)'}
            />
            <span class="n">
              {l.text} <small>{l.interval}</small>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
/** The estimate of the whole campaign in thousandths, whatever the map shows. */
const campaignOf = (id: string): number | null => {
  const v = ready.value?.snapshot?.campaign[id];
  return v ? Math.round(v.value * 1000) : null;
};

function Estimates({ row, level }: { row: number; level: string }) {
  const snapshot = snapshotId.value;
  const table = snapshot === null ? null : valuesOf(snapshot, level);
  if (table?.kind !== 'ready') return null;
  const lines = lined().flatMap((id) => {
    const l = estimateLayer(table.value, id);
    const s = estimateSpec(id);
    const [value, low, high] = [l.value[row]!, l.low![row]!, l.high![row]!];
    const [text, interval] = [valueText(l, row, s), intervalText(l, row, s)];
    return value === MISSING ? [] : [{ id, label: s.label, value, low, high, text, interval }];
  });
  return <Whiskers lines={lines} />;
}

function Results({ row, level, code }: { row: number; level: string; code: string }) {
  const e = election.value;
  const table = e ? resultsOf(e.id, level, code) : null;
  if (!e || table?.kind !== 'ready') return null;
  const c = rowCounts(table.value, e, row);
  if (!c) return null;
  const blocs = blocsOf(e);
  const colours = stance(theme.value);
  const of = c.registered ?? c.voters;
  const valid = state.value.measure.endsWith('@valid');
  const base = valid ? c.valid : of;
  const ordered = e.lists.map((l, i) => ({ l, n: c.lists[i]! })).sort((a, b) => b.n - a.n);
  const most = Math.max(1, ...c.lists);
  const group = (id: string) =>
    blocs.favourable.includes(id) ? 'favourable' : blocs.opposed.includes(id) ? 'opposed' : 'undecided';
  const pct = (n: number, total: number) =>
    total > 0 ? share(Math.round((1000 * n) / total), lang.value, { width: 0, exact: true }) : '—';
  const line = (label: string, n: number | null) =>
    n === null ? null : (
      <tr key={label}>
        <th scope="row">{label}</th>
        <td />
        <td class="n">{count(n, lang.value)}</td>
        <td class="n">{pct(n, of)}</td>
      </tr>
    );
  return (
    <section>
      <h3>
        {t('results')}
        <span>{t(valid ? 'ofValid' : e.of === 'voters' ? 'ofVoters' : 'ofElectors')}</span>
      </h3>
      <table class="results">
        <tbody>
          {ordered.map(({ l, n }) => (
            <tr key={l.id}>
              <th scope="row">{l.short ?? l.label}</th>
              <td class="gauge">
                <i style={{ width: `${(100 * n) / most}%`, background: colours[group(l.id)]! }} />
              </td>
              <td class="n">{count(n, lang.value)}</td>
              <td class="n v">{pct(n, base)}</td>
            </tr>
          ))}
        </tbody>
        <tbody class="totals">
          {line(t('voters'), c.voters)}
          {line(t('blank'), c.blank)}
          {line(w('nulls'), c.null)}
        </tbody>
      </table>
    </section>
  );
}

/** Half of a 90 % interval, in standard errors. */
const NINETY = 1.645;

/** Counts out of areas that were divided, of other times or by this border: how, and how far a list may be off here. */
function Moved({ e, detail }: { e: Election; detail: AreaDetail }) {
  const sentences = e.transfers?.map((x) => say(x.sentence)) ?? [];
  const errors = detail.history.find((h) => h.election === e.id)?.errors;
  const most = Math.max(0, ...Object.values(errors?.lists ?? {}));
  if (sentences.length === 0 && most === 0) return null;
  const here =
    most > 0 ? w('movedHere', { n: count(Math.ceil(NINETY * most), lang.value) }) : w('movedWhole');
  return <p class="note">{[...sentences, here].join(' ')}</p>;
}

/** A change of what is not the same place at both ends, and where it is read instead. */
function Ground({ l, row, path }: { l: Layer; row: number; path: ReturnType<typeof pathOf> }) {
  const own = l.ground?.class[row];
  const level = l.ground?.level[row];
  const c = ready.value;
  if (!c || (own !== DOUBTFUL && own !== REDRAWN) || level === undefined || level === OWN_GROUND) return null;
  const id = c.levels[level - 1]?.id;
  const area = path.find((p) => p.ref.level === id)?.name ?? c.name;
  return <p class="notice">{w(own === DOUBTFUL ? 'doubtfulHere' : 'redrawnHere', { area })}</p>;
}

function History({ detail, row, level }: { detail: AreaDetail; row: number; level: string }) {
  const m = spec.value.id;
  const group =
    (['favourable', 'undecided', 'opposed', 'abstainers'] as const).find((g) => g === m) ?? 'favourable';
  const past = detail.history
    .flatMap((h) => {
      const v = h.profile?.[group];
      return v === null || v === undefined ? [] : [{ day: h.date, name: h.label, v: v * 1000 }];
    })
    .sort((a, b) => a.day.localeCompare(b.day));
  const snapshot = ready.value?.snapshot;
  const table = snapshot && snapshotId.value !== null ? valuesOf(snapshotId.value, level) : null;
  const l = table?.kind === 'ready' ? estimateLayer(table.value, group) : null;
  const now =
    l && snapshot && l.value[row] !== MISSING ? { date: Date.parse(snapshot.published_at), l } : null;
  if (past.length + (now ? 1 : 0) < 2) return null;
  const [W, H] = [332, 62];
  const labels = dated(
    past.map((p) => p.day),
    lang.value,
  );
  const dates = past.map((p) => Date.parse(p.day));
  if (now) dates.push(Math.max(now.date, dates.at(-1) ?? 0));
  const x = spaced(dates, LABEL_PX / 2 - 4, W - 60, LABEL_PX);
  const top = Math.max(...past.map((p) => p.v), now ? now.l.high![row]! : 0) * 1.15;
  const Y = (v: number) => H - 17 - (v / top) * (H - 34);
  const c = stance(theme.value)[group]!;
  const here = x.at(-1)!;
  const heights = [...past.map((p) => Y(p.v)), ...(now ? [Y(now.l.value[row]!)] : [])];
  const exact = (v: number) => share(Math.round(v), lang.value, { width: 0, exact: true });
  // Where even spaced points are too dense for words, only the ends and every second one speak.
  const dense = x.length > 1 && x[1]! - x[0]! < LABEL_PX - 6;
  return (
    <section>
      <h3>
        {`${groupLabel(group)}, ${w('history').toLocaleLowerCase(lang.value)}`}
        <span>{t(ready.value?.of === 'voters' ? 'ofVoters' : 'ofElectors')}</span>
      </h3>
      <svg
        class="spark"
        viewBox={`0 0 ${W} ${H}`}
        role="img"
        aria-label={past.map((p) => `${p.name}${lang.value === 'fr' ? ' :' : ':'} ${exact(p.v)}`).join(', ')}
      >
        <path class="rule" d={`M14 ${H - 16.5}H${W}`} />
        <path
          d={`M${x.map((at, i) => `${at.toFixed(1)} ${heights[i]!.toFixed(1)}`).join('L')}`}
          fill="none"
          stroke={c}
          stroke-width="2"
        />
        {past.map((p, i) => (
          <g key={p.day}>
            <title>{`${p.name}${lang.value === 'fr' ? ' :' : ':'} ${exact(p.v)}`}</title>
            <circle cx={x[i]} cy={heights[i]} r="3.2" fill={c} />
            {dense && i % 2 === 1 ? null : (
              <>
                <text x={x[i]} y={H - 3} text-anchor="middle">
                  {labels[i]}
                </text>
                <text class="v" x={x[i]} y={heights[i]! - 7} text-anchor="middle">
                  {Math.round(p.v / 10)}
                </text>
              </>
            )}
          </g>
        ))}
        {now ? (
          <g>
            <path class="span" d={`M${here} ${Y(now.l.low![row]!)}V${Y(now.l.high![row]!)}`} />
            <circle class="dot" cx={here} cy={heights.at(-1)} r="4.2" fill={c} />
            <text class="now" x={here} y={H - 3} text-anchor="middle">
              {t('estimated')}
            </text>
            <text class="now" x={here + 9} y={heights.at(-1)! + 4}>
              {valueText(now.l, row, estimateSpec(group))}
            </text>
          </g>
        ) : null}
      </svg>
    </section>
  );
}

function Rank({ detail, parent }: { detail: AreaDetail; parent: string | null }) {
  const hexagon = detail.level === ready.value?.hexes?.id;
  const r = election.value ? null : detail.rank?.[spec.value.id];
  if (!r || r.of < 2) return null;
  const o = (n: number) => ordinal(n, lang.value);
  return (
    <section>
      <h3>
        {hexagon ? w('rankHexagons') : parent ? w('rankIn', { name: parent }) : w('rankAll')}
        <span>{w('ofN', { n: count(r.of, lang.value) })}</span>
      </h3>
      <p class="sub">
        {r.low === r.high
          ? w('rankOne', { a: lang.value === 'fr' ? o(r.low) : r.low, n: r.of })
          : `${w('rankRange', { a: lang.value === 'fr' ? o(r.low) : r.low, b: lang.value === 'fr' ? o(r.high) : r.high, n: count(r.of, lang.value) })} ${w('notKnown')}`}
      </p>
    </section>
  );
}

function Headline({ l, row, level }: { l: Layer; row: number; level: string }) {
  const s = spec.value;
  const people = l.people?.[row];
  // Exact people have no sign of their own: a reserve below zero has its share's.
  const signed = s.id === 'reserve' && l.value[row]! < 0 ? -1 : 1;
  const whom =
    election.value || s.change ? null : say(ready.value?.measures.find((m) => m.id === s.id)?.whom);
  const electors = l.electors[row]!;
  const heads = (thousandths: number) => about((thousandths * electors) / 1000, lang.value).replace('≈ ', '');
  return (
    <div class="head">
      <span class={`big ${s.categorical ? 'text' : ''}`}>{valueText(l, row)}</span>
      <span class="iv">
        {s.categorical ? s.label : `${s.label}, ${s.unit}`}
        {s.named ? ` (${s.named})` : null}
        <br />
        {l.low ? (
          <>
            {t('chanceBefore')} <b>{betweenText(l, row)}</b>
            {whom && electors !== UNKNOWN ? (
              <>
                <br />
                {`≈ ${heads(l.value[row]!)} ${whom} (${heads(l.low[row]!)}–${heads(l.high![row]!)})`}
              </>
            ) : null}
          </>
        ) : people !== undefined && people !== UNKNOWN ? (
          <b>{`${counted(level) === 'exact' ? '' : '≈ '}${count(signed * people, lang.value)} ${t(['turnout', 'abstainers', 'reserve'].includes(s.id) ? 'electorsShort' : 'ofVotes')}`}</b>
        ) : (
          countedText(level)
        )}
      </span>
    </div>
  );
}

/** The path that the server gives of an area of a level too large to be here. */
const stepsOf = (d: Remote<AreaDetail>) =>
  d.kind === 'ready' ? d.value.path.map(({ level, code, name }) => ({ ref: { level, code }, name })) : [];

export default function AreaPanel() {
  const c = ready.value;
  const at = selection.value;
  const detail = useSignal<Remote<AreaDetail>>({ kind: 'loading' });
  const ref = state.value.area;
  useEffect(() => {
    if (!ref) return;
    let current = true;
    detail.value = { kind: 'loading' };
    fetchArea(ref.level, ref.code, state.value.snapshot).then(
      (value) => {
        if (current) detail.value = { kind: 'ready', value };
      },
      (e: unknown) => {
        if (current) detail.value = failure(e);
      },
    );
    return () => {
      current = false;
    };
  }, [ref?.level, ref?.code, state.value.snapshot]);
  if (!c || !ref || !at) return null;
  const l = layerOf(at.level, at.code);
  const path = at.areas.seen ? stepsOf(detail.value) : pathOf(areasOf, c, ref);
  const electors = at.areas.electors[at.row];
  const d = detail.value;
  const snapshot = snapshotId.value;
  const e = election.value;
  let profile: readonly number[] | null = null;
  if (e) {
    const table = resultsOf(e.id, at.level, at.code);
    const counts = table.kind === 'ready' ? rowCounts(table.value, e, at.row) : null;
    profile = counts && isRead(e) ? profileOf(counts, e, blocsOf(e)) : null;
  } else if (snapshot !== null) {
    const table = valuesOf(snapshot, at.level);
    if (table.kind === 'ready') {
      const four = GROUPS.map((g) => table.value.column(g)?.[at.row] ?? MISSING);
      profile = four.includes(MISSING) ? null : four;
    }
  }
  const here = e && d.kind === 'ready' ? d.value.unplaced?.[e.id] : undefined;
  const hidden = here ? (here.registered ?? here.voters) : 0;
  const pooled = l?.pooled && (l.pooled[at.row]! & 1) !== 0;
  return (
    <PanelFrame>
      <div class="scroll">
        <div class="crumb">
          <nav aria-label={t('parentCol')}>
            {path.map((p) => (
              <button key={p.ref.level + p.ref.code} type="button" onClick={() => goTo(p.ref)}>
                {p.name}
              </button>
            ))}
            {path.length === 0 ? (
              <span>{say([...c.levels, ...c.groupings].find((x) => x.id === at.level)?.label)}</span>
            ) : null}
            {d.kind === 'ready'
              ? d.value.groupings.map((g) => (
                  <button key={g.level} type="button" onClick={() => goTo({ level: g.level, code: g.code })}>
                    {`${say(c.groupings.find((x) => x.id === g.level)?.label)} · ${g.name}`}
                  </button>
                ))
              : null}
          </nav>
          <button type="button" class="tool" aria-label={t('close')} onClick={() => select(null)}>
            <Icon name="close" />
          </button>
        </div>
        <h2>{at.areas.names[at.row]}</h2>
        <p class="sub">
          {electors === null || electors === undefined
            ? t('unknownElectors')
            : electors === 0
              ? t('noElectors')
              : t(c.of === 'voters' ? 'votersN' : 'electors', { n: count(electors, lang.value) })}
          {` · ${t('codeCol').toLocaleLowerCase(lang.value)} ${at.code}`}
        </p>
        {l ? (
          l.value[at.row] === MISSING ? (
            <p class="notice">{whyNone(l, at.row)}</p>
          ) : (
            <Headline l={l} row={at.row} level={at.level} />
          )
        ) : (
          <div class="skeleton" />
        )}
        {e && hidden > 0 ? <p class="note">{w('unplacedHere', { n: count(hidden, lang.value) })}</p> : null}
        {l?.partly?.[at.row] ? <p class="note">{w('partlyCounted')}</p> : null}
        {l ? <Ground l={l} row={at.row} path={path} /> : null}
        {e && d.kind === 'ready' ? <Moved e={e} detail={d.value} /> : null}
        {l && isMoved(l, at.row) ? <p class="note">{w('movedBaselineLong')}</p> : null}
        {pooled ? <p class="notice">{w('pooledLong')}</p> : null}
        {d.kind === 'ready' && d.value.moved ? (
          // Nearly every hexagon cuts areas: that is no warning.
          <p class={d.value.moved.error === null ? 'note' : 'notice'}>
            {w(d.value.moved.error === null ? 'movedPieces' : 'movedLong', {
              n: count(d.value.moved.cut_areas, lang.value),
              electors: count(d.value.moved.cut_electors, lang.value),
              error: count(d.value.moved.error ?? 0, lang.value),
            })}
          </p>
        ) : null}
        {profile ? <ProfileBar profile={profile} /> : null}
        {e ? (
          <Results row={at.row} level={at.level} code={at.code} />
        ) : (
          <Estimates row={at.row} level={at.level} />
        )}
        {d.kind === 'ready' ? (
          <>
            <Rank detail={d.value} parent={path.at(-1)?.name ?? null} />
            <History detail={d.value} row={at.row} level={at.level} />
            {e ? null : <Why detail={d.value} />}
          </>
        ) : d.kind === 'loading' ? (
          <div class="skeleton" />
        ) : (
          <p class="notice error">{whyNot(d)}</p>
        )}
      </div>
      <AreaActions />
    </PanelFrame>
  );
}
