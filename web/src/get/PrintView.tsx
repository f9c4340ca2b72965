// "Print this view": the map as vectors at a round scale, with title, legend, how to read it, scale bar, sources and date.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fetchSnapshot } from '../api/client';
import { MISSING, UNKNOWN } from '../api/container';
import type { Areas, Provenance } from '../api/types';
import { percents, UNCERTAIN } from '../classes/classes';
import { colourOf, listColours, ramp } from '../colour/palette';
import { count, day, edge, number } from '../format/number';
import { inFrance } from '../legend/thresholds';
import { areasOf, change, election, kept, lang, level, ready, say, snapshotId, state } from '../state/store';
import {
  bars,
  betweenText,
  blocsOf,
  campaignText,
  campaignValue,
  classes,
  counted,
  intervalText,
  layer,
  past,
  rowCells,
  selection,
  spec,
  valueText,
} from '../state/view';
import { Drawing, type Fill, labelsOf } from './Drawing';
import { type Box, beyond, type Frame, frameOf, northOf, scaleBar } from './frame';
import { greyOf } from './grey';
import { PaperView } from './Paper';
import { enlarged, MARGIN_MM, type Paper, PLAIN, SIZES, type Size, sheetMm } from './paper';
import { type Projection, projectionOf } from './projection';
import { sourcesText } from './sources';
import { Texture } from './Texture';
import { w } from './words';

const PT_MM = 25.4 / 72;
const POOLED = 1;
/** Rows at each end of the list of extremes. */
const EXTREMES = 5;
/** Heights of the title and of the sources, width of the column beside the map, height of the rows below it: mm on A4. */
const ROOM = { head: 18, foot: 15, side: 70, below: 84, gap: 6, pad: 6 };
/** The map's part of a window, pixels: what "the view of the map" was. */
const RAILS_PX = 644;
const WORLD_PX = 512;

type Ground = 'view' | 'area' | 'whole';

/** What the map showed before the page became a sheet. */
function shownBox(): Box | null {
  const v = state.value.view;
  if (!v) return null;
  const size = WORLD_PX * 2 ** v.zoom;
  const lon = ((Math.max(320, innerWidth - RAILS_PX) / size) * 360) / 2;
  const lat = (((Math.max(320, innerHeight - 120) / size) * 360) / 2) * Math.cos((v.lat * Math.PI) / 180);
  return [v.lon - lon, v.lat - lat, v.lon + lon, v.lat + lat];
}

/** Whether every class of a cell lies below 0: in grey a scale of two hues loses its sign. */
export function isNegative(cell: number, edges: readonly number[]): boolean {
  if (cell < 0 || cell >= UNCERTAIN) return false;
  const upper = cell < 6 ? cell : (cell - 6) * 2 + 1;
  const end = edges[upper];
  return end !== undefined && end <= 1e-9;
}

/** Colour and texture of the cells of the layer shown, for paper. */
function useFill(paper: Paper): {
  readonly fill: (row: number) => Fill | null;
  readonly of: (cell: number) => Fill;
} {
  const s = spec.value;
  const e = election.value;
  const k = classes.value;
  const r = ramp(s.scale, 'light', k.edges.length === 3);
  const lists = e && s.categorical ? listColours(e.lists, e.total.lists, blocsOf(e), 'light') : [];
  const of = (cell: number): Fill => {
    const plain = s.categorical ? (lists[cell] ?? r.none) : colourOf(cell, r);
    const negative = paper.grey && s.signed && isNegative(cell, k.edges);
    return {
      colour: paper.grey ? greyOf(plain) : plain,
      texture: !s.categorical && cell === UNCERTAIN ? 'dots' : negative ? 'negative' : null,
    };
  };
  const cells = rowCells.value;
  const l = layer.value;
  return {
    of,
    fill: (row) => {
      const cell = cells?.[row];
      if (cell === undefined || cell < 0) return { colour: '#ffffff', texture: null };
      const f = of(cell);
      return l?.pooled && (l.pooled[row]! & POOLED) !== 0 ? { ...f, texture: 'hatch' } : f;
    },
  };
}

