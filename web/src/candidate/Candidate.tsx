// One page for the candidate: where we stand, three sentences, three lists, a map, the goal, and how far to trust it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fetchEvaluations, fetchGoal } from '../api/client';
import { MISSING, UNKNOWN } from '../api/container';
import type { Areas, Campaign, Goal, Interval, Level } from '../api/types';
import {
  type Classes,
  cells,
  edgesFor,
  forCertainty,
  makeClasses,
  medianHalfSpread,
  UNCERTAIN,
} from '../classes/classes';
import { colourOf, ramp, stance, textOn } from '../colour/palette';
import { about, between, count, day, edge, interval, points, share } from '../format/number';
import { Drawing, labelsOf } from '../get/Drawing';
import { around, type Box, frameOf, northOf } from '../get/frame';
import { PaperView } from '../get/Paper';
import { North, ScaleBar } from '../get/PrintView';
import { PLAIN } from '../get/paper';
import { projectionOf } from '../get/projection';
import { sourcesText } from '../get/sources';
import { Texture } from '../get/Texture';
import { ends, isMissing, needed, odds, people, percent } from '../goal/figures';
import { goalQuery } from '../goal/setting';
import { inFrance } from '../legend/thresholds';
import { estimateLayer, GROUPS, type Layer } from '../state/layer';
import { areasOf, change, kept, lang, ready, say, snapshotId, state, valuesOf } from '../state/store';
import { groupLabel } from '../state/view';
import { parentOf, pathOf } from '../state/walk';
import type { AreaRef } from '../url/url';
import './candidate.css';
import { levelFor, richest, type Standing, type Standings, standings } from './lists';
import { p } from './words';

const PORTRAIT = { ...PLAIN, landscape: false };
const MAP_MM = [190, 88] as const;
const PT_MM = 25.4 / 72;
/** Rows of a list: a list of two halves has as many in both together. */
const ROWS = 12;
const FIRST = 3;

interface Ground {
  readonly ref: AreaRef | null;
  readonly name: string;
  readonly path: string;
  readonly electors: number | null;
  readonly level: Level;
  readonly areas: Areas;
  readonly rows: readonly number[];
}

/** Whether an area lies inside another, by parent links. */
function isInside(areas: Areas, row: number, at: AreaRef): boolean {
  let list: Areas | null = areas;
  let here = row;
  while (list && here >= 0) {
    if (list.level === at.level) return list.codes[here] === at.code;
    here = list.parents[here]!;
    list = list.parent_level ? areasOf(list.parent_level) : null;
  }
  return false;
}

/** What the page speaks of: the area of the link, or the campaign; null while tables are on their way. */
function groundOf(): Ground | null {
  const c = ready.value!;
  const tables = c.levels.map((l) => areasOf(l.id));
  if (tables.some((x) => x === null)) return null;
  const lists = tables as Areas[];
  const a = state.value.area;
  const own = a ? c.levels.findIndex((l) => l.id === a.level) : -1;
  const row = a && own >= 0 ? lists[own]!.codes.indexOf(a.code) : -1;
  const found = a && row >= 0 ? a : null;
  const rowsAt = (i: number, of: AreaRef | null) =>
    [...lists[i]!.codes.keys()].filter((r) => of === null || isInside(lists[i]!, r, of));
  let base = found;
  let within = c.levels.map((_, i) => (base && i <= own ? [] : rowsAt(i, base)));
  // An area without any below it is seen among its siblings.
  if (base && within.every((rows) => rows.length === 0)) {
    const up = parentOf(c, areasOf, base);
    base = up;
    within = c.levels.map((_, i) => (i === own ? rowsAt(i, up) : []));
  }
  const at = levelFor(
    within.map((rows) => rows.length),
    Math.max(
      0,
      within.findIndex((rows) => rows.length > 0),
    ),
  );
  return {
    ref: found,
    name: found ? lists[own]!.names[row]! : c.name,
    path: found
      ? pathOf(areasOf, c, found)
          .map((x) => x.name)
          .join(' › ') || c.name
      : '',
    electors: found ? (lists[own]!.electors[row] ?? null) : (c.snapshot?.electors ?? null),
    level: c.levels[at]!,
    areas: lists[at]!,
    rows: within[at]!,
  };
}

