// node bench/page.mjs URL [TURNS]: goals 17 and 18 of performance.md on a served campaign of all communes of France. The peers
// are the usual ways, one GeoJSON source of the same areas and figures painted by setPaintProperty, and tiles of them by
// tippecanoe where it is installed (benches/peers.sh); all by turns, one browser.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launch } from '../tests/browser.mjs';

const [url, turns = '5'] = process.argv.slice(2);
if (!url) {
  console.error('usage: node bench/page.mjs URL [TURNS]');
  process.exit(2);
}
const TURNS = Number(turns);
const FIRST_GOAL = 0.15;
const TILES_GOAL = 0.7;
const SWITCH_GOAL = 0.25;
const VIEW = { center: [2.5, 46.6], zoom: 5.2 };
const campaign = await (await fetch(new URL('/api/v1/campaign', url))).json();
const level = campaign.levels.at(-1);
const measures = ['favourable', 'abstainers', 'opposed', 'margin'];

const TIPPECANOE = fileURLToPath(new URL('../../.build/peers/venv/bin/tippecanoe', import.meta.url));
const withTiles = existsSync(TIPPECANOE);
/** What the tiles carry: name, code and twelve attributes. */
const carried = ['code', 'name', 'electors', 'abstainers', 'undecided', 'favourable', 'opposed', 'turnout'].concat(
  ['favourable', 'opposed', 'turnout'].flatMap((measure) => [`${measure}_low`, `${measure}_high`]),
);
const sources = {
  peer: "type: 'geojson', data: '/areas.geojson'",
  tiles: "type: 'vector', tiles: [location.origin + '/tiles/{z}/{x}/{y}.pbf'], maxzoom: 7",
};

/** A peer's page: an empty map, or one of a source. */
const peer = (source, layer = source === 'tiles' ? ", 'source-layer': 'areas'" : '') => `<!doctype html><title>peer</title>
<link rel="stylesheet" href="/lib/maplibre-gl.css"><div id="map" style="position:fixed;inset:0"></div>
<script type="module">
import { Map, setWorkerUrl } from '/lib/maplibre-gl.mjs';
setWorkerUrl('/lib/maplibre-gl-worker.mjs');
const colour = (m) => ['step', ['to-number', ['get', m], -1], '#fff', ${[0.05, 0.15, 0.25, 0.35, 0.45, 0.55]
  .map((at, i) => `${at}, '#${(0x0a8a9a + 0x101010 * i).toString(16).padStart(6, '0')}'`)
  .join(', ')}];
window.colour = colour;
const map = new Map({ container: 'map', center: ${JSON.stringify(VIEW.center)}, zoom: ${VIEW.zoom}, fadeDuration: 0, style: {
  version: 8,
  sources: ${source ? `{ areas: { ${sources[source]} } }` : '{}'},
  layers: [{ id: 'ground', type: 'background', paint: { 'background-color': '#eee' } }${
    source
      ? `, { id: 'fill', type: 'fill', source: 'areas'${layer}, paint: { 'fill-color': colour('${measures[0]}') } },
           { id: 'line', type: 'line', source: 'areas'${layer}, paint: { 'line-color': '#fff', 'line-width': 0.4 } }`
      : ''
  }] } });
window.map = map;
map.once('idle', () => { window.first = performance.now(); });
</script>`;

/** Tiles of the areas as tippecanoe makes them, every area kept, in a folder. */
async function tiled(geojson) {
  const folder = await mkdtemp(join(tmpdir(), 'quartier-page-'));
  const file = join(folder, 'areas.geojson');
  await writeFile(file, geojson);
  const flags = ['-q', '-P', '-Z0', '-z7', '-l', 'areas', '--no-feature-limit', '--no-tile-size-limit'];
  flags.push('--no-tiny-polygon-reduction', '--no-simplification-of-shared-nodes', ...carried.flatMap((name) => ['-y', name]));
  await promisify(execFile)(TIPPECANOE, [...flags, '-e', join(folder, 'tiles'), file]);
  return folder;
}

