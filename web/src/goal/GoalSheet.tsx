// The goal of votes: what sets the bar, what is in hand, the chance to reach it, and a goal for every area.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { failure, fetchGoal, goalUrl } from '../api/client';
import type { Goal, GoalArea, Remote } from '../api/types';
import { count } from '../format/number';
import { Sheet } from '../layout/Sheet';
import {
  allLevels,
  areasOf,
  change,
  GAP,
  lang,
  level,
  ready,
  resolutionOf,
  say,
  snapshotId,
  state,
  whyNot,
} from '../state/store';
import { selection, elsewhere as unplacedRows } from '../state/view';
import {
  axisTop,
  ends,
  isBeyond,
  isMissing,
  isOutside,
  needed,
  odds,
  people,
  percent,
  percentExact,
  signed,
} from './figures';
import './goal.css';
import { type GoalSetting, goalQuery } from './setting';
import { g } from './words';

/** A change of the form is asked for once it rests. */
const REST_MS = 250;
const PAGE = 100;
const DRAWS = 200;

const NONE: GoalSetting = { by: 'estimate', value: 0, within: null };
const set = (goal: GoalSetting) => change({ goal });

function Form({ goal, answer }: { goal: GoalSetting; answer: Goal | null }) {
  const c = ready.value!;
  const s = selection.value;
  const here = s ? `${s.level}:${s.code}` : null;
  const inside = goal.within;
  const scenario = goal.by === 'turnout' ? goal.value : Math.round((answer?.scenario ?? 0.6) * 1000);
  const name = (() => {
    if (inside === null) return '';
    const [at, ...code] = inside.split(':');
    const list = areasOf(at!);
    return list?.names[list.codes.indexOf(code.join(':'))] ?? inside;
  })();
  return (
    <fieldset class="goal-form">
      <legend>{g('needs')}</legend>
      <label>
        <input
          type="radio"
          name="bar"
          checked={goal.by !== 'votes'}
          onChange={() => set({ ...goal, by: 'estimate', value: 0 })}
        />
        {g('majority')}
      </label>
      {goal.by !== 'votes' && c.of === 'electors' ? (
        <div class="scenario">
          <label>
            <span>{g('turnout')}</span>
            <input
              type="range"
              min="20"
              max="95"
              step="1"
              value={Math.round(scenario / 10)}
              aria-valuetext={percent(scenario / 1000, lang.value)}
              onInput={(e) => set({ ...goal, by: 'turnout', value: Number(e.currentTarget.value) * 10 })}
            />
            <b>{percentExact(scenario / 1000, lang.value)}</b>
          </label>
          <p class="note">
            {answer
              ? g('estimated', {
                  v: percent(answer.turnout.value, lang.value),
                  range: `${percent(answer.turnout.low, lang.value)} – ${percent(answer.turnout.high, lang.value)}`,
                })
              : ''}{' '}
            {goal.by === 'turnout' ? (
              <button type="button" class="link" onClick={() => set({ ...goal, by: 'estimate', value: 0 })}>
                {g('back')}
              </button>
            ) : null}
          </p>
        </div>
      ) : null}
      <label>
        <input
          type="radio"
          name="bar"
          checked={goal.by === 'votes'}
          onChange={() => set({ ...goal, by: 'votes', value: answer?.needed ?? 1000 })}
        />
        {g('number')}
      </label>
      {goal.by === 'votes' ? (
        <div class="scenario">
          <label>
            <span>{g('votes')}</span>
            <input
              type="number"
              min="1"
              step="1"
              value={goal.value}
              onChange={(e) =>
                set({
                  ...goal,
                  value: Math.min(9_999_999_999, Math.max(1, Math.round(Number(e.currentTarget.value)) || 1)),
                })
              }
            />
          </label>
        </div>
      ) : null}
      <label class="ground">
        <span>{g('ground')}</span>
        <select
          value={inside ?? ''}
          onChange={(e) => set({ ...goal, within: e.currentTarget.value || null })}
        >
          <option value="">{g('everywhere')}</option>
          {inside !== null ? <option value={inside}>{name}</option> : null}
          {here !== null && here !== inside ? <option value={here}>{s!.areas.names[s!.row]}</option> : null}
        </select>
      </label>
    </fieldset>
  );
}

