// node tests/real.mjs URL: strategist and map maker on real data, Paris by polling station as tests/with-paris.sh publishes
// it: by mouse, by keyboard alone, at 390 px; what was published on other stations; axe in every state and theme.
import assert from 'node:assert/strict';
import { accessible } from './axe.mjs';
import { settled } from './browser.mjs';
import { unpublished } from './checklist.mjs';
import { figures } from './figures.mjs';
import { journey } from './journey.mjs';
import { lassos } from './lasso.mjs';
import { through, withoutWebgl } from './proxy.mjs';

const kit = await journey('node tests/real.mjs URL');
const { step, open, url, campaign, browser, get } = kit;
const wide = { viewport: { width: 1440, height: 900 } };
const param = (page, name) => page.evaluate((n) => new URLSearchParams(location.search).get(n), name);
const whole = (text) => Number(text.replace(/\D/g, ''));
const live = (page, text) =>
  page.waitForFunction((s) => document.querySelector('[aria-live]').textContent.includes(s), text);
/** The figure of the panel, once it is of this area. */
async function headline(page, code) {
  await page.waitForFunction(
    (c) =>
      document.querySelector('.panel .sub')?.textContent.endsWith(` ${c}`) && document.querySelector('.head'),
    code,
  );
  return page.locator('.head').innerText();
}
const vote = 'pres2017t2';

