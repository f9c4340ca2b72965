// node tests/outputs.mjs URL: goal, meeting, candidate's page, download, print, back-test and words, on a served campaign.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { accessible } from './axe.mjs';
import { settled } from './browser.mjs';
import { journey } from './journey.mjs';
import { readPdf } from './pdf.mjs';

const kit = await journey('node tests/outputs.mjs URL');
const { step, campaign, get, forgive } = kit;
const levels = campaign.levels.map((l) => l.id);
const coarse = levels[0];
const area = (await get(`/api/v1/areas?level=${coarse}&limit=1`)).areas[0];
const picked = encodeURIComponent(`${coarse}:${area.code}`);
const past = campaign.elections[0].id;
const open = (query, { width = 1440, height = 900, wait, ...options } = {}) =>
  kit.open({ viewport: { width, height }, ...options }, query, null, wait);
const number = (text) => Number(text.replace(/[^\d−-]/g, '').replace('−', '-'));
const close = (page) => page.context().close();
const param = (page, name) => new URL(page.url()).searchParams.get(name);
const ready = '.paper[data-ready=yes]';

await step('a_goal_is_that_of_the_api_and_its_areas_add_up_to_it', async () => {
  const api = await get(`/api/v1/goal?votes=1000&level=${coarse}`);
  assert.equal(
    [...api.areas, ...api.elsewhere].reduce((s, a) => s + a.goal, 0),
    1000,
  );
  for (const level of levels) {
    const page = await open(`?e=~&m=favourable&l=${level}&d=goal&g=v1000&lang=en`, {
      wait: '.goal-areas tbody tr',
    });
    const figures = await page.locator('.goal-figures dd:not(.small)').allInnerTexts();
    assert.equal(number(figures[0]), 1000);
    const total = (await get(`/api/v1/goal?votes=1000&level=${level}&limit=1`)).total;
    while (await page.getByRole('button', { name: 'Show more' }).count()) {
      const before = await page.locator('.goal-areas tbody tr').count();
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.waitForFunction((n) => document.querySelectorAll('.goal-areas tbody tr').length > n, before);
      if (before > 400) break;
    }
    const goals = await page.locator('.goal-areas tbody td.v').allInnerTexts();
    if (goals.length >= total)
      assert.equal(
        goals.reduce((s, text) => s + number(text), 0),
        1000,
        level,
      );
    await close(page);
  }
});
await step('a_goal_is_set_by_keyboard_and_stays_in_the_link', async () => {
  const page = await open(`?e=~&m=favourable&l=${coarse}&lang=en`);
  await page.locator('.rail .more button').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('.goal-figures');
  assert.equal(param(page, 'g'), 'e');
  await page.getByLabel('Assumed turnout').focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => /^t0\.\d+/.test(new URLSearchParams(location.search).get('g') ?? ''));
  await page.getByLabel('A number of votes').focus();
  await page.keyboard.press('Space');
  const votes = page.getByLabel('Votes', { exact: true });
  await votes.fill('1234');
  await votes.press('Tab');
  await page.waitForFunction(() => document.querySelector('.goal-figures dd')?.textContent === '1,234');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog'));
  assert.equal(param(page, 'g'), 'v1234');
  assert.equal(param(page, 'd'), null);
  await page.reload();
  await page.getByText('Goal: 1,234 votes').first().waitFor();
  await close(page);
});
await step('the_table_of_a_goal_downloads_and_adds_up', async () => {
  const page = await open(`?e=~&m=favourable&l=${coarse}&d=goal&g=v777&lang=fr`, {
    wait: '.goal-areas tbody tr',
  });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.goal-areas footer a').click(),
  ]);
  const [head, ...rows] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  const at = head.split(';').indexOf('goal');
  assert.equal(
    rows.reduce((s, row) => s + Number(row.split(';').at(at - 12)), 0),
    777,
  );
  await close(page);
});
await step('a_goal_beyond_the_electors_is_refused_in_words', async () => {
  const page = await open(`?e=~&d=goal&g=v9999999999&lang=en`, { wait: '.notice.error' });
  assert.match(await page.locator('.notice.error').innerText(), /more than the [\d,]+ electors/);
  forgive();
  await close(page);
});