/** In hand with its interval, what could still be won, and the bar, on one axis of votes. */
export function Line({ goal }: { goal: Goal }) {
  const top = axisTop(goal);
  // Type keeps its size: it is the axis that is shorter on a phone.
  const W = matchMedia('(max-width: 599px)').matches ? 290 : 780;
  const X = (v: number) => 4 + (Math.min(top, Math.max(0, v)) / top) * (W - 8);
  const l = lang.value;
  const [a, b] = ends(goal.in_hand, l);
  const won = Math.min(goal.electors, goal.in_hand.value + goal.potential);
  const right = X(goal.needed) > W * 0.65;
  return (
    <svg
      class="goal-line"
      viewBox={`0 0 ${W} 58`}
      role="img"
      aria-label={g('barLabel', { v: people(goal.in_hand.value, l), a, b, n: needed(goal, l) })}
    >
      <rect
        class="potential"
        x={X(goal.in_hand.value)}
        y="24"
        width={X(won) - X(goal.in_hand.value)}
        height="14"
      />
      <rect class="held" x={X(0)} y="24" width={X(goal.in_hand.value) - X(0)} height="14" />
      <path class="rule" d={`M4 38.5H${W - 4}`} />
      <path class="span" d={`M${X(goal.in_hand.low)} 31H${X(goal.in_hand.high)}`} />
      <path class="span" d={`M${X(goal.in_hand.low)} 27v8M${X(goal.in_hand.high)} 27v8`} />
      <circle class="dot" cx={X(goal.in_hand.value)} cy="31" r="4.5" />
      <path class="bar" d={`M${X(goal.needed)} 16V42`} />
      <text class="v" x={X(goal.needed) + (right ? -5 : 5)} y="14" text-anchor={right ? 'end' : 'start'}>
        {`${g('goal')} ${needed(goal, l)}`}
      </text>
      <text x="4" y="53">
        0
      </text>
      <text x={W - 4} y="53" text-anchor="end">
        {count(top, l)}
      </text>
    </svg>
  );
}

export function Figures({ goal }: { goal: Goal }) {
  const l = lang.value;
  const [a, b] = ends(goal.in_hand, l);
  const missing = isMissing(goal);
  const gap = missing ? goal.gap : { value: -goal.gap.value, low: -goal.gap.high, high: -goal.gap.low };
  const range = [gap.low, gap.high].map((n) => (Math.abs(n) < 1 ? '0' : people(n, l).replace('≈ ', '')));
  return (
    <dl class="goal-figures">
      <div>
        <dt>{g('needed')}</dt>
        <dd>{needed(goal, l)}</dd>
        <dd class="small">
          {g(goal.of === 'voters' ? 'ofVoters' : 'ofElectors', { n: count(goal.electors, l) })}
        </dd>
      </div>
      <div>
        <dt>{g('inHand')}</dt>
        <dd>{people(goal.in_hand.value, l)}</dd>
        <dd class="small">{g('range', { a, b })}</dd>
      </div>
      <div>
        <dt>{g(missing ? 'missing' : 'spare')}</dt>
        <dd>{people(gap.value, l)}</dd>
        <dd class="small">{g('range', { a: range[0]!, b: range[1]! })}</dd>
      </div>
      <div>
        <dt>{g('chance')}</dt>
        <dd>{odds(goal, l)}</dd>
        <dd class="small">{g('ofDraws', { n: DRAWS })}</dd>
      </div>
    </dl>
  );
}

type Sort = 'electors' | 'in_hand' | 'goal' | 'gap' | 'chance';