function LegendPrint({ of, grey }: { of: (cell: number) => Fill; grey: boolean }) {
  const h = bars.value;
  const s = spec.value;
  const e = election.value;
  const l = layer.value;
  const none = rowCells.value?.includes(-1) ?? false;
  const pooled = l?.pooled?.some((f) => (f & POOLED) !== 0) ?? false;
  const swatch = (f: Fill, key: string) => (
    <svg class="swatch" viewBox="0 0 50 30" aria-hidden="true" key={key}>
      <rect width="50" height="30" fill={f.colour} stroke="#818a90" stroke-width="1" />
      {f.texture ? <Texture name={f.texture} size={12} boxes={[[1, 1, 49, 29]]} /> : null}
    </svg>
  );
  if (s.categorical || !h) {
    const led =
      e && l
        ? e.lists.map((_, i) => l.value.reduce((n, v, row) => n + (v === i ? l.electors[row]! : 0), 0))
        : [];
    const part = percents(led);
    return (
      <div class="print-legend">
        <ul>
          {[...led.keys()]
            .filter((i) => led[i]! > 0)
            .sort((i, j) => led[j]! - led[i]!)
            .map((i) => (
              <li key={e!.lists[i]!.id}>
                <span>
                  {swatch(of(i), 's')}
                  {e!.lists[i]!.short ?? e!.lists[i]!.label}
                </span>
                <span>{`${part[i]}${lang.value === 'fr' ? '\u202f' : ''}%`}</span>
              </li>
            ))}
        </ul>
      </div>
    );
  }
  const k = classes.value;
  const W = 340;
  const X = (v: number) => ((Math.min(h.high, Math.max(h.low, v)) - h.low) / (h.high - h.low)) * W;
  const ends = [h.low, ...k.edges, h.high];
  const n = k.edges.length + 1;
  const sure = !state.value.uncertainty || l?.spread === null;
  const top = 58;
  const wide = W / h.bins.length;
  const mark = campaignValue(s.id);
  const at = mark === null ? 0 : X(mark / 1000);
  const right = at > W - 130;
  const shares = percents([h.rows.precise, h.rows.approximate, h.rows.uncertain]);
  const percent = (x: number | undefined) => `${x ?? 0}${lang.value === 'fr' ? '\u202f' : ''}%`;
  const box = (cell: number, x: number, y: number, width: number) => {
    const f = of(cell);
    return (
      <g key={`${cell}${x}`}>
        <rect
          x={x}
          y={y}
          width={Math.max(0, width - 1)}
          height="15"
          fill={f.colour}
          stroke={grey ? '#818a90' : 'none'}
          stroke-width=".5"
        />
        {f.texture ? (
          <Texture name={f.texture} size={7} boxes={[[x + 1, y + 1, x + Math.max(0, width - 2), y + 14]]} />
        ) : null}
      </g>
    );
  };
  const rows = sure ? 1 : 3;
  const height = top + 3 + rows * 16 + 18;
  return (
    <div class="print-legend">
      <svg viewBox={`0 0 ${W} ${height}`} aria-hidden="true">
        {h.bins.map((b, i) => {
          let y = top;
          return [...b.byCell.entries()]
            .sort(([p], [q]) => p - q)
            .map(([cell, electors]) => {
              const tall = (electors / h.tallest) * (top - 18);
              y -= tall;
              return tall < 0.2 ? null : (
                <rect
                  key={`${b.from}${cell}`}
                  x={i * wide}
                  y={y}
                  width={Math.max(0.5, wide - 0.7)}
                  height={tall}
                  fill={of(cell).colour}
                  stroke={grey ? '#818a90' : 'none'}
                  stroke-width=".4"
                />
              );
            });
        })}
        <path d={`M0 ${top + 0.5}H${W}`} stroke="#818a90" />
        {Array.from({ length: n }, (_, i) => box(i, X(ends[i]!), top + 3, X(ends[i + 1]!) - X(ends[i]!)))}
        {sure
          ? null
          : Array.from({ length: n / 2 }, (_, i) =>
              box(6 + i, X(ends[2 * i]!), top + 19, X(ends[2 * i + 2]!) - X(ends[2 * i]!)),
            )}
        {sure ? null : box(UNCERTAIN, 0, top + 35, W + 1)}
        {k.edges.map((x) => (
          <text key={x} x={X(x)} y={height - 3} text-anchor="middle" font-size="14.5">
            {edge(x, lang.value, s.signed)}
          </text>
        ))}
        {mark === null ? null : (
          <>
            <path d={`M${at} 1V${top}`} stroke="#1b262c" stroke-width="1.4" stroke-dasharray="2 2" />
            <text
              x={at + (right ? -4 : 4)}
              y="11"
              text-anchor={right ? 'end' : 'start'}
              font-size="14.5"
              font-weight="600"
            >
              {`${ready.value?.name} ${campaignText(s.id, s)}`}
            </text>
          </>
        )}
      </svg>
      <ul>
        {sure
          ? null
          : (['precise', 'approximate', 'uncertain'] as const).map((id, i) => (
              <li key={id}>
                <span>{w(id)}</span>
                <span>{percent(shares[i])}</span>
              </li>
            ))}
        {pooled ? (
          <li>
            <span>
              {swatch({ ...of(2), texture: 'hatch' }, 'h')}
              {w('pooled')}
            </span>
          </li>
        ) : null}
        {none ? (
          <li>
            <span>
              {swatch({ colour: '#ffffff', texture: null }, 'n')}
              {w('noElectors')}
            </span>
          </li>
        ) : null}
        {grey && s.signed ? (
          <li>
            <span>
              {swatch({ colour: '#ffffff', texture: 'negative' }, 'm')}
              {w('negative')}
            </span>
          </li>
        ) : null}
      </ul>
    </div>
  );
}

