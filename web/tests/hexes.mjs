// Journeys through hexagons: what is loaded, and the figures of one place as areas and as hexagons.
import assert from 'node:assert/strict';

const wide = { viewport: { width: 1440, height: 900 } };
const headline = (page) => page.locator('.panel .head .big').innerText();

export async function hexes({ step, open, campaign, get }) {
  if (!campaign.hexes || !campaign.snapshot) return;
  const finest = campaign.levels.at(-1).id;
  const { areas } = await get(`/api/v1/estimates?level=${finest}&sort=-electors&limit=1`);
  const place = await get(`/api/v1/areas/${finest}/${encodeURIComponent(areas[0].code)}`);
  const [lon, lat] = place.point;
  const at = `map=13.2/${lat.toFixed(5)}/${lon.toFixed(5)}`;

  await step('hexagons_are_painted_from_their_tiles_and_no_whole_table_is_loaded', async () => {
    const asked = [];
    const page = await open(wide, `?e=~&m=favourable&l=hex&lang=en#${at}`, (p) => {
      p.on('request', (r) => asked.push(new URL(r.url()).pathname));
    });
    await page.waitForFunction(() => document.getElementById('map').dataset.level === 'hex');
    await page.waitForSelector('.legend svg.tree rect');
    assert.deepEqual(
      asked.filter((path) => /\/areas\/hex$|\/values\/hex$/.test(path)),
      [],
      'the whole table of hexagons is not asked for',
    );
    assert(
      asked.some((path) => /^\/tiles\/\d+\/hex\//.test(path)),
      'tiles with figures are asked for',
    );
    const painted = await page.evaluate(() => {
      const map = window.quartierMap;
      const all = map.querySourceFeatures('hex', { sourceLayer: 'hex' });
      const coloured = all.filter(
        (f) => map.getFeatureState({ source: 'hex', sourceLayer: 'hex', id: f.id }).c,
      );
      return [all.length, coloured.length];
    });
    assert(painted[0] > 5 && painted[0] === painted[1], `${painted} hexagons are painted`);
    // The legend counts every elector with a place, wherever the map is.
    const step = campaign.edges.favourable[1] - campaign.edges.favourable[0];
    const resolution = campaign.hexes.resolutions[13];
    const summary = await get(
      `/api/v1/estimates/summary?level=hex&resolution=${resolution}&measure=favourable&step=${step}`,
    );
    const whole = await get(`/api/v1/estimates?level=hex&resolution=${resolution}&limit=1`);
    assert.equal(summary.areas, whole.total);
    await page.getByRole('button', { name: /^Table/ }).click();
    await page.waitForSelector('.drawer .figures tbody tr');
    const rows = await page.locator('.drawer .figures tbody tr').count();
    assert.equal(rows, Math.min(100, whole.total));
    const first = await page.locator('.drawer .figures tbody tr td').first().innerText();
    const best = await get(
      `/api/v1/estimates?level=hex&resolution=${resolution}&sort=-favourable&limit=1&measure=favourable`,
    );
    assert.equal(first, best.areas[0].code);
    await page.context().close();
  });

  await step('a_place_keeps_its_figures_when_areas_give_way_to_hexagons', async () => {
    const code = encodeURIComponent(place.code);
    const page = await open(wide, `?e=~&m=favourable&l=${finest}&a=${finest}:${code}&lang=en#${at}`);
    await page.waitForSelector('.panel .head .big');
    const before = await headline(page);
    await page.evaluate(() => {
      const all = [...document.querySelectorAll('.desk .seg button')];
      all.find((b) => b.textContent === 'Hexagons')?.click();
    });
    await page.waitForFunction(() => document.getElementById('map').dataset.level === 'hex');
    assert.equal(await headline(page), before, 'the area chosen keeps its figure');
    await page.waitForFunction(
      () =>
        window.quartierMap.loaded() &&
        window.quartierMap.querySourceFeatures('hex', { sourceLayer: 'hex' }).length > 0,
    );
    // The hexagons under the area, each wholly of it or shared: one that is wholly of it shows the very same share.
    const codes = await page.evaluate(([lon, lat]) => {
      const far = (f) => {
        const [x, y] = f.geometry.coordinates.flat(f.geometry.type === 'Polygon' ? 1 : 2)[0];
        return (x - lon) ** 2 + (y - lat) ** 2;
      };
      const all = window.quartierMap.querySourceFeatures('hex', { sourceLayer: 'hex' });
      all.sort((a, b) => far(a) - far(b));
      return [...new Set(all.map((f) => f.properties.code))];
    }, place.point);
    const figures = await Promise.all(codes.slice(0, 60).map((c) => get(`/api/v1/areas/hex/${c}`)));
    const same = figures.filter((f) => f.estimate.favourable?.value === place.estimate.favourable.value);
    assert(same.length > 0, `one of ${figures.length} hexagons is wholly of the area, with its ${before}`);
    const hex = same[0];
    await page.evaluate((bounds) => {
      window.quartierMap.jumpTo({ center: [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2] });
    }, hex.bbox);
    await page.waitForFunction(() => window.quartierMap.loaded());
    const box = await page.locator('#map').boundingBox();
    const point = await page.evaluate(
      (bounds) => window.quartierMap.project([(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]),
      hex.bbox,
    );
    await page.mouse.click(box.x + point.x, box.y + point.y);
    await page.waitForFunction(() => new URLSearchParams(location.search).get('a')?.startsWith('hex:'));
    await page.waitForFunction(
      (was) => document.querySelector('.panel .head .big')?.textContent === was,
      before,
      { timeout: 10000 },
    );
    // Its past is beside its estimate, as that of any area.
    assert.deepEqual(
      hex.history.filter((h) => h.counts).map((h) => h.election),
      place.history.filter((h) => h.counts).map((h) => h.election),
    );
    await page.context().close();
  });

  await step('a_goal_and_the_past_are_given_by_hexagon', async () => {
    const page = await open(wide, `?e=~&m=favourable&l=hex&d=goal&g=v1000&lang=en#${at}`);
    await page.waitForSelector('.goal-areas tbody tr');
    assert.equal(await page.locator('.goal-areas select').inputValue(), 'hex');
    const csv = new URL(await page.locator('.goal-areas footer a').getAttribute('href'), page.url());
    assert.equal(csv.searchParams.get('resolution'), String(campaign.hexes.resolutions[13]));
    const rows = (await (await fetch(csv)).text()).trim().split('\r\n').slice(1);
    const goal = (row) => Number(row.match(/,(\d+),-?[\d.]+,[\d.]+$/)[1]);
    assert.equal(
      rows.reduce((sum, row) => sum + goal(row), 0),
      1000,
    );
    await page.context().close();

    const election = campaign.elections[0];
    const within = `${finest}:${encodeURIComponent(place.code)}`;
    const body = await get(
      `/api/v1/compare?level=hex&resolution=${campaign.hexes.resolutions[13]}&from=${election.id}&within=${within}`,
    );
    const row = body.areas.find((a) => a.value !== null);
    const changed = await open(
      wide,
      `?e=~&m=favourable&l=hex&cmp=change:${election.id}:&a=hex:${row.code}&lang=en#${at}`,
    );
    const points = String(Math.abs(Math.round(100 * row.value)));
    await changed.waitForFunction(
      (n) => document.querySelector('.panel .head .big')?.textContent.includes(n),
      points,
    );
    await changed.context().close();

    const past = await open(wide, `?e=${encodeURIComponent(election.id)}&lang=en#${at}`);
    await past.locator('.rail .foot button').first().click();
    await past.locator('dialog label.field select').selectOption('hex');
    await past
      .locator('.card .size')
      .getByText(/\d rows?,/)
      .waitFor();
    const link = new URL(await past.locator('dialog a.primary').getAttribute('href'), past.url());
    assert.equal(link.searchParams.get('level'), 'hex');
    const file = await (await fetch(link)).json();
    const valid = file.features.reduce((sum, f) => sum + (f.properties.valid ?? 0), 0);
    assert.equal(valid, election.total.valid, 'hexagons and the unplaced are the whole');
    await past.context().close();
  });
}
