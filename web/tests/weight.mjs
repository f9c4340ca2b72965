// node tests/weight.mjs: our own JavaScript and CSS that the page loads by itself, brotli, against the 60 kB of performance.md
// (goal 19). What arrives only with a dialog or a sheet that is opened is printed beside it.
import { readdir, readFile } from 'node:fs/promises';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'vite';

/** Kilobytes (of 1,000 bytes). */
const LIMIT_KB = 60;
const root = new URL('..', import.meta.url).pathname;
const out = new URL('../../.build/weight/', import.meta.url);
const built = await build({
  root,
  logLevel: 'error',
  build: { outDir: out.pathname, emptyOutDir: true, chunkSizeWarningLimit: 9999 },
});
const html = await readFile(new URL('index.html', out), 'utf8');
const folder = new URL('assets/', out);
const chunks = new Map(built.output.filter((o) => o.type === 'chunk').map((o) => [o.fileName, o]));
/** Files that come without a click: the entry, what it imports, and the map that it asks for at once. */
const first = new Set();
const visit = (name) => {
  const chunk = chunks.get(name);
  if (!chunk || first.has(name)) return;
  first.add(name);
  for (const css of chunk.viteMetadata?.importedCss ?? []) first.add(css);
  chunk.imports.forEach(visit);
  for (const later of chunk.dynamicImports)
    if (chunks.get(later)?.facadeModuleId?.endsWith('/map/controller.ts')) visit(later);
};
for (const chunk of chunks.values()) if (chunk.isEntry) visit(chunk.fileName);
let [ours, asked, library] = [0, 0, 0];
for (const name of await readdir(folder)) {
  if (!/\.(js|css)$/.test(name)) continue;
  const body = await readFile(new URL(name, folder));
  const size = brotliCompressSync(body).length;
  // What bears MapLibre's name is MapLibre's.
  if (/maplibre/i.test(name)) library += size;
  else if (first.has(`assets/${name}`)) ours += size;
  else asked += size;
}
const kb = (bytes) => (bytes / 1000).toFixed(1);
console.log(
  `page weight, brotli: ours ${kb(ours)} kB of ${LIMIT_KB}, with a click ${kb(asked)} kB more, MapLibre ${kb(library)} kB`,
);
if (!html.includes('/assets/')) throw new Error('the built page names no asset');
if (ours > 1000 * LIMIT_KB) process.exit(1);