/** Serves the peers' pages and their areas. */
async function serve() {
  const body = Buffer.from(
    await (await fetch(new URL(`/api/v1/estimates?level=${level.id}&format=geojson`, url))).arrayBuffer(),
  );
  const folder = withTiles ? await tiled(body) : null;
  const library = new URL('../node_modules/maplibre-gl/dist/', import.meta.url);
  const server = createServer(async (from, answer) => {
    const send = (type, text) => {
      answer.writeHead(200, { 'content-type': type });
      answer.end(text);
    };
    if (from.url === '/empty') return send('text/html', peer(null));
    if (from.url === '/peer' || from.url === '/tiles') return send('text/html', peer(from.url.slice(1)));
    if (folder && /^\/tiles\/\d+\/\d+\/\d+\.pbf$/.test(from.url)) {
      const tile = await readFile(join(folder, from.url)).catch(() => null);
      if (tile === null) return answer.writeHead(204).end();
      answer.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' });
      return answer.end(tile);
    }
    if (from.url === '/areas.geojson') return send('application/geo+json', body);
    if (from.url.startsWith('/lib/'))
      return send(
        from.url.endsWith('.css') ? 'text/css' : 'text/javascript',
        await readFile(new URL(from.url.slice('/lib/'.length), library)),
      );
    answer.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    at: `http://127.0.0.1:${server.address().port}`,
    bytes: body.length,
    close: () => {
      server.close();
      return folder && rm(folder, { recursive: true });
    },
  };
}

/** Milliseconds until the first idle, then the milliseconds of each switch of measure. */
async function theirs(browser, address, switches) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address);
  await page.waitForFunction(() => window.first, null, { timeout: 120000 });
  const first = await page.evaluate(() => window.first);
  const times = [];
  for (const m of switches)
    times.push(
      await page.evaluate(
        (measure) =>
          new Promise((resolve) => {
            const start = performance.now();
            window.map.once('idle', () => resolve(performance.now() - start));
            window.map.setPaintProperty('fill', 'fill-color', window.colour(measure));
          }),
        m,
      ),
    );
  await page.close();
  return { first, times };
}
async function ours(browser, switches) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  // The first event, as the peer's is, at which the figures are there, every area is drawn and the map rests; then land,
  // names and textures follow, and the map rests again: that is timed too, and no measure is switched before.
  await page.addInitScript(() => {
    let map;
    Object.defineProperty(window, 'quartierMap', {
      get: () => map,
      set(made) {
        map = made;
        map.on('idle', () => {
          if (!document.querySelector('#map[data-figures]') || !document.querySelector('.legend .tree')) return;
          window.first ??= performance.now();
          if (document.querySelector('#map[data-whole]')) window.named ??= performance.now();
        });
      },
    });
  });
  const { center, zoom } = VIEW;
  await page.goto(
    new URL(`/?e=~&m=${measures[0]}&l=${level.id}&lang=fr#map=${zoom}/${center[1]}/${center[0]}`, url).href,
  );
  await page.waitForFunction(() => window.named, null, { timeout: 120000 });
  const [first, named] = await page.evaluate(() => [window.first, window.named]);
  const times = [];
  for (const m of switches)
    times.push(
      await page.evaluate(
        (at) =>
          new Promise((resolve) => {
            const start = performance.now();
            window.quartierMap.once('idle', () => resolve(performance.now() - start));
            document.querySelectorAll('.measures button')[at].click();
          }),
        ['favourable', 'undecided', 'opposed', 'margin', 'turnout', 'abstainers'].indexOf(m),
      ),
    );
  await page.close();
  return { first, named, times };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const seconds = (ms) => (ms / 1000).toFixed(2);
const server = await serve();
const browser = await launch();
const found = { empty: [], peer: [], tiles: [], ours: [], named: [], peerSwitch: [], oursSwitch: [] };
const switches = measures.slice(1);
for (let i = 0; i <= TURNS; i++) {
  const empty = await theirs(browser, `${server.at}/empty`, []);
  const usual = await theirs(browser, `${server.at}/peer`, switches);
  const tiles = withTiles ? await theirs(browser, `${server.at}/tiles`, []) : null;
  const own = await ours(browser, switches);
  // The first turn warms the disk and the browser.
  if (i === 0) continue;
  found.empty.push(empty.first);
  found.peer.push(usual.first);
  if (tiles) found.tiles.push(tiles.first);
  found.ours.push(own.first);
  found.named.push(own.named);
  found.peerSwitch.push(...usual.times);
  found.oursSwitch.push(...own.times);
}
await browser.close();
await server.close();
const empty = median(found.empty);
const [a, b] = [median(found.peer) - empty, median(found.ours) - empty];
const [c, d] = [median(found.peerSwitch), median(found.oursSwitch)];
/** The ratio of each turn: how far one run can be trusted. */
const ratios = found.ours
  .map((own, i) => (own - found.empty[i]) / (found.peer[i] - found.empty[i]))
  .sort((x, y) => x - y);
console.log(
  `${level.count} areas, GeoJSON ${(server.bytes / 1e6).toFixed(0)} MB, ${TURNS} turns, load ${loadavg()[0].toFixed(2)}, empty map ${seconds(empty)} s`,
);
console.log(
  `17 first idle less an empty map's: GeoJSON source ${seconds(a)} s, ours ${seconds(b)} s, ratio ${(b / a).toFixed(2)} (goal ${FIRST_GOAL}; by turn ${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)}); with names ${seconds(median(found.named) - empty)} s`,
);
if (withTiles) {
  const t = median(found.tiles) - empty;
  console.log(
    `17 the same: tiles by tippecanoe ${seconds(t)} s, ours ${seconds(b)} s, ratio ${(b / t).toFixed(2)} (goal ${TILES_GOAL})`,
  );
}
console.log(
  `18 switch of measure: setPaintProperty ${seconds(c)} s, feature-state ${seconds(d)} s, ratio ${(d / c).toFixed(2)} (goal ${SWITCH_GOAL})`,
);
