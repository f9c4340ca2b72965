// The style of the map: basemap, one geometry source a level, and one fill painted by feature-state. Pure.
//
// What follows feature-state is written anew for every area when the measure changes, a buffer a tile and layer. So one
// layer follows it, the fill of the level shown, and with circles those. Dots lie under the fill, which is clear where
// they show, and share its geometry; names, and what few areas bear (hatch, dashes, hover, selection), are of sources of
// their own, so that changing them lays out nothing else. What is smaller than a pixel is not drawn: the borders of all communes of France
// are most of its vertices, and the first textures and dashes each have the driver build a program.
import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Campaign } from '../api/types';
import { styles, type Theme } from '../colour/palette';

export const FONT = 'SourceSans-Regular';

interface Inks {
  readonly water: string;
  readonly land: string;
  readonly landLine: string;
  readonly ground: string;
  readonly ink: string;
  readonly label: string;
  readonly halo: string;
  readonly casing: string;
}
const inks: Readonly<Record<Theme, Inks>> = {
  light: {
    water: '#f2f0ea',
    land: '#eceae4',
    landLine: '#d5d1c7',
    ground: '#ffffff',
    ink: '#1b262c',
    label: '#1b262c',
    halo: 'rgba(255,255,255,.92)',
    casing: '#ffffff',
  },
  dark: {
    water: '#12181c',
    land: '#182026',
    landLine: '#28333a',
    ground: '#12181c',
    ink: '#eef1f0',
    label: '#eef1f0',
    halo: 'rgba(18,24,28,.92)',
    casing: '#12181c',
  },
};
/** The ground of areas: what a dimmed colour fades into. */
export const groundOf = (theme: Theme): string => inks[theme].land;

/** Some areas of the level shown, by row. */
export type Rows = readonly number[];
/** Rows as keys: a filter looks each area up once, however many there are. */
export const among = (rows: Rows): FilterSpecification =>
  [
    'has',
    ['to-string', ['id']],
    ['literal', Object.fromEntries(rows.map((row) => [row, 1]))],
  ] as unknown as FilterSpecification;
export const only = (row: number): FilterSpecification => ['==', ['id'], row];
/** A row that no area has. */
export const NOBODY = -1;

type Expression = readonly unknown[];
const st = (key: string, otherwise: unknown): Expression => ['coalesce', ['feature-state', key], otherwise];

/** A fill that follows feature-state. */
const areaPaint = (ground: string, opacity: number) => ({
  'fill-color': ['to-color', st('c', ground), ground],
  'fill-opacity': opacity,
  'fill-antialias': false,
});

/** Lines from the finest level shown up: width, whether in ink, opacity (interface.md, "Map"). */
const hierarchy = [
  { width: 0.7, ink: false, opacity: 0.55 },
  { width: 1.3, ink: false, opacity: 0.9 },
  { width: 1.1, ink: true, opacity: 0.75 },
  { width: 1.8, ink: true, opacity: 1 },
] as const;

export interface StyleOptions {
  readonly campaign: Campaign;
  readonly theme: Theme;
  readonly level: string;
  readonly counts: boolean;
  readonly origin: string;
  /** The snapshot whose figures are in the tiles of levels too large to be sent whole; null: none is. */
  readonly valued: { readonly snapshot: number; readonly levels: readonly string[] } | null;
  readonly land: boolean;
  /** The zoom from which the areas shown are large enough to bear their names. */
  readonly namesFrom: number;
  /** The same of every level of the tree. */
  readonly namesAbove: Readonly<Record<string, number>>;
  /** Land, names and borders of the levels above are there: they follow the first figures, which need none of them. */
  readonly surroundings: boolean;
  /** Shown on a wall: labels are read from far. */
  readonly wall: boolean;
  /** Whether dots show under the fill: some areas are too uncertain to tell. */
  readonly dotted: boolean;
  /** Areas pooled with neighbours: hatched, with no line between them. */
  readonly pooled: Rows;
  /** Areas without a figure: dashed. */
  readonly none: Rows;
  /** The area under the pointer, or NOBODY; null where there is no pointer. */
  readonly hovered: number | null;
  /** What is chosen: an area, or several of one level. */
  readonly picked: { readonly level: string; readonly rows: Rows } | null;
}

/** How much larger labels are on a wall: 22 px and more. */
const WALL = 1.8;

/** Zooms before names at which lines of the finest level start (areas of 3 by 3 pixels) and are full (of 15 by 15). */
const HAIRLINE = 4.5;
const FULL_LINE = 2.2;
/** Zooms before names at which borders of the levels above are thinnest, and what is left of their width there. */
const THIN_LINE = 3;
const THIN = 0.3;

