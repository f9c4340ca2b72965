// Field, first version: areas ranked by the value of an hour, from the API; effects are the reader's to change.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { failure, fetchPriorities } from '../api/client';
import type { Effect, Preset, Priorities, Priority, Remote } from '../api/types';
import { count, number, probability, votes } from '../format/number';
import { goTo } from '../state/go';
import {
  chooseLevel,
  lang,
  level,
  levelsToPick,
  resolutionOf,
  say,
  snapshotId,
  state,
  t,
  whyNot,
} from '../state/store';
import { selection } from '../state/view';
import { w } from './words';

const WAIT_MS = 250;
/** The ends of the effect scale, in points per conversation. */
const SCALE = [-2, 8] as const;
/** Half of a central 90 % interval, in standard deviations. */
const NINETY = 1.645;

/** A preset's effect as one mean and standard deviation; a mixture is told by its first two moments. */
export function effectOf(e: Effect | unknown): Effect {
  type Part = { readonly mean: number; readonly sd: number; readonly weight?: number };
  const one = (e ?? {}) as Partial<Effect> & {
    mixture?: readonly unknown[];
    components?: readonly unknown[];
  };
  const list = Array.isArray(e) ? (e as readonly unknown[]) : (one.mixture ?? one.components);
  if (!list || list.length === 0) return { mean: one.mean ?? 0, sd: one.sd ?? 0 };
  // A component is an object, or a pair [mean, sd].
  const parts = list.map((p) => (Array.isArray(p) ? { mean: Number(p[0]), sd: Number(p[1]) } : p) as Part);
  const weights = parts.map((p) => p.weight ?? 1 / parts.length);
  const mean = parts.reduce((s, p, i) => s + weights[i]! * p.mean, 0);
  const second = parts.reduce((s, p, i) => s + weights[i]! * (p.sd ** 2 + p.mean ** 2), 0);
  return { mean, sd: Math.sqrt(Math.max(0, second - mean ** 2)) };
}

function Slider({ label, value, onChange }: { label: string; value: Effect; onChange: (e: Effect) => void }) {
  const X = (v: number) => Math.min(100, Math.max(0, ((v - SCALE[0]) / (SCALE[1] - SCALE[0])) * 100));
  const [a, b] = [X(value.mean - NINETY * value.sd), X(value.mean + NINETY * value.sd)];
  const pts = (n: number) => w('pts', { n: (n > 0 ? '+' : '') + number(n, lang.value, 1) });
  return (
    <div class="effect">
      <p>
        <span>{label}</span>
        <b>{pts(value.mean)}</b>
      </p>
      <div class="slide">
        <svg viewBox="0 0 100 22" preserveAspectRatio="none" aria-hidden="true">
          <rect class="all" y="9" width="100" height="4" />
          <rect class="likely" x={a} y="9" width={b - a} height="4" />
          <rect class="zero" x={X(0) - 0.2} y="3" width=".5" height="16" />
        </svg>
        <input
          type="range"
          min={SCALE[0]}
          max={SCALE[1]}
          step="0.1"
          aria-label={label}
          aria-valuetext={pts(value.mean)}
          value={value.mean}
          onInput={(e) => onChange({ ...value, mean: Number(e.currentTarget.value) })}
        />
      </div>
      <label class="sd">
        <span>{w('doubt')}</span>
        <input
          type="number"
          min="0"
          max="5"
          step="0.1"
          value={Math.round(value.sd * 100) / 100}
          onChange={(e) => onChange({ ...value, sd: Math.max(0, Number(e.currentTarget.value) || 0) })}
        />
      </label>
    </div>
  );
}

function Whisker({ p, ends }: { p: Priority; ends: readonly [number, number] }) {
  const X = (v: number) => 2 + ((v - ends[0]) / Math.max(1e-9, ends[1] - ends[0])) * 60;
  return (
    <svg class="whisker" viewBox="0 0 64 16" aria-hidden="true">
      {ends[0] <= 0 && ends[1] >= 0 ? <path class="tick" d={`M${X(0)} 2.5V13.5`} /> : null}
      <path class="span" d={`M${X(p.net_votes.low)} 8H${X(p.net_votes.high)}`} />
      <circle class="solid" cx={X(p.net_votes.value)} cy="8" r="3.2" />
    </svg>
  );
}

