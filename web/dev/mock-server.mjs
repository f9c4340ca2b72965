// A development stand-in for `quartier serve`: the same routes over an invented campaign, loopback only.
// node dev/mock-server.mjs [--port 8790] [--vite]   serves web/dist, or the sources through Vite.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import geojsonvt from 'geojson-vt';
import vtpbf from 'vt-pbf';
import { makeCampaign } from './campaign.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '..', 'dist');
const tiles = join(here, '..', '..', 'tiles');
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.pbf': 'application/x-protobuf',
};
const policy =
  "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'";

/** Starts the server; `vite` serves the sources instead of the built page. Returns its address and `close`. */
export async function serve({ port = 0, vite = false } = {}) {
  const data = makeCampaign(7);
  const indexes = {};
  for (const [level, areas] of Object.entries(data.areas)) {
    const ranks = areas.map((_, i) => i).sort((a, b) => areas[b].electors - areas[a].electors);
    const rank = new Map(ranks.map((row, i) => [row, i + 1]));
    const options = {
      maxZoom: 12,
      indexMaxZoom: 4,
      indexMaxPoints: 0,
      tolerance: 2,
      buffer: 64,
      extent: 4096,
    };
    indexes[level] = {
      shapes: geojsonvt(
        {
          type: 'FeatureCollection',
          features: areas.map((a, id) => ({
            type: 'Feature',
            id,
            properties: {},
            geometry: { type: 'MultiPolygon', coordinates: a.polygons },
          })),
        },
        options,
      ),
      points: geojsonvt(
        {
          type: 'FeatureCollection',
          features: areas.map((a, id) => ({
            type: 'Feature',
            id,
            properties: { name: a.name, rank: rank.get(id) },
            geometry: { type: 'Point', coordinates: a.point },
          })),
        },
        options,
      ),
    };
  }
  const middleware = vite
    ? (
        await (
          await import('vite')
        ).createServer({ root: join(here, '..'), server: { middlewareMode: true } })
      ).middlewares
    : null;
  const server = createServer((req, res) => {
    const url = new URL(req.url, 'http://localhost');
    const path = decodeURIComponent(url.pathname);
    const send = (status, type, body) => {
      res.writeHead(status, {
        'content-type': type,
        'content-security-policy': vite ? '' : policy,
        'cache-control': 'no-store',
      });
      res.end(body);
    };
    const json = (body) => send(200, 'application/json', JSON.stringify(body));
    const problem = (status, title) =>
      send(status, 'application/problem+json', JSON.stringify({ type: 'about:blank', title, status }));
    if (path === '/events') {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': hello\n\n');
      data.listeners.add(res);
      res.on('close', () => data.listeners.delete(res));
      return;
    }
    const tile = /^\/tiles\/geometry\/[^/]+\/([^/]+)\/(\d+)\/(\d+)\/(\d+)\.mvt$/.exec(path);
    if (tile) {
      const [, level, z, x, y] = tile;
      const index = indexes[level];
      const shapes = index?.shapes.getTile(+z, +x, +y);
      const points = index?.points.getTile(+z, +x, +y);
      if (!shapes && !points) return send(204, 'application/vnd.mapbox-vector-tile', '');
      const layers = { ...(shapes && { [level]: shapes }), ...(points && { [`${level}_points`]: points }) };
      return send(
        200,
        'application/vnd.mapbox-vector-tile',
        Buffer.from(vtpbf.fromGeojsonVt(layers, { version: 2 })),
      );
    }
    if (path.startsWith('/api/')) {
      const answer = data.answer(path, url.searchParams);
      if (!answer) return problem(404, 'Not found');
      if (answer.table) return send(200, 'application/vnd.quartier.table', answer.table);
      if (answer.text !== undefined) return send(200, answer.type, answer.text);
      return json(answer.json);
    }
    const file = (root, name) => {
      const full = join(root, normalize(name));
      if (!full.startsWith(root) || !existsSync(full) || !statSync(full).isFile())
        return problem(404, 'Not found');
      res.writeHead(200, {
        'content-type': types[extname(full)] ?? 'application/octet-stream',
        'content-security-policy': vite ? '' : policy,
      });
      createReadStream(full).pipe(res);
    };
    if (/^\/(basemap|glyphs|sprites)\//.test(path)) return file(tiles, path);
    if (middleware) {
      if (path === '/') return send(200, types['.html'], readFileSync(join(here, '..', 'index.html')));
      return middleware(req, res, () => problem(404, 'Not found'));
    }
    return file(dist, path === '/' ? '/index.html' : path);
  });
  await new Promise((ok) => server.listen(port, '127.0.0.1', ok));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    publish: (id) => {
      for (const res of data.listeners) res.write(`event: snapshot\ndata: {"id":${id}}\n\n`);
    },
    close: () =>
      new Promise((ok) => {
        server.closeAllConnections();
        server.close(ok);
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--port');
  const { url } = await serve({
    port: at > 0 ? Number(process.argv[at + 1]) : 8790,
    vite: process.argv.includes('--vite'),
  });
  console.log(`invented campaign on ${url}`);
}