const hostile = [
  { title: '<img src=x onerror=alert(1)>', link: `?m=favourable&e=~&l=${coarse}` },
  { title: 'אבג 🗳', link: `?m=margin&e=~&l=${coarse}&a=${picked}` },
];
await step('a_meeting_steps_by_arrow_keys_and_escape_leaves', async () => {
  const page = await open(`?e=~&m=favourable&lang=en&d=meeting`, {
    wait: '.deck-add',
    width: 1920,
    height: 1080,
  });
  const file = `${process.env.TMPDIR ?? '/tmp'}/quartier-meeting-test.json`;
  await writeFile(file, JSON.stringify({ slides: hostile }));
  await page.locator('.deck-share input[type=file]').setInputFiles(file);
  await page.waitForFunction(() => document.querySelectorAll('.deck li').length === 2);
  await page.getByLabel('Title of the view', { exact: true }).fill('Third');
  await page.getByRole('button', { name: 'Add the view shown' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.deck li').length === 3);
  await page.getByRole('button', { name: 'Move Third up' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
  const title = page.locator('.meeting-bar h1');
  await title.waitFor();
  assert.equal(await title.innerText(), hostile[0].title);
  await page.locator('canvas.maplibregl-canvas').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await title.innerText(), 'Third');
  await page.keyboard.press('End');
  assert.equal(await title.innerText(), hostile[1].title);
  assert.equal(param(page, 'm'), 'margin');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Home');
  assert.equal(param(page, 'm'), 'favourable');
  assert.equal(param(page, 'view'), 'meeting');
  const small = await page.evaluate(() => {
    const seen = [];
    const walk = document.createTreeWalker(document.querySelector('.app'), NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const el = walk.currentNode.parentElement;
      if (!walk.currentNode.textContent.trim() || !el.checkVisibility() || el.closest('.hidden, .skip'))
        continue;
      let size = Number.parseFloat(getComputedStyle(el).fontSize);
      for (let up = el; up; up = up.parentElement) size *= Number(getComputedStyle(up).zoom) || 1;
      if (size < 22) seen.push(`${walk.currentNode.textContent.trim().slice(0, 30)}: ${size}`);
    }
    return seen;
  });
  assert.deepEqual(small, []);
  await page.keyboard.press('Escape');
  await page.waitForSelector('.rail .measures');
  assert.equal(param(page, 'view'), null);
  await close(page);
});
await step('a_meeting_is_shared_by_its_address', async () => {
  const deck = Buffer.from(JSON.stringify(hostile.map((s) => [s.title, s.link]))).toString('base64url');
  const page = await open(`?e=~&lang=fr&view=meeting&deck=${deck}`, { wait: '.meeting-bar h1' });
  assert.equal(await page.locator('.meeting-bar h1').innerText(), hostile[0].title);
  await page.getByRole('button', { name: 'Vue suivante' }).click();
  assert.equal(await page.locator('.meeting-bar h1').innerText(), hostile[1].title);
  await settled(page);
  await close(page);
});

/** Without spaces, and without the minus sign, which the serif type takes from another face. */
const tight = (text) => text.replace(/[\s−]/g, '');
for (const lang of ['fr', 'en'])
  for (const [name, query] of [
    ['whole', ''],
    ['area', `&a=${picked}&g=v1000`],
  ])
    await step(`the_candidate_s_page_is_one_sheet_that_holds_its_texts_${name}_${lang}`, async () => {
      const page = await open(`?e=~&lang=${lang}&view=candidate${query}`, { wait: ready });
      await page.waitForSelector('.closing section h2');
      await page.emulateMedia({ media: 'print' });
      const cut = await page.evaluate(() =>
        ['.page-in', '.lists', '.closing', '.page-foot', '.opening'].filter((s) => {
          const el = document.querySelector(s);
          return el.scrollHeight > el.clientHeight + 1 || el.scrollWidth > el.clientWidth + 1;
        }),
      );
      assert.deepEqual(cut, []);
      const texts = await page
        .locator('.candidate h1, .sentences li, .lists h2, .closing p, .tally')
        .allInnerTexts();
      const pdf = readPdf(await page.pdf({ preferCSSPageSize: true, printBackground: true }));
      assert.deepEqual([pdf.pages, pdf.sizes, pdf.patterns], [1, [[210, 297]], 0]);
      assert.ok(texts.length >= 12, `${texts.length} texts`);
      for (const text of texts) assert.ok(tight(pdf.text).includes(tight(text)), `not printed: ${text}`);
      await close(page);
    });
await step('a_view_prints_on_one_sheet_of_its_size_in_type_of_seven_points', async () => {
  for (const [paper, size] of [
    ['a4-l', [297, 210]],
    ['a4-p-v', [210, 297]],
    ['a3-l-g', [420, 297]],
    ['a0-p', [841, 1189]],
  ]) {
    const page = await open(`?e=~&m=margin&l=${coarse}&lang=fr&view=print&p=${paper}`, { wait: ready });
    await page.emulateMedia({ media: 'print' });
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('.paper *')]
        .filter((el) => [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
        .map((el) => {
          const svg = el.closest('svg');
          const px = Number.parseFloat(getComputedStyle(el).fontSize);
          return svg ? px * (svg.getBoundingClientRect().width / svg.viewBox.baseVal.width) : px;
        })
        .filter((px) => px < (7 * 96) / 72 - 0.05),
    );
    assert.deepEqual(small, [], paper);
    const pdf = readPdf(await page.pdf({ preferCSSPageSize: true, printBackground: true }));
    assert.deepEqual([pdf.pages, pdf.sizes], [1, [size]], paper);
    assert.deepEqual([pdf.images, pdf.patterns], [0, 0], `${paper} is sharp at any size`);
    const title = await page.locator('.paper h1').innerText();
    assert.ok(tight(pdf.text).includes(tight(title)) && /1:\d/.test(pdf.text), paper);
    await close(page);
  }
});
await step('a_past_election_prints_too_and_escape_goes_back_to_the_map', async () => {
  const page = await open(`?e=${encodeURIComponent(past)}&m=lead&l=${coarse}&lang=en&view=print`, {
    wait: ready,
  });
  assert.ok((await page.locator('.print-legend li').count()) > 0);
  await page.keyboard.press('Escape');
  await settled(page);
  assert.equal(param(page, 'view'), null);
  await close(page);
});
await step('a_download_is_as_large_as_the_dialog_says_and_may_be_what_the_map_shows', async () => {
  const page = await open(`?e=~&m=favourable&l=${coarse}&lang=en&a=${picked}`);
  await page.locator('.rail .foot button').first().click();
  await page.getByText('CSV (comma, decimal point)').click();
  await page.getByText('What the map shows').click();
  await page
    .locator('.card .size')
    .getByText(/\d rows?,/)
    .waitFor();
  const rows = number((await page.locator('.card .size').innerText()).split(' row')[0]);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('dialog a.primary').click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  assert.equal(lines.length - 1, rows);
  assert.match(await page.locator('.credit p').innerText(), /publication \d+ of/);
  await close(page);
});
await step('the_gap_to_a_goal_is_a_layer_whose_figures_are_those_of_the_api', async () => {
  const page = await open(`?e=~&m=favourable&l=${coarse}&lang=en&g=t0.7&d=goal`, {
    wait: '.goal-areas tbody tr',
  });
  await page.getByRole('button', { name: 'Show on the map' }).click();
  await page.waitForFunction(() => new URLSearchParams(location.search).get('m') === 'gap');
  await settled(page);
  assert.match(await page.locator('.maptitle').innerText(), /Ahead of the goal/);
  await page.locator('.handle').click();
  await page.waitForSelector('.drawer tbody th');
  const goal = await get(`/api/v1/goal?turnout=0.7&level=${coarse}&limit=1000`);
  for (const a of goal.areas) {
    const row = page.locator('.drawer tbody tr', {
      has: page.getByRole('button', { name: a.name, exact: true }),
    });
    const [shown] = /[−+]?\d+(\.\d)?/.exec(await row.locator('.v').innerText());
    const points = Number(shown.replace('−', '-'));
    assert.ok(Math.abs(points + (100 * a.gap) / a.electors) < 1, `${a.name}: ${shown}, gap ${a.gap}`);
  }
  await page.reload();
  await settled(page);
  assert.equal(param(page, 'm'), 'gap');
  await close(page);
});
await step('a_download_of_an_election_has_the_lists_that_are_ticked', async () => {
  const page = await open(`?e=${encodeURIComponent(past)}&m=lead&l=${coarse}&lang=en&d=get`, {
    wait: '.card .size',
  });
  await page.getByText('CSV (comma, decimal point)').click();
  const boxes = page.locator('.ticks input');
  const n = await boxes.count();
  for (let i = 1; i < n; i++) await boxes.nth(i).uncheck();
  assert.ok(await boxes.first().isDisabled(), 'a file of no list');
  await page
    .locator('.card .size')
    .getByText(/\d rows?,/)
    .waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('dialog a.primary').click(),
  ]);
  const [header] = (await readFile(await download.path(), 'utf8')).split('\r\n');
  assert.deepEqual(
    header.split(',').filter((name) => name.startsWith('list:')),
    [`list:${await boxes.first().getAttribute('value')}`],
  );
  await close(page);
});
await step('without_a_back_test_the_page_says_so_and_gives_the_command', async () => {
  const none = (await get('/api/v1/evaluations')).evaluations.length === 0;
  const page = await open(`?e=~&lang=en&d=backtest`, { wait: none ? '.prose code' : '.trial' });
  if (none)
    assert.match(await page.locator('.prose code').innerText(), /^quartier evaluate --from \S+ --to \S+$/);
  else {
    assert.ok((await page.locator('.pit rect').count()) >= 10);
    assert.match(await page.locator('.scatter').getAttribute('aria-label'), /Scatter plot of/);
  }
  await close(page);
});
await step('the_question_mark_on_the_map_lists_the_keys', async () => {
  const page = await open(`?e=~&m=favourable&l=${coarse}&lang=fr`);
  await page.locator('canvas.maplibregl-canvas').focus();
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Au clavier' }).waitFor();
  await page.getByRole('button', { name: 'Glossaire' }).last().click();
  await page.getByText('Hors carte').first().waitFor();
  assert.equal(param(page, 'd'), 'words');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog'));
  await close(page);
});
const places = [
  ['d=goal&g=t0.95', '.goal-areas tbody tr'],
  ['d=get', '.card .size'],
  ['d=meeting', '.deck-add'],
  ['d=method', '.prose'],
  ['d=backtest', '.prose'],
  ['d=words', '.terms'],
  ['d=keys', '.keys'],
  ['view=candidate', ready],
  [`view=print&l=${coarse}`, ready],
  ['view=meeting', '.meeting-bar'],
];
for (const width of [1440, 360])
  for (const colorScheme of ['light', 'dark'])
    for (const lang of ['fr', 'en'])
      await step(`axe_finds_nothing_in_the_outputs_at_${width}_${colorScheme}_${lang}`, async () => {
        for (const [query, wait] of places) {
          const page = await open(`?e=~&m=favourable&lang=${lang}&${query}`, {
            width,
            height: width > 500 ? 900 : 740,
            colorScheme,
            wait,
          });
          await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {});
          assert.ok(
            await page.evaluate(() => {
              const card = document.querySelector('dialog[open]');
              return (
                document.documentElement.scrollWidth <= innerWidth &&
                (!card || card.scrollWidth <= card.clientWidth)
              );
            }),
            `${query}: the page scrolls sideways`,
          );
          await accessible(page, query);
          await close(page);
        }
      });
await kit.end();
