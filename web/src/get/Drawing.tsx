// A map drawn as SVG from geometry tiles, in millimetres of paper: sharp at any size, nothing of it a picture.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Areas, Campaign, Level } from '../api/types';
import { type Frame, type Label, outlineOf, placeIn, placerOf, roomFor, type TileAt, tilesOf } from './frame';
import { decodeTile, type Tile } from './mvt';
import { type Box, Texture, type TextureName } from './Texture';

/** How a row of the level is filled: a colour and, over it, a texture; null leaves it as plain ground. */
export interface Fill {
  readonly colour: string;
  readonly texture: TextureName | null;
}
export interface DrawingProps {
  readonly campaign: Campaign;
  readonly level: Level;
  readonly areas: Areas;
  readonly frame: Frame;
  readonly fill: (row: number) => Fill | null;
  /** Coarser levels whose outlines are drawn above the fills, coarse to fine. */
  readonly outlines: readonly Level[];
  readonly labels: readonly Label[];
  /** Type and lines grow with the sheet. */
  readonly enlarged: number;
  readonly label: string;
  readonly onDrawn?: () => void;
}

/** The halo of a label, in heights of its type: it is read on the darkest class. */
const HALO = 0.34;
const INK = '#1b262c';
const LAND = '#eceae4';
const PT_MM = 25.4 / 72;
/** The part of a tile's side by which it reaches over its neighbours: within the buffer of every tile. */
const OVERLAP = 1 / 512;
/** Places are whole hundredths of a millimetre: what prints in four times its size is still sharp. */
const UNIT_MM = 0.01;
/** Places nearer to each other than this, in hundredths of a millimetre, are one: a seventh of a point. */
const NEAR = 5;
/** Areas of a smaller side, in mm, are all border: no line parts them. */
const BARE_MM = 1.2;
/** Widths of lines from the level shown up, in points. */
const LINES_PT = [0.35, 0.75, 1.1, 1.5] as const;

const cache = new Map<string, Promise<Tile>>();
/** A tile of a geography never changes: it is asked for once. */
function load(geography: string, level: string, t: TileAt): Promise<Tile> {
  const url = `/tiles/geometry/${geography}/${encodeURIComponent(level)}/${t.z}/${t.x}/${t.y}.mvt`;
  const known = cache.get(url);
  if (known) return known;
  const asked = fetch(url, { credentials: 'same-origin' }).then(async (r) => {
    if (r.status === 204 || r.status === 404) return { extent: 4096, shapes: [] };
    if (!r.ok) throw new Error(`HTTP ${r.status}`);
    return decodeTile(new Uint8Array(await r.arrayBuffer()), level);
  });
  asked.catch(() => cache.delete(url));
  cache.set(url, asked);
  return asked;
}

/** A shape on paper: path data in hundredths of a millimetre. */
interface Placed {
  readonly id: number;
  readonly d: string;
  readonly box: Box;
}
interface PlacedTile {
  readonly at: TileAt;
  /** What of it is seen. */
  readonly outline: string;
  readonly shapes: readonly Placed[];
}
interface Drawn {
  readonly key: string;
  readonly tiles: ReadonlyMap<string, readonly PlacedTile[]>;
}

