// A journey by keyboard alone, whose every stop shows its focus, and one by thumb at 390 px.
import assert from 'node:assert/strict';

/** Stops of the Tab key that are looked at. */
const STOPS = 60;

/** Whether what has the focus shows it: by an outline or ring of its own, or of the box around it. */
const focusShown = () => {
  const at = document.activeElement;
  if (!at || at === document.body) return 'nothing';
  const marked = (el) => {
    const s = el && getComputedStyle(el);
    return s && ((s.outlineStyle !== 'none' && s.outlineWidth !== '0px') || s.boxShadow !== 'none');
  };
  const ring = at.querySelector('.ring');
  if (marked(at) || marked(at.closest('.box')) || (ring && getComputedStyle(ring).stroke !== 'none'))
    return '';
  return at.outerHTML.slice(0, 100);
};

export async function hands({ step, open, url, campaign }) {
  const coarse = campaign.levels[0].id;
  const area = (await (await fetch(new URL(`/api/v1/areas?level=${coarse}&limit=1`, url))).json()).areas[0];
  const e = campaign.elections.at(-1);
  for (const colorScheme of ['light', 'dark'])
    await step(`the_keyboard_alone_reads_a_map_and_sees_its_focus_${colorScheme}`, async () => {
      const page = await open(
        { viewport: { width: 1440, height: 900 }, colorScheme },
        `?e=${encodeURIComponent(e.id)}&m=turnout&l=${coarse}&lang=en`,
      );
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.drawer tbody button');
      const names = new Set();
      for (let i = 0; i < STOPS; i++) {
        await page.keyboard.press('Tab');
        const shown = await page.evaluate(focusShown);
        // Past the last stop the focus leaves the page.
        if (shown === 'nothing') break;
        assert.equal(shown, '', 'a stop of the Tab key that does not show its focus');
        names.add(
          await page.evaluate(() => {
            const at = document.activeElement;
            return (
              at.closest('.rail, .mapwrap, .drawer, .top, .panel')?.className.split(' ')[0] ?? at.tagName
            );
          }),
        );
      }
      for (const place of ['top', 'rail', 'mapwrap', 'drawer'])
        assert.ok(names.has(place), `Tab never reaches ${place}`);
      // A row chosen in the table is the area of the panel, and is spoken.
      await page.locator('.drawer tbody button').first().focus();
      const name = await page.evaluate(() => document.activeElement.textContent);
      await page.keyboard.press('Enter');
      await page.waitForFunction((n) => document.querySelector('.panel h2')?.textContent === n, name);
      await page.waitForFunction(
        (n) => document.querySelector('[aria-live]').textContent.startsWith(n),
        name,
      );
      // The map: its shortcuts, the crosshair, and back.
      await page.locator('#map canvas').focus();
      assert.match(await page.locator('#map canvas').getAttribute('aria-label'), /Key \?/);
      await page.keyboard.press('?');
      await page.waitForSelector('dialog[open]');
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => !document.querySelector('dialog[open]'));
      await page.locator('#map canvas').focus();
      await page.keyboard.press('c');
      await page.waitForSelector('.crosshair');
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => !document.querySelector('.crosshair'));
      await page.context().close();
    });
  await step('a_phone_chooses_measure_level_and_area_and_pulls_the_sheet', async () => {
    const page = await open(
      { viewport: { width: 390, height: 844 }, hasTouch: true },
      `?e=${encodeURIComponent(e.id)}&m=turnout&l=${coarse}&a=${encodeURIComponent(`${coarse}:${area.code}`)}&lang=en`,
    );
    await page.waitForSelector('.panel h2');
    const height = () =>
      page.evaluate(() => document.querySelector('.panel-place').getBoundingClientRect().height);
    const half = await height();
    const grab = page.locator('.grab');
    await grab.click();
    assert.ok((await height()) > 1.4 * half, 'the sheet does not fill the page');
    await grab.click();
    assert.equal(await height(), 96);
    await grab.click();
    assert.equal(await height(), half);
    await page.getByRole('button', { name: 'Close' }).first().click();
    await page.locator('.pickers select').first().selectOption('lead');
    await page.waitForFunction(() => new URLSearchParams(location.search).get('m') === 'lead');
    await page.locator('.bottom button').nth(1).click();
    await page.waitForSelector('.drawer tbody button');
    await page.locator('.bottom button').nth(3).click();
    await page.waitForSelector('.menu-open .rail');
    await page.locator('.bottom button').first().click();
    for (const box of await page
      .locator('.bottom button, .pickers select')
      .evaluateAll((all) => all.map((x) => x.getBoundingClientRect().height)))
      assert.ok(box >= 44, `a target of ${box} px`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.context().close();
  });
}
