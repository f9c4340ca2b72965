// node tests/weight.mjs: our own JavaScript and CSS of the built page, brotli, against the 60 kB of performance.md (goal 19).
import { readdir, readFile } from 'node:fs/promises';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'vite';

/** Kilobytes (of 1,000 bytes). */
const LIMIT_KB = 60;
const root = new URL('..', import.meta.url).pathname;
const out = new URL('../../.build/weight/', import.meta.url);
await build({
  root,
  logLevel: 'error',
  build: { outDir: out.pathname, emptyOutDir: true, chunkSizeWarningLimit: 9999 },
});
const html = await readFile(new URL('index.html', out), 'utf8');
const folder = new URL('assets/', out);
let [ours, library] = [0, 0];
for (const name of await readdir(folder)) {
  if (!/\.(js|css)$/.test(name)) continue;
  const body = await readFile(new URL(name, folder));
  const size = brotliCompressSync(body).length;
  // What bears MapLibre's name is MapLibre's.
  if (/maplibre/i.test(name)) library += size;
  else ours += size;
}
const kb = (bytes) => (bytes / 1000).toFixed(1);
console.log(`page weight, brotli: ours ${kb(ours)} kB of ${LIMIT_KB}, MapLibre ${kb(library)} kB`);
if (!html.includes('/assets/')) throw new Error('the built page names no asset');
if (ours > 1000 * LIMIT_KB) process.exit(1);
