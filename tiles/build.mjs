// Land and borders of the basemap, from Natural Earth 1:50m as packed by world-atlas (TopoJSON), to compact GeoJSON.
//
//   node tiles/build.mjs        (after `npm ci` in tiles/; `make -C tiles` does both)
//
// Writes basemap/land.json (one MultiPolygon) and basemap/borders.json (one MultiLineString: the arcs that two
// countries share, so coasts are not drawn twice). Coordinates are degrees to three decimals (at most 56 m off at the
// equator, below the source's own 1:50,000,000). Deterministic: the same source gives the same bytes.
import { readFileSync, writeFileSync } from 'node:fs';

const DECIMALS = 3;
const source = (name) => new URL(`./node_modules/world-atlas/${name}`, import.meta.url);
const target = (name) => new URL(`./basemap/${name}`, import.meta.url);

/** The arcs of a quantised topology as rounded longitudes and latitudes, points that round alike kept once. */
function decodeArcs({ arcs, transform: { scale, translate } }) {
  return arcs.map((arc) => {
    let x = 0;
    let y = 0;
    const points = arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]].map((v) => Number(v.toFixed(DECIMALS)));
    });
    return points.filter(([lon, lat], at) => at === 0 || lon !== points[at - 1][0] || lat !== points[at - 1][1]);
  });
}

/** A ring of signed arc indices (~i runs arc i backwards) as closed coordinates. */
function ring(indices, arcs) {
  const points = [];
  for (const index of indices) {
    const arc = index < 0 ? arcs[~index].toReversed() : arcs[index];
    points.push(...(points.length ? arc.slice(1) : arc));
  }
  return points;
}

/** Twice the signed area of a ring in square degrees; positive when anticlockwise. */
const area2 = (points) =>
  points.slice(1).reduce((sum, [x, y], at) => sum + points[at][0] * y - x * points[at][1], 0);

/** RFC 7946 winding: the first ring anticlockwise, holes clockwise; rings that rounding has flattened are dropped. */
function wound(polygon) {
  return polygon
    .filter((points) => points.length >= 4 && area2(points) !== 0)
    .map((points, at) => (area2(points) > 0 === (at === 0) ? points : points.toReversed()));
}

/** Every polygon's list of rings, as arc indices, of a geometry object of any depth. */
function polygonsOf(object) {
  if (object.type === 'GeometryCollection') return object.geometries.flatMap(polygonsOf);
  if (object.type === 'MultiPolygon') return object.arcs;
  return object.type === 'Polygon' ? [object.arcs] : [];
}

function feature(geometry) {
  return `${JSON.stringify({ type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry }] })}\n`;
}

const land = JSON.parse(readFileSync(source('land-50m.json'), 'utf8'));
const landArcs = decodeArcs(land);
const polygons = polygonsOf(land.objects.land)
  .map((polygon) => wound(polygon.map((indices) => ring(indices, landArcs))))
  .filter((polygon) => polygon.length > 0);
writeFileSync(target('land.json'), feature({ type: 'MultiPolygon', coordinates: polygons }));

const countries = JSON.parse(readFileSync(source('countries-50m.json'), 'utf8'));
const owners = new Map();
countries.objects.countries.geometries.forEach((country, owner) => {
  for (const index of polygonsOf(country).flat(2)) {
    const arc = index < 0 ? ~index : index;
    owners.set(arc, (owners.get(arc) ?? new Set()).add(owner));
  }
});
const countryArcs = decodeArcs(countries);
const borders = [...owners]
  .filter(([, who]) => who.size > 1)
  .map(([arc]) => arc)
  .sort((a, b) => a - b)
  .map((arc) => countryArcs[arc])
  .filter((points) => points.length > 1);
writeFileSync(target('borders.json'), feature({ type: 'MultiLineString', coordinates: borders }));

console.log(`land: ${polygons.length} polygons; borders: ${borders.length} lines`);
