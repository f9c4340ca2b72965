// Levels too large to be sent whole: what is known of them are the areas whose tiles were drawn, and those that were asked
// for one by one. A table and a list of areas are made of these, so that everything that reads rows reads them too.
import { signal } from '@preact/signals';
import { type Column, type ColumnTable, MISSING, UNKNOWN } from '../api/container';
import type { AreaDetail, Areas, Campaign, Level } from '../api/types';
import { FLAG_MOVED_BASELINE, FLAG_POOLED } from './layer';

/** Rows of a level from which on it is never sent whole; the server adds spreads to its tiles from there. */
const MANY_ROWS = 100_000;
/** Whether a level is painted from its tiles: hexagons of all resolutions together, and levels of very many areas. */
export const isTiled = (c: Campaign, level: string): boolean =>
  level === c.hexes?.id || (c.levels.find((l) => l.id === level)?.count ?? 0) > MANY_ROWS;

/** What a tile, or the page of an area, says of it. */
export interface SeenArea {
  readonly row: number;
  readonly code: string;
  readonly name: string;
  readonly electors: number | null;
  readonly pooled: boolean;
  readonly moved: boolean;
  readonly box: readonly [number, number, number, number] | null;
  /** Shares by measure and end ("favourable", "favourable_low"...). */
  readonly shares: Readonly<Record<string, unknown>>;
}

/** The areas seen of one level of one snapshot. */
export class Seen {
  readonly version = signal(0);
  private readonly rows = new Map<number, SeenArea>();
  private made: { version: number; areas: Areas; table: ColumnTable } | null = null;
  private readonly level: Level;

  constructor(level: Level) {
    this.level = level;
  }

  /** Adds areas; those already known keep the larger box, since a tile cuts what crosses it. */
  add(areas: Iterable<SeenArea>): void {
    let news = false;
    for (const a of areas) {
      const known = this.rows.get(a.row);
      const box = union(known?.box ?? null, a.box);
      if (known && same(known.box, box)) continue;
      this.rows.set(a.row, { ...(known ?? a), box });
      news = true;
    }
    if (news) this.version.value++;
  }

  areas(): Areas {
    return this.current().areas;
  }

  table(): ColumnTable {
    return this.current().table;
  }

  private current() {
    const version = this.version.value;
    if (this.made?.version !== version) this.made = { version, ...this.make() };
    return this.made;
  }

  private make(): { areas: Areas; table: ColumnTable } {
    const { count } = this.level;
    const codes: string[] = [];
    const names: string[] = [];
    const parents: number[] = [];
    const electors: (number | null)[] = [];
    const bounds: (number | null)[] = [];
    for (const a of this.rows.values()) {
      codes[a.row] = a.code;
      names[a.row] = a.name;
      parents[a.row] = -1;
      electors[a.row] = a.electors;
      a.box?.forEach((v, i) => {
        bounds[4 * a.row + i] = v;
      });
    }
    const rows = [...this.rows.values()];
    const columns = new Map<string, Column | null>();
    const column = (name: string, field = 'value'): Column | null => {
      const key = `${name}\n${field}`;
      if (!columns.has(key)) columns.set(key, columnOf(rows, count, name, field));
      return columns.get(key)!;
    };
    return {
      areas: {
        level: this.level.id,
        // Which row of the level above holds an area is not in its tiles: its page says its path.
        parent_level: null,
        count,
        codes,
        names,
        parents,
        electors,
        points: [],
        bounds,
        seen: rows.map((a) => a.row),
      },
      table: { kind: 'estimates', rows: count, names: [], about: {}, column },
    };
  }
}

function columnOf(rows: readonly SeenArea[], count: number, name: string, field: string): Column | null {
  if (name === 'electors') {
    const out = new Uint32Array(count);
    for (const a of rows) out[a.row] = a.electors ?? UNKNOWN;
    return out;
  }
  if (name === 'flags') {
    const out = new Uint8Array(count);
    for (const a of rows) out[a.row] = (a.pooled ? FLAG_POOLED : 0) | (a.moved ? FLAG_MOVED_BASELINE : 0);
    return out;
  }
  const key = field === 'value' ? name : `${name}_${field}`;
  const out = new Int16Array(count).fill(MISSING);
  for (const a of rows) {
    const share = a.shares[key];
    if (typeof share === 'number') out[a.row] = Math.round(1000 * share);
  }
  return out;
}

type Box = SeenArea['box'];
const union = (a: Box, b: Box): Box =>
  a && b
    ? [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]
    : (a ?? b);
const same = (a: Box, b: Box): boolean => a === b || (!!a && !!b && a.every((v, i) => v === b[i]));

/** A feature of a valued tile, as the map gives it. */
export interface Feature {
  readonly id?: string | number | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: { readonly type: string; readonly coordinates?: unknown };
}

/** What a tile says of an area; null for what is no area. */
export function ofFeature(f: Feature): SeenArea | null {
  const p = f.properties;
  if (typeof f.id !== 'number' || typeof p.code !== 'string') return null;
  return {
    row: f.id,
    code: p.code,
    name: typeof p.name === 'string' ? p.name : p.code,
    electors: typeof p.electors === 'number' ? p.electors : null,
    pooled: p.pooled === true,
    moved: p.moved_baseline === true,
    box: boxOf(f.geometry.coordinates),
    shares: p,
  };
}

/** The box of nested coordinates. */
function boxOf(coordinates: unknown): Box {
  if (!Array.isArray(coordinates)) return null;
  const [x, y] = coordinates as unknown[];
  if (typeof x === 'number' && typeof y === 'number') return [x, y, x, y];
  let out: Box = null;
  for (const c of coordinates) out = union(out, boxOf(c));
  return out;
}

/** What the page of an area says of it. */
export function ofDetail(d: AreaDetail): SeenArea {
  const shares: Record<string, number> = {};
  for (const [id, f] of Object.entries(d.estimate)) {
    shares[id] = f.value;
    shares[`${id}_low`] = f.low;
    shares[`${id}_high`] = f.high;
    shares[`${id}_spread`] = f.spread;
  }
  const { row, code, name, electors, pooled } = d;
  return { row, code, name, electors, pooled, moved: d.moved_baseline, box: d.bbox, shares };
}
