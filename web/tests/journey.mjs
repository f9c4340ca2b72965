// What a journey through a served campaign needs: pages that note every fault, and steps that end at the first.
import assert from 'node:assert/strict';
import { launch, settled } from './browser.mjs';

/** The kit for the address on the command line; `usage` is printed where there is none. */
export async function journey(usage) {
  const url = process.argv[2];
  if (!url) {
    console.error(`usage: ${usage}`);
    process.exit(2);
  }
  const campaign = await (await fetch(new URL('/api/v1/campaign', url))).json();
  const host = new URL(url).host;
  /** Only the steps whose name fits; some follow each other. */
  const ONLY = process.env.ONLY ? new RegExp(process.env.ONLY) : null;
  const browser = await launch();
  const faults = [];
  let passed = 0;

  /** A page that notes every foreign request, page error and console error; ready with its map, or with `wait`. */
  async function open(options, query, prepare, wait) {
    const context = await browser.newContext({ acceptDownloads: true, ...options });
    const page = await context.newPage();
    page.on('request', (r) => {
      const to = new URL(r.url());
      if (/^https?:$/.test(to.protocol) && to.host !== host) faults.push(`a request left for ${to.host}`);
    });
    page.on('pageerror', (e) => faults.push(`page error: ${e.message}`));
    page.on('console', (m) => {
      if (m.type() === 'error') faults.push(`console: ${m.text()} ${m.location().url}`);
    });
    await prepare?.(page);
    await page.goto(new URL(`/${query}`, url).href);
    await (wait ? page.waitForSelector(wait) : settled(page));
    return page;
  }
  async function step(name, run) {
    if (ONLY && !ONLY.test(name)) return;
    try {
      await run();
      assert.deepEqual(faults.splice(0), []);
      passed++;
      console.log(`ok    ${name}`);
    } catch (e) {
      console.log(`FAIL  ${name}\n      ${e.message}`);
      await browser.close();
      process.exit(1);
    }
  }
  const end = async () => {
    await browser.close();
    console.log(`${passed} passed, 0 failed`);
  };
  const get = async (path) => (await fetch(new URL(path, url))).json();
  /** Forgets the faults of a step that provokes them. */
  const forgive = () => faults.splice(0);
  return { step, open, url, campaign, browser, get, forgive, end };
}