function Rows({ list, k }: { list: readonly Priority[]; k: number }) {
  const ends = [
    Math.min(0, ...list.map((p) => p.net_votes.low)),
    Math.max(0.1, ...list.map((p) => p.net_votes.high)),
  ] as const;
  const times = (v: number) => number(v, lang.value, 1);
  const range = (a: string, b: string) => `${a}${lang.value === 'fr' ? ' à ' : ' to '}${b}`;
  return (
    <table class="figures priorities">
      <thead>
        <tr>
          <th scope="col" class="n">
            {w('rankCol')}
          </th>
          <th scope="col">{t('areaCol')}</th>
          <th scope="col" class="n">
            {w('timesCol')}
          </th>
          <th scope="col" class="n">
            <abbr title={w('talksTitle')}>{w('talksCol')}</abbr>
          </th>
          <th scope="col" class="n">
            {w('votesCol')}
          </th>
          <th scope="col" class="n">
            {w('topCol', { k })}
          </th>
        </tr>
      </thead>
      <tbody>
        {list.map((p) => {
          const on = state.value.area?.level === p.level && state.value.area.code === p.code;
          return (
            <tr key={p.code} class={on ? 'on' : ''}>
              <td class="n">{p.rank}</td>
              <th scope="row">
                <button
                  type="button"
                  aria-pressed={on}
                  onClick={() => goTo({ level: p.level, code: p.code })}
                >
                  {p.name}
                </button>
              </th>
              <td class="n">
                {times(p.relative.value)}{' '}
                <small>{`${times(p.relative.low)}–${times(p.relative.high)}`}</small>
              </td>
              <td class="n">{count(p.conversations, lang.value)}</td>
              <td class="n votes">
                <Whisker p={p} ends={ends} />
                {votes(p.net_votes.value, lang.value)}{' '}
                <small>
                  {range(votes(p.net_votes.low, lang.value), votes(p.net_votes.high, lang.value))}
                </small>
              </td>
              <td class="n">{probability(p.probability_in_top_k, lang.value)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export default function PrioritiesPanel() {
  const answer = useSignal<Remote<Priorities>>({ kind: 'loading' });
  const kept = useSignal<Priorities | null>(null);
  const preset = useSignal<string | null>(null);
  const effects = useSignal<{ p: Effect; m: Effect } | null>(null);
  const k = useSignal(20);
  const inside = useSignal(false);
  const lv = level.value;
  const s = selection.value;
  const where = inside.value && s && s.level !== lv?.id ? `${s.level}:${s.code}` : null;
  const e = effects.value;
  const resolution = lv ? resolutionOf(lv.id) : null;
  useEffect(() => {
    if (!lv || snapshotId.value === null) return;
    let current = true;
    const timer = setTimeout(() => {
      const q = new URLSearchParams({
        level: lv.id,
        k: String(k.value),
        limit: String(Math.max(k.value, 20)),
      });
      if (state.value.snapshot !== null) q.set('snapshot', String(state.value.snapshot));
      if (preset.value) q.set('preset', preset.value);
      if (where) q.set('within', where);
      if (resolution !== null) q.set('resolution', String(resolution));
      if (e)
        for (const [key, v] of [
          ['delta_p', e.p.mean],
          ['delta_p_sd', e.p.sd],
          ['delta_m', e.m.mean],
          ['delta_m_sd', e.m.sd],
        ] as const)
          q.set(key, String(v));
      fetchPriorities(q).then(
        (value) => {
          if (current) {
            answer.value = { kind: 'ready', value };
            kept.value = value;
          }
        },
        (err: unknown) => {
          if (current) answer.value = failure(err);
        },
      );
    }, WAIT_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [lv?.id, resolution, k.value, preset.value, where, e, snapshotId.value]);
  const data = kept.value;
  // The ranking of another level is no answer.
  const ranking = answer.value.kind === 'failed' ? null : data;
  const chosen: Preset | undefined = data?.presets.find((p) => p.id === preset.value) ?? data?.presets[0];
  const now = e ?? (chosen ? { p: effectOf(chosen.delta_p), m: effectOf(chosen.delta_m) } : null);
  const first = ranking?.priorities[0];
  if (snapshotId.value === null)
    return (
      <aside class="panel" aria-label={w('priorities')}>
        <div class="empty">
          <h2>{t('nothing')}</h2>
          <p>{t('nothingHow')}</p>
        </div>
      </aside>
    );
  return (
    <aside class="panel wide-panel" aria-label={w('priorities')}>
      <div class="scroll">
        <p class="crumb">
          <span>{w('priorities')}</span>
        </p>
        <h2>{w('whereToKnock')}</h2>
        <p class="sub">{w('byHour', { level: say(lv?.label).toLocaleLowerCase(lang.value) })}</p>
        {first ? (
          <div class="head">
            <span class="big">{`× ${number(first.relative.value, lang.value, 1)}`}</span>
            <span class="iv">
              {w('timesRandom', { n: '' }).replace('× ', '').trim()}
              <br />
              {w('bestArea', { name: first.name })}
            </span>
          </div>
        ) : null}
        {ranking?.zero_inside ? <p class="notice">{say(ranking.sentence) || w('zeroInside')}</p> : null}
        <section class="settings">
          {data ? (
            <label>
              <span class="eyebrow">{w('preset')}</span>
              <select
                value={chosen?.id ?? ''}
                onChange={(ev) => {
                  preset.value = ev.currentTarget.value;
                  effects.value = null;
                }}
              >
                {data.presets.map((p) => (
                  <option key={p.id} value={p.id}>
                    {say(p.label)}
                  </option>
                ))}
              </select>
            </label>
          ) : null}
          {chosen && say(chosen.source) ? <p class="note">{w('source', { s: say(chosen.source) })}</p> : null}
          {now ? (
            <>
              <div class="sliders">
                <Slider
                  label={w('persuades')}
                  value={now.p}
                  onChange={(p) => {
                    effects.value = { ...now, p };
                  }}
                />
                <Slider
                  label={w('mobilises')}
                  value={now.m}
                  onChange={(m) => {
                    effects.value = { ...now, m };
                  }}
                />
              </div>
              <p class="note">{w('greyBar')}</p>
            </>
          ) : null}
          <div class="fields">
            <label>
              <span>{w('bestK')}</span>
              <input
                type="number"
                min="1"
                max="500"
                value={k.value}
                onChange={(ev) => {
                  k.value = Math.min(500, Math.max(1, Math.round(Number(ev.currentTarget.value)) || 20));
                }}
              />
            </label>
            <label>
              <span>{t('level')}</span>
              <select value={lv?.id} onChange={(ev) => chooseLevel(ev.currentTarget.value)}>
                {levelsToPick.value.map((l) => (
                  <option key={l.id} value={l.id}>
                    {say(l.label)}
                  </option>
                ))}
              </select>
            </label>
            <label>
              <span>{w('where')}</span>
              <select
                value={inside.value ? 'in' : ''}
                onChange={(ev) => {
                  inside.value = ev.currentTarget.value === 'in';
                }}
              >
                <option value="">{t('everywhere')}</option>
                {s && s.level !== lv?.id ? <option value="in">{s.areas.names[s.row]}</option> : null}
              </select>
            </label>
          </div>
        </section>
        {answer.value.kind === 'failed' ? (
          <p class="notice error" role="alert">
            {whyNot(answer.value)}
          </p>
        ) : null}
        {ranking ? (
          <>
            <p class="note">
              {w('prioritiesOf', { n: count(ranking.total, lang.value), k: ranking.priorities.length })}
              {ranking.priorities.some((p) => p.tied) ? ` ${w('tied')}` : ''}
            </p>
            <div class="wide-scroll">
              <Rows list={ranking.priorities} k={k.value} />
            </div>
          </>
        ) : answer.value.kind === 'failed' ? null : (
          <div class="skeleton" />
        )}
      </div>
    </aside>
  );
}
