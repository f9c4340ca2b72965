// An invented country for development: a jittered grid of neighbourhoods grouped into cities and regions.
// Neighbours share their edges point for point; everything follows from one seed.

/** A small seeded generator (mulberry32): numbers in [0, 1). */
export function generator(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const COLUMNS = 52;
const ROWS = 44;
const WEST = 1.2;
const SOUTH = 45.1;
const STEP_LON = 0.058;
const STEP_LAT = 0.041;
const CITIES = 60;
const REGIONS = 4;

const onsets = [
  'Val',
  'Mont',
  'Clair',
  'Beau',
  'Roche',
  'Sau',
  'Ville',
  'Aube',
  'Fon',
  'Haute',
  'Œu',
  'Bel',
  'Cor',
  'Mar',
  'Lan',
];
const codas = [
  'brune',
  'fort',
  'lieu',
  'mesnil',
  'vigne',
  'rive',
  'court',
  'aigue',
  'terre',
  'illy',
  'champ',
  'neuve',
];
const places = [
  'la Gare',
  'les Prés',
  'l’Église',
  'le Port',
  'la Butte',
  'les Écoles',
  'la Fontaine',
  'le Moulin',
  'la Mairie',
  'les Tilleuls',
  'le Canal',
  'la Plaine',
];

/** The three levels with polygons, parents and electors, each sorted by code. */
export function makeCountry(seed) {
  const random = generator(seed);
  const jitter = () => random() - 0.5;
  const nodes = Array.from({ length: (COLUMNS + 1) * (ROWS + 1) }, (_, i) => {
    const x = i % (COLUMNS + 1);
    const y = Math.floor(i / (COLUMNS + 1));
    return [WEST + (x + 0.62 * jitter()) * STEP_LON, SOUTH + (y + 0.62 * jitter()) * STEP_LAT];
  });
  const edges = new Map();
  const edge = (a, b) => {
    const key = a < b ? `${a}-${b}` : `${b}-${a}`;
    if (!edges.has(key)) {
      const [p, q] = a < b ? [nodes[a], nodes[b]] : [nodes[b], nodes[a]];
      const middle = [1, 2].map((i) => [
        p[0] + ((q[0] - p[0]) * i) / 3 + 0.13 * jitter() * STEP_LON,
        p[1] + ((q[1] - p[1]) * i) / 3 + 0.13 * jitter() * STEP_LAT,
      ]);
      edges.set(key, [p, ...middle, q]);
    }
    const line = edges.get(key);
    return a < b ? line : [...line].reverse();
  };
  const cells = [];
  for (let y = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++) {
      const dx = (x - COLUMNS / 2) / (COLUMNS / 2);
      const dy = (y - ROWS / 2) / (ROWS / 2);
      const angle = Math.atan2(dy, dx);
      const shore = 0.86 + 0.1 * Math.sin(3 * angle + 1) + 0.05 * Math.sin(7 * angle);
      if (Math.hypot(dx, dy) < shore) cells.push({ x, y });
    }
  }
  const picked = new Set();
  while (picked.size < CITIES) picked.add(cells[Math.floor(random() * cells.length)]);
  const seeds = [...picked];
  const hubs = Array.from({ length: REGIONS }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.3)) / REGIONS;
    return { x: COLUMNS / 2 + 14 * Math.cos(angle), y: ROWS / 2 + 12 * Math.sin(angle) };
  });
  const nearest = (p, points) => {
    let best = 0;
    points.forEach((q, i) => {
      if (Math.hypot(p.x - q.x, p.y - q.y) < Math.hypot(p.x - points[best].x, p.y - points[best].y)) best = i;
    });
    return best;
  };
  const regionOfCity = seeds.map((s) => nearest(s, hubs));
  const used = new Set();
  const name = () => {
    for (;;) {
      const n = onsets[Math.floor(random() * onsets.length)] + codas[Math.floor(random() * codas.length)];
      const full = random() < 0.3 ? `${n}-sur-Orne` : n;
      if (!used.has(full)) {
        used.add(full);
        return full;
      }
    }
  };
  const regions = ['Haute-Aubrie', 'Marche-du-Nord', 'Pays-de-Sélune', 'Rivage'].map((n, i) => ({
    code: `R${i + 1}`,
    name: n,
    parent: -1,
  }));
  const cities = seeds.map((_, i) => ({
    code: `C${String(i + 1).padStart(2, '0')}`,
    name: name(),
    parent: regionOfCity[i],
  }));
  const owner = cells.map((c) => nearest(c, seeds));
  const neighbourhoods = cells.map((cell, i) => {
    const near = Math.hypot(cell.x - seeds[owner[i]].x, cell.y - seeds[owner[i]].y);
    return {
      code: `N${String(i + 1).padStart(4, '0')}`,
      name: `${cities[owner[i]].name}, ${places[i % places.length]} ${1 + (i % 9)}`,
      parent: owner[i],
      electors: i % 211 === 7 ? 0 : Math.round(250 + (2600 * random()) / (1 + near)),
      x: cell.x,
      y: cell.y,
    };
  });
  const around = ({ x, y }) => {
    const a = y * (COLUMNS + 1) + x;
    const b = a + 1;
    const d = a + COLUMNS + 1;
    return [
      [a, b],
      [b, d + 1],
      [d + 1, d],
      [d, a],
    ];
  };
  // The outline of a group of cells: their edges, less those that two of them share, chained into rings.
  const outline = (group) => {
    const out = new Map();
    for (const cell of group) {
      for (const [a, b] of around(cell)) {
        const back = out.get(b);
        if (back?.includes(a)) back.splice(back.indexOf(a), 1);
        else out.set(a, [...(out.get(a) ?? []), b]);
      }
    }
    const rings = [];
    for (const [start, ends] of out) {
      while (ends.length) {
        const ring = [];
        let at = start;
        do {
          const next = out.get(at).pop();
          ring.push(...edge(at, next).slice(0, -1));
          at = next;
        } while (at !== start && out.get(at)?.length);
        ring.push(ring[0]);
        rings.push(ring);
      }
    }
    return rings;
  };
  const area = (ring) =>
    ring.reduce((s, p, i) => (i ? s + ring[i - 1][0] * p[1] - p[0] * ring[i - 1][1] : s), 0) / 2;
  const polygons = (group) => {
    const rings = outline(group);
    const outer = rings.filter((r) => area(r) > 0);
    const holes = rings.filter((r) => area(r) <= 0);
    return outer.map((r, i) => (i === 0 ? [r, ...holes] : [r]));
  };
  const cityCells = cities.map((_, c) => cells.filter((_, i) => owner[i] === c));
  const regionCells = regions.map((_, r) => cells.filter((_, i) => regionOfCity[owner[i]] === r));
  const finish = (list, groups) =>
    list.map((a, i) => {
      const shape = polygons(groups[i]);
      const flat = shape.flat(2);
      const xs = flat.map((p) => p[0]);
      const ys = flat.map((p) => p[1]);
      const bounds = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
      const middle = groups[i]
        .reduce((s, c) => [s[0] + c.x + 0.5, s[1] + c.y + 0.5], [0, 0])
        .map((v) => v / groups[i].length);
      const at = groups[i].reduce((b, c) =>
        Math.hypot(c.x + 0.5 - middle[0], c.y + 0.5 - middle[1]) <
        Math.hypot(b.x + 0.5 - middle[0], b.y + 0.5 - middle[1])
          ? c
          : b,
      );
      return {
        ...a,
        polygons: shape,
        bounds,
        point: [WEST + (at.x + 0.5) * STEP_LON, SOUTH + (at.y + 0.5) * STEP_LAT],
      };
    });
  const levels = {
    region: finish(regions, regionCells),
    city: finish(cities, cityCells),
    neighbourhood: finish(
      neighbourhoods,
      cells.map((c) => [c]),
    ),
  };
  for (const c of levels.city) c.electors = 0;
  for (const r of levels.region) r.electors = 0;
  for (const n of levels.neighbourhood) {
    levels.city[n.parent].electors += n.electors;
    levels.region[levels.city[n.parent].parent].electors += n.electors;
  }
  return levels;
}