/** A tile's shapes on the frame: moves are absolute, lines relative, places that round to one are one. */
function placed(frame: Frame, at: TileAt, tile: Tile): PlacedTile {
  const place = placerOf(frame, at, tile.extent);
  let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
  const ring = (r: readonly number[]): string => {
    let [d, x0, y0] = ['', 0, 0];
    for (let i = 0; i < r.length; i += 2) {
      const [mx, my] = place(r[i]!, r[i + 1]!);
      const [x, y] = [Math.round(mx / UNIT_MM), Math.round(my / UNIT_MM)];
      [west, north, east, south] = [
        Math.min(west, x),
        Math.min(north, y),
        Math.max(east, x),
        Math.max(south, y),
      ];
      if (i === 0) d = `M${x} ${y}l`;
      else if (Math.abs(x - x0) + Math.abs(y - y0) < NEAR) continue;
      else d += `${x - x0} ${y - y0} `;
      [x0, y0] = [x, y];
    }
    // A ring of one place is nothing to draw.
    return d.endsWith('l') ? '' : `${d}z`;
  };
  const shapes = tile.shapes.map((s): Placed => {
    [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
    const d = s.rings.map(ring).join('');
    return { id: s.id, d, box: [west, north, east, south] };
  });
  return { at, outline: outlineOf(frame, at, OVERLAP), shapes };
}

/** One path a colour and a texture: thousands of areas are a handful of elements. */
function painted(shapes: readonly Placed[], fill: (row: number) => Fill | null) {
  const colours = new Map<string, string[]>();
  const textures = new Map<TextureName, Placed[]>();
  const add = <K, V>(to: Map<K, V[]>, key: K, what: V) => {
    const list = to.get(key);
    if (list) list.push(what);
    else to.set(key, [what]);
  };
  for (const s of shapes) {
    const f = fill(s.id);
    add(colours, f?.colour ?? LAND, s.d);
    if (f?.texture) add(textures, f.texture, s);
  }
  return { colours, textures };
}

/** Where a texture is drawn: dots over each shape, and lines, which are few, over all of them at once. */
function boxesOf(name: TextureName, shapes: readonly Placed[]): readonly Box[] {
  const boxes = shapes.map((s) => s.box).filter(([w, , e]) => w <= e);
  if (name === 'dots' || boxes.length === 0) return boxes;
  const end = (i: number, of: (a: number, b: number) => number) =>
    boxes.map((b) => b[i]!).reduce((a, b) => of(a, b));
  return [[end(0, Math.min), end(1, Math.min), end(2, Math.max), end(3, Math.max)]];
}

/** The name of a tile's clip; levels may have any name. */
const clip = (level: string, t: TileAt) => `clip-${level.replace(/[^\w-]/g, '_')}-${t.z}-${t.x}-${t.y}`;

export function Drawing(p: DrawingProps) {
  const { campaign, level, frame, enlarged } = p;
  const drawn = useSignal<Drawn | null>(null);
  const failed = useSignal(false);
  const levels = [...p.outlines, level];
  const key = `${campaign.geography} ${levels.map((l) => l.id).join()} ${frame.x} ${frame.y} ${frame.scale} ${frame.width} ${frame.height}`;
  useEffect(() => {
    let current = true;
    const geography = campaign.geography;
    if (geography === null) return;
    failed.value = false;
    Promise.all(
      levels.map(async (l) => {
        const at = tilesOf(frame, l.minzoom, l.maxzoom);
        const tiles = await Promise.all(at.map((t) => load(geography, l.id, t)));
        return [l.id, at.map((t, i) => placed(frame, t, tiles[i]!))] as const;
      }),
    ).then(
      (all) => {
        if (current) drawn.value = { key, tiles: new Map(all) };
      },
      () => {
        if (current) failed.value = true;
      },
    );
    return () => {
      current = false;
    };
  }, [key]);
  const now = drawn.value?.key === key ? drawn.value : null;
  useEffect(() => {
    if (now) p.onDrawn?.();
  }, [now]);
  const own = now?.tiles.get(level.id) ?? [];
  const texture = 1.6 * enlarged;
  const seen = own.reduce((n, t) => n + t.shapes.length, 0);
  const side = Math.sqrt((frame.width * frame.height) / Math.max(1, seen));
  return (
    <svg
      class="drawing"
      viewBox={`0 0 ${frame.width} ${frame.height}`}
      style={{ width: `${frame.width}mm`, height: `${frame.height}mm` }}
      role="img"
      aria-label={p.label}
      data-drawn={now ? 'yes' : failed.value ? 'failed' : undefined}
    >
      {/* Tiles overlap by a hair, so that no seam shows where two edges are smoothed one by one. */}
      {[...levels].map((l) =>
        (now?.tiles.get(l.id) ?? []).map((t) => (
          <clipPath key={`c${l.id}${t.at.x}/${t.at.y}`} id={clip(l.id, t.at)}>
            <path d={t.outline} />
          </clipPath>
        )),
      )}
      {own.map(({ at, shapes }) => {
        const { colours, textures } = painted(shapes, p.fill);
        const line = (LINES_PT[0] * PT_MM * enlarged) / UNIT_MM;
        return (
          <g key={`f${at.x}/${at.y}`} clip-path={`url(#${clip(level.id, at)})`}>
            <g transform={`scale(${UNIT_MM})`}>
              {[...colours].map(([colour, d]) => (
                <path
                  key={colour}
                  d={d.join('')}
                  fill={colour}
                  stroke={colour}
                  stroke-width={line / 2}
                  fill-rule="evenodd"
                />
              ))}
              {side < BARE_MM * enlarged ? null : (
                <path
                  d={shapes.map((s) => s.d).join('')}
                  fill="none"
                  stroke="#ffffff"
                  stroke-width={line}
                  stroke-linejoin="round"
                />
              )}
              {[...textures].map(([name, textured]) => (
                <g key={name}>
                  <clipPath id={`t${at.x}-${at.y}-${name}`}>
                    <path d={textured.map((s) => s.d).join('')} clip-rule="evenodd" />
                  </clipPath>
                  <g clip-path={`url(#t${at.x}-${at.y}-${name})`}>
                    <Texture name={name} size={texture / UNIT_MM} boxes={boxesOf(name, textured)} />
                  </g>
                </g>
              ))}
            </g>
          </g>
        );
      })}
      {[...p.outlines].reverse().map((l, i) => {
        const width = LINES_PT[Math.min(i + 1, LINES_PT.length - 1)]! * PT_MM * enlarged;
        return (now?.tiles.get(l.id) ?? []).map(({ at, shapes }) => (
          <g key={`o${l.id}${at.x}/${at.y}`} clip-path={`url(#${clip(l.id, at)})`}>
            <path
              transform={`scale(${UNIT_MM})`}
              d={shapes.map((s) => s.d).join('')}
              fill="none"
              stroke={i === 0 && p.outlines.length > 1 ? '#ffffff' : INK}
              stroke-width={width / UNIT_MM}
              stroke-linejoin="round"
            />
          </g>
        ));
      })}
      {roomFor(p.labels, frame).map((l) => (
        <text
          key={`${l.text}${l.x}`}
          x={l.x}
          y={l.y + l.size * 0.35}
          font-size={l.size}
          text-anchor="middle"
          fill={INK}
          stroke="#ffffff"
          stroke-width={l.size * HALO}
          stroke-linejoin="round"
          paint-order="stroke"
        >
          {l.text}
        </text>
      ))}
    </svg>
  );
}

/** The names (or figures) of rows as labels, most electors first. */
export function labelsOf(
  areas: Areas,
  rows: readonly number[],
  frame: Frame,
  size: number,
  text: (row: number) => string,
): readonly Label[] {
  return [...rows]
    .sort((a, b) => (areas.electors[b] ?? 0) - (areas.electors[a] ?? 0))
    .flatMap((row) => {
      const [lon, lat] = [areas.points[2 * row], areas.points[2 * row + 1]];
      if (lon === null || lat === null || lon === undefined || lat === undefined) return [];
      const [x, y] = placeIn(frame, lon, lat);
      return [{ text: text(row), x, y, size }];
    });
}
