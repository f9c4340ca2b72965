// The twenty items of interface.md, section 8: what each picture must show, and how the page gets there.
import { withoutWebgl } from './proxy.mjs';

const wide = { width: 1440, height: 900 };
const phone = { width: 360, height: 740 };

/** Brings the mouse over the middle of the first area that is drawn whole on the map, and waits for its tooltip. */
async function hover(page) {
  const at = await page.evaluate(() => {
    const map = window.quartierMap;
    const { width, height, left, top } = map.getCanvas().getBoundingClientRect();
    for (const [x, y] of [
      [0.5, 0.45],
      [0.45, 0.35],
      [0.55, 0.4],
      [0.6, 0.3],
    ])
      if (
        map.queryRenderedFeatures([x * width, y * height], {
          layers: [`fill-${document.getElementById('map').dataset.level}`],
        }).length > 0
      )
        return [left + x * width, top + y * height];
    return [left + width / 2, top + height / 2];
  });
  await page.mouse.move(...at);
  await page.waitForSelector('.tip');
}
const zoomed = (by) => async (page, settled) => {
  await page.evaluate((z) => window.quartierMap.jumpTo({ zoom: window.quartierMap.getZoom() + z }), by);
  await settled(page);
};
const key =
  (...keys) =>
  async (page) => {
    for (const k of keys) await page.keyboard.press(k);
  };

/** What a server says of a campaign before anything is published. */
export const unpublished = (campaign) => ({
  ...campaign,
  levels: [],
  groupings: [],
  readings: [],
  elections: [],
  past_measures: [],
  hexes: null,
  snapshot: null,
  geography: null,
  edges: {},
});

/**
 * The pictures: [name, size, theme, query, what happens then, options]. `c` knows the campaign's ids: estimate, past
 * election, finest and coarse level, an area, and of the estimate those of the lowest and the highest class.
 */
export function checklist(c) {
  const e = (m, l, more = '') => `?e=${c.estimate}&m=${m}&l=${l}${more}`;
  const past = (m, l, more = '') => `?e=${c.past}&m=${encodeURIComponent(m)}&l=${l}${more}`;
  const named = (a) => `&a=${encodeURIComponent(a)}`;
  const area = named(c.area);
  return [
    ['01-title-unit-level', wide, 'light', e('favourable', c.fine)],
    ['02-only-data-has-colour', wide, 'light', e('abstainers', c.coarse, area)],
    ['03-legend', wide, 'light', e('margin', c.fine)],
    ['04-too-uncertain', wide, 'light', e('mobilisation', c.fine)],
    ['04-uncertainty-off', wide, 'light', e('mobilisation', c.fine, '&u=0')],
    ['05-first-load', wide, 'light', '?'],
    ['06-zoom-1', wide, 'light', e('favourable', c.fine)],
    ['06-zoom-2', wide, 'light', e('favourable', c.fine), zoomed(1.5)],
    ['06-zoom-3', wide, 'light', e('favourable', c.fine), zoomed(3)],
    ['07-nothing-white', wide, 'light', past('lead', c.fine)],
    ['08-selected-on-lowest', wide, 'light', e('favourable', c.coarse, named(c.lowest))],
    ['08-selected-on-highest', wide, 'light', e('favourable', c.coarse, named(c.highest))],
    ['08-selected-on-lowest-dark', wide, 'dark', e('favourable', c.coarse, named(c.lowest))],
    ['08-selected-on-highest-dark', wide, 'dark', e('favourable', c.coarse, named(c.highest))],
    ['09-tooltip', wide, 'light', e('favourable', c.fine), hover],
    [
      '10-same-figure',
      wide,
      'light',
      e('favourable', c.coarse, area),
      async (page) => {
        await page.locator('.handle').click();
        await page.waitForSelector('.drawer tbody th');
      },
    ],
    ['11-profile-bar', wide, 'dark', e('undecided', c.coarse, area)],
    ['12-whiskers', { width: 1024, height: 768 }, 'light', e('favourable', c.coarse, area)],
    ['13-phone-360', phone, 'light', e('abstainers', c.fine, area)],
    ['13-phone-past', phone, 'light', past(c.list, c.coarse)],
    ['14-dark', wide, 'dark', e('turnout', c.fine)],
    ['15-grey', wide, 'light', e('favourable', c.fine), null, { vision: 'achromatopsia' }],
    ['15-protanopia', wide, 'light', e('margin', c.fine), null, { vision: 'protanopia' }],
    ['15-deuteranopia', wide, 'light', e('margin', c.fine), null, { vision: 'deuteranopia' }],
    ['15-tritanopia', wide, 'light', e('margin', c.fine), null, { vision: 'tritanopia' }],
    ['16-focus', wide, 'light', e('favourable', c.fine, area), key('Tab', 'Tab', 'Tab')],
    [
      '16-focus-dark',
      wide,
      'dark',
      e('favourable', c.fine),
      (page) => page.locator('.legend-place .cell').nth(2).focus(),
    ],
    ['16-focus-forced', wide, 'dark', e('favourable', c.fine), key('Tab', 'Tab'), { forced: true }],
    ['17-same-boxes', wide, 'light', past(`${c.list}@valid`, c.coarse, area)],
    [
      '17-side-by-side',
      wide,
      'light',
      e('favourable', c.fine, `&cmp=side:${c.past}:${encodeURIComponent(c.list)}`),
    ],
    ['17-swipe', wide, 'dark', past(c.list, c.fine, `&cmp=swipe:${c.past}:turnout`)],
    ['17-change', wide, 'light', e('turnout', c.fine, `&cmp=change:${c.past}:`)],
    ['17-circles', wide, 'light', past(c.list, c.fine, '&n=1')],
    ['18-field', wide, 'dark', e('favourable', c.fine, '&t=field')],
    ['19-new-snapshot', wide, 'light', e('favourable', c.fine), null, { state: 'publish' }],
    ['19-offline', wide, 'dark', e('favourable', c.fine), null, { state: 'stop' }],
    ['19-no-webgl', wide, 'light', e('favourable', c.coarse), null, { script: withoutWebgl }],
    ['19-error', wide, 'light', e('favourable', c.fine), null, { fails: '**/values/*' }],
    ['19-tiles-missing', wide, 'dark', e('favourable', c.fine), null, { fails: '**/tiles/**' }],
    ['19-loading', wide, 'light', e('favourable', c.fine, area), null, { holds: '**/values/*' }],
    ['19-empty', wide, 'light', '?', null, { campaign: unpublished }],
    ['19-empty-phone', phone, 'dark', '?', null, { campaign: unpublished }],
  ];
}
