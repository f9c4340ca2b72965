// The textures of paper: dots for "too uncertain", the 45 degree hatch of the pooled, lines for negative values in grey.
// Drawn as lines, since Chromium prints a pattern of SVG as a coarse picture.

export type TextureName = 'dots' | 'hatch' | 'negative';
/** West, north, east and south, in the units of what is drawn. */
export type Box = readonly [number, number, number, number];

const STYLES = {
  dots: { stroke: '#7b7468', width: 0.24 },
  hatch: { stroke: '#1b262c', width: 0.14 },
  negative: { stroke: '#1b262c', width: 0.12 },
} as const;
const two = (x: number): number => Math.round(100 * x) / 100;

/** The marks whose middle lies in any of the boxes, on one grid for all of them, as a path. Pure. */
export function marks(name: TextureName, size: number, boxes: readonly Box[]): string {
  const found = new Set<string>();
  for (const [x0, y0, x1, y1] of boxes) {
    if (name === 'dots') {
      // Rows of dots, every second one half a step aside.
      for (let j = Math.ceil((2 * y0) / size - 0.5); (j + 0.5) * size <= 2 * y1; j++) {
        const aside = (j & 1) === 0 ? 0.25 : 0.75;
        for (let i = Math.ceil(x0 / size - aside); (i + aside) * size <= x1; i++)
          found.add(`M${two((i + aside) * size)} ${two(((j + 0.5) * size) / 2)}h0`);
      }
    } else if (name === 'hatch') {
      for (let k = Math.ceil((x0 + y0) / size); k * size <= x1 + y1; k++) {
        const [a, b] = [Math.max(x0, k * size - y1), Math.min(x1, k * size - y0)];
        if (b > a) found.add(`M${two(a)} ${two(k * size - a)}L${two(b)} ${two(k * size - b)}`);
      }
    } else
      for (let k = Math.ceil(y0 / size - 0.5); (k + 0.5) * size <= y1; k++)
        found.add(`M${two(x0)} ${two((k + 0.5) * size)}H${two(x1)}`);
  }
  return [...found].join('');
}

/** A texture over boxes; what holds it clips it. */
export function Texture({ name, size, boxes }: { name: TextureName; size: number; boxes: readonly Box[] }) {
  const { stroke, width } = STYLES[name];
  return (
    <path
      class="texture"
      d={marks(name, size, boxes)}
      fill="none"
      stroke={stroke}
      stroke-width={size * width}
      stroke-linecap={name === 'dots' ? 'round' : 'butt'}
    />
  );
}