await step('a_strategist_reads_a_quartier_by_mouse_and_the_figures_agree', async () => {
  const page = await open(wide, '?e=~&m=favourable&l=quartier&lang=fr');
  assert.match(await page.locator('.maptitle').innerText(), /Favorables\s+% des inscrits, par quartiers/);
  const legend = await page.locator('.legend-place').boundingBox();
  // The middle of an area with electors that the legend does not cover.
  const at = await page.evaluate((l) => {
    const map = window.quartierMap;
    const { x, y } = map.getCanvas().getBoundingClientRect();
    const here = map.project([2.3322, 48.8422]);
    return [x + here.x, y + here.y, y + here.y < l.y];
  }, legend);
  assert.ok(at[2], 'the legend covers areas at first load');
  await page.mouse.move(at[0], at[1]);
  await page.waitForSelector('.tip');
  const tip = await page.locator('.tip').innerText();
  assert.match(tip, /intervalle \d/);
  assert.match(tip, /inscrits/);
  const box = await page.locator('.tip').boundingBox();
  assert.ok(at[0] < box.x || at[0] > box.x + box.width || at[1] < box.y || at[1] > box.y + box.height);
  await page.mouse.click(at[0], at[1]);
  await page.waitForFunction(() => new URLSearchParams(location.search).get('a')?.startsWith('quartier:'));
  const code = (await param(page, 'a')).split(':')[1];
  const text = await headline(page, code);
  const api = await get(`/api/v1/areas/quartier/${code}`);
  const shown = Math.round(100 * api.estimate.favourable.value);
  assert.ok(text.startsWith(String(shown)), `${text}, the API says ${shown}`);
  assert.ok(tip.includes(`${shown}\u202f%`), `${tip}, the API says ${shown}`);
  // Answers are counts, said to be noised, and never a share.
  const why = await page.locator('.why').first().innerText();
  assert.ok(api.evidence.answers > 0 && /≈ \d/.test(why), why);
  assert.match(await page.locator('.panel').innerText(), /≈, bruité pour la confidentialité/);
  assert.ok(!/%/.test(why));
  await page.locator('.handle').click();
  await page.waitForSelector('.drawer tr.on');
  assert.ok((await page.locator('.drawer tr.on .v').innerText()).startsWith(String(shown)));
  assert.equal(whole(await page.locator('.drawer tr.on td.n').first().innerText()), api.electors);
  await page.context().close();
});
await step('a_map_maker_goes_from_a_list_to_its_change_and_a_sheet_of_paper', async () => {
  const page = await open(wide, `?e=${vote}&m=lead&l=bureau&lang=fr`);
  await page.locator('.measures').getByRole('button', { name: 'LE PEN' }).click();
  await page.locator('.rail').getByRole('button', { name: '% des exprimés' }).click();
  assert.equal(await param(page, 'm'), 'list:LE%20PEN@valid');
  await page.getByLabel('Comparer avec').selectOption('change');
  await page.waitForFunction(() => /depuis/.test(document.querySelector('.maptitle').textContent));
  await page.locator('.handle').click();
  await page.waitForSelector('.drawer tbody .v');
  await page.locator('.rail .foot button').last().click();
  await page.waitForSelector('.paper[data-ready=yes]');
  assert.match(await page.locator('.paper').innerText(), /1:\d/);
  await page.context().close();
});
await step('base_and_reserve_are_layers_with_the_elections_that_they_are_of', async () => {
  const page = await open(wide, `?e=${vote}&m=base&l=arrondissement&lang=fr`);
  const past = await get('/api/v1/past/base?level=arrondissement&limit=100');
  await page.locator('.handle').click();
  await page.waitForSelector('.drawer tbody th');
  for (const a of past.areas.slice(0, 5)) {
    const row = page.locator('.drawer tbody tr', {
      has: page.getByRole('button', { name: a.name, exact: true }),
    });
    const shown = Number((await row.locator('.v').innerText()).replace(/[^\d,]/g, '').replace(',', '.'));
    assert.equal(shown, Math.round(1000 * a.share) / 10, a.name);
  }
  await page.locator('.measures').getByRole('button', { name: 'Réserve' }).click();
  await page.waitForFunction(() => new URLSearchParams(location.search).get('m') === 'reserve');
  await page.locator('.rail .note').getByText('pres2017t1').first().waitFor();
  await page.waitForSelector('.drawer tbody .v');
  await page.context().close();
});
await step('a_revision_says_what_moved_since_the_publication_before', async () => {
  const page = await open(wide, '?e=~&m=favourable&l=arrondissement&lang=fr&cmp=change:2:');
  const revision = await get(
    '/api/v1/compare?from=2&to=current&level=arrondissement&measure=favourable&limit=100',
  );
  assert.equal(revision.compare, 'revision');
  await page.locator('.handle').click();
  await page.waitForSelector('.drawer tbody .v');
  for (const a of revision.areas.slice(0, 5)) {
    const row = page.locator('.drawer tbody tr', {
      has: page.getByRole('button', { name: a.name, exact: true }),
    });
    const shown = Number(
      (await row.locator('.v').innerText())
        .replace('\u2212', '-')
        .replace(/[^\d,-]/g, '')
        .replace(',', '.'),
    );
    assert.ok(Math.abs(shown - 100 * a.value) <= 0.5, `${a.name}: ${shown}, the API says ${a.value}`);
  }
  await page.context().close();
});
await step('a_publication_on_other_stations_is_shown_with_its_own_past', async () => {
  const page = await open(wide, `?s=1&e=${vote}&m=turnout&l=bureau&lang=fr`);
  const then = await get('/api/v1/campaign?snapshot=1');
  assert.notEqual(then.geography, campaign.geography);
  assert.deepEqual(
    then.elections.map((e) => e.id),
    campaign.elections.map((e) => e.id),
  );
  const past = await get(`/api/v1/elections/${vote}/results?level=bureau&snapshot=1&limit=3`);
  assert.match(past.areas[0].name, /^Station /);
  await page.locator('.handle').click();
  await page.waitForSelector('.drawer tbody th');
  await page.locator('.figures').getByRole('button', { name: 'Zone', exact: true }).click();
  const first = page.locator('.drawer tbody tr').filter({ hasText: past.areas[0].name });
  const { registered, voters } = past.areas[0].counts;
  const shown = (await first.locator('.v').innerText()).replace(',', '.');
  assert.equal(Number.parseFloat(shown), Math.round((1000 * voters) / registered) / 10);
  await page.context().close();
});
await step('a_strategist_alone_with_the_keyboard_finds_compares_and_downloads', async () => {
  const page = await open(wide, '?e=~&m=favourable&lang=fr');
  const { keyboard } = page;
  await keyboard.press('/');
  await keyboard.type('necker');
  await page.waitForSelector('[role=option].hit');
  await keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.panel h2')?.textContent === 'Necker');
  await live(page, 'Necker');
  // Down to a station, to its neighbour, and up again.
  await page.focus('#map canvas');
  const at = () => param(page, 'a');
  for (let i = 0; i < 20 && !(await at()).startsWith('bureau:'); i++) {
    await keyboard.press('Enter');
    await page.waitForTimeout(150);
  }
  const station = await at();
  await keyboard.press(']');
  await page.waitForFunction((a) => new URLSearchParams(location.search).get('a') !== a, station);
  await keyboard.press('Backspace');
  await page.waitForFunction(() => new URLSearchParams(location.search).get('a')?.startsWith('quartier:'));
  // To the measures and the downloads by Tab alone.
  const tab = async (name) => {
    for (let i = 0; i < 120; i++) {
      if (await page.evaluate((n) => document.activeElement?.textContent?.trim().startsWith(n), name)) return;
      await keyboard.press('Tab');
    }
    assert.fail(`Tab never reaches ${name}`);
  };
  await page.evaluate(() => document.querySelector('.skip').focus());
  await tab('Participation');
  await keyboard.press('Enter');
  assert.equal(await param(page, 'm'), 'turnout');
  await tab('Télécharger');
  await keyboard.press('Enter');
  await page.waitForSelector('dialog[open] .size');
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate(() => document.activeElement?.matches('dialog a.primary'))) break;
    await keyboard.press('Tab');
  }
  const [download] = await Promise.all([page.waitForEvent('download'), keyboard.press('Enter')]);
  assert.match(download.suggestedFilename(), /\.geojson$/);
  await keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog[open]'));
  await page.context().close();
});
await step('a_candidate_at_390_px_reads_the_map_the_panel_and_the_table', async () => {
  const page = await open(
    { viewport: { width: 390, height: 844 }, hasTouch: true },
    '?e=~&m=favourable&l=arrondissement&lang=fr',
  );
  const spot = await page.evaluate(() => {
    const map = window.quartierMap;
    const { x, y } = map.getCanvas().getBoundingClientRect();
    const here = map.project([2.292, 48.842]);
    return [x + here.x, y + here.y];
  });
  await page.touchscreen.tap(...spot);
  await page.waitForFunction(() => document.querySelector('.panel h2')?.textContent === 'Vaugirard');
  assert.match(await page.locator('.head').innerText(), /90.%.de chances/);
  await page.getByRole('button', { name: 'Fermer' }).first().click();
  await page.locator('.pickers select').first().selectOption('turnout');
  await page.waitForFunction(() => new URLSearchParams(location.search).get('m') === 'turnout');
  await page.locator('.bottom button').nth(1).click();
  await page.waitForSelector('.drawer tbody button');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const small = await page.locator('.bottom button, .pickers select, .mapctl button').evaluateAll((all) =>
    all
      .filter((el) => el.offsetParent)
      .map((el) => el.getBoundingClientRect().height)
      .filter((h) => h < 44),
  );
  assert.deepEqual(small, []);
  await page.context().close();
});
await lassos(kit);
await figures(kit, { past: false });

