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

  const painted = (page) =>
    page.evaluate(() => {
      const map = window.quartierMap;
      const all = map.querySourceFeatures('hex', { sourceLayer: 'hex' });
      const coloured = all.filter(
        (f) => map.getFeatureState({ source: 'hex', sourceLayer: 'hex', id: f.id }).c,
      );
      return [all.length, coloured.length];
    });
  const onHexagons = async (query) => {
    const page = await open(wide, query);
    await page.waitForFunction(() => document.getElementById('map').dataset.level === 'hex');
    return page;
  };
  const table = async (page) => {
    await page.getByRole('button', { name: /^Table/ }).click();
    await page.waitForSelector('.drawer .figures tbody tr button');
  };
  const cells = (row) => row.locator('th, td').allInnerTexts();
  const number = (text) => Number(text.replace(/[^\d]/g, ''));

  await step('the_past_is_painted_on_hexagons_and_their_table_adds_up', async () => {
    const e = campaign.elections.filter((x) => Object.keys(x.blocs).length > 0).at(-1);
    const list = e.lists[0].id;
    const query = `?e=${encodeURIComponent(e.id)}&l=hex&lang=en`;
    for (const m of ['lead', `list:${encodeURIComponent(list)}`, 'turnout', 'margin']) {
      const page = await onHexagons(`${query}&m=${encodeURIComponent(m)}#${at}`);
      await page.waitForSelector('.legend :is(svg.tree rect, ul.lead li)');
      const [all, coloured] = await painted(page);
      assert(all > 5 && all === coloured, `${m}: ${coloured} of ${all} hexagons are painted`);
      await page.context().close();
    }
    const page = await onHexagons(
      `${query}&m=list:${encodeURIComponent(list)}#map=9/${place.point[1]}/${place.point[0]}`,
    );
    const resolution = campaign.hexes.resolutions[9];
    const body = await get(
      `/api/v1/elections/${e.id}/results?level=hex&resolution=${resolution}&limit=10000`,
    );
    assert.equal(body.next_cursor, null);
    await table(page);
    const shares = body.areas
      .filter((a) => a.counts)
      .map((a) => [a.code, Math.round((1000 * a.counts.lists[list]) / a.counts.registered)]);
    const best = Math.max(...shares.map(([, share]) => share));
    const first = await cells(page.locator('.drawer tbody tr').first());
    assert.equal(shares.find(([code]) => code === first[1])?.[1], best, `${first}`);
    assert.equal(first[3], `${(best / 10).toFixed(1)}%`);
    // To the last page, where what lies in no hexagon follows: together they are the electors of the whole campaign.
    let sum = 0;
    const after = page.locator('.pages button').last();
    const where = () => page.locator('.pages span').innerText();
    for (let last = false; !last; ) {
      last = await after.isDisabled();
      if (last && body.unplaced.length > 0) await page.waitForSelector('.drawer tr.elsewhere');
      const electors = await page.locator('.drawer tbody tr td.n:not(.v)').allInnerTexts();
      sum += electors.reduce((s, text) => s + number(text), 0);
      if (last) break;
      const was = await where();
      await after.click();
      await page.waitForFunction((text) => document.querySelector('.pages span')?.textContent !== text, was);
      await page.waitForSelector('.drawer tbody tr button');
    }
    assert.equal(sum, e.total.registered);
    assert.equal(number(await page.locator('.drawer tfoot td.n').first().innerText()), e.total.registered);
    // A hexagon that is chosen keeps its figure at every zoom, though others are shown then.
    const row = page.locator('.drawer tbody tr:not(.elsewhere)').first();
    const [, chosen] = await cells(row);
    await row.locator('button').click();
    await page.waitForSelector('.panel .head .big');
    const before = await headline(page);
    // Where it has parts of areas, it says how far their votes may be off.
    const detail = await get(`/api/v1/areas/hex/${chosen}`);
    const { errors } = detail.history.find((h) => h.election === e.id);
    await page.waitForFunction(() => !document.querySelector('.panel .skeleton'));
    const notes = await page.locator('.panel .note').allInnerTexts();
    const most = errors ? Math.ceil(1.645 * Math.max(...Object.values(errors.lists))) : 0;
    assert.equal(
      number(notes.join(' ').match(/may be off by ±\s*([\d,]+)/)?.[1] ?? '0'),
      most,
      `${notes}: ${JSON.stringify(errors)}`,
    );
    await page.evaluate(() => window.quartierMap.jumpTo({ zoom: 11 }));
    await page.waitForFunction(() => window.quartierMap.loaded() && !document.querySelector('.progress'));
    assert.equal(await headline(page), before);
    await page.context().close();
  });

  await step('what_changed_and_how_far_a_goal_is_are_listed_by_hexagon', async () => {
    const e = campaign.elections.filter((x) => Object.keys(x.blocs).length > 0).at(-1);
    const resolution = campaign.hexes.resolutions[13];
    const asked = `level=hex&resolution=${resolution}&limit=1`;
    const change = await onHexagons(`?e=~&m=favourable&l=hex&cmp=change:${e.id}:&lang=en#${at}`);
    await change.waitForSelector('.legend svg.tree rect');
    const compared = await get(`/api/v1/compare?${asked}&from=${e.id}&sort=-value`);
    const swatches = await change.locator('.legend .swatches').first().innerText();
    // A ballot that was annulled has a class of its own.
    const { no_candidate: annulled = 0, ...others } = compared.missing;
    const without = Object.values(others).reduce((s, n) => s + n, 0);
    assert.equal(/Nothing to compare here/.test(swatches), without > 0, `${without} without: ${swatches}`);
    assert.equal(
      /No candidate, or annulled/.test(swatches),
      annulled > 0,
      `${annulled} annulled: ${swatches}`,
    );
    const common = await change.locator('.legend .common').last().innerText();
    assert(common.includes(compared.total.toLocaleString('en')), `${common}: of ${compared.total}`);
    await table(change);
    const greatest = await cells(change.locator('.drawer tbody tr').first());
    const rows = await change.locator('.drawer .pages span').innerText();
    assert.match(rows, new RegExp(`of ${compared.total.toLocaleString('en')}`));
    const points = Math.round(1000 * compared.areas[0].value);
    const one = await get(`/api/v1/areas/hex/${greatest[1]}`);
    assert.equal(one.name, greatest[0]);
    const same = await get(
      `/api/v1/compare?level=hex&resolution=${resolution}&limit=50&from=${e.id}&sort=-value`,
    );
    assert.equal(Math.round(1000 * same.areas.find((a) => a.code === greatest[1]).value), points);
    await change.context().close();

    const gap = await onHexagons(`?e=~&m=gap&l=hex&g=v1000&lang=en#${at}`);
    await gap.waitForSelector('.legend svg.tree rect');
    const [all, coloured] = await painted(gap);
    assert(all > 5 && all === coloured, `${coloured} of ${all} hexagons are painted`);
    await table(gap);
    const goal = await get(`/api/v1/goal?votes=1000&${asked}`);
    assert.match(
      await gap.locator('.drawer .pages span').innerText(),
      new RegExp(`of ${goal.total.toLocaleString('en')}`),
    );
    const [, code, electors, lead] = await cells(gap.locator('.drawer tbody tr').first());
    const own = (await get(`/api/v1/goal?votes=1000&area=hex:${code}`)).areas[0];
    assert.equal(number(electors), own.electors);
    assert(Math.abs(Number(lead.replace(/[^\d.]/g, '')) - Math.abs((100 * own.gap) / own.electors)) < 0.6);
    await gap.context().close();
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
