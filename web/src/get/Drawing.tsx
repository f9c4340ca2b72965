// A map drawn as SVG from geometry tiles, in millimetres of paper: sharp at any size, nothing of it a picture.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Areas, Campaign, Level } from '../api/types';
import { type Frame, type Label, placeIn, roomFor, type TileAt, tilesOf } from './frame';
import { decodeTile, type Tile } from './mvt';

/** How a row of the level is filled: a colour and, over it, a texture; null leaves it as plain ground. */
export interface Fill {
  readonly colour: string;
  readonly texture: 'dots' | 'hatch' | 'negative' | null;
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

const INK = '#1b262c';
const LAND = '#eceae4';
const PT_MM = 25.4 / 72;
/** The part of a tile's side by which it reaches over its neighbours: within the buffer of every tile. */
const OVERLAP = 512;
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

interface Drawn {
  readonly key: string;
  readonly tiles: ReadonlyMap<string, readonly { readonly at: TileAt; readonly tile: Tile }[]>;
}

/** One path a colour and a texture: thousands of areas are a handful of elements. */
function painted(tile: Tile, fill: (row: number) => Fill | null) {
  const colours = new Map<string, string[]>();
  const textures = new Map<string, string[]>();
  const add = (to: Map<string, string[]>, key: string, d: string) => {
    const list = to.get(key);
    if (list) list.push(d);
    else to.set(key, [d]);
  };
  for (const s of tile.shapes) {
    const f = fill(s.id);
    add(colours, f?.colour ?? LAND, s.d);
    if (f?.texture) add(textures, f.texture, s.d);
  }
  return { colours, textures };
}

export function Drawing(p: DrawingProps) {
  const { campaign, level, frame, enlarged } = p;
  const drawn = useSignal<Drawn | null>(null);
  const failed = useSignal(false);
  const levels = [...p.outlines, level];
  const key = `${campaign.geography} ${levels.map((l) => l.id).join()} ${frame.x} ${frame.y} ${frame.k} ${frame.width} ${frame.height}`;
  useEffect(() => {
    let current = true;
    const geography = campaign.geography;
    if (geography === null) return;
    failed.value = false;
    Promise.all(
      levels.map(async (l) => {
        const at = tilesOf(frame, l.minzoom, l.maxzoom);
        const tiles = await Promise.all(at.map((t) => load(geography, l.id, t)));
        return [l.id, at.map((t, i) => ({ at: t, tile: tiles[i]! }))] as const;
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
  // Tiles overlap by a hair, so that no seam shows where two edges are smoothed one by one.
  const view = (t: TileAt, extent: number) => {
    const over = extent / OVERLAP;
    const more = t.side / OVERLAP;
    return {
      x: t.left - more,
      y: t.top - more,
      width: t.side + 2 * more,
      height: t.side + 2 * more,
      viewBox: `${-over} ${-over} ${extent + 2 * over} ${extent + 2 * over}`,
    };
  };
  const own = now?.tiles.get(level.id) ?? [];
  const texture = 1.6 * enlarged;
  return (
    <svg
      class="drawing"
      viewBox={`0 0 ${frame.width} ${frame.height}`}
      style={{ width: `${frame.width}mm`, height: `${frame.height}mm` }}
      role="img"
      aria-label={p.label}
      data-drawn={now ? 'yes' : failed.value ? 'failed' : undefined}
    >
      <defs>
        <Textures prefix="d" size={texture} />
      </defs>
      {own.map(({ at, tile }) => {
        const { colours, textures } = painted(tile, p.fill);
        const unit = tile.extent / at.side;
        const line = LINES_PT[0] * PT_MM * enlarged * unit;
        return (
          <svg key={`f${at.x}/${at.y}`} aria-hidden="true" {...view(at, tile.extent)}>
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
            <path
              d={tile.shapes.map((s) => s.d).join('')}
              fill="none"
              stroke="#ffffff"
              stroke-width={line}
              stroke-linejoin="round"
            />
            {[...textures].map(([name, d]) => (
              <g key={name}>
                <Textures prefix={`t${at.x}-${at.y}`} size={texture * unit} only={name} />
                <path d={d.join('')} fill={`url(#t${at.x}-${at.y}-${name})`} fill-rule="evenodd" />
              </g>
            ))}
          </svg>
        );
      })}
      {[...p.outlines].reverse().map((l, i) => {
        const width = LINES_PT[Math.min(i + 1, LINES_PT.length - 1)]! * PT_MM * enlarged;
        return (now?.tiles.get(l.id) ?? []).map(({ at, tile }) => (
          <svg key={`o${l.id}${at.x}/${at.y}`} aria-hidden="true" {...view(at, tile.extent)}>
            <path
              d={tile.shapes.map((s) => s.d).join('')}
              fill="none"
              stroke={i === 0 && p.outlines.length > 1 ? '#ffffff' : INK}
              stroke-width={(width * tile.extent) / at.side}
              stroke-linejoin="round"
            />
          </svg>
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
          stroke-width={l.size * 0.22}
          stroke-linejoin="round"
          paint-order="stroke"
        >
          {l.text}
        </text>
      ))}
    </svg>
  );
}

/** The textures of the map as patterns: dots, the 45 degree hatch of the pooled, and that of negative values in grey. */
export function Textures({ prefix, size, only }: { prefix: string; size: number; only?: string }) {
  const all = {
    dots: (
      <>
        <circle cx={size * 0.25} cy={size * 0.25} r={size * 0.12} fill="#7b7468" />
        <circle cx={size * 0.75} cy={size * 0.75} r={size * 0.12} fill="#7b7468" />
      </>
    ),
    hatch: <path d={`M0 ${size}L${size} 0`} stroke={INK} stroke-width={size * 0.14} />,
    negative: <path d={`M0 ${size / 2}H${size}`} stroke={INK} stroke-width={size * 0.12} />,
  };
  return (
    <>
      {Object.entries(all)
        .filter(([name]) => only === undefined || only === name)
        .map(([name, what]) => (
          <pattern
            key={name}
            id={`${prefix}-${name}`}
            width={size}
            height={size}
            patternUnits="userSpaceOnUse"
          >
            {what}
          </pattern>
        ))}
    </>
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
