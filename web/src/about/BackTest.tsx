// The back-test: errors beside the peers', whether intervals are true (PIT), predicted against actual; each also a table.
import { type Signal, useSignal } from '@preact/signals';
import { fetchEvaluations } from '../api/client';
import type { Evaluation, Tried } from '../api/types';
import { count, interval, number, share } from '../format/number';
import { Scroll } from '../layout/Scroll';
import { areasOf, kept, lang, ready, say } from '../state/store';
import { groupLabel } from '../state/view';
import { axisOf, classesOf, classWord, errorOf, groupsIn, isInside, ticks } from './backtest';
import { a } from './words';

const PIT = { width: 560, height: 150, left: 34, bottom: 34, top: 8 };
const PLOT = { side: 420, left: 44, bottom: 40, top: 8 };
/** Rows of the table beside the plot. */
const TABLE_ROWS = 100;
const METHODS = ['previous', 'uniform', 'tree', 'icar'] as const;

const percent = (fraction: number) =>
  share(Math.round(fraction * 1000), lang.value, { width: 100, exact: true });
const points = (n: number) => number(n, lang.value, 2);
const methodName = (id: string) => {
  const known = METHODS.find((m) => m === id);
  return known ? a(`m-${known}`) : id;
};
const groupName = (id: string) => (id === 'mean' ? a('mean') : groupLabel(id));