function Extremes({ names }: { names: readonly string[] }) {
  const l = layer.value;
  if (!l || spec.value.categorical) return null;
  const rows = [...l.value.keys()].filter(
    (i) => l.value[i] !== MISSING && l.electors[i]! > 0 && l.electors[i] !== UNKNOWN,
  );
  rows.sort((i, j) => l.value[j]! - l.value[i]! || l.electors[j]! - l.electors[i]!);
  const both = rows.length <= 2 * EXTREMES ? rows : [...rows.slice(0, EXTREMES), ...rows.slice(-EXTREMES)];
  return (
    <section>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <b>{w('extremes')}</b>
            </th>
            <th scope="col" class="n">
              {l.low ? w('interval') : ''}
            </th>
            <th scope="col" class="n">
              {w('electors')}
            </th>
          </tr>
        </thead>
        <tbody>
          {both.map((i, at) => (
            <tr key={i} class={at === EXTREMES && rows.length > 2 * EXTREMES ? 'gap' : ''}>
              <th scope="row" class="cut">
                {names[i]}
              </th>
              <td class="n">
                <b>{valueText(l, i)}</b> <small>{intervalText(l, i)}</small>
              </td>
              <td class="n">{count(l.electors[i]!, lang.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A title as it goes on after a comma: names and acronyms keep their capitals. */
const inSentence = (title: string) =>
  election.value && past.value?.kind !== 'group'
    ? title
    : title.charAt(0).toLocaleLowerCase(lang.value) + title.slice(1);

/** The projection of a sheet, in words. */
export function projectionText(p: Projection): string {
  if (p.name === 'lambert93') return w('lambert93');
  const degrees = (x: number) => number(Math.abs(x), lang.value, 1) + (x < 0 ? '° S' : '° N');
  return w('conformal', { a: degrees(p.name[0]), b: degrees(p.name[1]) });
}

export function ScaleBar({ frame, unit }: { frame: Frame; unit: number }) {
  const bar = scaleBar(frame, 30 * unit);
  const text =
    bar.metres >= 1000 ? `${count(bar.metres / 1000, lang.value)} km` : `${count(bar.metres, lang.value)} m`;
  const mm = `${bar.mm}mm`;
  return (
    <div class="over">
      {text}
      <svg
        style={{ width: mm, height: `${1.6 * unit}mm` }}
        viewBox={`0 0 ${bar.mm} ${1.6 * unit}`}
        aria-hidden="true"
      >
        <path d={`M0 0V${1.2 * unit}H${bar.mm}V0`} fill="none" stroke="#1b262c" stroke-width={0.25 * unit} />
      </svg>
    </div>
  );
}

export function North({ unit, turned }: { unit: number; turned: number }) {
  return (
    <div class="over north">
      <svg
        style={{ width: `${4 * unit}mm`, height: `${5 * unit}mm` }}
        viewBox="0 0 8 10"
        role="img"
        aria-label={w('northUp')}
      >
        <path d="M4 0 7 9 4 7 1 9Z" fill="#1b262c" transform={`rotate(${turned.toFixed(1)} 4 5)`} />
      </svg>
      <span aria-hidden="true">{w('north')}</span>
    </div>
  );
}

/** What a sheet of the whole campaign does not show: areas with electors that lie far from where most of them live. */
function leftOut(frame: Frame, list: Areas): string {
  const people = beyond(frame, list.points).map((row) => list.electors[row] ?? 0);
  const n = people.filter((p) => p > 0).length;
  const electors = people.reduce((sum, p) => sum + p, 0);
  return n === 0 ? '' : w('beyond', { n: count(n, lang.value), electors: count(electors, lang.value) });
}

export default function PrintView() {
  const c = ready.value!;
  const paper = state.value.paper ?? PLAIN;
  const s = selection.value;
  const seen = shownBox();
  const ground = useSignal<Ground>(seen ? 'view' : 'whole');
  const drawnFor = useSignal('');
  const lv = level.value;
  const list = lv ? areasOf(lv.id) : null;
  const { fill, of } = useFill(paper);
  useEffect(() => {
    document.title = `${spec.value.label}, ${c.name}`;
  }, [spec.value.label]);
  const id = snapshotId.value;
  const e = election.value;
  const about = e || id === null ? null : kept<Provenance>(`provenance ${id}`, () => fetchSnapshot(id));
  if (!lv || !list) return <PaperView paper={paper} title={w('printView')} ready={false} children={null} />;
  const u = enlarged(paper);
  const [W, H] = sheetMm(paper).map((mm) => mm - 2 * MARGIN_MM) as [number, number];
  const body = H - (ROOM.head + ROOM.foot + ROOM.pad) * u;
  const [mw, mh] = paper.landscape
    ? [W - (ROOM.side + ROOM.gap) * u, body]
    : [W, body - (ROOM.below + ROOM.gap) * u];
  const areaBox = s ? (s.areas.bounds.slice(4 * s.row, 4 * s.row + 4) as (number | null)[]) : null;
  const box: Box =
    ground.value === 'area' && areaBox?.every((v): v is number => v !== null)
      ? (areaBox as unknown as Box)
      : ground.value === 'view' && seen
        ? seen
        : c.home;
  const frame = frameOf(box, mw, mh, projectionOf(box, inFrance(c.language, c.home)));
  const at = c.levels.findIndex((l) => l.id === lv.id);
  const above = c.levels.slice(0, at);
  const upper = above.at(-1);
  const upperList = upper ? areasOf(upper.id) : null;
  const l = layer.value;
  const type = 8 * PT_MM * u;
  const labels = paper.values
    ? labelsOf(list, [...list.codes.keys()], frame, type * 0.9, (row) =>
        l ? valueText(l, row).replace(/[\s\u202f]*(pt|%)$/, '') : '',
      )
    : [
        ...(upperList && upperList.count > 1
          ? labelsOf(
              upperList,
              [...upperList.codes.keys()],
              frame,
              type * 1.2,
              (row) => upperList.names[row] ?? '',
            )
          : []),
        ...(list.count <= 400 || upperList === null
          ? labelsOf(list, [...list.codes.keys()], frame, type * 0.9, (row) => list.names[row] ?? '')
          : []),
      ];
  const title = spec.value.label;
  const place = ground.value === 'area' && s ? s.areas.names[s.row]! : c.name;
  const key = `${paper.size}${paper.landscape}${ground.value}${lv.id}${lang.value}`;
  const best = l
    ? [...l.value.keys()]
        .filter((i) => l.value[i] !== MISSING && l.electors[i]! > 0 && l.electors[i] !== UNKNOWN)
        .sort((i, j) => l.value[j]! - l.value[i]!)[0]
    : undefined;
  const set = (part: Partial<Paper>) => change({ paper: { ...paper, ...part } });
  const published = c.snapshot;
  const controls = (
    <>
      <label>
        <span>{w('frame')}</span>
        <select
          value={ground.value}
          onChange={(ev) => {
            ground.value = ev.currentTarget.value as Ground;
          }}
        >
          {seen ? <option value="view">{w('asShown')}</option> : null}
          {s ? <option value="area">{s.areas.names[s.row]}</option> : null}
          <option value="whole">{w('whole')}</option>
        </select>
      </label>
      <label>
        <span>{w('paper')}</span>
        <select value={paper.size} onChange={(ev) => set({ size: ev.currentTarget.value as Size })}>
          {SIZES.map((x) => (
            <option key={x} value={x}>
              {x.toUpperCase()}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{w('orientation')}</span>
        <select
          value={paper.landscape ? 'l' : 'p'}
          onChange={(ev) => set({ landscape: ev.currentTarget.value === 'l' })}
        >
          <option value="l">{w('landscape')}</option>
          <option value="p">{w('portrait')}</option>
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked={paper.grey}
          onChange={(ev) => set({ grey: ev.currentTarget.checked })}
        />
        {w('grey')}
      </label>
      <label>
        <input
          type="checkbox"
          checked={paper.values}
          onChange={(ev) => set({ values: ev.currentTarget.checked })}
        />
        {w('values')}
      </label>
    </>
  );
  const reading = () => {
    if (!l || best === undefined || spec.value.categorical) return null;
    const words = { name: list.names[best]!, value: valueText(l, best), range: betweenText(l, best) };
    return w(
      l.low
        ? state.value.uncertainty
          ? 'readEstimate'
          : 'readCertain'
        : ({ exact: 'readPast', moved: 'readMoved', split: 'readSplit' } as const)[counted()],
      words,
    );
  };
  const read = reading();
  return (
    <PaperView
      paper={paper}
      title={w('printView')}
      controls={controls}
      ready={drawnFor.value === key && l !== null}
    >
      <div
        class="page-in"
        style={{ gridTemplateRows: `${ROOM.head * u}mm minmax(0, 1fr) ${ROOM.foot * u}mm` }}
      >
        <header class="page-head">
          <div>
            <h1>{`${place}, ${inSentence(title)}`}</h1>
            <p>
              {w('by', {
                unit: spec.value.categorical ? (e?.label ?? '') : spec.value.unit,
                level: say(lv.label).toLocaleLowerCase(lang.value),
              })}
            </p>
          </div>
          <p class="end">
            <b>{c.demo ? `${c.name} · ${w('invented')}` : c.name}</b>
            <br />
            {e
              ? (spec.value.named ?? `${e.label}, ${day(e.date, lang.value)}`)
              : published
                ? w('publication', { n: id ?? '–', date: day(published.published_at, lang.value) })
                : ''}
          </p>
        </header>
        <div
          class="print-body"
          style={
            paper.landscape
              ? { gridTemplateColumns: `${mw}mm minmax(0, 1fr)` }
              : { gridTemplateRows: `${mh}mm minmax(0, 1fr)` }
          }
        >
          <div class="map-print" style={{ width: `${mw}mm`, height: `${mh}mm` }}>
            <Drawing
              campaign={c}
              level={lv}
              areas={list}
              frame={frame}
              fill={fill}
              outlines={above}
              labels={labels}
              enlarged={u}
              label={w('drawing', { title, place })}
              onDrawn={() => {
                drawnFor.value = key;
              }}
            />
            <ScaleBar frame={frame} unit={u} />
            <North unit={u} turned={northOf(frame)} />
          </div>
          <div class={`print-side ${paper.landscape ? '' : 'columns'}`}>
            <section>
              <h2>{`${title}${spec.value.categorical ? '' : `, ${spec.value.unit}`}`}</h2>
              <LegendPrint of={of} grey={paper.grey} />
            </section>
            {read ? (
              <section>
                <h2>{w('reading')}</h2>
                <p>{read}</p>
              </section>
            ) : null}
            <Extremes names={list.names} />
          </div>
        </div>
        <footer class="page-foot">
          <p>
            {e ? w(counted()) : w('method', { method: about?.kind === 'ready' ? about.value.method : '' })}{' '}
            {sourcesText()} {projectionText(frame.projection)} {box === c.home ? leftOut(frame, list) : ''}
          </p>
          <p class="end">
            {`Quartier · ${w('scale', { size: paper.size.toUpperCase(), n: count(frame.scale, lang.value) })}`}
            <br />
            {w('page')}
          </p>
        </footer>
      </div>
    </PaperView>
  );
}
