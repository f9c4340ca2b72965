// What the stand-in answers to a goal, a back-test and the size of a download. All of it invented.

/** A generator of numbers in 0..1 (mulberry32). */
function random(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A back-test of `areas` (code, electors, level), in the form of the API. */
export function makeEvaluation(from, to, areas, seed = 7) {
  const next = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const groups = ['favourable', 'undecided', 'opposed', 'abstainers'];
  const centres = { favourable: 0.32, undecided: 0.08, opposed: 0.2, abstainers: 0.4 };
  const scatter = areas.slice(0, 500).flatMap(({ level, code, electors }) =>
    groups.map((group) => {
      const predicted = Math.min(0.9, Math.max(0.02, centres[group] + 0.08 * normal()));
      const half = 0.05 + 0.02 * next();
      const actual = Math.min(0.99, Math.max(0.005, predicted + (half / 1.645) * normal()));
      const round = (x) => Math.round(x * 1000) / 1000;
      return {
        level,
        code,
        group,
        predicted: round(predicted),
        low: round(Math.max(0, predicted - half)),
        high: round(Math.min(1, predicted + half)),
        actual: round(actual),
        electors,
      };
    }),
  );
  const pit = Array.from({ length: 20 }, () => 0.04 + 0.02 * next());
  const sum = pit.reduce((a, b) => a + b, 0);
  const answers = [1000, 3000, 10000];
  const errors = { previous: 5.2, uniform: 3.1, tree: 2.6, icar: 2.4 };
  const tables = answers.flatMap((n, i) =>
    Object.entries(errors).flatMap(([method, base]) =>
      [...groups, 'mean'].map((group) => {
        const learns = method === 'tree' || method === 'icar' ? 0.25 * i : 0;
        const mae = base - learns + (group === 'mean' ? 0 : 0.3 * normal());
        return {
          answers: n,
          method,
          group,
          mae: Math.round(mae * 100) / 100,
          crps: Math.round(mae * 71) / 100,
          coverage: method === 'previous' ? null : method === 'uniform' ? 0.52 : 0.9 + 0.01 * i,
          repetitions: 8,
        };
      }),
    ),
  );
  const by_class = [
    ['size:0-1000', 310, 0.92],
    ['size:1000-5000', 140, 0.9],
    ['size:5000+', 50, 0.88],
    ['visited', 120, 0.89],
    ['not visited', 380, 0.91],
  ].flatMap(([name, count, coverage]) =>
    answers.map((n) => ({
      answers: n,
      method: 'icar',
      class: name,
      areas: count,
      crps: 1.7,
      coverage,
      pit: Array(10).fill(0.1),
    })),
  );
  return {
    from,
    to,
    seed,
    answers,
    method: 'icar',
    tables,
    by_class,
    pit: pit.map((p) => p / sum),
    scatter,
    words: {
      fr: 'La dernière fois, avec 10 000 réponses, la méthode se serait trompée de plus de 4 points dans une zone sur dix, et son intervalle à 90 % aurait contenu le résultat dans 91 zones sur 100. Données inventées.',
      en: 'Last time, with 10,000 answers, the method would have been wrong by more than 4 points in one area out of ten, and its 90% interval would have held the result in 91 areas of 100. Invented data.',
    },
  };
}

/** Whole numbers in proportion to weights, by largest remainder. */
function apportion(total, weights) {
  const whole = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((w) => (total * w) / whole);
  const out = exact.map(Math.floor);
  const order = [...exact.keys()].sort((i, j) => exact[j] - out[j] - (exact[i] - out[i]) || i - j);
  for (let i = 0, left = total - out.reduce((a, b) => a + b, 0); i < left; i++) out[order[i]]++;
  return out;
}

/** A goal over the areas of one level: rows are { code, name, parent, electors, value } with the share of favourable. */
export function makeGoal(query, level, rows, turnout, snapshot) {
  const electors = rows.reduce((s, r) => s + r.electors, 0);
  const scenario = query.has('votes') ? null : Number(query.get('turnout') ?? turnout);
  const needed = scenario === null ? Number(query.get('votes')) : Math.floor((electors * scenario) / 2) + 1;
  const held = (r) => (r.electors * r.value) / 1000;
  const goals = apportion(needed, rows.map(held));
  const whole = rows.reduce((s, r) => s + held(r), 0);
  const range = (v, part) => ({ value: v, low: v * (1 - part), high: v * (1 + part) });
  const chance = (have, want) => Math.min(1, Math.max(0, 0.5 + (have - want) / want / 0.12));
  const limit = Number(query.get('limit') ?? 100);
  const areas = rows.map((r, i) => ({
    level,
    code: r.code,
    name: r.name,
    parent: r.parent,
    electors: r.electors,
    in_hand: range(held(r), 0.08),
    goal: goals[i],
    gap: goals[i] - held(r),
    chance: chance(held(r), goals[i]),
  }));
  return {
    snapshot,
    of: 'electors',
    within: null,
    set_by: query.has('votes') ? 'votes' : query.has('turnout') ? 'turnout' : 'estimate',
    scenario,
    electors,
    turnout: { value: turnout, low: turnout - 0.03, high: turnout + 0.03 },
    needed,
    in_hand: range(whole, 0.06),
    gap: { value: needed - whole, low: needed - whole * 1.06, high: needed - whole * 0.94 },
    chance: chance(whole, needed),
    majority: chance(whole, needed),
    potential: whole * 0.4,
    level,
    total: rows.length,
    areas: areas.slice(0, limit),
    elsewhere: [],
    next_cursor: null,
  };
}
