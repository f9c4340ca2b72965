// Walking the tree of areas: parent, siblings, first child. Pure over the areas tables.
import type { Areas, Campaign } from '../api/types';
import type { AreaRef } from '../url/url';

type Tables = (level: string) => Areas | null;

export function parentOf(c: Campaign, tables: Tables, a: AreaRef): AreaRef | null {
  const list = tables(a.level);
  const row = list ? list.codes.indexOf(a.code) : -1;
  const up = list?.parent_level;
  const parent = row >= 0 ? list!.parents[row]! : -1;
  if (!up || parent < 0 || !c.levels.some((l) => l.id === up)) return null;
  const code = tables(up)?.codes[parent];
  return code === undefined ? null : { level: up, code };
}

/** The next (+1) or previous (-1) area of the same parent, in code order, around the ends. */
export function siblingOf(tables: Tables, a: AreaRef, by: 1 | -1): AreaRef | null {
  const list = tables(a.level);
  if (!list) return null;
  const row = list.codes.indexOf(a.code);
  if (row < 0) return null;
  const rows = list.parents.flatMap((p, i) => (p === list.parents[row] ? [i] : []));
  const next = rows[(rows.indexOf(row) + by + rows.length) % rows.length]!;
  return { level: a.level, code: list.codes[next]! };
}

/** The first area of the next finer level inside this one. */
export function firstChildOf(c: Campaign, tables: Tables, a: AreaRef): AreaRef | null {
  const at = c.levels.findIndex((l) => l.id === a.level);
  const down = c.levels[at + 1];
  const row = tables(a.level)?.codes.indexOf(a.code) ?? -1;
  const list = down ? tables(down.id) : null;
  if (!down || !list || row < 0 || list.parent_level !== a.level) return null;
  const child = list.parents.indexOf(row);
  return child < 0 ? null : { level: down.id, code: list.codes[child]! };
}

/** The names above an area, coarse to fine. */
export function pathOf(
  tables: Tables,
  c: Campaign,
  a: AreaRef,
): { readonly ref: AreaRef; readonly name: string }[] {
  const out: { ref: AreaRef; name: string }[] = [];
  for (let p = parentOf(c, tables, a); p; p = parentOf(c, tables, p)) {
    const list = tables(p.level);
    out.unshift({ ref: p, name: list?.names[list.codes.indexOf(p.code)] ?? p.code });
  }
  return out;
}
