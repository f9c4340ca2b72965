// Journeys of a map maker who compares, by keyboard and on a phone, and of the past as layers.
import assert from 'node:assert/strict';
import { settled } from './browser.mjs';

const param = (page, name) => page.evaluate((n) => new URLSearchParams(location.search).get(n), name);

/** Whether the circles of the level shown are as they should be. */
const circles = (visibility) => {
  const level = document.getElementById('map').dataset.level;
  return window.quartierMap.getLayoutProperty(`circles-${level}`, 'visibility') === visibility;
};

export async function comparing({ step, open, campaign }) {
  const e = campaign.elections.at(-1);
  const id = encodeURIComponent(e.id);
  const wide = { viewport: { width: 1440, height: 900 } };
  const [a, b] = e.lists.map((l) => `list:${encodeURIComponent(l.id)}`);
  await step('two_maps_are_moved_as_one_and_a_swipe_is_a_range', async () => {
    const page = await open(wide, `?e=${id}&m=${encodeURIComponent(a)}&lang=en`);
    await page.getByLabel('Compare with').selectOption('side');
    await page.waitForSelector('#map-b canvas');
    await page.getByLabel('Other map', { exact: true }).selectOption(e.id);
    await page.getByLabel('Measure of the other map').selectOption(b);
    assert.equal(await param(page, 'cmp'), `side:${e.id}:${b}`);
    await page.waitForFunction(() => window.quartierSecond?.loaded());
    await page.locator('#map canvas').focus();
    const zoom = () => page.evaluate(() => [window.quartierMap.getZoom(), window.quartierSecond.getZoom()]);
    const [before] = await zoom();
    await page.keyboard.press('+');
    await page.waitForFunction((z) => window.quartierSecond.getZoom() > z + 0.5, before);
    await page.waitForFunction(() => window.quartierMap.getZoom() === window.quartierSecond.getZoom());
    await page.getByLabel('Compare with').selectOption('swipe');
    const range = page.getByRole('slider', { name: 'Border between the two maps' });
    await range.focus();
    const clip = () => page.evaluate(() => document.getElementById('map-b').style.clipPath);
    const was = await clip();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((c) => document.getElementById('map-b').style.clipPath !== c, was);
    assert.equal(await range.inputValue(), '51');
    await page.reload();
    await settled(page);
    await page.waitForSelector('#map-b canvas');
    await page.goBack();
    await page.waitForFunction(() => new URLSearchParams(location.search).get('cmp')?.startsWith('side:'));
    await page.context().close();
  });
  await step('levels_and_measures_that_change_faster_than_tiles_leave_no_error', async () => {
    const page = await open(wide, '?e=~&m=favourable&lang=en');
    const press = (within, at) =>
      page.evaluate(
        ([w, i]) => {
          const all = document.querySelectorAll(w);
          all[i % all.length].click();
        },
        [within, at],
      );
    for (let round = 0; round < 4; round++)
      for (const wait of [0, 30, 120])
        for (let at = 0; at <= campaign.levels.length; at++) {
          await press('.desk .seg button', at);
          if (round % 2 === 1) await press('.measures button', at);
          if (wait > 0) await page.waitForTimeout(wait);
        }
    await press('.desk .seg button', campaign.levels.length);
    await settled(page);
    const bare = await page.evaluate(() => {
      const fill = `fill-${document.getElementById('map').dataset.level}`;
      return window.quartierMap.queryRenderedFeatures({ layers: [fill] }).filter((f) => !f.state.c).length;
    });
    assert.equal(bare, 0);
    await page.context().close();
  });
  await step('on_a_phone_the_two_maps_are_a_and_b', async () => {
    const page = await open(
      { viewport: { width: 390, height: 844 } },
      `?e=${id}&m=${encodeURIComponent(a)}&cmp=${encodeURIComponent(`side:${e.id}:${b}`)}&lang=en`,
    );
    const visible = () => page.evaluate(() => getComputedStyle(document.getElementById('map-b')).visibility);
    assert.equal(await visible(), 'hidden');
    await page.getByRole('button', { name: 'Map B' }).click();
    assert.equal(await visible(), 'visible');
    await page.getByRole('button', { name: 'Map A' }).click();
    assert.equal(await visible(), 'hidden');
    await page.context().close();
  });
  await step('votes_are_circles_and_kept_in_the_link', async () => {
    const page = await open(wide, `?e=${id}&m=${encodeURIComponent(a)}&lang=en`);
    await page.locator('.rail').getByRole('button', { name: 'votes', exact: true }).click();
    await page.waitForFunction(circles, 'visible');
    assert.equal(await param(page, 'n'), '1');
    await page.locator('.rail').getByRole('button', { name: '% of valid votes' }).click();
    await page.waitForFunction(circles, 'none');
    assert.equal(await param(page, 'm'), `${a}@valid`);
    await page.context().close();
  });
  if (campaign.snapshot && Object.keys(e.blocs).length > 0)
    await step('a_change_has_its_interval_and_says_where_it_is_not_clear', async () => {
      const page = await open(wide, `?e=~&m=favourable&l=${campaign.levels[0].id}&cmp=change:${id}:&lang=en`);
      await page.locator('.legend-place').getByText('Change not clear').waitFor();
      const dots = () =>
        page.evaluate(() => {
          const level = document.getElementById('map').dataset.level;
          const map = window.quartierMap;
          return map.getLayer(`dots-${level}`) ? map.getPaintProperty(`dots-${level}`, 'fill-opacity') : 0;
        });
      const unclear = await page.evaluate(() => {
        const level = document.getElementById('map').dataset.level;
        const found = window.quartierMap.queryRenderedFeatures({ layers: [`fill-${level}`] });
        return found.some((f) => f.state.c === 'rgba(0,0,0,0)');
      });
      assert.equal(await dots(), unclear ? 1 : 0);
      await page.locator('.handle').click();
      await page.waitForSelector('.drawer tbody .v');
      const rows = await page
        .locator('.drawer tbody tr:not(.space):not(.elsewhere)')
        .evaluateAll((all) =>
          all.map((r) => [
            r.querySelector('.v').textContent,
            r.querySelector('.iv').textContent,
            r.querySelector('.sure').textContent,
          ]),
        );
      assert.ok(rows.length > 0);
      for (const [value, interval, sure] of rows) {
        assert.match(value, /pt$/);
        const [low, high] = interval.split(' to ').map((x) => Number(x.replace('\u2212', '-')));
        if (sure === 'Clear change')
          assert.ok(low >= 0 || high <= 0, `${value}: ${interval} is said to be clear`);
        else assert.equal(sure, 'Change not clear');
      }
      await page.context().close();
    });
}
