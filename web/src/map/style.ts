// The style of the map: basemap, one geometry source a level, and layers painted by feature-state. Pure.
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
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
type Expression = readonly unknown[];
const st = (key: string, otherwise: unknown): Expression => ['coalesce', ['feature-state', key], otherwise];

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
  readonly land: boolean;
  /** The zoom from which the areas shown are large enough to bear their names. */
  readonly namesFrom: number;
  /** Shown on a wall: labels are read from far. */
  readonly wall: boolean;
}

/** How much larger labels are on a wall: 22 px and more. */
const WALL = 1.8;

/** Zooms before names at which lines of the finest level start (areas of 3 by 3 pixels) and are full (of 15 by 15). */
const HAIRLINE = 4.5;
const FULL_LINE = 2.2;

export function mapStyle(o: StyleOptions): StyleSpecification {
  const { campaign, theme } = o;
  const c = inks[theme];
  const at = campaign.levels.findIndex((l) => l.id === o.level);
  const layers: unknown[] = [
    { id: 'water', type: 'background', paint: { 'background-color': o.land ? c.water : c.land } },
  ];
  const sources: Record<string, unknown> = {};
  if (o.land) {
    sources.land = { type: 'geojson', data: `${o.origin}/basemap/land.json`, tolerance: 0.1 };
    layers.push(
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': c.land } },
      {
        id: 'land-line',
        type: 'line',
        source: 'land',
        paint: { 'line-color': c.landLine, 'line-width': 0.9 },
      },
    );
  }
  for (const l of campaign.levels) {
    sources[l.id] = {
      type: 'vector',
      tiles: [`${o.origin}/tiles/geometry/${campaign.geography}/${encodeURIComponent(l.id)}/{z}/{x}/{y}.mvt`],
      minzoom: l.minzoom,
      maxzoom: l.maxzoom,
      bounds: campaign.bounds,
    };
  }
  const shape = { source: o.level, 'source-layer': o.level };
  const point = { source: o.level, 'source-layer': `${o.level}_points` };
  if (o.counts)
    layers.push({
      id: 'ground',
      type: 'fill',
      ...shape,
      paint: { 'fill-color': c.ground, 'fill-opacity': 0.55 },
    });
  // A property that feature-state drives is driven by it in every dress: tiles that are still painted by the old dress
  // would meet a plain value where they expect an expression.
  layers.push({
    id: 'fill',
    type: 'fill',
    ...shape,
    paint: {
      'fill-color': ['to-color', st('c', c.land), c.land],
      'fill-opacity': ['*', o.counts ? 0 : 1, st('o', 1)],
      'fill-antialias': false,
    },
  });
  if (!o.counts)
    layers.push(
      { id: 'hatch', type: 'fill', ...shape, paint: { 'fill-pattern': 'hatch', 'fill-opacity': st('h', 0) } },
      { id: 'dots', type: 'fill', ...shape, paint: { 'fill-pattern': 'dots', 'fill-opacity': st('d', 0) } },
    );
  const lines = campaign.levels.slice(0, at + 1).reverse();
  lines.forEach((l, i) => {
    const own = hierarchy[Math.min(i, hierarchy.length - 1)]!;
    // Where only one or two levels exist above, the outermost outline is still ink.
    const h = lines.length > 1 && i === lines.length - 1 && i < 2 ? hierarchy[2] : own;
    const lone = lines.length === 1 ? 1.3 : h.width;
    layers.push({
      id: `line-${l.id}`,
      type: 'line',
      source: l.id,
      'source-layer': l.id,
      layout: { 'line-join': 'round' },
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
            : lone,
        'line-opacity': ['*', h.opacity, i === 0 && o.counts ? ['max', 1, st('l', 1)] : st('l', 1)],
      },
    });
  });
  layers.push({
    id: 'none',
    type: 'line',
    ...shape,
    paint: {
      'line-color': styles.no_electors.outline[theme],
      'line-width': 1,
      'line-dasharray': [3, 2],
      'line-opacity': st('n', 0),
    },
  });
  if (o.counts) {
    layers.push({
      id: 'circles',
      type: 'circle',
      ...point,
      // The most electors first: small circles stay on top.
      layout: { 'circle-sort-key': ['get', 'rank'] },
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
        'circle-stroke-width': 0.6,
        'circle-stroke-opacity': st('o', 1),
      },
    });
  }
  layers.push({
    id: 'hover',
    type: 'line',
    ...shape,
    layout: { 'line-join': 'round' },
    paint: { 'line-color': c.ink, 'line-width': 2, 'line-opacity': st('hover', 0) },
  });
  // The selection may be of a level that is not the one shown: every level up to it can carry it.
  for (const l of campaign.levels) {
    if (campaign.levels.indexOf(l) > at) continue;
    for (const [id, color, width] of [
      ['case', c.casing, 6.5],
      ['picked', c.ink, 3],
    ] as const) {
      layers.push({
        id: `${id}-${l.id}`,
        type: 'line',
        source: l.id,
        'source-layer': l.id,
        layout: { 'line-join': 'round' },
        paint: { 'line-color': color, 'line-width': width, 'line-opacity': st('picked', 0) },
      });
    }
  }
  // Labels name the level shown and the one above it, so that a far view is never bare; most electors win.
  const named = campaign.levels.slice(Math.max(0, at - 1), at + 1);
  named.forEach((l, i) => {
    const upper = i < named.length - 1;
    layers.push({
      id: `label-${l.id}`,
      type: 'symbol',
      ...(upper || named.length === 1 ? {} : { minzoom: Math.min(22, Math.max(0, o.namesFrom)) }),
      source: l.id,
      'source-layer': `${l.id}_points`,
      layout: {
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
