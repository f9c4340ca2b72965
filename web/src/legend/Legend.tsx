// The legend: electors by value, stacked by certainty; the 6-3-1 tree on the same axis; electors of each row.
import { Fragment } from 'preact';
import { certaintyOfCell, NO_CANDIDATE, NO_FIGURE, percents, UNCERTAIN } from '../classes/classes';
import { styles } from '../colour/palette';
import { count, edge, number } from '../format/number';
import { groundOf } from '../map/style';
import { Segmented } from '../rail/Rail';
import { countThere, isMoved, isThere } from '../state/layer';
import type { Look } from '../state/look';
import {
  change,
  circled,
  isolate,
  isolated,
  lang,
  level,
  ready,
  showCounts,
  state,
  t,
  theme,
} from '../state/store';
import { look as main, shown } from '../state/view';
import { reached, type Threshold, thresholdsOf } from './thresholds';

const DIM = 0.15;

export function Textures() {
  const th = theme.value;
  return (
    <svg class="textures" aria-hidden="true">
      <pattern id="dots-pattern" width="7" height="7" patternUnits="userSpaceOnUse">
        <circle cx="1.75" cy="1.75" r=".85" fill={styles.too_uncertain.texture_ink[th]} />
        <circle cx="5.25" cy="5.25" r=".85" fill={styles.too_uncertain.texture_ink[th]} />
      </pattern>
      <pattern
        id="hatch-pattern"
        width="6"
        height="6"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(-45)"
      >
        <path d="M0 3h6" stroke={styles.pooled.hatch[th]} stroke-width="1.2" />
      </pattern>
    </svg>
  );
}

function classWords(look: Look, k: number): string {
  const e = look.classes.value.edges;
  const f = (x: number) => edge(x, lang.value, look.spec.value.signed);
  if (k === 0) return t('classBelow', { b: f(e[0]!) });
  if (k === e.length) return t('classAbove', { a: f(e[k - 1]!) });
  return t('classFrom', { a: f(e[k - 1]!), b: f(e[k]!) });
}

function Cell({
  look,
  cell,
  label,
  x,
  y,
  w,
  h,
}: {
  look: Look;
  cell: number;
  label: string;
  x: number;
  y: number;
  w: number;
  h: number;
}) {
  const own = look === main;
  const opacity = !own || shown(cell) ? 1 : DIM;
  const toggle = (add: boolean) => isolate(cell, add);
  const body = (
    <>
      <rect x={x} y={y} width={w} height={h} fill={look.cellColour(cell)} opacity={opacity} />
      {cell === UNCERTAIN ? (
        <rect x={x} y={y} width={w} height={h} fill="url(#dots-pattern)" opacity={opacity} />
      ) : null}
    </>
  );
  // The legend of the second map says what its colours are; classes are isolated on the first.
  if (!own)
    return (
      <g>
        <title>{label}</title>
        {body}
      </g>
    );
  return (
    <g
      role="button"
      tabindex={0}
      class="cell"
      aria-label={label}
      aria-pressed={isolated.value.has(cell)}
      onClick={(e) => toggle(e.shiftKey)}
      onKeyDown={(e) => {
        if (e.key !== 'Enter' && e.key !== ' ') return;
        e.preventDefault();
        toggle(e.shiftKey);
      }}
    >
      {body}
      <rect class="ring" x={x + 1} y={y + 1} width={Math.max(0, w - 2)} height={h - 2} />
    </g>
  );
}