function Areas({ goal, setting }: { goal: Goal; setting: GoalSetting }) {
  const c = ready.value!;
  const l = lang.value;
  const at = useSignal<string | null>(null);
  const sort = useSignal<{ by: Sort; descending: boolean }>({ by: 'gap', descending: true });
  const rows = useSignal<readonly GoalArea[]>([]);
  const found = useSignal<Goal | null>(null);
  const root = c.levels.findIndex((x) => x.id === goal.within?.level);
  // A grouping is neither coarser nor finer than a level, and hexagons are finer than all.
  const levels = allLevels.value.filter(
    (_, i) => i >= root && (root < 0 || i > root || c.levels.length === root + 1),
  );
  const wanted = at.value ?? level.value?.id;
  const shownLevel = levels.find((x) => x.id === wanted)?.id ?? levels[0]?.id ?? goal.level;
  const query = (cursor: string | null) => {
    const q = goalQuery(setting);
    q.set('level', shownLevel);
    const resolution = resolutionOf(shownLevel);
    if (resolution !== null) q.set('resolution', String(resolution));
    q.set('sort', `${sort.value.descending ? '-' : ''}${sort.value.by}`);
    q.set('limit', String(PAGE));
    q.set('snapshot', String(goal.snapshot));
    if (cursor !== null) q.set('cursor', cursor);
    return q;
  };
  const key = query(null).toString();
  useEffect(() => {
    let current = true;
    fetchGoal(query(null)).then(
      (value) => {
        if (!current) return;
        rows.value = value.areas;
        found.value = value;
      },
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [key]);
  const more = () => {
    const cursor = found.value?.next_cursor;
    if (!cursor) return;
    fetchGoal(query(cursor)).then(
      (value) => {
        rows.value = [...rows.value, ...value.areas];
        found.value = value;
      },
      () => undefined,
    );
  };
  const head = (by: Sort, text: string) => (
    <th
      scope="col"
      class="n"
      aria-sort={sort.value.by === by ? (sort.value.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        title={g('sortBy', { name: text })}
        onClick={() => {
          sort.value = { by, descending: sort.value.by === by ? !sort.value.descending : true };
        }}
      >
        {text}
        <span aria-hidden="true">{sort.value.by === by ? (sort.value.descending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
  const whole = found.value;
  const csv = query(null);
  csv.delete('limit');
  csv.set('format', l === 'fr' ? 'csv-fr' : 'csv');
  const line = (r: GoalArea, name: string) => (
    <tr key={`${r.level}:${r.code}`}>
      <th scope="row">{name}</th>
      <td class="n wide-only">{r.electors === null ? '?' : count(r.electors, l)}</td>
      <td class="n">
        {people(r.in_hand.value, l)} <small>{ends(r.in_hand, l).join('–')}</small>
      </td>
      <td class="n v">{count(r.goal, l)}</td>
      <td class="n">{signed(r.gap, l)}</td>
      <td class="n">{odds(r, l)}</td>
    </tr>
  );
  return (
    <section class="goal-areas">
      <header>
        <h3>{g('perArea')}</h3>
        <label>
          <span>{g('level')}</span>
          <select
            value={shownLevel}
            onChange={(e) => {
              at.value = e.currentTarget.value;
            }}
          >
            {levels.map((x) => (
              <option key={x.id} value={x.id}>
                {say(x.label)}
              </option>
            ))}
          </select>
        </label>
      </header>
      <p class="note">{g('how')}</p>
      <div class="goal-scroll">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">{g('area')}</th>
              <th scope="col" class="n wide-only">
                {g(goal.of === 'voters' ? 'voters' : 'electors')}
              </th>
              {head('in_hand', g('hand'))}
              {head('goal', g('goal'))}
              {head('gap', g('gap'))}
              {head('chance', g('odds'))}
            </tr>
          </thead>
          <tbody>
            {rows.value.map((r) => line(r, r.name))}
            {whole && whole.next_cursor === null
              ? whole.elsewhere.map((r) => line(r, g('above', { name: r.name })))
              : null}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{g('total')}</th>
              <td class="n wide-only">{count(goal.electors, l)}</td>
              <td class="n">{people(goal.in_hand.value, l)}</td>
              <td class="n v">{needed(goal, l)}</td>
              <td class="n">{signed(goal.gap.value, l)}</td>
              <td class="n">{odds(goal, l)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
      <footer>
        {whole ? (
          <span class="note">
            {g('shown', { n: count(rows.value.length, l), all: count(whole.total, l) })}
          </span>
        ) : null}
        {whole?.next_cursor ? (
          <button type="button" class="btn" onClick={more}>
            {g('more')}
          </button>
        ) : null}
        <button
          type="button"
          class="btn"
          onClick={() => change({ election: null, measure: GAP, sheet: null }, true)}
        >
          {g('onMap')}
        </button>
        <a class="btn" href={goalUrl(csv)} download="">
          {g('csv')}
        </a>
      </footer>
    </section>
  );
}

export default function GoalSheet() {
  const setting = state.value.goal ?? NONE;
  const answer = useSignal<Remote<Goal>>({ kind: 'loading' });
  const kept = useSignal<Goal | null>(null);
  const q = goalQuery(setting);
  if (snapshotId.value !== null) q.set('snapshot', String(snapshotId.value));
  q.set('limit', '1');
  const key = q.toString();
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      fetchGoal(q).then(
        (value) => {
          if (!current) return;
          answer.value = { kind: 'ready', value };
          kept.value = value;
        },
        (e: unknown) => {
          if (current) answer.value = failure(e);
        },
      );
    }, REST_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key]);
  // Opening the dialog is setting a goal: what is seen is what a link brings back.
  useEffect(() => {
    if (!state.peek().goal) set(NONE);
  }, []);
  const goal = kept.value;
  const l = lang.value;
  const unplaced = unplacedRows.value.reduce((s, u) => s + u.electors, 0);
  const range = goal ? `${percent(goal.turnout.low, l)} – ${percent(goal.turnout.high, l)}` : '';
  return (
    <Sheet title={g('title')} wide>
      <p class="sub">{goal?.within?.name ?? ready.value?.name}</p>
      <Form goal={setting} answer={goal} />
      {answer.value.kind === 'failed' ? (
        <p class="notice error" role="alert">
          {answer.value.answered ? g('failed', { why: answer.value.message }) : whyNot(answer.value)}
        </p>
      ) : null}
      {goal ? (
        <div aria-live="polite" class="goal-answer">
          <Figures goal={goal} />
          <Line goal={goal} />
          <p class="note">{g('withPotential', { n: people(goal.potential, l) })}</p>
          {isOutside(goal) ? <p class="notice">{g('outside', { range })}</p> : null}
          {isBeyond(goal) ? <p class="notice">{g('beyond')}</p> : null}
          <p class="note">
            {g('whatever', { p: odds({ chance: goal.majority }, l) })} {g('blanks')}{' '}
            {unplaced > 0 && goal.within === null ? g('unplaced', { n: count(unplaced, l) }) : ''}{' '}
            {g('keptInLink')}{' '}
            <button
              type="button"
              class="link"
              onClick={() =>
                change({
                  goal: null,
                  sheet: null,
                  ...(state.value.measure === GAP ? { measure: 'favourable' } : {}),
                })
              }
            >
              {g('remove')}
            </button>
          </p>
          <Areas goal={goal} setting={setting} />
        </div>
      ) : (
        <div class="skeleton" />
      )}
    </Sheet>
  );
}