/** Every state by the link that leads to it, and what shows that it is there. */
const states = [
  [
    'the panel and the table',
    '&l=quartier&a=quartier:7511501',
    '.panel .whisker',
    (p) => p.locator('.handle').click(),
  ],
  ['the past', `&e=${vote}&m=lead&l=quartier&a=quartier:7511501`, '.panel .results'],
  ['side by side', `&l=quartier&cmp=side:${vote}:turnout`, '#map-b canvas'],
  ['a change', `&l=quartier&cmp=change:${vote}:`, '.legend-place .cell'],
  ['circles', `&e=${vote}&m=list:MACRON&l=quartier&n=1`, '.legend-place .tree'],
  ['the goal', '&d=goal&g=e', '.goal-areas tbody tr'],
  ['the downloads', '&d=get', '.card .size'],
  ['the meeting sheet', '&d=meeting', '.deck-add'],
  ['the meeting', '&view=meeting', '.legend .tree'],
  ['the candidate', '&view=candidate&a=arrondissement:75115', '.paper[data-ready=yes]'],
  ['the print', '&view=print&p=a4-l&l=quartier', '.paper[data-ready=yes]'],
  ['the method', '&d=method', '.prose'],
  ['the keys', '&d=keys', '.keys'],
  ['the field', '&t=field', '.panel-place table, .panel-place ol'],
];
for (const colorScheme of ['light', 'dark'])
  await step(`axe_finds_nothing_in_any_state_${colorScheme}`, async () => {
    for (const [name, query, wait, then] of states) {
      const e = query.includes('&e=') ? '' : '&e=~';
      const m = query.includes('&m=') ? '' : '&m=favourable';
      const page = await open({ ...wide, colorScheme }, `?lang=fr${e}${m}${query}`, null, wait);
      await then?.(page);
      await accessible(page, name);
      await page.context().close();
    }
    for (const [name, state] of [
      ['offline', 'stop'],
      ['a new publication', 'publish'],
      ['an error', 'fails'],
      ['no WebGL', 'table'],
      ['nothing published', 'empty'],
    ]) {
      const server = await through(
        url,
        state === 'empty' ? { '/api/v1/campaign': unpublished(campaign) } : {},
      );
      const context = await browser.newContext({ ...wide, colorScheme });
      const page = await context.newPage();
      if (state === 'table') await page.addInitScript(withoutWebgl);
      if (state === 'fails') await page.route('**/values/*', (r) => r.fulfill({ status: 500, body: '{}' }));
      await page.goto(`${server.url}/?e=~&m=favourable&l=quartier&lang=fr`);
      if (state === 'stop' || state === 'publish') {
        await settled(page);
        await server.heard();
        if (state === 'stop') await server.stop();
        else server.publish(campaign.snapshot.id + 1);
      }
      await page.waitForSelector({ table: '.figures tbody tr', empty: '.lone .empty' }[state] ?? '.banner');
      await accessible(page, name);
      await context.close();
      await server.stop();
    }
  });
await kit.end();