/** The drawing: `tall` with the histogram, else the tree alone (the strip of a phone). */
export function Tree({ width, tall, look = main }: { width: number; tall: boolean; look?: Look }) {
  const h = look.bars.value;
  const k = look.classes.value;
  const s = look.spec.value;
  const l = look.layer.value;
  if (!h || !l) return null;
  // A change has two rows: clear, and not; exact counts have one.
  const change = s.change && l.low !== null;
  const sure = !change && (!state.value.uncertainty || l.spread === null);
  const marks = tall && !s.change ? marksOf(look) : [];
  const top = tall ? 54 : 0;
  const row = tall ? 14 : 11;
  const X = (v: number) => ((Math.min(h.high, Math.max(h.low, v)) - h.low) / (h.high - h.low)) * width;
  const ends = [h.low, ...k.edges, h.high];
  const n = k.edges.length + 1;
  const rows = sure ? 1 : change ? 2 : 3;
  const base = top + (tall ? 3 : 0);
  const words = (cell: number, name: string) =>
    sure || change ? name : `${t(certaintyOfCell(cell))}, ${name}`;
  const barWidth = width / h.bins.length;
  const mark = look.campaignValue(s.id);
  const at = mark === null ? 0 : X(mark / 1000);
  const text = `${ready.value?.name} ${look.campaignText(s.id, s)}`;
  const right = at > width - 110;
  return (
    <svg
      class="tree"
      width={width}
      height={base + rows * (row + 1) + 17}
      viewBox={`0 0 ${width} ${base + rows * (row + 1) + 17}`}
      role="group"
      aria-label={t('legend')}
    >
      {tall
        ? h.bins.map((b, i) => {
            let y = top;
            return [...b.byCell.entries()]
              .sort(([a], [c]) => a - c)
              .map(([cell, electors]) => {
                const height = (electors / h.tallest) * (top - 16);
                y -= height;
                return height < 0.2 ? null : (
                  <rect
                    key={`${b.from}${cell}`}
                    x={i * barWidth}
                    y={y}
                    width={Math.max(0.5, barWidth - 0.7)}
                    height={height}
                    fill={look.cellColour(cell)}
                    opacity={look !== main || shown(cell) ? 1 : DIM}
                  />
                );
              });
          })
        : null}
      {tall ? <path class="axis" d={`M0 ${top + 0.5}H${width}`} /> : null}
      {Array.from({ length: n }, (_, i) => (
        <Cell
          key={`p${i}`}
          look={look}
          cell={i}
          label={words(i, classWords(look, i))}
          x={X(ends[i]!)}
          y={base}
          w={X(ends[i + 1]!) - X(ends[i]!) - 1}
          h={row}
        />
      ))}
      {sure || change
        ? null
        : Array.from({ length: n / 2 }, (_, i) => (
            <Cell
              key={`a${i}`}
              look={look}
              cell={6 + i}
              label={words(6 + i, `${classWords(look, 2 * i)}, ${classWords(look, 2 * i + 1)}`)}
              x={X(ends[2 * i]!)}
              y={base + row + 1}
              w={X(ends[2 * i + 2]!) - X(ends[2 * i]!) - 1}
              h={row}
            />
          ))}
      {sure ? null : (
        <Cell
          look={look}
          cell={UNCERTAIN}
          label={t(change ? 'notClear' : 'uncertain')}
          x={0}
          y={base + (rows - 1) * (row + 1)}
          w={width - 1}
          h={row}
        />
      )}
      {k.edges.map((v) => (
        <text key={v} x={X(v)} y={base + rows * (row + 1) + 13} text-anchor="middle">
          {edge(v, lang.value, s.signed)}
        </text>
      ))}
      {marks
        .filter((m) => m.at >= h.low && m.at <= h.high)
        .map((m) => (
          <path key={m.at} class="threshold" d={`M${X(m.at)} ${top - 12}V${base + rows * (row + 1)}`}>
            <title>{thresholdName(m)}</title>
          </path>
        ))}
      {tall && mark !== null ? (
        <>
          <path class="mark" d={`M${at} 1V${top}`} />
          <text class="mark-text" x={at + (right ? -4 : 4)} y="10" text-anchor={right ? 'end' : 'start'}>
            {text}
          </text>
        </>
      ) : null}
    </svg>
  );
}

