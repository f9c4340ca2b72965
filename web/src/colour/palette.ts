// Map colours are data: the palettes' file, by measure and theme.
import source from '../../../tiles/palettes.json';
import { type Cell, NO_CANDIDATE, NO_FIGURE, UNCERTAIN } from '../classes/classes';

export type Theme = 'light' | 'dark';
interface Scale {
  readonly colors: readonly string[];
  readonly colors_dark: readonly string[];
  readonly uncertain: readonly (readonly string[])[];
  readonly uncertain_dark: readonly (readonly string[])[];
}
export interface Ramp {
  readonly six: readonly string[];
  readonly three: readonly string[];
  readonly one: string;
  readonly none: string;
}

const scales = source as unknown as Readonly<Record<string, Scale>>;
export const styles = source._styles;

/**
 * One colour a list, in the order of `lists`: the strongest favourable list teal, the strongest opposed one sienna, as
 * on every other map; then the others by their votes. Beyond eight the colours come again: they are always labelled.
 */
export function listColours(
  lists: readonly { readonly id: string }[],
  votes: Readonly<Record<string, number>>,
  blocs: { readonly favourable: readonly string[]; readonly opposed: readonly string[] },
  theme: Theme,
): readonly string[] {
  const colours = theme === 'dark' ? source.lists.colors_dark : source.lists.colors;
  const byVotes = [...lists.keys()].sort(
    (i, j) => (votes[lists[j]!.id] ?? 0) - (votes[lists[i]!.id] ?? 0) || i - j,
  );
  const first = (ids: readonly string[]) => byVotes.find((i) => ids.includes(lists[i]!.id));
  const sides = [first(blocs.favourable), first(blocs.opposed)];
  const given = new Map<number, string>();
  sides.forEach((i, at) => {
    if (i !== undefined && !given.has(i)) given.set(i, colours[at]!);
  });
  const left = colours.filter((c) => ![...given.values()].includes(c));
  byVotes
    .filter((i) => !given.has(i))
    .forEach((i, at) => {
      given.set(i, left[at % left.length]!);
    });
  return [...lists.keys()].map((i) => given.get(i)!);
}

/** The ramp of a scale; `four` takes colours 0, 2, 3, 5 and pairs 0, 2. */
export function ramp(id: string, theme: Theme, four = false): Ramp {
  const s = scales[id] ?? scales.favourable!;
  const all = theme === 'dark' ? s.colors_dark : s.colors;
  const u = theme === 'dark' ? s.uncertain_dark : s.uncertain;
  const pairs = u[0]!;
  return {
    six: four ? [all[0]!, all[2]!, all[3]!, all[5]!] : all,
    three: four ? [pairs[0]!, pairs[2]!] : pairs,
    one: u[1]![0]!,
    none: styles.no_electors[theme],
  };
}

export function colourOf(cell: Cell, r: Ramp): string {
  if (cell === NO_FIGURE) return r.none;
  // No list, no estimate: the grey stands alone in exact counts, and bears no dots there.
  if (cell === UNCERTAIN || cell === NO_CANDIDATE) return r.one;
  return cell < 6 ? r.six[cell]! : r.three[cell - 6]!;
}

/** The stance colours by group. */
export function stance(theme: Theme): Readonly<Record<string, string>> {
  const c = theme === 'dark' ? source.stance.colors_dark : source.stance.colors;
  return Object.fromEntries(source.stance.order.map((g, i) => [g, c[i]!]));
}

const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const luminance = (hex: string) => {
  const [r, g, b] = [1, 3, 5].map((i) => linear(Number.parseInt(hex.slice(i, i + 2), 16) / 255));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
};

/** WCAG contrast of two opaque colours. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x! + 0.05) / (y! + 0.05);
}

/** Ink or white, whichever reads better on a colour. */
export const textOn = (hex: string): string =>
  contrast(hex, '#ffffff') > contrast(hex, '#1b262c') ? '#ffffff' : '#1b262c';

const channels = (hex: string) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
/** A colour laid on a ground with an opacity; on no ground, the clear colour itself. */
export function faded(hex: string, ground: string | null, opacity: number): string {
  const top = channels(hex);
  if (ground === null) return `rgba(${top.join()},${opacity})`;
  const under = channels(ground);
  return `rgb(${top.map((v, i) => Math.round(v * opacity + under[i]! * (1 - opacity))).join()})`;
}
