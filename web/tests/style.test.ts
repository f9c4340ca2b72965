// The style of the map: what is drawn from far, and what comes when it is needed.
import { describe, expect, it } from 'vitest';
import type { Campaign } from '../src/api/types';
import { mapStyle, type StyleOptions } from '../src/map/style';

const level = (id: string) => ({ id, label: { fr: id, en: id }, count: 10, minzoom: 0, maxzoom: 11 });
const campaign = {
  levels: [level('region'), level('departement'), level('commune')],
  groupings: [],
  geography: 'abc',
  bounds: [-5, 41, 10, 51],
} as unknown as Campaign;
const base: StyleOptions = {
  campaign,
  theme: 'light',
  level: 'commune',
  counts: false,
  origin: '',
  land: true,
  namesFrom: 10.1,
  namesAbove: { region: 4, departement: 6, commune: 10.1 },
  surroundings: true,
  wall: false,
  dotted: false,
  pooled: [1, 2],
  none: [3],
  hovered: null,
  picked: null,
};
const layers = (o: Partial<StyleOptions>) => mapStyle({ ...base, ...o }).layers;
const layer = (id: string, o: Partial<StyleOptions> = {}) => layers(o).find((l) => l.id === id);
const visibility = (id: string, o: Partial<StyleOptions> = {}) =>
  (layer(id, o)?.layout as { visibility?: string } | undefined)?.visibility;

describe('a map seen from far', () => {
  it('starts_borders_hatches_and_dashes_where_areas_are_some_pixels_wide', () => {
    for (const id of ['line-commune', 'hatch', 'none']) expect(layer(id)?.minzoom).toBe(6);
    // Levels above are large: their borders are always there.
    for (const id of ['line-departement', 'line-region']) expect(layer(id)?.minzoom).toBeUndefined();
    expect(layer('line-region', { level: 'region' })?.minzoom).toBeUndefined();
  });
  it('has_dots_that_share_the_geometry_of_the_fill_and_show_where_something_is_too_uncertain_to_tell', () => {
    expect(layer('dots-commune', { dotted: true })?.paint).toMatchObject({ 'fill-opacity': 1 });
    expect(layer('dots-commune')?.paint).toMatchObject({ 'fill-opacity': 0 });
    expect(layer('dots-departement', { dotted: true })?.paint).toMatchObject({ 'fill-opacity': 0 });
    expect(layer('dots-commune', { dotted: true, counts: true })?.paint).toMatchObject({ 'fill-opacity': 0 });
    // MapLibre lays out as one what has all of these in common.
    const laidOut = (id: string) => {
      const { type, source, minzoom, maxzoom, filter, layout, ...rest } = layer(id) as Record<
        string,
        unknown
      >;
      return { type, source, minzoom, maxzoom, filter, layout, of: rest['source-layer'] };
    };
    expect(laidOut('dots-commune')).toEqual(laidOut('fill-commune'));
    // They lie under the fill, which is clear where they show.
    const ids = layers({ dotted: true }).map((l) => l.id);
    expect(ids.indexOf('dots-commune')).toBeLessThan(ids.indexOf('fill-commune'));
  });
  it('thins_borders_of_the_levels_above_where_their_areas_are_small', () => {
    expect(layer('line-departement')?.paint).toMatchObject({
      'line-width': ['interpolate', ['linear'], ['zoom'], 3, expect.closeTo(0.39), 6, 1.3],
    });
  });
  it('draws_land_names_and_borders_of_the_levels_above_after_the_figures', () => {
    for (const id of ['line-departement', 'line-region']) {
      expect(layer(id, { surroundings: false })).toBeUndefined();
      expect(layer(id)).toBeDefined();
    }
    expect(layer('line-commune', { surroundings: false })).toBeDefined();
    expect(layer('land', { surroundings: false })).toBeUndefined();
    expect(layer('land')).toBeDefined();
    expect(visibility('label-departement', { surroundings: false })).toBe('none');
    expect(visibility('label-departement')).toBe('visible');
    expect(visibility('label-commune', { surroundings: false })).toBe('visible');
    expect(layer('label-commune')?.minzoom).toBe(10.1);
  });
  it('keeps_what_is_filtered_off_the_source_of_the_fill', () => {
    expect(layer('fill-commune')).toMatchObject({ source: 'commune' });
    for (const id of ['line-commune', 'hatch', 'none'])
      expect(layer(id)).toMatchObject({ source: 'marks commune' });
    // The zoom of names follows the tables of areas, as they arrive.
    expect(layer('label-commune')).toMatchObject({
      source: 'names commune',
      'source-layer': 'commune_points',
    });
    expect(layer('line-region')).toMatchObject({ source: 'region' });
  });
  it('gives_small_circles_a_thin_ring', () => {
    const width = JSON.stringify(layer('circles-commune', { counts: true })?.paint);
    expect(width).toContain('5,["min",0.6,["*",3.84,["coalesce",["feature-state","r"],0]]]');
  });
  it('outlines_every_area_that_is_chosen', () => {
    const picked = layer('picked', { picked: { level: 'commune', rows: [4, 7] } });
    expect(JSON.stringify((picked as { filter?: unknown }).filter)).toContain('{"4":1,"7":1}');
  });
});
