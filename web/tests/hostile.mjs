// Names that would break a careless page: they are text wherever they stand.
import assert from 'node:assert/strict';

const NAMES = [
  '<img src=x onerror="window.broken=1">',
  `Saint-${'Longueville-'.repeat(25)}`.slice(0, 300),
  '\u202eمرحبا بالعالم',
  '👩‍👩‍👧‍👦 Quartier 🏳️‍🌈',
  '"\'`{{7*7}}$' + '{7*7}</script><script>window.broken=1</script>',
];

/** Puts hostile names into what the server answers. */
async function disguise(page) {
  const name = (i) => NAMES[i % NAMES.length];
  const rewrite = (pattern, change) =>
    page.route(pattern, async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      change(body);
      await route.fulfill({ response: answer, json: body });
    });
  const found = (areas) =>
    areas.forEach((a, i) => {
      a.name = name(i);
      a.path.forEach((p, k) => {
        p.name = name(i + k + 1);
      });
    });
  await rewrite('**/api/v1/campaign', (c) => {
    c.name = NAMES[0];
    c.attribution = [NAMES[0], NAMES[1]];
    c.levels.forEach((l, i) => {
      l.label = { fr: name(i), en: name(i) };
    });
    for (const e of c.elections) {
      e.label = NAMES[0];
      for (const [i, l] of e.lists.entries()) Object.assign(l, { label: name(i), short: name(i) });
    }
  });
  await rewrite('**/api/v1/geographies/*/areas/*', (a) => {
    a.names = a.names.map((_, i) => name(i));
  });
  await rewrite('**/api/v1/areas?*', (a) => found(a.areas));
  await rewrite('**/api/v1/areas/*/*', (a) => {
    found([a]);
    for (const h of a.history) h.label = NAMES[0];
  });
}

export async function hostile({ step, open, url, campaign }) {
  const level = campaign.levels.at(-1).id;
  const list = (
    await (await fetch(new URL(`/api/v1/geographies/${campaign.geography}/areas/${level}`, url))).json()
  ).codes;
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ])
    await step(`hostile_names_are_text_everywhere_at_${width}`, async () => {
      for (const source of [
        ...(campaign.snapshot ? ['e=~&m=favourable'] : []),
        `e=${encodeURIComponent(campaign.elections.at(-1).id)}&m=lead`,
      ]) {
        const link = (i) => `?${source}&l=${level}&a=${encodeURIComponent(`${level}:${list[i]}`)}&lang=fr`;
        const page = await open({ viewport: { width, height } }, link(0), disguise);
        for (const [i, wanted] of NAMES.entries()) {
          await page.evaluate((q) => {
            history.pushState(null, '', q);
            dispatchEvent(new PopStateEvent('popstate'));
          }, link(i));
          await page.waitForFunction((w) => document.querySelector('.panel h2')?.textContent === w, wanted);
          await page.waitForFunction(() => !document.querySelector('.panel .skeleton'));
          const seen = await page.evaluate(() => ({
            broken: window.broken,
            images: document.querySelectorAll('img').length,
            scripts: document.querySelectorAll('body script').length,
            sideways: document.documentElement.scrollWidth > innerWidth,
            wide: [...document.querySelectorAll('.panel .scroll, .rail .scroll, .legend')]
              .filter((x) => x.clientWidth > 0 && x.scrollWidth > x.clientWidth)
              .map((x) => {
                const out = [...x.querySelectorAll('*')].find(
                  (y) => y.getBoundingClientRect().right > x.getBoundingClientRect().right + 1,
                );
                return `${x.parentElement.className}: ${out?.outerHTML.slice(0, 120)}`;
              }),
          }));
          assert.deepEqual(
            seen,
            { broken: undefined, images: 0, scripts: 0, sideways: false, wide: [] },
            wanted.slice(0, 40),
          );
        }
        await page.unrouteAll({ behavior: 'ignoreErrors' });
        await page.context().close();
      }
    });
  await step('hostile_names_are_text_in_search_and_table', async () => {
    const page = await open({ viewport: { width: 1440, height: 900 } }, `?l=${level}&lang=en`, disguise);
    await page.locator('.handle').click();
    await page.waitForSelector('.drawer tbody button');
    const rows = await page.locator('.drawer tbody th button').allTextContents();
    assert.ok(rows.length > 0 && rows.every((r) => NAMES.includes(r)));
    await page.keyboard.press('/');
    await page.keyboard.type('a');
    await page.waitForSelector('[role=option].hit');
    const hits = await page.locator('.hit > span').allTextContents();
    assert.ok(hits.length > 0 && hits.every((h) => NAMES.includes(h)));
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.locator('img').count(), 0);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().close();
  });
}
