// Journeys with the lasso: by a stroke of the mouse, by keyboard alone, by rows of the table, by thumb; in the link, and
// where too few electors are inside.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { accessible } from './axe.mjs';
import { settled } from './browser.mjs';

const x = (page) => page.evaluate(() => new URLSearchParams(location.search).get('x'));
const chosen = (page) => page.waitForFunction(() => new URLSearchParams(location.search).has('x'));
const number = (text) => Number(text.replace(/\D/g, ''));
/** The electors that the panel counts. */
const electors = async (page) =>
  number(/^[\d\s,\u202f\u00a0]+/.exec(await page.locator('.panel .sub').first().innerText())[0]);

/** Draws a ring of pixels around the middle of the map. */
async function stroke(page, [across, up]) {
  const { x: left, y: top, width, height } = await page.locator('#map canvas').boundingBox();
  const at = (turn) => [
    left + width / 2 + across * Math.cos(2 * Math.PI * turn),
    top + height * 0.4 + up * Math.sin(2 * Math.PI * turn),
  ];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let i = 1; i <= 40; i++) await page.mouse.move(...at(i / 39));
  await page.mouse.up();
}

export async function lassos({ step, open, url, campaign }) {
  if (!campaign.snapshot) return;
  const at = Math.max(
    0,
    campaign.levels.findIndex((l) => l.count > 1),
  );
  const [coarse, next] = campaign.levels.slice(at).map((l) => l.id);
  const here = (lang, more = '') => `?e=~&m=favourable&l=${coarse}&lang=${lang}${more}`;
  const wide = { viewport: { width: 1440, height: 900 } };
  const post = async (body) =>
    (
      await fetch(new URL('/api/v1/estimates/within', url), { method: 'POST', body: JSON.stringify(body) })
    ).json();

  await step('a_stroke_around_a_place_is_an_area_with_its_interval', async () => {
    const page = await open(wide, here('en'));
    const button = page.getByRole('button', { name: 'Draw an outline' });
    await button.click();
    await page.getByText('Draw around a place').waitFor();
    await accessible(page, 'while an outline is drawn');
    await stroke(page, [150, 110]);
    await page.getByRole('heading', { name: 'Drawn outline' }).waitFor();
    await page.waitForSelector('.panel .whisker');
    const text = await page.locator('.panel .head').innerText();
    assert.match(text, /90% chance: between \d+(\.\d)?% and \d+(\.\d)?%/);
    const drawn = await electors(page);
    assert.ok(drawn > 1000, `${drawn} electors`);
    // The same outline, asked of the API.
    const ring = await page.evaluate(() => {
      const svg = document.querySelector('svg.lasso .line').getAttribute('d');
      return svg.split(/[MLZ]/).filter(Boolean).length;
    });
    assert.ok(ring > 20 && ring <= 120, `${ring} corners`);
    const link = await x(page);
    assert.ok(link.length < 1000, `${link.length} characters of a link`);
    await accessible(page, 'an outline in the panel');
    // The link brings it back; Back takes it away.
    await page.reload();
    await settled(page);
    await page.waitForSelector('.panel .whisker');
    assert.equal(await electors(page), drawn);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as GeoJSON' }).click(),
    ]);
    const saved = JSON.parse(await readFile(await file.path(), 'utf8'));
    const asked = await post(saved.geometry);
    assert.equal(asked.drawn, drawn);
    assert.equal(saved.properties.favourable_low, asked.estimate.favourable.low);
    assert.match(text, new RegExp(`^${Math.round(100 * asked.estimate.favourable.value)}`));
    await page.goBack();
    await page.waitForFunction(() => !document.querySelector('.panel .whisker'));
    await page.context().close();
  });
  await step('an_outline_is_drawn_by_keyboard_alone_at_the_crosshair', async () => {
    const page = await open(wide, here('fr'));
    await page.locator('#map canvas').focus();
    await page.keyboard.press('l');
    await page.waitForSelector('.lasso-bar');
    const told = (text) =>
      page.waitForFunction((s) => document.querySelector('[aria-live]').textContent.includes(s), text);
    const moved = async (key) => {
      const before = await page.evaluate(() => window.quartierMap.getCenter().toArray().join());
      await page.keyboard.press(key);
      await page.waitForFunction((c) => window.quartierMap.getCenter().toArray().join() !== c, before);
      await page.waitForFunction(() => !window.quartierMap.isMoving());
    };
    await page.keyboard.press('Enter');
    await told('Angle 1 posé');
    await moved('ArrowRight');
    await page.keyboard.press('Enter');
    await moved('ArrowDown');
    await page.keyboard.press('Enter');
    await told('Angle 3 posé');
    // A corner too many is taken back.
    await moved('ArrowRight');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Backspace');
    await told('il en reste 3');
    await page.keyboard.press('l');
    await chosen(page);
    await page.waitForSelector('.panel .whisker');
    await told('Contour dessiné');
    await told('90');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'CANVAS');
    // Escape leaves without an outline.
    const before = await x(page);
    await page.keyboard.press('l');
    await page.waitForSelector('.lasso-bar');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('.lasso-bar'));
    assert.equal(await x(page), before);
    await page.context().close();
  });
  await step('rows_of_the_table_make_the_sum_that_their_parent_has', async () => {
    const page = await open(wide, here('en'));
    const parent = (await (await fetch(new URL(`/api/v1/areas?level=${coarse}&limit=1`, url))).json())
      .areas[0];
    const inside = new URL(`/api/v1/areas?level=${next}&parent=${coarse}:${parent.code}&limit=1000`, url);
    const children = (await (await fetch(inside)).json()).areas.map((a) => a.code);
    await page.getByRole('button', { name: 'Draw an outline' }).click();
    await page.locator('.handle').click();
    await page.getByRole('checkbox', { name: parent.name }).check();
    await page.getByRole('heading', { name: '1 area chosen' }).waitFor();
    await page.waitForSelector('.panel .whisker');
    const of = new URL(`/api/v1/areas/${coarse}/${parent.code}`, url);
    const { estimate } = await (await fetch(of)).json();
    const asked = await post({ level: next, codes: children });
    for (const [id, figure] of Object.entries(asked.estimate))
      for (const end of ['value', 'low', 'high'])
        assert.equal(figure[end], estimate[id][end], `${id} ${end} of all parts of ${parent.name}`);
    assert.equal(await electors(page), parent.electors);
    const second = page.locator('.drawer tbody input[type=checkbox]:not(:checked)').first();
    await second.focus();
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: '2 areas chosen' }).waitFor();
    assert.equal(
      await page.evaluate(() => window.quartierMap.queryRenderedFeatures({ layers: ['picked'] }).length > 1),
      true,
    );
    await accessible(page, 'rows chosen in the table');
    await page.context().close();
  });
  await step('an_outline_of_few_electors_is_answered_by_what_is_around_it', async () => {
    const finest = new URL(`/api/v1/areas?level=${campaign.levels.at(-1).id}&limit=40`, url);
    const [lon, lat] = (await (await fetch(finest)).json()).areas.find(
      (a) => a.point && a.electors > 500,
    ).point;
    const page = await open(wide, `${here('fr')}#map=17/${lat}/${lon}`);
    await page.getByRole('button', { name: 'Dessiner un contour' }).click();
    await page.waitForSelector('.lasso-bar');
    await stroke(page, [60, 60]);
    await page.getByText('l’estimation est celle des hexagones qui l’entourent').waitFor();
    const notice = await page.locator('.panel .notice').innerText();
    const [least, shown] = [/Moins de (\d+)/, /porte sur ([\d\s\u202f]+) inscrits/].map((r) =>
      number(r.exec(notice)[1]),
    );
    assert.ok(shown >= least, notice);
    await page.waitForSelector('.panel .whisker');
    await page.context().close();
  });
  await step('a_thumb_draws_an_outline_at_390_px', async () => {
    const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true }, here('en'));
    await page.getByRole('button', { name: 'Draw an outline' }).click();
    await page.waitForSelector('.lasso-bar');
    await stroke(page, [90, 80]);
    await page.getByRole('heading', { name: 'Drawn outline' }).waitFor();
    await page.waitForSelector('.panel .whisker');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await accessible(page, 'an outline on a phone');
    await page.context().close();
  });
}