/** A figure of the area or the campaign, in thousandths. */
function figureOf(ground: Ground, measure: string): { value: number; low: number; high: number } | null {
  const c = ready.value!;
  if (!ground.ref) {
    const v = c.snapshot?.campaign[measure] as Interval | undefined;
    return v
      ? { value: Math.round(v.value * 1000), low: Math.round(v.low * 1000), high: Math.round(v.high * 1000) }
      : null;
  }
  const id = snapshotId.value;
  const table = id === null ? null : valuesOf(id, ground.ref.level);
  const row = areasOf(ground.ref.level)?.codes.indexOf(ground.ref.code) ?? -1;
  if (table?.kind !== 'ready' || row < 0) return null;
  const l = estimateLayer(table.value, measure);
  return l.value[row] === MISSING ? null : { value: l.value[row]!, low: l.low![row]!, high: l.high![row]! };
}

function List({
  standing,
  name,
  l,
  areas,
  most,
}: {
  standing: Standing;
  name?: string;
  l: Layer;
  areas: Areas;
  most: number;
}) {
  const n = standing.rows.length;
  const words = { n: count(n, lang.value), e: count(standing.electors, lang.value) };
  return (
    <>
      <p class="tally">
        {name ? <b>{`${name}${lang.value === 'fr' ? ' : ' : ': '}`}</b> : null}
        {n === 0 ? p('nobody') : p(n === 1 ? 'zone' : 'zones', words)}
      </p>
      <table>
        <tbody>
          {standing.rows.slice(0, most).map((i) => (
            <tr key={i}>
              <th scope="row" class="cut">
                {areas.names[i]}
              </th>
              <td class="n">
                <b>{points(l.value[i]!, lang.value, l.high![i]! - l.low![i]!)}</b>{' '}
                <small>{interval(l.low![i]!, l.high![i]!, lang.value, true)}</small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {n > most ? <p class="rest">{p('others', { n: count(n - most, lang.value) })}</p> : null}
    </>
  );
}

function Profile({ four }: { four: readonly number[] }) {
  const c = stance('light');
  return (
    <div class="candidate-profile">
      <div class="stack">
        {GROUPS.map((g, i) => (
          <span key={g} style={{ flexGrow: four[i]!, background: c[g]!, color: textOn(c[g]!) }}>
            {four[i]! >= 50 ? Math.round(four[i]! / 10) : ''}
          </span>
        ))}
      </div>
      <ul>
        {GROUPS.map((g) => (
          <li key={g}>
            <i style={{ background: c[g]! }} />
            {groupLabel(g)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function GoalWords({ ground, onSaid }: { ground: Ground; onSaid: () => void }) {
  const answer = useSignal<Goal | null>(null);
  const setting = state.value.goal ?? { by: 'estimate' as const, value: 0, within: null };
  const here = ground.ref ? `${ground.ref.level}:${ground.ref.code}` : null;
  // A goal that was set for the whole gives its part here; without one, the area has its own majority.
  const part = here !== null && state.value.goal !== null && setting.within === null;
  const q = goalQuery(part || setting.within !== null ? setting : { ...setting, within: here });
  if (part) q.set('area', here!);
  if (snapshotId.value !== null) q.set('snapshot', String(snapshotId.value));
  q.set('limit', '1');
  const key = q.toString();
  useEffect(() => {
    let current = true;
    fetchGoal(q).then(
      (value) => {
        if (!current) return;
        answer.value = value;
        onSaid();
      },
      // A page without a goal still prints.
      () => onSaid(),
    );
    return () => {
      current = false;
    };
  }, [key]);
  const goal = answer.value;
  if (!goal) return <section />;
  const l = lang.value;
  const own = part ? goal.areas[0] : undefined;
  const shown: Goal = own
    ? {
        ...goal,
        needed: own.goal,
        in_hand: own.in_hand,
        gap: { value: own.gap, low: own.goal - own.in_hand.high, high: own.goal - own.in_hand.low },
        chance: own.chance,
      }
    : goal;
  const [a, b] = ends(shown.in_hand, l);
  return (
    <section>
      <h2>{p('goal')}</h2>
      <p>
        {p(isMissing(shown) ? 'goalWhole' : 'goalSpare', {
          n: needed(shown, l),
          hand: people(shown.in_hand.value, l).replace('≈ ', ''),
          a,
          b,
          gap: people(Math.abs(shown.gap.value), l),
          p: odds(shown, l),
        })}{' '}
        {own ? p('goalPart', { all: count(goal.needed, l), n: count(own.goal, l) }) : ''}{' '}
        {goal.scenario !== null ? p('goalBy', { t: percent(goal.scenario, l) }) : ''}
      </p>
    </section>
  );
}

function TestWords() {
  const got = kept('evaluations', fetchEvaluations);
  const first = got.kind === 'ready' ? got.value[0] : undefined;
  return (
    <section>
      <h2>{p('test')}</h2>
      <p>{first ? say(first.words) : p('noTest')}</p>
    </section>
  );
}

function MapLegend({ classes }: { classes: Classes }) {
  const r = ramp('margin', 'light', classes.edges.length === 3);
  const W = 60;
  const n = classes.edges.length + 1;
  return (
    <div class="legend-mm">
      {p('map')}
      <svg viewBox={`0 0 ${W + 12} 7`} style={{ width: `${W + 12}mm`, height: '7mm' }} aria-hidden="true">
        {r.six.map((colour, i) => (
          <rect key={colour} x={(i * W) / n} y=".6" width={W / n - 0.2} height="2.6" fill={colour} />
        ))}
        {classes.edges.map((x, i) => (
          <text key={x} x={((i + 1) * W) / n} y="6.4" text-anchor="middle" font-size="2.5">
            {edge(x, lang.value, true)}
          </text>
        ))}
        <rect x={W + 2} y=".6" width="8" height="2.6" fill={r.one} />
        <Texture name="dots" size={1.4} boxes={[[W + 2.2, 0.8, W + 9.8, 3]]} />
        <text x={W + 6} y="6.4" text-anchor="middle" font-size="2.5">
          {p('dots')}
        </text>
      </svg>
    </div>
  );
}

/** The electors whom the baseline counts in no area at all. */
const outside = (c: Campaign): number =>
  (c.elections.find((e) => e.id === c.snapshot?.baseline)?.unplaced ?? [])
    .filter((u) => u.level === 'campaign')
    .reduce((sum, u) => sum + ((c.of === 'electors' ? u.counts.registered : null) ?? u.counts.voters), 0);

/** Where we are ahead, in one sentence. */
function placesOf(where: Standings, level: string): string {
  if (where.areas === 1)
    return p(
      where.ahead.rows.length > 0
        ? 'aloneAhead'
        : where.behind.rows.length > 0
          ? 'aloneBehind'
          : 'aloneUnknown',
    );
  const all = { all: where.areas, level };
  if (where.ahead.rows.length === where.areas) return p('allAhead', all);
  if (where.behind.rows.length === where.areas) return p('allBehind', all);
  return p('places', {
    ...all,
    ahead: where.ahead.rows.length,
    share: percent(where.electors > 0 ? where.ahead.electors / where.electors : 0, lang.value),
    behind: where.behind.rows.length > 0 ? p('inSome', { n: where.behind.rows.length }) : p('nowhere'),
    rest: where.tied.rows.length + where.unknown.rows.length,
  });
}

export default function Candidate() {
  const c = ready.value!;
  const drawnFor = useSignal('');
  const saidFor = useSignal('');
  const ground = groundOf();
  useEffect(() => {
    document.title = `${p('title')}, ${ground?.name ?? c.name}`;
  }, [ground?.name, lang.value]);
  const id = snapshotId.value;
  const published = c.snapshot;
  const options = (
    <>
      <label>
        <span>{p('ground')}</span>
        <select
          value={ground?.ref ? `${ground.ref.level}:${ground.ref.code}` : ''}
          onChange={(e) => {
            const [at, ...code] = e.currentTarget.value.split(':');
            change({ area: at && code.length > 0 ? { level: at, code: code.join(':') } : null }, true);
          }}
        >
          <option value="">{p('whole')}</option>
          {ground?.ref ? (
            <option value={`${ground.ref.level}:${ground.ref.code}`}>{ground.name}</option>
          ) : null}
        </select>
      </label>
      <button
        type="button"
        class="btn"
        lang={lang.value === 'fr' ? 'en' : 'fr'}
        onClick={() => change({ lang: lang.value === 'fr' ? 'en' : 'fr' })}
      >
        {lang.value === 'fr' ? 'English' : 'Français'}
      </button>
    </>
  );
  if (id === null || !published)
    return (
      <PaperView paper={PORTRAIT} title={p('title')} controls={options} ready={false}>
        <p>{p('none')}</p>
      </PaperView>
    );
  const table = ground ? valuesOf(id, ground.level.id) : null;
  const fav = ground ? figureOf(ground, 'favourable') : null;
  if (!ground || table?.kind !== 'ready' || !fav)
    return <PaperView paper={PORTRAIT} title={p('title')} controls={options} ready={false} children={null} />;
  const l = estimateLayer(table.value, 'margin');
  const { areas, rows } = ground;
  const where = standings({ value: l.value, low: l.low!, high: l.high!, electors: l.electors }, rows);
  const edges = c.edges.margin ?? edgesFor(l.value, l.electors, true);
  const classes = forCertainty(makeClasses(edges), medianHalfSpread(l.spread));
  const cellsOf = cells(l, classes, true);
  const r = ramp('margin', 'light', classes.edges.length === 3);
  const inside = new Set(rows);
  const boxes = rows.map((row): Box | null => {
    const b = areas.bounds.slice(4 * row, 4 * row + 4);
    return b.every((v): v is number => v !== null) ? (b as unknown as Box) : null;
  });
  const box = ground.ref ? (around(boxes) ?? c.home) : c.home;
  const frame = frameOf(box, MAP_MM[0], MAP_MM[1], projectionOf(box, inFrance(c.language, c.home)));
  const at = c.levels.findIndex((x) => x.id === ground.level.id);
  const key = `${ground.name}${ground.level.id}`;
  const n = lang.value;
  const voters = c.of === 'voters';
  const opposed = figureOf(ground, 'opposed');
  const turnout = figureOf(ground, 'turnout');
  const four = GROUPS.map((g) => figureOf(ground, g)?.value ?? MISSING);
  const share1000 = (f: { value: number; low: number; high: number } | null) =>
    f ? share(f.value, n, { width: f.high - f.low }) : '—';
  const persuasion = estimateLayer(table.value, 'persuasion');
  const mobilisation = estimateLayer(table.value, 'mobilisation');
  const peopleOf = (x: Layer, row: number) =>
    x.value[row] === MISSING || l.electors[row] === UNKNOWN ? 0 : (x.value[row]! * l.electors[row]!) / 1000;
  const whole = (measure: string) =>
    ((figureOf(ground, measure)?.value ?? 0) * (ground.electors ?? 0)) / 1000;
  const first = richest((row) => peopleOf(persuasion, row) + peopleOf(mobilisation, row), rows, FIRST).map(
    (row) => areas.names[row]!,
  );
  const names =
    first.length > 1 ? p('and', { a: first.slice(0, -1).join(', '), b: first.at(-1)! }) : (first[0] ?? '');
  const bare = (v: number) => about(v, n).replace('≈ ', '');
  const half = Math.floor(ROWS / 2);
  const unplaced = outside(c);
  const electors = ground.electors === null ? '?' : count(ground.electors, n);
  return (
    <PaperView
      paper={PORTRAIT}
      title={p('title')}
      controls={options}
      ready={drawnFor.value === key && saidFor.value === ground.name}
    >
      <div class="page-in candidate">
        <header class="page-head">
          <div>
            <h1>{ground.name}</h1>
            <p>
              {ground.path
                ? p('sub', { n: electors, path: ground.path })
                : p(unplaced > 0 ? 'subUnplaced' : 'subWhole', { n: electors, m: count(unplaced, n) })}
            </p>
          </div>
          <p class="end">
            <b>{ground.ref ? c.name : p('title')}</b>
            <br />
            {p('publication', { n: id, date: day(published.published_at, n) })}
          </p>
        </header>
        <div class="opening">
          <div class="headline">
            <b>{share1000(fav)}</b>
            <span>
              {groupLabel('favourable')}
              <br />
              {p('range', { range: interval(fav.low, fav.high, n, false) })}
            </span>
          </div>
          <ul class="sentences">
            <li>
              {p(voters ? 'standVoters' : 'stand', {
                value: share1000(fav),
                range: between(fav.low, fav.high, n, false),
                opposed: share1000(opposed),
                turnout: share1000(turnout),
              })}
            </li>
            <li>{placesOf(where, say(ground.level.label).toLocaleLowerCase(n))}</li>
            <li>
              {p(voters ? 'workVoters' : 'work', {
                persuade: bare(whole('persuasion')),
                mobilise: bare(whole('mobilisation')),
                names: rows.length > 1 ? p('first', { names }) : '',
              })}
            </li>
          </ul>
          {four.includes(MISSING) ? null : <Profile four={four} />}
        </div>
        <div class="map-print">
          <Drawing
            campaign={c}
            level={ground.level}
            areas={areas}
            frame={frame}
            fill={(row) => {
              if (!inside.has(row)) return null;
              const cell = cellsOf[row] ?? -1;
              if (cell < 0) return { colour: '#ffffff', texture: null };
              return { colour: colourOf(cell, r), texture: cell === UNCERTAIN ? 'dots' : null };
            }}
            outlines={c.levels.slice(Math.max(0, at - 2), at)}
            labels={labelsOf(areas, rows, frame, 7 * PT_MM, (row) => areas.names[row]!)}
            enlarged={1}
            label={p('mapLabel', { place: ground.name })}
            onDrawn={() => {
              drawnFor.value = key;
            }}
          />
          <North unit={1} turned={northOf(frame)} />
        </div>
        <div class="map-key">
          <MapLegend classes={classes} />
          <ScaleBar frame={frame} unit={1} />
        </div>
        <div class="lists">
          <section>
            <h2>{p('sure')}</h2>
            <p class="rest">{p('sureNote')}</p>
            <List standing={where.ahead} name={p('ahead')} l={l} areas={areas} most={half} />
            <List standing={where.behind} name={p('behind')} l={l} areas={areas} most={half} />
          </section>
          <section>
            <h2>{p('tied')}</h2>
            <p class="rest">{p('tiedNote')}</p>
            <List standing={where.tied} l={l} areas={areas} most={ROWS} />
          </section>
          <section>
            <h2>{p('unknown')}</h2>
            <p class="rest">{p('unknownNote')}</p>
            <List standing={where.unknown} l={l} areas={areas} most={ROWS} />
          </section>
        </div>
        <div class="closing">
          <GoalWords
            ground={ground}
            onSaid={() => {
              saidFor.value = ground.name;
            }}
          />
          <TestWords />
        </div>
        <footer class="page-foot">
          <p>{p('foot', { sources: sourcesText() })}</p>
          <p class="end">Quartier</p>
        </footer>
      </div>
    </PaperView>
  );
}
