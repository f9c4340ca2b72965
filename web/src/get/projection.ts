// Conformal projections of paper: Lambert-93 in France, elsewhere a conic of the place (Snyder 1987, pages 107 to 109). Pure.

export type Box = readonly [west: number, south: number, east: number, north: number];

export interface Projection {
  /** Lambert-93, or the parallels (degrees) of a conic of the place. */
  readonly name: 'lambert93' | readonly [number, number];
  /** Metres east and north of a place in degrees. */
  readonly project: (lon: number, lat: number) => readonly [number, number];
  /** Degrees of a place in metres. */
  readonly unproject: (east: number, north: number) => readonly [number, number];
  /** Degrees clockwise from the top of the sheet to the north at a longitude. */
  readonly north: (lon: number) => number;
}

/** GRS 80, which WGS 84 matches to a tenth of a millimetre. */
const AXIS_M = 6_378_137;
const FLATTENING = 1 / 298.257222101;
const E = Math.sqrt(FLATTENING * (2 - FLATTENING));
const RAD = Math.PI / 180;
/** Steps of the inverse latitude: each gains two decimals. */
const STEPS = 8;
/** Degrees within which two parallels are one, and a cone is a cylinder about the equator. */
const FLAT = 0.5;

const along = (sin: number) => ((1 - E * sin) / (1 + E * sin)) ** (E / 2);
/** Snyder's t: falls from the south pole to 0 at the north pole. */
const ofLat = (phi: number) => Math.tan(Math.PI / 4 - phi / 2) / along(Math.sin(phi));
/** Snyder's m: the radius of a parallel, in axes. */
const radius = (phi: number) => Math.cos(phi) / Math.sqrt(1 - (E * Math.sin(phi)) ** 2);
/** The shortest way from one meridian to another, degrees. */
const turn = (lon: number, from: number) => ((((lon - from + 180) % 360) + 360) % 360) - 180;

/** A conformal cone that cuts two parallels, its origin (degrees) at `false` metres. */
export function cone(
  parallels: readonly [number, number],
  origin: readonly [lon: number, lat: number],
  shifted: readonly [number, number],
  name: Projection['name'] = parallels,
): Projection {
  const [p, q] = [parallels[0] * RAD, parallels[1] * RAD];
  const flat = Math.abs(p + q) < 2 * FLAT * RAD;
  const n =
    Math.abs(p - q) < 1e-9 ? Math.sin(p) : Math.log(radius(p) / radius(q)) / Math.log(ofLat(p) / ofLat(q));
  const [lon0, lat0] = origin;
  const latOf = (t: number): number => {
    let phi = Math.PI / 2 - 2 * Math.atan(t);
    for (let i = 0; i < STEPS; i++) phi = Math.PI / 2 - 2 * Math.atan(t * along(Math.sin(phi)));
    return phi / RAD;
  };
  if (flat) {
    // Two parallels about the equator make no cone: Mercator's cylinder, which cuts them both.
    const k = AXIS_M * radius(p);
    const up = (lat: number) => -k * Math.log(ofLat(lat * RAD));
    const base = up(lat0);
    return {
      name,
      project: (lon, lat) => [shifted[0] + k * turn(lon, lon0) * RAD, shifted[1] + up(lat) - base],
      unproject: (x, y) => [lon0 + (x - shifted[0]) / k / RAD, latOf(Math.exp(-(y - shifted[1] + base) / k))],
      north: () => 0,
    };
  }
  const f = (AXIS_M * radius(p)) / (n * ofLat(p) ** n);
  const top = f * ofLat(lat0 * RAD) ** n;
  return {
    name,
    project: (lon, lat) => {
      const r = f * ofLat(lat * RAD) ** n;
      const a = n * turn(lon, lon0) * RAD;
      return [shifted[0] + r * Math.sin(a), shifted[1] + top - r * Math.cos(a)];
    },
    unproject: (x, y) => {
      const [dx, dy] = [x - shifted[0], top - (y - shifted[1])];
      const side = Math.sign(n);
      const r = side * Math.hypot(dx, dy);
      return [lon0 + Math.atan2(side * dx, side * dy) / n / RAD, latOf((r / f) ** (1 / n))];
    },
    north: (lon) => -n * turn(lon, lon0),
  };
}

/** Lambert-93 (RGF93, EPSG:2154). */
export const LAMBERT_93 = cone([44, 49], [3, 46.5], [700_000, 6_600_000], 'lambert93');
/** Where Lambert-93 is the country's own. */
const METROPOLE: Box = [-5.6, 41.2, 9.8, 51.3];

/** The projection of a box; `france` where the campaign is French. A cone cuts a sixth of the way from each end. */
export function projectionOf([west, south, east, north]: Box, france: boolean): Projection {
  const [w, s, e, n] = METROPOLE;
  if (france && west >= w && south >= s && east <= e && north <= n) return LAMBERT_93;
  const sixth = (north - south) / 6;
  const parallels = [tenth(south + sixth), tenth(north - sixth)] as const;
  return cone(parallels, [(west + east) / 2, (south + north) / 2], [0, 0]);
}
const tenth = (degrees: number) => Math.round(10 * degrees) / 10;
