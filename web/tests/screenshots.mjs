// node tests/screenshots.mjs URL OUTDIR [NAME...]: the checklist of interface.md as pictures, each in French and English, and
// the widths of the page; to be judged beside the mock-ups.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launch, settled } from './browser.mjs';
import { checklist } from './checklist.mjs';
import { through } from './proxy.mjs';

const [url, out, ...only] = process.argv.slice(2);
if (!url || !out) {
  console.error('usage: node tests/screenshots.mjs URL OUTDIR [NAME...]');
  process.exit(2);
}
await mkdir(out, { recursive: true });
const campaign = await (await fetch(new URL('/api/v1/campaign', url))).json();
const coarse = campaign.levels.at(-2)?.id ?? campaign.levels[0].id;
const fine = campaign.levels.at(-1).id;
const found = (await (await fetch(new URL(`/api/v1/areas?level=${coarse}&limit=1`, url))).json()).areas[0];
// The newest election that has been read shows the most.
const past =
  campaign.elections.filter((e) => Object.keys(e.blocs).length > 0).at(-1) ?? campaign.elections.at(-1);
/** The area of the coarse level that an estimate puts first. */
const extreme = async (sort) => {
  const query = `level=${coarse}&measure=favourable&sort=${sort}&limit=1`;
  const a = (await (await fetch(new URL(`/api/v1/estimates?${query}`, url))).json()).areas?.[0] ?? found;
  return `${a.level}:${a.code}`;
};
const known = {
  estimate: campaign.snapshot ? '~' : past.id,
  past: encodeURIComponent(past.id),
  list: `list:${encodeURIComponent(past.lists[0].id)}`,
  fine,
  coarse,
  area: `${found.level}:${found.code}`,
  lowest: await extreme('favourable'),
  highest: await extreme('-favourable'),
};
const widths = [
  ['width-1440', { width: 1440, height: 900 }, 'light', `?e=${known.estimate}&m=favourable&l=${fine}`],
  ['width-1024', { width: 1024, height: 768 }, 'dark', `?e=${known.estimate}&m=favourable&l=${fine}`],
  ['width-768', { width: 768, height: 1024 }, 'light', `?e=${known.estimate}&m=turnout&l=${fine}`],
  ['width-360', { width: 360, height: 740 }, 'dark', `?e=${known.estimate}&m=favourable`],
];
const picked = `&a=${encodeURIComponent(known.area)}`;
const browser = await launch();
let failed = 0;

async function picture(name, [, viewport, colorScheme, query, then, o = {}], lang) {
  const answers = o.campaign ? { '/api/v1/campaign': o.campaign(campaign) } : {};
  const server = o.state || o.campaign ? await through(url, answers) : null;
  const context = await browser.newContext({
    viewport,
    colorScheme,
    deviceScaleFactor: o.scale ?? 1,
    forcedColors: o.forced ? 'active' : 'none',
  });
  const page = await context.newPage();
  page.on('pageerror', (e) => {
    failed++;
    console.log(name, e.message);
  });
  if (o.script) await page.addInitScript(o.script);
  if (o.fails) await page.route(o.fails, (route) => route.fulfill({ status: 500, body: '{}' }));
  if (o.holds) await page.route(o.holds, () => {});
  if (o.vision) {
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setEmulatedVisionDeficiency', { type: o.vision });
  }
  await page.goto(new URL(`/${query}${query.endsWith('?') ? '' : '&'}lang=${lang}`, server?.url ?? url).href);
  if (o.script) await page.waitForSelector('.figures tbody tr');
  else if (o.fails) await page.waitForSelector('.banner.error');
  else if (o.campaign) await page.waitForSelector('.lone .empty');
  else if (o.holds) await page.waitForSelector('#map[data-idle]');
  else await settled(page);
  // Land and names come after what was asked for first.
  if (!o.script && !o.campaign)
    await page.waitForFunction(
      () => Number(document.getElementById('map').dataset.idle) > 1 && window.quartierMap.loaded(),
    );
  if (!o.holds) await page.waitForFunction(() => !document.querySelector('.skeleton'));
  if (query.includes('cmp=s')) await page.waitForFunction(() => window.quartierSecond?.loaded());
  if (o.state) {
    await server.heard();
    if (o.state === 'publish') server.publish((campaign.snapshot?.id ?? 0) + 1);
    else await server.stop();
    await page.waitForSelector('.banner');
  }
  await then?.(page, settled);
  await page.screenshot({ path: join(out, `${name}.png`) });
  await context.close();
  await server?.stop();
}

for (const shot of [...checklist(known), ...widths]) {
  for (const lang of ['fr', 'en']) {
    const name = `${shot[0]}-${lang}`;
    if (only.length > 0 && !only.some((o) => name.startsWith(o))) continue;
    await picture(name, shot, lang).catch((e) => {
      failed++;
      console.log(name, e.message);
    });
  }
}
/** Dialogs and sheets: what opens each, and what shows that it is there. */
const sheet = '.paper[data-ready=yes]';
const outputs = [
  ['goal', 'd=goal&g=t0.7', '.goal-areas tbody tr'],
  ['download', 'd=get', '.card .size'],
  ['views', 'd=meeting', '.deck-add'],
  ['meeting', 'view=meeting', '.legend .tree:visible'],
  ['20-candidate', `view=candidate${picked}`, sheet],
  ['20-print', 'view=print&p=a4-l', sheet],
  ['20-print-grey', 'view=print&p=a3-p-g-v', sheet],
  ['method', 'd=method', '.prose'],
  ['backtest', 'd=backtest', '.prose'],
  ['glossary', 'd=words', '.terms'],
  ['keys', 'd=keys', '.keys'],
];
const sizes = [
  [1440, 900, 'light', 'fr'],
  [1920, 1080, 'dark', 'en'],
  [360, 740, 'dark', 'fr'],
];
/** What is printed is looked at from near, too. */
const near = [1440, 900, 'light', 'en', 4];
for (const [name, query, wait] of outputs)
  for (const [width, height, theme, lang, scale = 1] of name.startsWith('20') ? [...sizes, near] : sizes) {
    const file = `${name}-${width}-${theme}-${lang}${scale > 1 ? '-near' : ''}`;
    if (only.length > 0 && !only.includes(name) && !only.includes(file)) continue;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      deviceScaleFactor: scale,
    });
    const page = await context.newPage();
    await page.goto(new URL(`/?e=${known.estimate}&m=favourable&lang=${lang}&${query}`, url).href);
    await page.waitForSelector(wait).catch((e) => {
      failed++;
      console.log(file, e.message);
    });
    if (!wait.includes('paper')) await settled(page).catch(() => {});
    await page.screenshot({ path: join(out, `${file}.png`) });
    await context.close();
  }
await browser.close();
process.exit(failed ? 1 : 0);
