// The legend: electors by value, stacked by certainty; the 6-3-1 tree on the same axis; electors of each row.
import { certaintyOfCell, percents } from '../classes/classes';
import { styles } from '../colour/palette';
import { edge } from '../format/number';
import { Segmented } from '../rail/Rail';
import { election, isolate, isolated, lang, ready, showCounts, state, t, theme } from '../state/store';
import {
  bars,
  campaignText,
  campaignValue,
  cellColour,
  classes,
  layer,
  rowCells,
  shown,
  spec,
} from '../state/view';

const DIM = 0.15;
const NO_CELL = -1;

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

function classWords(k: number): string {
  const e = classes.value.edges;
  const f = (x: number) => edge(x, lang.value, spec.value.signed);
  if (k === 0) return t('classBelow', { b: f(e[0]!) });
  if (k === e.length) return t('classAbove', { a: f(e[k - 1]!) });
  return t('classFrom', { a: f(e[k - 1]!), b: f(e[k]!) });
}

function Cell({
  cell,
  label,
  x,
  y,
  w,
  h,
}: {
  cell: number;
  label: string;
  x: number;
  y: number;
  w: number;
  h: number;
}) {
  const opacity = shown(cell) ? 1 : DIM;
  const toggle = (add: boolean) => isolate(cell, add);
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
      <rect x={x} y={y} width={w} height={h} fill={cellColour(cell)} opacity={opacity} />
      {cell === 9 ? (
        <rect x={x} y={y} width={w} height={h} fill="url(#dots-pattern)" opacity={opacity} />
      ) : null}
      <rect class="ring" x={x + 1} y={y + 1} width={Math.max(0, w - 2)} height={h - 2} />
    </g>
  );
}

/** The drawing: `tall` with the histogram, else the tree alone (the strip of a phone). */
export function Tree({ width, tall }: { width: number; tall: boolean }) {
  const h = bars.value;
  const k = classes.value;
  if (!h) return null;
  const sure = !state.value.uncertainty || layer.value?.spread === null;
  const top = tall ? 54 : 0;
  const row = tall ? 14 : 11;
  const X = (v: number) => ((Math.min(h.high, Math.max(h.low, v)) - h.low) / (h.high - h.low)) * width;
  const ends = [h.low, ...k.edges, h.high];
  const n = k.edges.length + 1;
  const rows = sure ? 1 : 3;
  const base = top + (tall ? 3 : 0);
  const words = (cell: number, name: string) => (sure ? name : `${t(certaintyOfCell(cell))}, ${name}`);
  const barWidth = width / h.bins.length;
  const mark = campaignValue(spec.value.id);
  const at = mark === null ? 0 : X(mark / 1000);
  const text = `${ready.value?.name} ${campaignText(spec.value.id, spec.value)}`;
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
                    fill={cellColour(cell)}
                    opacity={shown(cell) ? 1 : DIM}
                  />
                );
              });
          })
        : null}
      {tall ? <path class="axis" d={`M0 ${top + 0.5}H${width}`} /> : null}
      {Array.from({ length: n }, (_, i) => (
        <Cell
          key={`p${i}`}
          cell={i}
          label={words(i, classWords(i))}
          x={X(ends[i]!)}
          y={base}
          w={X(ends[i + 1]!) - X(ends[i]!) - 1}
          h={row}
        />
      ))}
      {sure
        ? null
        : Array.from({ length: n / 2 }, (_, i) => (
            <Cell
              key={`a${i}`}
              cell={6 + i}
              label={words(6 + i, `${classWords(2 * i)}, ${classWords(2 * i + 1)}`)}
              x={X(ends[2 * i]!)}
              y={base + row + 1}
              w={X(ends[2 * i + 2]!) - X(ends[2 * i]!) - 1}
              h={row}
            />
          ))}
      {sure ? null : (
        <Cell cell={9} label={t('uncertain')} x={0} y={base + 2 * (row + 1)} w={width - 1} h={row} />
      )}
      {k.edges.map((v) => (
        <text key={v} x={X(v)} y={base + rows * (row + 1) + 13} text-anchor="middle">
          {edge(v, lang.value, spec.value.signed)}
        </text>
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

function Lists() {
  const e = election.value;
  const l = layer.value;
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
                <rect width="22" height="13" fill={cellColour(i)} opacity={shown(i) ? 1 : DIM} />
              </svg>
              <span>{x.short ?? x.label}</span>
              <span class="p">{`${share[i] === 0 ? '< 1' : share[i]}${lang.value === 'fr' ? '\u202f' : ''}%`}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Swatches() {
  const l = layer.value;
  const th = theme.value;
  const none = rowCells.value?.includes(NO_CELL) ?? false;
  const pooled = l?.pooled?.some((f) => (f & 1) !== 0) ?? false;
  return (
    <p class="swatches">
      {pooled ? (
        <span>
          <svg viewBox="0 0 22 13" aria-hidden="true">
            <rect x=".5" y=".5" width="21" height="12" fill={cellColour(2)} />
            <rect x=".5" y=".5" width="21" height="12" fill="url(#hatch-pattern)" />
          </svg>
          {t('pooled')}
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
          {t(election.value ? 'noResultHere' : 'noElectorsShort')}
        </span>
      ) : null}
    </p>
  );
}

export function Legend({ width }: { width: number }) {
  const s = spec.value;
  const h = bars.value;
  const c = ready.value;
  const estimate = layer.value !== null && layer.value.spread !== null;
  const rows = h ? percents([h.rows.precise, h.rows.approximate, h.rows.uncertain]) : [];
  const percent = (n: number | undefined) => `${n ?? 0}${lang.value === 'fr' ? '\u202f' : ''}%`;
  return (
    <section class="legend" aria-label={t('legend')}>
      <header>
        <h2>{s.categorical ? s.label : `${s.label}, ${s.unit}`}</h2>
        {s.categorical ? null : (
          <Segmented label={t('display')}>
            <button
              type="button"
              aria-pressed={!showCounts.value}
              onClick={() => {
                showCounts.value = false;
              }}
            >
              {t('shares')}
            </button>
            <button
              type="button"
              aria-pressed={showCounts.value}
              onClick={() => {
                showCounts.value = true;
              }}
            >
              {t('counts')}
            </button>
          </Segmented>
        )}
      </header>
      {s.categorical ? <Lists /> : <Tree width={width} tall />}
      <div class="side">
        {s.categorical ? (
          <p class="note">{t('leadShare')}</p>
        ) : (
          <dl class="tiers">
            <dt class="h">
              {t('barHeight')}
              <br />
              {t('isolate')}
            </dt>
            <dd class="h">{estimate && state.value.uncertainty ? t('electorsShort') : ''}</dd>
            {estimate && state.value.uncertainty ? (
              <>
                <dt>{t('precise')}</dt>
                <dd>{percent(rows[0])}</dd>
                <dt>{t('approximate')}</dt>
                <dd>{percent(rows[1])}</dd>
                <dt>{t('uncertain')}</dt>
                <dd>{percent(rows[2])}</dd>
              </>
            ) : (
              <dt class="off">{t(estimate ? 'uncertaintyHidden' : 'exactNote')}</dt>
            )}
          </dl>
        )}
        <Swatches />
      </div>
      {estimate && c?.snapshot ? (
        <p class="common">
          {t('commonShift', {
            n: c.snapshot.common_points.toLocaleString(lang.value, { maximumFractionDigits: 1 }),
          })}
        </p>
      ) : null}
    </section>
  );
}
