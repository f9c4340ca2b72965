// The figures in the page are those of the API: two hundred areas drawn by a seed, over every level, estimate and past.
import assert from 'node:assert/strict';

const AREAS = 200;
const SEED = 20170423;
/** The panel is read; the less map, the sooner. */
const SMALL = { viewport: { width: 1220, height: 320 } };
const THIN = '\u202f';

/** Uniform numbers in [0, 1) from a seed (mulberry32, T. Ettinger 2017). */
function chance(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}
/** Percents from parts of 1, as exact as three decimals are. */
const percent = (x) => Math.round(1000 * x) / 10;
const text = (x, digits) =>
  Math.abs(x).toLocaleString('fr-FR', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const sign = (x, shown) => (Number(shown.replace(',', '.')) === 0 ? '' : x < 0 ? '\u2212' : '+');

/** What the page must write of an estimate of the API, in French; a rule of interface.md, "Numbers", written again. */
function expected({ value, low, high }, signed) {
  const digits = Math.round(1000 * high) - Math.round(1000 * low) > 20 ? 0 : 1;
  const shown = text(percent(value), digits);
  if (signed) return `${sign(value, shown)}${shown}${THIN}pt`;
  if (Math.round(1000 * value) < 10) return `< 1${THIN}%`;
  if (Math.round(1000 * value) > 990) return `> 99${THIN}%`;
  return `${shown}${THIN}%`;
}
const ends = ({ low, high }, signed) => {
  const digits = Math.round(1000 * high) - Math.round(1000 * low) > 20 ? 0 : 1;
  const end = (x) => {
    const shown = text(percent(x), digits);
    return (signed ? sign(x, shown) : '') + shown;
  };
  return `${end(low)} et ${end(high)}`;
};

/** `past` also compares changes and votes: the arithmetic is the same on any campaign, and each takes its time. */
export async function figures({ step, open, url, campaign }, { past = true } = {}) {
  const json = async (path) => (await fetch(new URL(path, url))).json();
  const random = chance(SEED);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const drawn = [];
  for (let i = 0; i < AREAS; i++) drawn.push(pick(campaign.levels).id);
  // Level by level: a level's tables and tiles are loaded once.
  drawn.sort();
  const codes = {};
  for (const level of new Set(drawn)) {
    const geography = campaign.geography;
    codes[level] = (await json(`/api/v1/geographies/${geography}/areas/${encodeURIComponent(level)}`)).codes;
  }
  const go = (page, query) =>
    page.evaluate((q) => {
      history.pushState(null, '', q);
      dispatchEvent(new PopStateEvent('popstate'));
    }, query);
  /** Headline and its second line once the page shows this area under this measure. */
  const headline = async (page, code) => {
    await page.waitForFunction(
      (c) =>
        document.querySelector('.panel .sub')?.textContent.endsWith(` ${c}`) &&
        document.querySelector('.head'),
      code,
    );
    return page.evaluate(() => [
      document.querySelector('.head .big').textContent,
      document.querySelector('.head .iv').textContent,
    ]);
  };
  if (campaign.snapshot)
    await step(`the_estimates_of_${AREAS}_areas_are_those_of_the_api`, async () => {
      const page = await open(SMALL, '?e=~&m=favourable&lang=fr');
      const faults = [];
      for (const level of drawn) {
        const code = pick(codes[level]);
        const measure = pick(campaign.measures);
        await go(page, `?e=~&m=${measure.id}&l=${level}&a=${encodeURIComponent(`${level}:${code}`)}&lang=fr`);
        const api = (await json(`/api/v1/areas/${encodeURIComponent(level)}/${encodeURIComponent(code)}`))
          .estimate?.[measure.id];
        if (!api || api.value === null) continue;
        const [value, between] = await headline(page, code);
        if (value !== expected(api, measure.signed))
          faults.push(`${level}:${code} ${measure.id}: ${value}, the API says ${api.value}`);
        if (!between.includes(ends(api, measure.signed)))
          faults.push(`${level}:${code} ${measure.id}: ${between}, the API says ${api.low} to ${api.high}`);
      }
      assert.deepEqual(faults, []);
      await page.context().close();
    });
  if (!past) return;
  /** Every change of a level, by code; asked for once. */
  const asked = new Map();
  const changes = (from, to, level, measure) => {
    const path = `/api/v1/compare?${new URLSearchParams({ from, to, level, measure, limit: '10000' })}`;
    if (!asked.has(path))
      asked.set(
        path,
        json(path).then((body) => new Map(body.areas.map((a) => [a.code, a]))),
      );
    return asked.get(path);
  };
  const read = campaign.elections.filter((e) => e.blocs.default && e.of === 'electors');
  const starts = read.flatMap((from) => [
    ...(campaign.snapshot ? [[from.id, '~', 'current']] : []),
    ...read.filter((to) => to.id !== from.id).map((to) => [from.id, to.id, to.id]),
  ]);
  const before = (campaign.snapshot?.id ?? 0) - 1;
  if (before > 0) starts.push([String(before), '~', 'current']);
  if (starts.length > 0)
    await step(`the_changes_of_${AREAS}_areas_are_those_of_the_api`, async () => {
      const page = await open(SMALL, '?e=~&m=favourable&lang=fr');
      const faults = [];
      let found = 0;
      for (const level of drawn) {
        const code = pick(codes[level]);
        const measure = pick(['favourable', 'undecided', 'opposed', 'margin', 'turnout', 'abstainers']);
        const [from, e, to] = pick(starts);
        const api = (await changes(from, to, level, measure)).get(code);
        // More areas than one page of the answer.
        if (!api) continue;
        await go(
          page,
          `?e=${encodeURIComponent(e)}&m=${measure}&l=${level}&a=${encodeURIComponent(`${level}:${code}`)}&cmp=change:${encodeURIComponent(from)}:&lang=fr`,
        );
        await page.waitForFunction(
          (c) =>
            document.querySelector('.panel .sub')?.textContent.endsWith(` ${c}`) &&
            document.querySelector('.head, .panel .notice'),
          code,
        );
        const shown = await page.evaluate(() => [
          document.querySelector('.head .big')?.textContent ?? null,
          document.querySelector('.head .iv')?.textContent ?? '',
        ]);
        const name = `${level}:${code} ${measure} since ${from}`;
        if (api.value === null) {
          if (shown[0] !== null) faults.push(`${name}: ${shown[0]}, the API says ${api.no_figure}`);
          continue;
        }
        found++;
        if (shown[0] !== expected(api, true)) faults.push(`${name}: ${shown[0]}, the API says ${api.value}`);
        if (e === '~' && !shown[1].includes(ends(api, true)))
          faults.push(`${name}: ${shown[1]}, the API says ${api.low} to ${api.high}`);
      }
      assert.deepEqual(faults, []);
      assert.ok(found > AREAS / 2, `only ${found} changes were compared`);
      await page.context().close();
    });
  await step(`the_votes_of_${AREAS}_areas_are_those_of_the_api`, async () => {
    const e = campaign.elections.at(-1);
    const page = await open(
      { viewport: { width: 1440, height: 900 } },
      `?e=${encodeURIComponent(e.id)}&lang=fr`,
    );
    const faults = [];
    let compared = 0;
    for (const level of drawn) {
      const code = pick(codes[level]);
      const list = pick(e.lists);
      const valid = random() < 0.5;
      const m = `list:${encodeURIComponent(list.id)}${valid ? '@valid' : ''}`;
      await go(
        page,
        `?e=${encodeURIComponent(e.id)}&m=${encodeURIComponent(m)}&l=${level}&a=${encodeURIComponent(`${level}:${code}`)}&lang=fr`,
      );
      const own = await json(`/api/v1/areas/${encodeURIComponent(level)}/${encodeURIComponent(code)}`);
      const counts = own.history.find((h) => h.election === e.id)?.counts;
      const of = counts && (valid ? counts.valid : (counts.registered ?? counts.voters));
      if (!of || counts.lists[list.id] === 0) continue;
      const [value, people] = await headline(page, code);
      compared++;
      if (value !== `${text(Math.round((1000 * counts.lists[list.id]) / of) / 10, 1)}${THIN}%`)
        faults.push(`${level}:${code} ${m}: ${value}, the API says ${counts.lists[list.id]} of ${of}`);
      if (!people.includes(counts.lists[list.id].toLocaleString('fr-FR')))
        faults.push(`${level}:${code} ${m}: ${people}, the API says ${counts.lists[list.id]}`);
    }
    assert.deepEqual(faults, []);
    assert.ok(compared > AREAS / 4, `only ${compared} areas were compared`);
    await page.context().close();
  });
}