/** The ring of a circle, and the share of its radius that it never exceeds: thousands of small circles would be all ring. */
const RIM_PX = 0.6;
const RIM_SHARE = 0.12;
const ZOOMS = [...Array(21).keys()];
const rim: Expression = [
  'interpolate',
  ['linear'],
  ['zoom'],
  ...ZOOMS.flatMap((z) => [z, ['min', RIM_PX, ['*', RIM_SHARE * 2 ** z, st('r', 0)]]]),
];

/** The zoom from which borders of the level shown, hatch and dashes are drawn; tiles of whole zooms are asked for. */
export const marksFrom = (namesFrom: number): number =>
  Math.min(22, Math.max(0, Math.ceil(namesFrom - HAIRLINE)));

export function mapStyle(o: StyleOptions): StyleSpecification {
  const { campaign, theme } = o;
  const c = inks[theme];
  const at = campaign.levels.findIndex((l) => l.id === o.level);
  const layers: unknown[] = [
    { id: 'water', type: 'background', paint: { 'background-color': o.land ? c.water : c.land } },
  ];
  const sources: Record<string, unknown> = {};
  if (o.land && o.surroundings) {
    sources.land = { type: 'geojson', data: `${o.origin}/basemap/land.json`, tolerance: 0.1 };
    layers.push(
      // The same expression as the areas', and no outline of its own: the driver builds one program for both.
      { id: 'land', type: 'fill', source: 'land', paint: areaPaint(c.land, 1) },
      {
        id: 'land-line',
        type: 'line',
        source: 'land',
        paint: { 'line-color': c.landLine, 'line-width': 0.9 },
      },
    );
  }
  const tilesOf = (l: Campaign['levels'][number]) => ({
    type: 'vector',
    tiles: [
      o.valued?.levels.includes(l.id)
        ? `${o.origin}/tiles/${o.valued.snapshot}/${encodeURIComponent(l.id)}/{z}/{x}/{y}.mvt`
        : `${o.origin}/tiles/geometry/${campaign.geography}/${encodeURIComponent(l.id)}/{z}/{x}/{y}.mvt`,
    ],
    minzoom: l.minzoom,
    maxzoom: l.maxzoom,
    bounds: campaign.bounds,
  });
  // Tiles are asked for in the order of their sources: those of the level shown first.
  for (const l of [campaign.levels[at]!, ...campaign.levels]) sources[l.id] ??= tilesOf(l);
  /** The same tiles once more, for layers that are filtered while the map is looked at. */
  const again = (use: string, level: string) => {
    const l = campaign.levels.find((x) => x.id === level)!;
    sources[`${use} ${level}`] = tilesOf(l);
    return { source: `${use} ${level}`, 'source-layer': level };
  };
  const shape = { source: o.level, 'source-layer': o.level };
  if (o.counts)
    layers.push({
      id: 'ground',
      type: 'fill',
      ...shape,
      paint: { 'fill-color': c.ground, 'fill-opacity': 0.55 },
    });
  // Every level keeps its layers, hidden while another is shown. A layer that follows feature-state and goes while its
  // tiles are on their way leaves them without an expression to evaluate, and MapLibre throws.
  for (const l of campaign.levels) {
    // Two layers of one source, layout and filter are laid out as one: the dots cost no second reading of the tiles, and
    // showing them none either.
    const own = {
      type: 'fill',
      source: l.id,
      'source-layer': l.id,
      layout: { visibility: l.id === o.level ? 'visible' : 'none' },
    };
    const dotted = l.id === o.level && o.dotted && !o.counts;
    layers.push(
      {
        id: `dots-${l.id}`,
        ...own,
        paint: {
          'fill-pattern': 'dots',
          'fill-antialias': false,
          'fill-opacity': dotted ? 1 : 0,
          'fill-opacity-transition': { duration: 0 },
        },
      },
      { id: `fill-${l.id}`, ...own, paint: areaPaint(c.land, o.counts ? 0 : 1) },
    );
  }
  const visibleFrom = { minzoom: marksFrom(o.namesFrom) };
  // Borders of the level shown leave out the pooled, so they lie with the marks: a filter that changes reads its source anew.
  const marks = again('marks', o.level);
  if (!o.counts && o.pooled.length > 0)
    layers.push({
      id: 'hatch',
      type: 'fill',
      ...visibleFrom,
      ...marks,
      filter: among(o.pooled),
      paint: { 'fill-pattern': 'hatch' },
    });
  const above = campaign.levels.slice(0, at + 1).reverse();
  // Hexagons and groupings follow no border: of the levels above only the outermost helps to find one's way.
  const grouped = campaign.groupings.some((g) => g.id === o.level);
  const lines =
    o.level === 'hex' || grouped ? above.filter((_, i) => i === 0 || (i === at && at > 1)) : above;
  lines.forEach((l, i) => {
    // Borders of the levels above help to find one's way, as names do, and come with them.
    if (i > 0 && !o.surroundings) return;
    const own = hierarchy[Math.min(i, hierarchy.length - 1)]!;
    // Where only one or two levels exist above, the outermost outline is still ink.
    const h = lines.length > 1 && i === lines.length - 1 && i < 2 ? hierarchy[2] : own;
    const lone = lines.length === 1 ? 1.3 : h.width;
    const from = o.namesAbove[l.id] ?? 0;
    layers.push({
      id: `line-${l.id}`,
      type: 'line',
      ...(i === 0 && lines.length > 1 ? visibleFrom : {}),
      ...(i === 0 ? marks : { source: l.id, 'source-layer': l.id }),
      // Joined without curves: of a pixel's width they show nothing, and are more than half of the vertices.
      paint: {
        'line-color': h.ink ? c.ink : o.counts && i === 0 ? c.landLine : c.ground,
        // Areas of a few pixels are all border: their lines would hide the colours that they part.
        'line-width':
          i === 0
            ? [
                'interpolate',
                ['linear'],
                ['zoom'],
                o.namesFrom - HAIRLINE,
                0.05,
                o.namesFrom - FULL_LINE,
                lone,
              ]
            : // Seen from far they would hide what lies between them.
              ['interpolate', ['linear'], ['zoom'], from - THIN_LINE, THIN * lone, from, lone],
        'line-opacity': h.opacity,
      },
      ...(i === 0 && o.pooled.length > 0 && !o.counts ? { filter: ['!', among(o.pooled)] } : {}),
    });
  });
  if (o.none.length > 0)
    layers.push({
      id: 'none',
      type: 'line',
      ...visibleFrom,
      ...marks,
      filter: among(o.none),
      paint: {
        'line-color': styles.no_electors.outline[theme],
        'line-width': 1,
        'line-dasharray': [3, 2],
      },
    });
  for (const l of campaign.levels)
    layers.push({
      id: `circles-${l.id}`,
      type: 'circle',
      source: l.id,
      'source-layer': `${l.id}_points`,
      layout: {
        visibility: o.counts && l.id === o.level ? 'visible' : 'none',
        // The most electors first: small circles stay on top.
        'circle-sort-key': ['get', 'rank'],
      },
      paint: {
        'circle-radius': [
          'interpolate',
          ['exponential', 2],
          ['zoom'],
          0,
          st('r', 0),
          20,
          ['*', 2 ** 20, st('r', 0)],
        ],
        'circle-color': ['to-color', st('c', c.land), c.land],
        'circle-opacity': ['*', 0.92, st('o', 1)],
        'circle-stroke-color': c.ink,
        'circle-stroke-width': rim,
        'circle-stroke-opacity': st('o', 1),
      },
    });
  if (o.hovered !== null)
    layers.push({
      id: 'hover',
      type: 'line',
      ...again('hovered', o.level),
      filter: only(o.hovered),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': c.ink, 'line-width': 2 },
    });
  // The selection may be of a coarser level than the one shown.
  const pickedAt = campaign.levels.findIndex((l) => l.id === o.picked?.level);
  if (o.picked && pickedAt >= 0 && pickedAt <= at) {
    const own = again('picked', o.picked.level);
    for (const [id, color, width] of [
      ['case', c.casing, 6.5],
      ['picked', c.ink, 3],
    ] as const)
      layers.push({
        id,
        type: 'line',
        ...own,
        filter: among(o.picked.rows),
        layout: { 'line-join': 'round' },
        paint: { 'line-color': color, 'line-width': width },
      });
  }
  // Labels name the level shown and the one above it, so that a far view is never bare; most electors win. Those of other
  // levels are hidden, not left out: a label layer that goes and comes back while its tiles are on their way meets tiles
  // whose labels were never placed, and MapLibre throws ("Length of new data ...").
  campaign.levels.forEach((l, i) => {
    const named = i === at || (i === at - 1 && !grouped);
    const upper = i < at;
    layers.push({
      id: `label-${l.id}`,
      type: 'symbol',
      ...(upper || at === 0 || !named ? {} : { minzoom: Math.min(22, Math.max(0, o.namesFrom)) }),
      ...again('names', l.id),
      'source-layer': `${l.id}_points`,
      layout: {
        visibility: named && (o.surroundings || !upper) ? 'visible' : 'none',
        'text-field': ['get', 'name'],
        'text-font': [FONT],
        'text-size': (upper ? 14.5 : 12.5) * (o.wall ? WALL : 1),
        'text-max-width': 8,
        'text-padding': upper ? 6 : 10,
        'symbol-sort-key': ['get', 'rank'],
      },
      paint: { 'text-color': c.label, 'text-halo-color': c.halo, 'text-halo-width': 1.7 },
    });
  });
  return {
    version: 8,
    glyphs: `${o.origin}/glyphs/{fontstack}/{range}.pbf`,
    sources: sources as StyleSpecification['sources'],
    layers: layers as LayerSpecification[],
  };
}