const percent = (n: number | undefined) => `${n ?? 0}${lang.value === 'fr' ? '\u202f' : ''}%`;
const decimals = (x: number) => (Number.isInteger(x * 100) ? 0 : 1);
const thresholdName = (m: Threshold) =>
  `≥ ${number(m.at * 100, lang.value, decimals(m.at))}${lang.value === 'fr' ? '\u202f' : ''}${t(m.of)}`;

const marksOf = (look: Look) =>
  ready.value ? thresholdsOf(ready.value, look.election.value, look.past.value) : [];

/** The thresholds of French law, and how many electors live where they are reached. */
function Thresholds({ look }: { look: Look }) {
  const l = look.layer.value;
  const marks = look.spec.value.change ? [] : marksOf(look);
  if (!l || marks.length === 0) return null;
  return (
    <>
      {marks.map((m) => (
        <Fragment key={m.at}>
          <dt title={t(m.why)}>{thresholdName(m)}</dt>
          <dd>{percent(Math.round(100 * reached(l, m.at)))}</dd>
        </Fragment>
      ))}
    </>
  );
}

function Lists({ look }: { look: Look }) {
  const e = look.election.value;
  const l = look.layer.value;
  if (!e || !l) return null;
  const led = e.lists.map((_, i) => l.value.reduce((s, v, row) => s + (v === i ? l.electors[row]! : 0), 0));
  const share = percents(led);
  const order = [...led.keys()].filter((i) => led[i]! > 0).sort((i, j) => led[j]! - led[i]!);
  return (
    <ul class="lead">
      {order.map((i) => {
        const x = e.lists[i]!;
        return (
          <li key={x.id}>
            <button
              type="button"
              aria-pressed={isolated.value.has(i)}
              onClick={(ev) => isolate(i, ev.shiftKey)}
            >
              <svg viewBox="0 0 22 13" aria-hidden="true">
                <rect width="22" height="13" fill={look.cellColour(i)} opacity={shown(i) ? 1 : DIM} />
              </svg>
              <span>{x.short ?? x.label}</span>
              <span class="p">{share[i] === 0 ? `< ${percent(1)}` : percent(share[i])}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Swatches({ look }: { look: Look }) {
  const l = look.layer.value;
  const th = theme.value;
  const summary = look.summary.value;
  // Of a large level only what was drawn is here, and the server says what else there is.
  const none = summary
    ? summary.without > 0
    : l !== null && (look.rowCells.value?.some((cell, i) => cell === NO_FIGURE && isThere(l, i)) ?? false);
  const absent = look.rowCells.value?.includes(NO_CANDIDATE) ?? false;
  const pooled = summary ? summary.pooled > 0 : (l?.pooled?.some((f) => (f & 1) !== 0) ?? false);
  const hexes = level.value !== null && level.value.id === ready.value?.hexes?.id;
  return (
    <p class="swatches">
      {hexes ? (
        <span>
          <svg viewBox="0 0 22 13" aria-hidden="true">
            <rect
              x=".5"
              y=".5"
              width="21"
              height="12"
              fill={groundOf(th)}
              stroke={styles.no_electors.outline[th]}
            />
          </svg>
          {t('noHexagonHere')}
        </span>
      ) : null}
      {pooled ? (
        <span>
          <svg viewBox="0 0 22 13" aria-hidden="true">
            <rect x=".5" y=".5" width="21" height="12" fill={look.cellColour(2)} />
            <rect x=".5" y=".5" width="21" height="12" fill="url(#hatch-pattern)" />
          </svg>
          {t('pooled')}
        </span>
      ) : null}
      {l?.value.some((_, i) => isMoved(l, i)) ? <span>{t('movedBaseline')}</span> : null}
      {absent ? (
        <span>
          <svg viewBox="0 0 22 13" aria-hidden="true">
            <rect x=".5" y=".5" width="21" height="12" fill={look.cellColour(NO_CANDIDATE)} />
          </svg>
          {t(l?.categorical ? 'tie' : 'noCandidate')}
        </span>
      ) : null}
      {none ? (
        <span>
          <svg viewBox="0 0 22 13" aria-hidden="true">
            <rect
              x=".5"
              y=".5"
              width="21"
              height="12"
              fill={styles.no_electors[th]}
              stroke={styles.no_electors.outline[th]}
              stroke-dasharray="2.5 2"
            />
          </svg>
          {t(
            look.election.value
              ? 'noResultHere'
              : look.spec.value.change
                ? 'noFigureHere'
                : 'noElectorsShort',
          )}
        </span>
      ) : null}
    </p>
  );
}

/** `low`: without its bars and its figures, where there is little height. */
export function Legend({ width, look = main, low }: { width: number; look?: Look; low?: boolean }) {
  const s = look.spec.value;
  const h = look.bars.value;
  const c = ready.value;
  const l = look.layer.value;
  const voters = (look.election.value ?? c)?.of === 'voters';
  const estimate = l !== null && look.election.value === null;
  const about = look.compared.value;
  const common = about ? about.common_points : c?.snapshot?.common_points;
  const tiers: readonly (readonly [string, number])[] = !h
    ? []
    : l?.clear && l.low
      ? [
          [t('clearChange'), h.rows.precise],
          [t('notClear'), h.rows.uncertain],
        ]
      : l?.spread && state.value.uncertainty
        ? [
            [t('precise'), h.rows.precise],
            [t('approximate'), h.rows.approximate],
            [t('uncertain'), h.rows.uncertain],
          ]
        : [];
  const rows = percents(tiers.map(([, n]) => n));
  return (
    <section class={`legend ${low ? 'low' : ''}`} aria-label={`${t('legend')}, ${s.label}`}>
      <header>
        <h2>{s.categorical ? s.label : `${s.label}, ${s.unit}`}</h2>
        {s.categorical || s.change || look !== main ? null : (
          <Segmented label={t('display')}>
            {([false, true] as const).map((counts) => (
              <button
                key={String(counts)}
                type="button"
                aria-pressed={showCounts.value === counts}
                onClick={() => change({ counts })}
              >
                {t(counts ? 'counts' : 'shares')}
              </button>
            ))}
          </Segmented>
        )}
      </header>
      {s.categorical ? <Lists look={look} /> : <Tree width={width} tall={!low} look={look} />}
      {/* Without figures there is nothing to say of them. */}
      <div class="side" hidden={l === null || low}>
        {s.categorical ? (
          <p class="note">{t(voters ? 'leadShareVoters' : 'leadShare')}</p>
        ) : (
          <dl class="tiers">
            <dt class="h">
              {t(voters ? 'barHeightVoters' : 'barHeight')}
              {circled.value && !s.change ? (
                <>
                  <br />
                  {t(look.election.value ? 'circlesVotes' : 'circlesPeople')}
                </>
              ) : null}
              {look === main ? (
                <>
                  <br />
                  {t('isolate')}
                </>
              ) : null}
            </dt>
            <dd class="h">{tiers.length > 0 ? t(voters ? 'votersShort' : 'electorsShort') : ''}</dd>
            {tiers.map(([name], i) => (
              <Fragment key={name}>
                <dt>{name}</dt>
                <dd>{percent(rows[i])}</dd>
              </Fragment>
            ))}
            {tiers.length > 0 ? null : (
              <dt class="off">{t(estimate ? 'uncertaintyHidden' : `${look.counted()}Note`)}</dt>
            )}
            <Thresholds look={look} />
          </dl>
        )}
        <Swatches look={look} />
      </div>
      {estimate && common && !low ? (
        <p class="common">
          {t('commonShift', { n: common.toLocaleString(lang.value, { maximumFractionDigits: 1 }) })}
        </p>
      ) : null}
      {about && l ? (
        <p class="common">
          {about.sentence[lang.value]}{' '}
          {estimate
            ? t(about.clear === 0 ? 'clearNowhere' : 'clearIn', {
                n: count(about.clear, lang.value),
                all: count(countThere(l), lang.value),
              })
            : null}
        </p>
      ) : null}
    </section>
  );
}
