// The words of the candidate's page.
import { vocabulary } from '../i18n/vocabulary';

export const p = vocabulary({
  title: ['Fiche du candidat', 'Candidate’s page'],
  sub: ['{n} inscrits · {path}', '{n} electors · {path}'],
  subWhole: ['{n} inscrits', '{n} electors'],
  subUnplaced: ['{n} inscrits, et {m} hors carte', '{n} electors, and {m} unplaced'],
  range: ['90 % : {range}', '90%: {range}'],
  publication: ['Publication n° {n} du {date}', 'Publication {n} of {date}'],
  stand: [
    '{value} des inscrits nous sont favorables (90 % de chances : entre {range}), {opposed} nous sont défavorables ; {turnout} voteraient.',
    '{value} of electors are favourable (90% chance: between {range}), {opposed} are opposed; {turnout} would vote.',
  ],
  standVoters: [
    '{value} des votants nous sont favorables (90 % de chances : entre {range}), {opposed} nous sont défavorables.',
    '{value} of voters are favourable (90% chance: between {range}), {opposed} are opposed.',
  ],
  places: [
    'Nous sommes devant, à coup sûr, dans {ahead} des {all} {level} ({share} des inscrits), et derrière {behind} ; dans {rest}, l’ordre n’est pas établi.',
    'We are surely ahead in {ahead} of the {all} {level} ({share} of electors), and behind {behind}; in {rest} the order is not known.',
  ],
  inSome: ['dans {n}', 'in {n}'],
  nowhere: ['nulle part', 'nowhere'],
  allAhead: [
    'Nous sommes devant, à coup sûr, dans les {all} {level}.',
    'We are surely ahead in all {all} {level}.',
  ],
  allBehind: [
    'Nous sommes derrière, à coup sûr, dans les {all} {level}.',
    'We are surely behind in all {all} {level}.',
  ],
  aloneAhead: ['Nous y sommes devant, à coup sûr.', 'We are surely ahead there.'],
  aloneBehind: ['Nous y sommes derrière, à coup sûr.', 'We are surely behind there.'],
  aloneUnknown: ['Qui y est devant n’est pas établi.', 'Who is ahead there is not known.'],
  work: [
    'Il reste environ {persuade} électeurs à convaincre et {mobilise} abstentionnistes qui pencheraient pour nous{names}.',
    'Some {persuade} electors could still be persuaded, and {mobilise} abstainers would lean our way{names}.',
  ],
  workVoters: [
    'Il reste environ {persuade} votants à convaincre{names}.',
    'Some {persuade} voters could still be persuaded{names}.',
  ],
  first: [' : d’abord {names}', ': first {names}'],
  and: ['{a} et {b}', '{a} and {b}'],
  sure: ['Sûr', 'Sure'],
  tied: ['Au coude-à-coude', 'Neck and neck'],
  unknown: ['Impossible à dire', 'Cannot tell'],
  sureNote: ['L’intervalle à 90 % ne contient pas zéro.', 'The 90% interval does not hold zero.'],
  tiedNote: [
    'L’intervalle contient zéro et reste sous 10 points.',
    'The interval holds zero and is under 10 points wide.',
  ],
  unknownNote: [
    'L’intervalle contient zéro et dépasse 10 points : aller voir.',
    'The interval holds zero and is over 10 points wide: go and see.',
  ],
  ahead: ['Devant', 'Ahead'],
  behind: ['Derrière', 'Behind'],
  zones: ['{n} zones, {e} inscrits', '{n} areas, {e} electors'],
  zone: ['1 zone, {e} inscrits', '1 area, {e} electors'],
  nobody: ['Aucune zone', 'No area'],
  others: ['et {n} autres', 'and {n} more'],
  goal: ['Objectif', 'Goal'],
  goalWhole: [
    '{n} voix sont nécessaires. Environ {hand} sont en main (90 % : {a} à {b}) : il en manque {gap}. Chances d’y arriver : {p}.',
    '{n} votes are needed. Some {hand} are in hand (90%: {a} to {b}): {gap} are missing. Chance to reach it: {p}.',
  ],
  goalSpare: [
    '{n} voix sont nécessaires. Environ {hand} sont en main (90 % : {a} à {b}), soit {gap} d’avance. Chances d’y arriver : {p}.',
    '{n} votes are needed. Some {hand} are in hand (90%: {a} to {b}), {gap} to spare. Chance to reach it: {p}.',
  ],
  goalPart: [
    'Sa part des {all} voix de l’objectif d’ensemble : {n}.',
    'Its part of the {all} votes of the whole goal: {n}.',
  ],
  goalBy: [
    'La moitié des votants, et une, pour une participation de {t}.',
    'Half of the voters, and one, at a turnout of {t}.',
  ],
  test: ['Jusqu’où y croire', 'How far to trust it'],
  noTest: [
    'Pas encore d’épreuve sur un scrutin passé : rien ne montre ici de combien la méthode se trompe.',
    'No back-test on a past election yet: nothing here shows by how much the method is wrong.',
  ],
  map: ['Favorables moins défavorables, en points', 'Favourable minus opposed, in points'],
  mapLabel: [
    'Carte : écart entre favorables et défavorables, {place}',
    'Map: favourable minus opposed, {place}',
  ],
  dots: ['trop incertain', 'too uncertain'],
  none: [
    'Rien n’est encore publié : la fiche demande une estimation.',
    'Nothing is published yet: this page needs an estimate.',
  ],
  foot: [
    'Estimations avec intervalle à 90 %. Une fois sur dix, la vérité tombe dehors. {sources}',
    'Estimates with 90% intervals. One time in ten the truth falls outside. {sources}',
  ],
  ground: ['Zone', 'Area'],
  whole: ['Toute la campagne', 'The whole campaign'],
});
