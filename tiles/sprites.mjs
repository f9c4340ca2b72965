// The two textures of a map as MapLibre sprites: dots (too uncertain to tell) and hatch (pooled with neighbours).
//
//   node tiles/sprites.mjs        (needs nothing; `make -C tiles sprites` does the same)
//
// Writes sprites/{light,dark}{,@2x}.{json,png} from the figures of palettes.json (`_styles`). Deterministic.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

const TILE_PX = 7; // both textures repeat every 7 px
const DOTS_AT = [[1.75, 1.75], [5.25, 5.25]];
const DOT_RADIUS_PX = 0.85;
const HATCH_WIDTH_PX = 1;
const SAMPLES = 8; // per pixel and axis, for smooth edges

const styles = JSON.parse(readFileSync(new URL('./palettes.json', import.meta.url), 'utf8'))._styles;

/** Red, green, blue and opacity of `#rrggbb` or `#rrggbbaa`. */
const bytes = (hex) => [1, 3, 5, 7].map((at) => Number.parseInt(hex.slice(at, at + 2) || 'ff', 16));

const inDot = (x, y) => DOTS_AT.some(([cx, cy]) => Math.hypot(x - cx, y - cy) <= DOT_RADIUS_PX);
/** Lines at 45 degrees that meet themselves across the tile's sides. */
const inHatch = (x, y) => {
  const across = (x + y) % TILE_PX;
  return Math.min(across, TILE_PX - across) / Math.SQRT2 <= HATCH_WIDTH_PX / 2;
};

/** The share of a pixel that lies inside a shape. */
function cover(inside, column, row, ratio) {
  let hits = 0;
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
    const x = (column + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / ratio;
    const y = (row + ((sample % SAMPLES) + 0.5) / SAMPLES) / ratio;
    hits += inside(x, y) ? 1 : 0;
  }
  return hits / (SAMPLES * SAMPLES);
}

/** The checksum of a PNG chunk (ISO 3309). */
function crc32(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A PNG of `pixel(column, row)`, four bytes each. */
function png(width, height, pixel) {
  const rows = Buffer.alloc(height * (1 + 4 * width));
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      rows.set(pixel(column, row), row * (1 + 4 * width) + 1 + 4 * column);
    }
  }
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)];
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc32(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, red green blue opacity
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

mkdirSync(new URL('./sprites/', import.meta.url), { recursive: true });
for (const theme of ['light', 'dark']) {
  const dots = bytes(styles.too_uncertain.texture_ink[theme]);
  const hatch = bytes(styles.pooled.hatch[theme]);
  for (const ratio of [1, 2]) {
    const side = TILE_PX * ratio;
    const pixel = (column, row) => {
      const [ink, inside, x] = column < side ? [dots, inDot, column] : [hatch, inHatch, column - side];
      return [...ink.slice(0, 3), Math.round(ink[3] * cover(inside, x, row, ratio))];
    };
    const entry = (x) => ({ x, y: 0, width: side, height: side, pixelRatio: ratio });
    const name = `./sprites/${theme}${ratio === 2 ? '@2x' : ''}`;
    writeFileSync(new URL(`${name}.png`, import.meta.url), png(2 * side, side, pixel));
    writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify({ dots: entry(0), hatch: entry(side) })}\n`);
  }
}