function GroupChoice(p: { readonly groups: readonly string[]; readonly group: Signal<string | undefined> }) {
  return (
    <label class="field">
      <span>{a('group')}</span>
      <select
        value={p.group.value}
        onChange={(ev) => {
          p.group.value = ev.currentTarget.value;
        }}
      >
        {p.groups.map((g) => (
          <option key={g} value={g}>
            {groupName(g)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Errors({ e }: { e: Evaluation }) {
  const groups = [...new Set(e.tables.map((t) => t.group))];
  const group = useSignal(groups.includes('mean') ? 'mean' : groups[0]);
  const rows = e.tables
    .filter((t) => t.group === group.value)
    .sort(
      (x, y) =>
        x.answers - y.answers || METHODS.indexOf(x.method as 'tree') - METHODS.indexOf(y.method as 'tree'),
    );
  const best = new Map<number, number>();
  for (const r of rows) best.set(r.answers, Math.min(best.get(r.answers) ?? Number.POSITIVE_INFINITY, r.mae));
  const repetitions = Math.max(0, ...rows.map((r) => r.repetitions));
  return (
    <section>
      <h3>{a('errors')}</h3>
      <GroupChoice groups={groups} group={group} />
      <Scroll kind="trial-scroll" label={a('errors')}>
        <table class="figures">
          <thead>
            <tr>
              <th scope="col" class="n">
                {a('answers')}
              </th>
              <th scope="col">{a('methodCol')}</th>
              <th scope="col" class="n">
                {a('mae')}
              </th>
              <th scope="col" class="n">
                {a('crps')}
              </th>
              <th scope="col" class="n">
                {a('coverage')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r, i) => (
              <tr
                key={`${r.answers}${r.method}`}
                class={i > 0 && rows[i - 1]!.answers !== r.answers ? 'next' : ''}
              >
                <td class="n">{count(r.answers, lang.value)}</td>
                <th scope="row">{methodName(r.method)}</th>
                <td class={`n ${r.mae === best.get(r.answers) ? 'v' : ''}`}>{points(r.mae)}</td>
                <td class="n">{points(r.crps)}</td>
                <td class="n">{r.coverage === null ? '—' : percent(r.coverage)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="note">
        {a('errorsNote')} {a('seed', { seed: e.seed, n: repetitions })}
      </p>
    </section>
  );
}

/** A histogram of fractions that would all be equal, were the intervals true. */
export function PitHistogram({ bins }: { bins: readonly number[] }) {
  const { width, height, left, bottom, top } = PIT;
  const n = bins.length;
  const even = 1 / Math.max(1, n);
  const most = Math.max(even * 2, ...bins);
  const W = (width - left) / Math.max(1, n);
  const Y = (v: number) => top + (1 - v / most) * (height - top - bottom);
  const max = Math.max(...bins);
  const label = a('pitLabel', {
    n,
    max: percent(max),
    at: bins.indexOf(max) + 1,
    min: percent(Math.min(...bins)),
    even: percent(even),
  });
  return (
    <figure>
      <svg class="pit" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {bins.map((b, i) => (
          <rect
            key={i}
            class="bin"
            x={left + i * W + 0.75}
            y={Y(b)}
            width={Math.max(1, W - 1.5)}
            height={Y(0) - Y(b)}
          />
        ))}
        <path class="axis" d={`M${left} ${Y(0)}H${width}`} />
        <path class="even" d={`M${left} ${Y(even)}H${width}`} />
        <text x={left - 4} y={Y(even) + 4} text-anchor="end">
          {percent(even)}
        </text>
        <text x={left} y={height - 16}>
          {a('low')}
        </text>
        <text x={width} y={height - 16} text-anchor="end">
          {a('high')}
        </text>
      </svg>
      <details>
        <summary>{a('asTable')}</summary>
        <table class="figures">
          <tbody>
            {bins.map((b, i) => (
              <tr key={i}>
                <th scope="row">{a('pitBin', { a: percent(i / n), b: percent((i + 1) / n) })}</th>
                <td class="n">{share(Math.round(b * 1000), lang.value, { width: 0, exact: true })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

const nameOf = (t: Tried): string => {
  const list = ready.value?.levels.some((l) => l.id === t.level) ? areasOf(t.level) : null;
  return list?.names[list.codes.indexOf(t.code)] ?? t.code;
};

function Scatter({ e }: { e: Evaluation }) {
  const groups = groupsIn(e);
  const group = useSignal(groups.includes('favourable') ? 'favourable' : groups[0]);
  const dots = e.scatter.filter((t) => t.group === group.value);
  const inside = dots.filter(isInside).length;
  const ends = axisOf(dots);
  const { side, left, bottom, top } = PLOT;
  const span = side - left - 20;
  const X = (v: number) => left + ((v - ends[0]) / (ends[1] - ends[0])) * span;
  const Y = (v: number) => top + (1 - (v - ends[0]) / (ends[1] - ends[0])) * span;
  const height = top + span + bottom;
  const values = { n: count(dots.length, lang.value), inside: count(inside, lang.value) };
  const largest = [...dots].sort((x, y) => y.electors - x.electors).slice(0, TABLE_ROWS);
  return (
    <section>
      <h3>{a('scatterTitle')}</h3>
      <GroupChoice groups={groups} group={group} />
      <p>{a('scatterText', values)}</p>
      <figure>
        <svg
          class="scatter"
          viewBox={`0 0 ${side} ${height}`}
          role="img"
          aria-label={a('scatterLabel', {
            ...values,
            group: groupName(group.value ?? ''),
            mae: number(errorOf(dots), lang.value, 1),
          })}
        >
          {ticks(ends).map((v) => (
            <g key={v}>
              <path
                class="grid"
                d={`M${X(v)} ${Y(ends[0])}V${Y(ends[1])}M${X(ends[0])} ${Y(v)}H${X(ends[1])}`}
              />
              <text x={X(v)} y={Y(ends[0]) + 15} text-anchor="middle">
                {percent(v)}
              </text>
              <text x={left - 5} y={Y(v) + 4} text-anchor="end">
                {percent(v)}
              </text>
            </g>
          ))}
          <path class="even" d={`M${X(ends[0])} ${Y(ends[0])}L${X(ends[1])} ${Y(ends[1])}`} />
          <path
            class="ranges"
            d={dots
              .map((t) => `M${X(t.low).toFixed(1)} ${Y(t.actual).toFixed(1)}H${X(t.high).toFixed(1)}`)
              .join('')}
          />
          {[true, false].map((yes) => (
            <path
              key={String(yes)}
              class={yes ? 'dot in' : 'dot out'}
              d={dots
                .filter((t) => isInside(t) === yes)
                .map((t) =>
                  yes
                    ? `M${X(t.predicted).toFixed(1)} ${Y(t.actual).toFixed(1)}h0`
                    : `M${(X(t.predicted) - 2.6).toFixed(1)} ${(Y(t.actual) - 2.6).toFixed(1)}l5.2 5.2m0 -5.2l-5.2 5.2`,
                )
                .join('')}
            />
          ))}
          <text class="name" x={left + span / 2} y={height - 4} text-anchor="middle">
            {a('predicted')}
          </text>
          <text class="name" x={left + 6} y={top + 12}>
            {a('actual')}
          </text>
        </svg>
        <ul class="scatter-key">
          <li>
            <svg viewBox="0 0 14 14" aria-hidden="true">
              <path class="dot in" d="M7 7h0" />
            </svg>
            {a('within')}
          </li>
          <li>
            <svg viewBox="0 0 14 14" aria-hidden="true">
              <path class="dot out" d="M4 4l6 6m0 -6l-6 6" />
            </svg>
            {a('outside')}
          </li>
        </ul>
        <details>
          <summary>{a('asTable')}</summary>
          <p class="note">{a('firstOf', { k: largest.length, n: values.n })}</p>
          <Scroll kind="trial-scroll" label={a('scatterTitle')}>
            <table class="figures">
              <thead>
                <tr>
                  <th scope="col">{a('area')}</th>
                  <th scope="col" class="n">
                    {a('predicted')}
                  </th>
                  <th scope="col" class="n">
                    {a('interval')}
                  </th>
                  <th scope="col" class="n">
                    {a('actual')}
                  </th>
                </tr>
              </thead>
              <tbody>
                {largest.map((t) => (
                  <tr key={`${t.level}:${t.code}`}>
                    <th scope="row">{nameOf(t)}</th>
                    <td class="n">{percent(t.predicted)}</td>
                    <td class="n">
                      {interval(Math.round(t.low * 1000), Math.round(t.high * 1000), lang.value, false)}
                    </td>
                    <td class={`n ${isInside(t) ? '' : 'v'}`}>{percent(t.actual)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </details>
      </figure>
    </section>
  );
}

function Classes({ e }: { e: Evaluation }) {
  const rows = classesOf(e);
  if (rows.length === 0) return null;
  const name = (id: string) => {
    const { key, x } = classWord(id);
    const label = key === 'level' ? say(ready.value?.levels.find((l) => l.id === x)?.label) || x : x;
    return key === null ? x : a(key, { x: label });
  };
  return (
    <section>
      <h3>{a('classTitle')}</h3>
      <Scroll kind="trial-scroll" label={a('classTitle')}>
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">{a('className')}</th>
              <th scope="col" class="n">
                {a('count')}
              </th>
              <th scope="col" class="n">
                {a('crps')}
              </th>
              <th scope="col" class="n">
                {a('coverage')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((c) => (
              <tr key={c.class}>
                <th scope="row">{name(c.class)}</th>
                <td class="n">{count(c.areas, lang.value)}</td>
                <td class="n">{points(c.crps)}</td>
                <td class="n">{percent(c.coverage)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function None() {
  const c = ready.value!;
  const dated = [...c.elections].sort((x, y) => x.date.localeCompare(y.date));
  const [from, to] = dated.length >= 2 ? dated.slice(-2).map((e) => e.id) : ['A', 'B'];
  return (
    <section class="prose">
      <h3>{a('noTest')}</h3>
      <p>{a('noTestText')}</p>
      <pre>
        <code>{`quartier evaluate --from ${from} --to ${to}`}</code>
      </pre>
      <p>{a('noTestMore')}</p>
    </section>
  );
}

export function BackTest() {
  const got = kept('evaluations', fetchEvaluations);
  const chosen = useSignal(0);
  if (got.kind === 'loading') return <div class="skeleton" />;
  if (got.kind === 'failed')
    return (
      <p class="notice error" role="alert">
        {a('testFailed', { why: got.message })}
      </p>
    );
  const all = got.value;
  const e = all[Math.min(chosen.value, all.length - 1)];
  if (!e) return <None />;
  const label = (id: string) => ready.value?.elections.find((x) => x.id === id)?.label ?? id;
  const title = (x: Evaluation) => a('fromTo', { from: label(x.from), to: label(x.to) });
  return (
    <div class="prose trial">
      {all.length > 1 ? (
        <label class="field">
          <span>{a('choose')}</span>
          <select
            value={String(chosen.value)}
            onChange={(ev) => {
              chosen.value = Number(ev.currentTarget.value);
            }}
          >
            {all.map((x, i) => (
              <option key={`${x.from}${x.to}${x.seed}`} value={String(i)}>
                {title(x)}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <p class="sub">{title(e)}</p>
      )}
      <p class="trial-words">{say(e.words)}</p>
      <Errors e={e} />
      {e.pit.length > 0 ? (
        <section>
          <h3>{a('pitTitle')}</h3>
          <p>{a('pitText')}</p>
          <PitHistogram bins={e.pit} />
        </section>
      ) : null}
      {e.scatter.length > 0 ? <Scatter e={e} /> : null}
      <Classes e={e} />
    </div>
  );
}
