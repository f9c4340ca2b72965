// The invented campaign behind the development server: three elections, one published snapshot, its answers.

import { generator, makeCountry } from './country.mjs';
import { makeEvaluation, makeGoal } from './outputs.mjs';
import { encodeTable } from './table.mjs';

const MISSING = -32768;
const GEOGRAPHY = 'c0ffee';
const LEVELS = ['region', 'city', 'neighbourhood'];
const GROUPS = ['favourable', 'undecided', 'opposed', 'abstainers'];
const MEASURES = [...GROUPS, 'turnout', 'margin', 'persuasion', 'mobilisation'];
const LABELS = {
  favourable: ['Favorables', 'Favourable'],
  undecided: ['Indécis', 'Undecided'],
  opposed: ['Défavorables', 'Opposed'],
  abstainers: ['Abstention', 'Abstainers'],
  turnout: ['Participation', 'Turnout'],
  margin: ['Écart fav. − défav.', 'Margin'],
  persuasion: ['À convaincre', 'Persuasion'],
  mobilisation: ['À mobiliser', 'Mobilisation'],
};
const EDGES = {
  favourable: [0.15, 0.2, 0.25, 0.3, 0.35],
  undecided: [0.1, 0.125, 0.15, 0.175, 0.2],
  opposed: [0.15, 0.2, 0.25, 0.3, 0.35],
  abstainers: [0.2, 0.25, 0.3, 0.35, 0.4],
  turnout: [0.6, 0.65, 0.7, 0.75, 0.8],
  margin: [-0.2, -0.1, 0, 0.1, 0.2],
  persuasion: [0.15, 0.175, 0.2, 0.225, 0.25],
  mobilisation: [0.08, 0.1, 0.12, 0.14, 0.16],
};
const LISTS = [
  { id: 'MARCHAND', label: 'Claire MARCHAND' },
  { id: 'DUVAL', label: 'Paul DUVAL' },
  { id: 'LE GOFF', label: 'Anne LE GOFF' },
  { id: 'BENALI', label: 'Sofia BENALI' },
  { id: 'ROUX', label: 'Jean ROUX' },
];
const ELECTIONS = [
  { id: 'pres2017', label: 'Présidentielle 2017', date: '2017-04-23', shift: -0.02 },
  { id: 'euro2019', label: 'Européennes 2019', date: '2019-05-26', shift: 0.05 },
  { id: 'pres2022', label: 'Présidentielle 2022', date: '2022-04-10', shift: 0.01 },
];
const PRESETS = [
  {
    id: 'disagree',
    label: { fr: 'Les études divergent', en: 'Studies disagree' },
    source: { fr: 'toutes les études citées', en: 'all studies below' },
    p: [2.25, 2.7],
    m: [0.4, 0.6],
  },
  {
    id: 'france',
    label: { fr: 'France 2012, expérience', en: 'France 2012, field experiment' },
    source: 'Pons 2018',
    p: [4.5, 2],
    m: [0, 0.3],
  },
  {
    id: 'europe',
    label: { fr: 'Europe, participation seule', en: 'Europe, turnout only' },
    source: 'Bhatti et al. 2016',
    p: [0, 0.5],
    m: [0.8, 0.6],
  },
  {
    id: 'usa',
    label: { fr: 'États-Unis, élection générale', en: 'United States, general election' },
    source: 'Kalla & Broockman 2018',
    p: [0, 0.5],
    m: [2.5, 0.4],
  },
  { id: 'nothing', label: { fr: 'Rien ne marche', en: 'Nothing works' }, source: '', p: [0, 0], m: [0, 0] },
];

/** Rounds shares to thousandths that add to 1000, by largest remainder. */
function rounded(shares) {
  const floors = shares.map((s) => Math.floor(1000 * s));
  const order = shares.map((s, i) => [1000 * s - floors[i], i]).sort((a, b) => b[0] - a[0]);
  for (let i = 0; i < 1000 - floors.reduce((a, b) => a + b); i++) floors[order[i % 4][1]]++;
  return floors;
}

