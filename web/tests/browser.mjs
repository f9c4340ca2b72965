// One Chromium for the browser scripts: software rendering, no sandbox, nothing that calls home.
import { chromium } from 'playwright-core';

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  });

/** Waits until the map has drawn itself, with land and names, and the figures are there; bounded. */
export async function settled(page, ms = 30000) {
  await page.waitForSelector('#map[data-whole]', { timeout: ms });
  await page.waitForFunction(
    () => !document.querySelector('.progress') && window.quartierMap?.loaded(),
    null,
    { timeout: ms },
  );
  await page.evaluate(() => document.fonts.ready.then(() => true));
}
