// node tests/journeys.mjs URL: the strategist's journey through a served campaign, then axe at both widths, themes and languages.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { accessible } from './axe.mjs';
import { settled } from './browser.mjs';
import { unpublished } from './checklist.mjs';
import { comparing } from './comparing.mjs';
import { figures } from './figures.mjs';
import { hands } from './hands.mjs';
import { hexes } from './hexes.mjs';
import { hostile } from './hostile.mjs';
import { journey } from './journey.mjs';
import { lassos } from './lasso.mjs';
import { through, withoutWebgl } from './proxy.mjs';
import { differences } from './types.mjs';

const kit = await journey('node tests/journeys.mjs URL');
const { step, open, url, campaign, browser, forgive } = kit;
const estimate = campaign.snapshot ? '~' : campaign.elections[0].id;
const levels = campaign.levels.map((l) => l.id);
const [coarse, fine] = [levels[0], levels.at(-1)];
const first = (await (await fetch(new URL(`/api/v1/areas?level=${coarse}&limit=1`, url))).json()).areas[0];
let page;

await step('the_page_opens_on_the_past_unless_something_newer_is_loaded', async () => {
  page = await open({ viewport: { width: 1440, height: 900 } }, '');
  const past = !campaign.snapshot?.newer_than_baseline;
  assert.equal(new URL(page.url()).searchParams.get('e') === '~', !past);
});
await step('changing_the_measure_repaints_without_asking_the_server', async () => {
  await page.goto(new URL(`/?e=${encodeURIComponent(estimate)}&m=favourable&l=${coarse}&lang=fr`, url).href);
  await settled(page);
  const asked = [];
  const note = (r) => {
    if (/\/(api|tiles)\//.test(r.url())) asked.push(r.url());
  };
  page.on('request', note);
  await page.locator('.measures button').nth(2).click();
  await page.waitForFunction(() => new URLSearchParams(location.search).get('m') === 'opposed');
  page.off('request', note);
  assert.deepEqual(asked, []);
});
await step('search_ignores_accents_and_goes_to_a_region', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type(first.name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase());
  await page.waitForSelector('[role=option].hit');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.panel h2');
  assert.match(new URL(page.url()).searchParams.get('a') ?? '', /:/);
});
await step('the_keyboard_drills_from_region_to_the_finest_level_and_back', async () => {
  await page.goto(
    new URL(
      `/?e=${encodeURIComponent(estimate)}&m=favourable&a=${encodeURIComponent(`${coarse}:${first.code}`)}&lang=fr`,
      url,
    ).href,
  );
  await settled(page);
  await page.waitForSelector('.panel h2');
  await page.focus('canvas.maplibregl-canvas');
  const at = () => page.evaluate(() => new URLSearchParams(location.search).get('a'));
  for (const next of levels.slice(1)) {
    const before = await at();
    await page.waitForFunction(() => !document.querySelector('.progress'));
    // The table of the next level may still be on its way: the key is pressed until it answers.
    for (let i = 0; i < 20 && (await at()) === before; i++) {
      await page.keyboard.press('Enter');
      await page.waitForTimeout(150);
    }
    assert.ok((await at()).startsWith(`${next}:`), `expected an area of ${next}, found ${await at()}`);
  }
  const leaf = await at();
  await page.keyboard.press(']');
  await page.keyboard.press('[');
  assert.equal(await at(), leaf);
  await page.keyboard.press('Backspace');
  assert.ok((await at()).startsWith(`${levels.at(-2) ?? coarse}:`));
  await page.goBack();
  await page.waitForFunction((a) => new URLSearchParams(location.search).get('a') === a, leaf);
});
await step('the_panel_reads_the_interval_that_the_interface_promises', async () => {
  if (!campaign.snapshot) return;
  await page.waitForSelector('.head .iv b');
  const text = await page.locator('.head').innerText();
  assert.match(text, /90\u202f%.de chances\u202f: entre/);
  assert.match(text, /\d+(,\d)? et \d+(,\d)?\u202f%/);
});
await step('a_row_of_the_table_selects_on_the_map_by_keyboard', async () => {
  await page.locator('.handle').focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('.drawer tbody button');
  const button = page.locator('.drawer tbody button').nth(1);
  const name = await button.innerText();
  await button.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((n) => document.querySelector('.panel h2')?.textContent === n, name);
  await page.locator('.handle').click();
});
await step('a_class_of_the_legend_isolates_itself_and_filters_the_table', async () => {
  await page.locator('.legend-place .cell').nth(1).focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('.legend-place .cell[aria-pressed=true]');
  await page.locator('canvas.maplibregl-canvas').focus();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('.legend-place .cell[aria-pressed=true]'));
});
await step('the_download_is_geojson_of_what_is_shown', async () => {
  await page.locator('.rail .foot button').first().click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('dialog a.primary').click(),
  ]);
  const body = JSON.parse(await readFile(await download.path(), 'utf8'));
  assert.equal(body.type, 'FeatureCollection');
  assert.ok(body.features.length > 0);
  await page.keyboard.press('Escape');
  await page.context().close();
});
await step('the_types_of_the_page_are_those_of_the_served_document', async () => {
  assert.deepEqual(await differences(await (await fetch(new URL('/api/openapi.json', url))).json()), []);
});
await step('the_level_that_follows_the_zoom_is_the_one_that_is_painted', async () => {
  const p = await open(
    { viewport: { width: 1440, height: 900 } },
    `?e=${encodeURIComponent(estimate)}&m=favourable&lang=en`,
  );
  const painted = await p.evaluate(() => {
    const map = window.quartierMap;
    const source = document.getElementById('map').dataset.level;
    const found = map.queryRenderedFeatures({ layers: [`fill-${source}`] });
    return { source, bare: found.filter((f) => !f.state.c).length, found: found.length };
  });
  const following = await p.locator('.desk .following').innerText();
  assert.equal(campaign.levels.find((l) => l.id === painted.source)?.label.en, following);
  assert.ok(
    painted.found > 0 && painted.bare === 0,
    `${painted.bare} of ${painted.found} areas have no colour`,
  );
  await p.context().close();
});
await step('the_table_of_a_past_election_adds_up_to_the_official_total', async () => {
  const e = campaign.elections[0];
  const q = `?e=${encodeURIComponent(e.id)}&m=turnout&l=${coarse}&lang=en`;
  const p = await open({ viewport: { width: 1440, height: 900 } }, q);
  await p.locator('.handle').click();
  await p.waitForSelector('.drawer tfoot');
  const number = (text) => Number(text.replace(/\D/g, ''));
  const rows = await p.locator('.drawer tbody tr:not(.space) td.n:not(.v)').allInnerTexts();
  const total = number(await p.locator('.drawer tfoot td.n').first().innerText());
  assert.equal(total, e.total.registered ?? e.total.voters);
  assert.equal(
    rows.reduce((s, text) => s + number(text), 0),
    total,
  );
  const turnout = await p.locator('.drawer tfoot td.v').innerText();
  assert.equal(turnout, `${((100 * e.total.voters) / e.total.registered).toFixed(1)}%`);
  await p.context().close();
});
/** A page on a server that these journeys may stop; what fails there is meant to. */
async function aside(query, script) {
  const server = await through(url);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const p = await context.newPage();
  if (script) await p.addInitScript(script);
  await p.goto(`${server.url}/${query}`);
  return { server, p, close: () => context.close().then(() => server.stop()) };
}
if (campaign.snapshot) {
  const n = campaign.snapshot.id;
  const here = `?e=~&m=favourable&lang=en`;
  await step('a_new_snapshot_is_announced_and_never_shown_unasked', async () => {
    const { server, p, close } = await aside(here);
    await settled(p);
    await server.heard();
    server.publish(n + 1);
    await p.getByText(`Publication ${n + 1} is available.`).waitFor();
    assert.ok(!p.url().includes('s='));
    await p.getByRole('button', { name: `Stay on ${n}` }).click();
    await p.waitForFunction(() => !document.querySelector('.banner'));
    assert.equal(new URL(p.url()).searchParams.get('s'), String(n));
    await p.reload();
    await settled(p);
    assert.equal(new URL(p.url()).searchParams.get('s'), String(n));
    server.publish(n + 2);
    await server.heard();
    server.publish(n + 2);
    await p.getByRole('button', { name: 'Show it' }).click();
    await p.waitForFunction(() => !new URLSearchParams(location.search).has('s'));
    await close();
  });
  await step('a_server_that_stops_leaves_the_map_and_says_so', async () => {
    const { server, p, close } = await aside(here);
    await settled(p);
    await server.heard();
    // Dialogs come once the map stands; they must be here before the server goes.
    await p.waitForFunction(() => {
      const here = new Set(performance.getEntriesByType('resource').map((e) => e.name));
      const parts = [...document.querySelectorAll('link[rel=modulepreload], link[rel=stylesheet]')];
      const asked = parts.map((link) => link.href);
      return asked.some((at) => at.includes('/Download-')) && asked.every((at) => here.has(at));
    });
    await server.stop();
    await p.getByText('Offline: map already loaded').waitFor();
    assert.ok(
      await p.evaluate(() => {
        const fill = `fill-${document.getElementById('map').dataset.level}`;
        return window.quartierMap.queryRenderedFeatures({ layers: [fill] }).length > 0;
      }),
    );
    await p.locator('.rail .foot button').first().click();
    await p.getByText('Offline: downloads need the network.').waitFor();
    assert.equal(await p.locator('dialog a.primary').count(), 0);
    await close();
  });
  await step('without_webgl_the_table_takes_the_place_of_the_map', async () => {
    const { p, close } = await aside(`${here}&l=${coarse}`, withoutWebgl);
    await p.getByText('no WebGL').waitFor();
    const rows = p.locator('.figures tbody tr:not(.space):not(.elsewhere)');
    await rows.first().waitFor();
    assert.equal(await rows.count(), campaign.levels[0].count);
    await rows.first().getByRole('button').click();
    await p.waitForSelector('.panel h2');
    await close();
  });
}
await step('before_the_first_publication_the_page_says_what_to_run', async () => {
  const server = await through(url, { '/api/v1/campaign': unpublished(campaign) });
  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ]) {
    const context = await browser.newContext({ viewport });
    const p = await context.newPage();
    await p.goto(`${server.url}/?lang=en`);
    await p.waitForSelector('.lone .empty');
    assert.match(await p.locator('main').innerText(), /Nothing published yet\s+Run “quartier estimate”/);
    assert.equal(await p.locator('.progress').count(), 0);
    await accessible(p, 'nothing published');
    await context.close();
  }
  await server.stop();
});
await step('tiles_that_fail_stay_said_and_come_when_asked_again', async () => {
  let fails = true;
  const missing = (page) =>
    page.route('**/tiles/**', (route) =>
      fails ? route.fulfill({ status: 500, body: '' }) : route.continue(),
    );
  const p = await open({ viewport: { width: 1440, height: 900 } }, '?lang=en', missing, '.banner.error');
  await p.waitForFunction(() => document.getElementById('map').dataset.idle);
  assert.match(await p.locator('.banner.error').innerText(), /Part of the map did not load/);
  fails = false;
  await p.locator('.banner.error button').click();
  const drawn = () =>
    window.quartierMap.queryRenderedFeatures().some((area) => area.layer.id.startsWith('fill-'));
  await p.waitForFunction(drawn);
  assert.equal(await p.locator('.banner.error').count(), 0);
  await p.context().close();
  forgive();
});
await step('the_area_of_a_link_is_seen_between_legend_and_sheet_on_a_phone', async () => {
  const { areas } = await (await fetch(new URL(`/api/v1/areas?level=${coarse}&limit=100`, url))).json();
  const by = (i, sign) => [...areas].sort((a, b) => sign * (a.bbox[i] - b.bbox[i]))[0];
  // The northernmost and the southernmost are those that something may lie over.
  for (const area of [by(3, -1), by(1, 1)]) {
    const query = `?e=~&m=favourable&l=${fine}&a=${encodeURIComponent(`${coarse}:${area.code}`)}&lang=en`;
    const p = await open({ viewport: { width: 360, height: 740 } }, query);
    await p.waitForSelector('.panel h2');
    const [north, south, from, to] = await p.evaluate(([w, s, e, n]) => {
      const map = window.quartierMap;
      const y = map.getContainer().getBoundingClientRect().top;
      const box = (what) => document.querySelector(what).getBoundingClientRect();
      return [y + map.project([w, n]).y, y + map.project([e, s]).y, box('.strip').bottom, box('.panel').top];
    }, area.bbox);
    assert.ok(north >= from && south <= to, `${area.name}: ${north} to ${south}, free ${from} to ${to}`);
    await p.context().close();
  }
});
await step('areas_that_share_a_rank_are_said_to_be_in_no_known_order', async () => {
  const p = await open(
    { viewport: { width: 1440, height: 900 } },
    `?e=~&t=field&l=${coarse}&lang=en`,
    undefined,
    '.priorities',
  );
  const ranks = await p.locator('.priorities tbody tr td:first-child').allInnerTexts();
  const said = await p.getByText('Same rank: the order is not known.').count();
  assert.equal(said === 1, new Set(ranks).size < ranks.length, `ranks ${ranks}`);
  await p.context().close();
});
await step('a_refusal_says_its_reason_and_silence_says_that_there_is_no_answer', async () => {
  for (const [lang, refused, silent] of [
    ['en', 'Could not be shown: too many areas', 'The server does not answer.'],
    ['fr', 'N’a pas pu être affiché\u202f: too many areas', 'Le serveur ne répond pas.'],
  ]) {
    let silence = false;
    const refuse = (page) =>
      page.route('**/api/v1/priorities?*', (route) =>
        silence
          ? route.abort()
          : route.fulfill({ status: 400, json: { title: 'Bad Request', detail: 'too many areas' } }),
      );
    const query = `?e=~&t=field&l=${coarse}&lang=${lang}`;
    const p = await open({ viewport: { width: 1440, height: 900 } }, query, refuse, '.wide-panel .error');
    const said = p.locator('.wide-panel .error');
    assert.equal(await said.innerText(), refused);
    assert.equal(await p.locator('.wide-panel .skeleton').count(), 0);
    silence = true;
    await p.locator('.wide-panel input[type=number]').fill('7');
    await p.locator('.wide-panel input[type=number]').blur();
    await p.waitForFunction(
      (text) => document.querySelector('.wide-panel .error')?.innerText === text,
      silent,
    );
    await p.context().close();
  }
  forgive();
});
await comparing(kit);
await hands(kit);
await hexes(kit);
await lassos(kit);
await figures(kit);
await hostile(kit);
for (const width of [1440, 390]) {
  for (const colorScheme of ['light', 'dark']) {
    for (const lang of ['fr', 'en']) {
      await step(`axe_finds_nothing_at_${width}_${colorScheme}_${lang}`, async () => {
        for (const query of [
          `?e=${encodeURIComponent(estimate)}&m=favourable&l=${fine}&lang=${lang}&a=${encodeURIComponent(`${coarse}:${first.code}`)}`,
          `?e=${encodeURIComponent(campaign.elections[0].id)}&m=turnout&lang=${lang}`,
          `?e=${encodeURIComponent(estimate)}&m=margin&t=field&lang=${lang}`,
          `?e=${encodeURIComponent(campaign.elections[0].id)}&m=lead&cmp=swipe:${campaign.elections[0].id}:turnout&lang=${lang}`,
        ]) {
          const p = await open({ viewport: { width, height: width > 500 ? 900 : 844 }, colorScheme }, query);
          await p.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {});
          assert.ok(
            await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
            'the page scrolls sideways',
          );
          await accessible(p, query);
          await p.context().close();
        }
      });
    }
  }
}
await kit.end();