const fold = (s) =>
  s.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('œ', 'oe').replaceAll('Œ', 'oe').toLowerCase();

/** The official total of an election: its regions, and a few votes abroad that belong to none. */
function officialOf(regions) {
  const abroad = {
    registered: 900,
    voters: 500,
    valid: 490,
    blank: 6,
    null: 4,
    lists: [200, 150, 80, 40, 20],
  };
  const whole = { registered: 0, voters: 0, valid: 0, blank: 0, null: 0, lists: LISTS.map(() => 0) };
  for (const c of [...regions, abroad]) {
    for (const k of ['registered', 'voters', 'valid', 'blank', 'null']) whole[k] += c[k];
    c.lists.forEach((v, j) => {
      whole.lists[j] += v;
    });
  }
  const named = (c) => ({ ...c, lists: Object.fromEntries(LISTS.map((l, j) => [l.id, c.lists[j]])) });
  return {
    total: named(whole),
    unplaced: [{ level: 'campaign', code: null, name: null, counts: named(abroad) }],
  };
}

export function makeCampaign(seed) {
  const random = generator(seed + 1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const areas = makeCountry(seed);
  const parentRows = {
    city: areas.city.map((a) => a.parent),
    neighbourhood: areas.neighbourhood.map((a) => a.parent),
  };
  const citySway = areas.city.map(() => normal() * 0.35);
  const field = areas.neighbourhood.map(
    (a) => Math.sin(a.x / 7) * 0.5 + Math.cos(a.y / 6) * 0.4 + citySway[a.parent] + 0.16 * normal(),
  );

  // Exact counts of the past: list votes from a soft choice driven by the same field.
  const counts = Object.fromEntries(
    ELECTIONS.map((election) => {
      const leaf = areas.neighbourhood.map((a, i) => {
        const turnout = Math.min(
          0.9,
          Math.max(0.35, 0.72 + (election.id === 'euro2019' ? -0.2 : 0) - 0.06 * field[i] + 0.03 * normal()),
        );
        const voters = Math.round(a.electors * turnout);
        const blank = Math.round(voters * 0.012);
        const nulls = Math.round(voters * 0.006);
        const valid = voters - blank - nulls;
        const w = [
          1.2 + 0.9 * (field[i] + election.shift),
          1.1 - 0.7 * field[i],
          0.4 + 0.2 * Math.sin(a.x),
          0.3,
          0.25 + 0.1 * field[i],
        ].map((v) => Math.exp(v) * (1 + 0.05 * normal()));
        const total = w.reduce((s, v) => s + v, 0);
        const lists = w.map((v) => Math.floor((valid * v) / total));
        lists[0] += valid - lists.reduce((s, v) => s + v, 0);
        return { registered: a.electors, voters, valid, blank, null: nulls, lists };
      });
      const sum = (rows, parents, n) => {
        const out = Array.from({ length: n }, () => ({
          registered: 0,
          voters: 0,
          valid: 0,
          blank: 0,
          null: 0,
          lists: LISTS.map(() => 0),
        }));
        rows.forEach((r, i) => {
          const to = out[parents[i]];
          for (const k of ['registered', 'voters', 'valid', 'blank', 'null']) to[k] += r[k];
          r.lists.forEach((v, j) => {
            to.lists[j] += v;
          });
        });
        return out;
      };
      const city = sum(leaf, parentRows.neighbourhood, areas.city.length);
      return [
        election.id,
        { neighbourhood: leaf, city, region: sum(city, parentRows.city, areas.region.length) },
      ];
    }),
  );
  const blocs = { favourable: ['MARCHAND', 'LE GOFF'], opposed: ['DUVAL'] };
  const profileOf = (c) => {
    if (!c.registered) return null;
    const fav = c.lists[0] + c.lists[2];
    const abst = c.registered - c.voters;
    return rounded([fav, c.voters - fav - c.lists[1], c.lists[1], abst].map((v) => v / c.registered));
  };

  // The snapshot: the last election drifted, with intervals whose width varies by place.
  const base = counts.pres2022.neighbourhood;
  const shares = {
    neighbourhood: base.map((c, i) => {
      const p = profileOf(c) ?? [0, 0, 0, 1000];
      const f = Math.max(0.02, p[0] / 1000 + 0.015 * Math.sin(i));
      const o = Math.max(0.02, p[2] / 1000 - 0.01 * Math.cos(i));
      const a = Math.max(0.03, p[3] / 1000);
      const u = Math.max(0.02, 1 - f - o - a);
      const t = f + o + a + u;
      return [f / t, u / t, o / t, a / t];
    }),
  };
  const width = {
    neighbourhood: areas.neighbourhood.map(
      (a) => 0.02 + 0.09 * Math.max(0, Math.sin(a.x / 5 + 1) * Math.cos(a.y / 4)) ** 2 + 0.02 * random(),
    ),
  };
  const roll = (from, to, parents) => {
    shares[to] = areas[to].map(() => [0, 0, 0, 0]);
    width[to] = areas[to].map(() => 0);
    areas[from].forEach((a, i) => {
      shares[from][i].forEach((v, g) => {
        shares[to][parents[i]][g] += (v * a.electors) / areas[to][parents[i]].electors;
      });
      width[to][parents[i]] += (width[from][i] * a.electors) / areas[to][parents[i]].electors / 2.2;
    });
  };
  roll('neighbourhood', 'city', parentRows.neighbourhood);
  roll('city', 'region', parentRows.city);
  const figures = Object.fromEntries(
    LEVELS.map((level) => [
      level,
      areas[level].map((a, i) => {
        if (!a.electors) return null;
        const [f, u, o, ab] = rounded(shares[level][i]);
        const value = {
          favourable: f,
          undecided: u,
          opposed: o,
          abstainers: ab,
          turnout: 1000 - ab,
          margin: f - o,
          persuasion: Math.round(u + 0.25 * o),
          mobilisation: Math.round(ab * (f / Math.max(1, f + o + u)) * 1.02),
        };
        return Object.fromEntries(
          MEASURES.map((m) => {
            const w =
              width[level][i] *
              (m === 'margin'
                ? 1.7
                : m === 'mobilisation' || m === 'undecided'
                  ? 0.5
                  : m === 'persuasion'
                    ? 0.55
                    : 1);
            const half = Math.round(500 * w + 6);
            const floor = m === 'margin' ? -1000 : 0;
            return [
              m,
              {
                value: value[m],
                low: Math.max(floor, value[m] - half),
                high: Math.min(1000, value[m] + half),
                spread: Math.round(1000 * w),
              },
            ];
          }),
        );
      }),
    ]),
  );
  const total = areas.region.reduce((s, a) => s + a.electors, 0);
  const campaignShares = rounded(
    GROUPS.map((_, g) => areas.region.reduce((s, a, i) => s + shares.region[i][g] * a.electors, 0) / total),
  );
  const [cf, cu, co, ca] = campaignShares;
  const whole = {
    favourable: cf,
    undecided: cu,
    opposed: co,
    abstainers: ca,
    turnout: 1000 - ca,
    margin: cf - co,
    persuasion: Math.round(cu + co / 4),
    mobilisation: 110,
  };
  const pooled = (level, i) => level === 'neighbourhood' && i % 97 === 11;

  const listeners = new Set();
  const label = (id) => ({ fr: LABELS[id][0], en: LABELS[id][1] });
  const levelLabels = {
    region: ['Région', 'Region'],
    city: ['Ville', 'City'],
    neighbourhood: ['Quartier', 'Neighbourhood'],
  };
  const find = (level, code) => areas[level]?.findIndex((a) => a.code === code) ?? -1;
  const pathOf = (level, row) => {
    const path = [];
    for (let l = LEVELS.indexOf(level) - 1, r = areas[level][row].parent; l >= 0; l--) {
      path.unshift({ level: LEVELS[l], code: areas[LEVELS[l]][r].code, name: areas[LEVELS[l]][r].name });
      r = areas[LEVELS[l]][r].parent;
    }
    return path;
  };
  const parts = (v) => Object.fromEntries(Object.entries(v).map(([k, x]) => [k, x / 1000]));
  const within = (level, where) => {
    if (!where) return () => true;
    const [l, code] = where.split(':');
    return (row) =>
      (l === level && areas[level][row].code === code) ||
      pathOf(level, row).some((p) => p.level === l && p.code === code);
  };
  const bounds = areas.region.reduce(
    (b, a) => [
      Math.min(b[0], a.bounds[0]),
      Math.min(b[1], a.bounds[1]),
      Math.max(b[2], a.bounds[2]),
      Math.max(b[3], a.bounds[3]),
    ],
    [180, 90, -180, -90],
  );
  const campaign = {
    name: 'Pays d’Orne',
    language: 'fr',
    demo: true,
    of: 'electors',
    groupings: [],
    levels: LEVELS.map((id, i) => ({
      id,
      label: { fr: levelLabels[id][0], en: levelLabels[id][1] },
      count: areas[id].length,
      minzoom: [0, 3, 5][i],
      maxzoom: 12,
    })),
    readings: [
      {
        id: 'default',
        label: { fr: 'Lecture par défaut', en: 'Default reading' },
        undecided_label: null,
        default: true,
        ...blocs,
      },
    ],
    past_measures: [],
    measures: MEASURES.map((id) => ({
      id,
      unit: id === 'margin' ? 'points' : 'share',
      signed: id === 'margin',
      additive: id !== 'margin',
      label: label(id),
      short: label(id),
      formula: id,
      sentence: label(id),
    })),
    elections: ELECTIONS.map(({ id, label: l, date }) => ({
      id,
      label: l,
      date,
      of: 'electors',
      lists: LISTS,
      blocs: { default: blocs },
      ...officialOf(counts[id].region),
    })),
    snapshot: {
      id: 3,
      published_at: '2026-11-24T08:00:00Z',
      reading: 'default',
      baseline: 'pres2022',
      electors: total,
      campaign: Object.fromEntries(
        MEASURES.map((m) => [
          m,
          { value: whole[m] / 1000, low: (whole[m] - 12) / 1000, high: (whole[m] + 12) / 1000 },
        ]),
      ),
      common_points: 2.1,
      newer_than_baseline: true,
    },
    geography: GEOGRAPHY,
    bounds,
    home: bounds,
    attribution: ['Données inventées'],
    end_date: null,
    edges: EDGES,
  };

  function answer(path, query) {
    const p = path.replace(/^\/api\/v1\//, '').split('/');
    if (p[0] === 'campaign') return { json: campaign };
    if (p[0] === 'geographies') {
      const list = areas[p[3]];
      if (!list) return null;
      const level = LEVELS.indexOf(p[3]);
      return {
        json: {
          geography: GEOGRAPHY,
          level: p[3],
          parent_level: LEVELS[level - 1] ?? null,
          count: list.length,
          codes: list.map((a) => a.code),
          names: list.map((a) => a.name),
          parents: list.map((a) => a.parent),
          electors: list.map((a) => a.electors),
          points: list.flatMap((a) => a.point),
          bounds: list.flatMap((a) => a.bounds),
        },
      };
    }
    if (p[0] === 'snapshots' && p[2] === 'values' && figures[p[3]]) {
      const list = figures[p[3]];
      const i16 = (m, f) => Int16Array.from(list, (v) => (v ? v[m][f] : MISSING));
      return {
        table: encodeTable(
          {
            kind: 'values',
            rows: list.length,
            snapshot: 3,
            geography: GEOGRAPHY,
            level: p[3],
            of: 'electors',
          },
          [
            ['electors', 'value', Uint32Array.from(areas[p[3]], (a) => a.electors)],
            ['flags', 'value', Uint8Array.from(list, (v, i) => (pooled(p[3], i) ? 1 : 0) | (v ? 0 : 2))],
            ...MEASURES.flatMap((m) => ['value', 'low', 'high', 'spread'].map((f) => [m, f, i16(m, f)])),
          ],
        ),
      };
    }
    if (p[0] === 'elections' && p[2] === 'values' && counts[p[1]]?.[p[3]]) {
      const list = counts[p[1]][p[3]];
      const u32 = (f) => Uint32Array.from(list, f);
      return {
        table: encodeTable(
          {
            kind: 'results',
            rows: list.length,
            election: p[1],
            geography: GEOGRAPHY,
            level: p[3],
            of: 'electors',
            lists: LISTS,
          },
          [
            ['flags', 'value', Uint8Array.from(list, (c) => (c.registered ? 0 : 1))],
            ...['registered', 'voters', 'valid', 'blank', 'null'].map((f) => [f, 'value', u32((c) => c[f])]),
            ...LISTS.map((l, j) => [`list:${l.id}`, 'value', u32((c) => c.lists[j])]),
          ],
        ),
      };
    }
    if (p[0] === 'areas' && p.length === 1) {
      const q = fold(query.get('q') ?? '');
      const found = LEVELS.flatMap((level) => areas[level].map((a, row) => ({ level, a, row }))).filter(
        ({ level, a }) =>
          (!query.get('level') || query.get('level') === level) &&
          (fold(a.name).includes(q) || fold(a.code).includes(q)),
      );
      return {
        json: {
          areas: found.slice(0, Number(query.get('limit') ?? 20)).map(({ level, a, row }) => ({
            level,
            code: a.code,
            name: a.name,
            parent: null,
            path: pathOf(level, row),
            electors: a.electors,
            bbox: a.bounds,
            point: a.point,
          })),
          next_cursor: null,
        },
      };
    }
    if (p[0] === 'areas') {
      const row = find(p[1], p[2]);
      if (row < 0) return null;
      const a = areas[p[1]][row];
      const v = figures[p[1]][row];
      const siblings = areas[p[1]].filter((b) => b.parent === a.parent).length;
      return {
        json: {
          level: p[1],
          code: a.code,
          name: a.name,
          path: pathOf(p[1], row),
          bbox: a.bounds,
          point: a.point,
          electors: a.electors,
          electors_source: 'baseline',
          pooled: pooled(p[1], row),
          estimate:
            v &&
            Object.fromEntries(
              MEASURES.map((m) => [
                m,
                { ...parts(v[m]), people: Math.round((v[m].value * a.electors) / 1000) },
              ]),
            ),
          rank:
            v &&
            Object.fromEntries(
              MEASURES.map((m) => [
                m,
                { low: Math.min(2, siblings), high: Math.min(8, siblings), of: siblings },
              ]),
            ),
          history: ELECTIONS.map((e) => {
            const c = counts[e.id][p[1]][row];
            const s = profileOf(c);
            return {
              election: e.id,
              date: e.date,
              label: e.label,
              counts: { ...c, lists: Object.fromEntries(LISTS.map((l, j) => [l.id, c.lists[j]])) },
              profile: s && {
                favourable: s[0] / 1000,
                undecided: s[1] / 1000,
                opposed: s[2] / 1000,
                abstainers: s[3] / 1000,
              },
            };
          }),
          groupings: [],
          moved: null,
          unplaced: null,
          evidence: { answers: 0, counts: null, sources: [], no_result: false },
        },
      };
    }
    if (p[0] === 'estimates') {
      const level = query.get('level');
      const keep = within(level, query.get('within'));
      const rows = areas[level].map((_, i) => i).filter(keep);
      if (query.get('format') === 'geojson')
        return {
          type: 'application/geo+json',
          text: JSON.stringify({
            type: 'FeatureCollection',
            features: rows.map((i) => ({
              type: 'Feature',
              properties: { code: areas[level][i].code, name: areas[level][i].name },
              geometry: { type: 'MultiPolygon', coordinates: areas[level][i].polygons },
            })),
          }),
        };
      return {
        type: 'text/csv',
        text: `code,name\n${rows.map((i) => `${areas[level][i].code},${areas[level][i].name}`).join('\n')}`,
      };
    }
    if (p[0] === 'elections' && p[2] === 'results') return { type: 'text/csv', text: 'code,name\n' };
    if (p[0] === 'priorities') {
      const level = query.get('level') ?? 'neighbourhood';
      const preset = PRESETS.find((x) => x.id === query.get('preset')) ?? PRESETS[0];
      const num = (k, d) => (query.has(k) ? Number(query.get(k)) : d);
      const [dp, sp, dm, sm] = [
        num('delta_p', preset.p[0]),
        num('delta_p_sd', preset.p[1]),
        num('delta_m', preset.m[0]),
        num('delta_m_sd', preset.m[1]),
      ];
      const k = num('k', 20);
      const keep = within(level, query.get('within'));
      const rows = areas[level]
        .map((a, i) => ({ a, i, v: figures[level][i] }))
        .filter((r) => r.v && keep(r.i));
      const worth = (r) =>
        dp || dm ? dp * r.v.persuasion.value + dm * r.v.mobilisation.value : r.v.persuasion.value;
      const mean = rows.reduce((s, r) => s + worth(r), 0) / rows.length;
      const ranked = rows.sort((x, y) => worth(y) - worth(x));
      const zero = dp - 1.645 * sp <= 0 && dm - 1.645 * sm <= 0;
      return {
        json: {
          preset: { id: preset.id },
          presets: PRESETS.map(({ id, label: l, source, p: a, m: b }) => ({
            id,
            label: l,
            source,
            delta_p: { mean: a[0], sd: a[1] },
            delta_m: { mean: b[0], sd: b[1] },
          })),
          total: ranked.length,
          priorities: ranked.slice(0, num('limit', 50)).map((r, j) => {
            const doors = Math.round(r.a.electors / 1.6);
            const conversations = Math.round(doors * 0.28);
            const mid = (conversations * (dp + dm) * worth(r)) / mean / 100;
            const spread = (conversations * 1.645 * Math.hypot(sp, sm)) / 100;
            const x = worth(r) / mean;
            return {
              rank: j + 1,
              level,
              code: r.a.code,
              name: r.a.name,
              electors: r.a.electors,
              doors,
              hours: Math.round(doors / 20),
              relative: { value: x, low: x * 0.85, high: x * 1.18 },
              conversations,
              net_votes: { value: mid, low: mid - spread, high: mid + spread },
              net_votes_per_100h: { value: mid, low: mid - spread, high: mid + spread },
              probability_in_top_k: Math.max(0.01, Math.min(0.99, 1.05 - j / (2 * k))),
            };
          }),
          zero_inside: zero,
          sentence: {
            fr: 'L’intervalle contient zéro : ce plan peut ne gagner aucune voix.',
            en: 'Zero is inside the interval: this plan may win no votes at all.',
          },
        },
      };
    }
    if (p[0] === 'goal') {
      const level = query.get('level') ?? LEVELS[0];
      if (!areas[level]) return null;
      const up = areas[LEVELS[LEVELS.indexOf(level) - 1]];
      const rows = areas[level].flatMap((a, i) => {
        const v = figures[level][i];
        const parent = up?.[a.parent]?.code ?? null;
        return v
          ? [{ code: a.code, name: a.name, parent, electors: a.electors, value: v.favourable.value }]
          : [];
      });
      return { json: makeGoal(query, level, rows, campaign.snapshot.campaign.turnout.value, 3) };
    }
    if (p[0] === 'downloads') {
      const n = areas[query.get('level') ?? LEVELS[0]]?.length;
      return n ? { json: { rows: n, areas: n, bytes: 400 + 260 * n, exact: false } } : null;
    }
    if (p[0] === 'evaluations') {
      const finest = LEVELS.at(-1);
      const own = areas[finest].map((a) => ({ level: finest, code: a.code, electors: a.electors }));
      const [from, to] = campaign.elections.slice(-2).map((e) => e.id);
      return { json: [makeEvaluation(from, to, own)] };
    }
    return null;
  }
  return { campaign, areas, answer, listeners };
}
