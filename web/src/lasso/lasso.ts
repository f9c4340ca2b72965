// What a lasso is, and its form in a link: an outline ("o" and its places), or chosen areas ("a:level:code,code"). Pure.
//
// Places are hundred-thousandths of a degree (a metre), each the step from the one before, five bits a character.

export type Place = readonly [lon: number, lat: number];
export type Lasso =
  | { readonly kind: 'outline'; readonly ring: readonly Place[] }
  | { readonly kind: 'areas'; readonly level: string; readonly codes: readonly string[] };

const STEPS = 1e5;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const MORE = 32;

function written(n: number): string {
  let left = n < 0 ? -2 * n - 1 : 2 * n;
  let out = '';
  while (left >= MORE) {
    out += DIGITS[(left % MORE) + MORE];
    left = Math.floor(left / MORE);
  }
  return out + DIGITS[left];
}

/** The whole numbers of a text; null where it holds anything else. */
function numbers(text: string): readonly number[] | null {
  const out: number[] = [];
  let [value, scale] = [0, 1];
  for (const c of text) {
    const digit = DIGITS.indexOf(c);
    if (digit < 0 || scale > 2 ** 40) return null;
    value += (digit % MORE) * scale;
    scale *= MORE;
    if (digit >= MORE) continue;
    out.push(value % 2 === 1 ? -(value + 1) / 2 : value / 2);
    [value, scale] = [0, 1];
  }
  return scale === 1 ? out : null;
}

export function encodeLasso(l: Lasso): string {
  if (l.kind === 'areas') return `a:${[l.level, l.codes.map(encodeURIComponent).join()].join(':')}`;
  let [x, y] = [0, 0];
  let out = 'o';
  for (const [lon, lat] of l.ring) {
    const [toX, toY] = [Math.round(lon * STEPS), Math.round(lat * STEPS)];
    out += written(toX - x) + written(toY - y);
    [x, y] = [toX, toY];
  }
  return out;
}

export function decodeLasso(text: string | null): Lasso | null {
  if (text?.startsWith('o')) return outline(text.slice(1));
  const [, level, codes] = /^a:([^:]+):(.+)$/.exec(text ?? '') ?? [];
  if (!level || !codes) return null;
  try {
    return { kind: 'areas', level, codes: codes.split(',').map(decodeURIComponent) };
  } catch {
    return null;
  }
}

function outline(text: string): Lasso | null {
  const steps = numbers(text);
  if (!steps || steps.length < 6 || steps.length % 2 !== 0) return null;
  let [x, y] = [0, 0];
  const ring: Place[] = [];
  for (let i = 0; i < steps.length; i += 2) {
    x += steps[i]!;
    y += steps[i + 1]!;
    if (Math.abs(x) > 180 * STEPS || Math.abs(y) > 90 * STEPS) return null;
    ring.push([x / STEPS, y / STEPS]);
  }
  return { kind: 'outline', ring };
}

/** The lasso with an area chosen that was not, or the other way round; null when none is left. */
export function toggled(l: Lasso | null, level: string, code: string): Lasso | null {
  const now = l?.kind === 'areas' && l.level === level ? l.codes : [];
  const codes = now.includes(code) ? now.filter((c) => c !== code) : [...now, code];
  return codes.length === 0 ? null : { kind: 'areas', level, codes };
}

/** What the API is asked. */
export const bodyOf = (l: Lasso): unknown =>
  l.kind === 'areas'
    ? { level: l.level, codes: l.codes }
    : { type: 'Polygon', coordinates: [[...l.ring, l.ring[0]]] };
