// node tests/screenshots.mjs URL OUTDIR: the page at its widths, in both themes and languages, to be judged beside the mock-ups.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launch, settled } from './browser.mjs';
import { through, withoutWebgl } from './proxy.mjs';

const [url, out] = process.argv.slice(2);
if (!url || !out) {
  console.error('usage: node tests/screenshots.mjs URL OUTDIR');
  process.exit(2);
}
await mkdir(out, { recursive: true });
const campaign = await (await fetch(new URL('/api/v1/campaign', url))).json();
const top = campaign.levels.at(-2)?.id ?? campaign.levels[0].id;
const area = (await (await fetch(new URL(`/api/v1/areas?level=${top}&limit=1`, url))).json()).areas[0];
const picked = area ? `&a=${encodeURIComponent(`${area.level}:${area.code}`)}` : '';
const fine = campaign.levels.at(-1).id;
const estimate = campaign.snapshot ? '~' : campaign.elections[0].id;
const past = campaign.elections.at(-1).id;
const list = `list:${encodeURIComponent(campaign.elections.at(-1).lists[0].id)}`;
const shots = [
  ['strategist-light-fr', 1440, 900, 'light', `?e=${estimate}&m=favourable&l=${fine}&lang=fr${picked}`],
  ['strategist-dark-en', 1440, 900, 'dark', `?e=${estimate}&m=margin&lang=en${picked}`],
  [
    'past-light-fr',
    1440,
    900,
    'light',
    `?e=${past}&m=${encodeURIComponent(list)}&l=${fine}&lang=fr${picked}`,
  ],
  ['lead-light-en', 1440, 900, 'light', `?e=${past}&m=lead&lang=en`],
  ['certain-light-en', 1440, 900, 'light', `?e=${estimate}&m=abstainers&u=0&l=${fine}&lang=en`],
  ['field-dark-en', 1440, 900, 'dark', `?e=${estimate}&m=favourable&t=field&l=${fine}&lang=en`],
  ['laptop-light-fr', 1024, 768, 'light', `?e=${estimate}&m=favourable&l=${fine}&lang=fr${picked}`],
  ['tablet-light-fr', 768, 1024, 'light', `?e=${estimate}&m=turnout&l=${fine}&lang=fr${picked}`],
  ['phone-light-fr', 390, 844, 'light', `?e=${estimate}&m=abstainers&l=${fine}&lang=fr${picked}`],
  ['phone-dark-en', 390, 844, 'dark', `?e=${past}&m=turnout&lang=en`],
  ['narrow-light-fr', 360, 740, 'light', `?e=${estimate}&m=favourable&lang=fr`],
];
const only = process.argv.slice(4);
const browser = await launch();
let failed = 0;
for (const [name, width, height, theme, query] of shots) {
  if (only.length > 0 && !only.includes(name)) continue;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  const page = await context.newPage();
  page.on('pageerror', (e) => {
    failed++;
    console.log(name, e.message);
  });
  page.on('console', (m) => {
    if (m.type() === 'error') console.log(name, m.text());
  });
  await page.goto(new URL(`/${query}`, url).href);
  await settled(page).catch((e) => {
    failed++;
    console.log(name, e.message);
  });
  await page.screenshot({ path: join(out, `${name}.png`) });
  await context.close();
}
/** The states that a whole server does not show by itself. */
const states = [
  ['banner-light-fr', 1440, 900, 'light', 'fr', (server) => server.publish((campaign.snapshot?.id ?? 0) + 1)],
  [
    'banner-phone-dark-en',
    390,
    844,
    'dark',
    'en',
    (server) => server.publish((campaign.snapshot?.id ?? 0) + 1),
  ],
  ['offline-dark-en', 1440, 900, 'dark', 'en', (server) => server.stop()],
  ['offline-phone-light-fr', 390, 844, 'light', 'fr', (server) => server.stop()],
  ['no-webgl-light-fr', 1440, 900, 'light', 'fr', null],
  ['no-webgl-phone-dark-en', 390, 844, 'dark', 'en', null],
];
for (const [name, width, height, theme, lang, happens] of states) {
  if (only.length > 0 && !only.includes(name)) continue;
  const server = await through(url);
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  const page = await context.newPage();
  if (!happens) await page.addInitScript(withoutWebgl);
  await page.goto(`${server.url}/?e=${estimate}&m=favourable&lang=${lang}`);
  if (happens) {
    await settled(page);
    await server.heard();
    await happens(server);
    await page.waitForSelector('.banner');
  } else await page.waitForSelector('.figures tbody tr');
  await page.screenshot({ path: join(out, `${name}.png`) });
  await context.close();
  await server.stop();
}
await browser.close();
process.exit(failed ? 1 : 0);
