// The words of the product, in both languages: the term in the other language stands beside each.
import type { Lang } from '../api/types';
import { spaced } from '../i18n/spaced';

export interface Term {
  readonly fr: readonly [term: string, meaning: string];
  readonly en: readonly [term: string, meaning: string];
}

export const terms: readonly Term[] = [
  {
    fr: ['Zone', 'Un polygone d’un échelon, avec un code stable, un nom et un parent.'],
    en: ['Area', 'A polygon of one level, with a stable code, a name and a parent.'],
  },
  {
    fr: ['Échelon', 'Région, ville, quartier… tels que la campagne les définit, du plus large au plus fin.'],
    en: ['Level', 'Region, city, neighbourhood… as the campaign defines them, coarse to fine.'],
  },
  {
    fr: ['Regroupement', 'Un ensemble de zones qui n’est pas un échelon : une circonscription, un canton.'],
    en: ['Grouping', 'A set of areas that is no level of the tree: a constituency, a canton.'],
  },
  {
    fr: [
      'Hors carte',
      'Les inscrits et les voix d’une zone qui n’appartiennent à aucune zone plus fine : une prison, un bureau sans contour, les Français de l’étranger. Ils sont comptés, jamais dessinés.',
    ],
    en: [
      'Unplaced',
      'The electors and votes of an area that belong to no finer one: a prison, a station without an outline, votes abroad. They are counted, never drawn.',
    ],
  },
  {
    fr: [
      'Inscrit',
      'Une personne inscrite sur les listes électorales. Sauf mention contraire, les parts sont en % des inscrits.',
    ],
    en: ['Elector', 'A registered voter. Unless they say otherwise, shares are of electors.'],
  },
  {
    fr: [
      'Groupes',
      'Abstentionnistes, indécis, favorables, défavorables : les quatre groupes de l’électorat. Les trois derniers votent.',
    ],
    en: [
      'Groups',
      'Abstainers, undecided, favourable, opposed: the four groups of the electorate. The last three vote.',
    ],
  },
  {
    fr: ['Profil', 'Les quatre parts d’une zone ; leur somme fait 100 %.'],
    en: ['Profile', 'The four shares of an area; they add up to 100%.'],
  },
  {
    fr: ['Participation', 'Ce qui reste quand on retire les abstentionnistes.'],
    en: ['Turnout', 'What is left without the abstainers.'],
  },
  {
    fr: ['Écart', 'Favorables moins défavorables, en points.'],
    en: ['Margin', 'Favourable minus opposed, in points.'],
  },
  {
    fr: [
      'À convaincre',
      'Les indécis, plus un quart des défavorables : ceux qu’une conversation peut encore gagner.',
    ],
    en: [
      'To persuade',
      'The undecided, and a quarter of the opposed: those whom a conversation can still win.',
    ],
  },
  {
    fr: ['À mobiliser', 'Les abstentionnistes qui pencheraient pour nous s’ils votaient.'],
    en: ['To mobilise', 'The abstainers who would lean our way if they voted.'],
  },
  {
    fr: [
      'Socle',
      'Notre plus bas nombre de voix aux scrutins que la campagne dit comparables : un décompte exact.',
    ],
    en: [
      'Base',
      'Our lowest count of votes over the elections that the campaign calls comparable: an exact count.',
    ],
  },
  {
    fr: [
      'Réserve',
      'Les votants d’un scrutin à forte participation qui manquaient à un autre, à proportion de notre part au premier : un décompte exact, qui peut être négatif.',
    ],
    en: [
      'Reserve',
      'The voters of a high-turnout election who were missing at another, times our share at the first: an exact count, which may be negative.',
    ],
  },
  {
    fr: [
      'Données',
      'Ce qui est importé : résultats, réponses en décomptes, sondages, scores, population, covariables.',
    ],
    en: ['Evidence', 'What is imported: results, answers as counts, polls, scores, population, covariates.'],
  },
  {
    fr: [
      'Bloc, lecture',
      'Le bloc dit pour quel groupe compte une liste d’un scrutin passé ; une lecture est un jeu de blocs qui porte un nom.',
    ],
    en: [
      'Bloc, reading',
      'A bloc is the group that a list of a past election counts for; a reading is a named set of blocs.',
    ],
  },
  {
    fr: [
      'Estimation, intervalle à 90 %',
      'La moyenne, et les deux bornes entre lesquelles la vérité tombe neuf fois sur dix.',
    ],
    en: [
      'Estimate, 90% interval',
      'The mean, and the two bounds between which the truth falls nine times in ten.',
    ],
  },
  {
    fr: [
      'Tirage',
      'Une version possible de toute la carte, cohérente d’un échelon à l’autre. Il y en a 200.',
    ],
    en: ['Draw', 'One possible version of the whole map, coherent from level to level. There are 200.'],
  },
  {
    fr: [
      'Dispersion',
      'Ce que l’incertitude d’une zone a de propre : la largeur de l’intervalle de son écart à l’ensemble. C’est elle qui fait pâlir les couleurs.',
    ],
    en: [
      'Spread',
      'What is an area’s own in its uncertainty: the width of the interval of its difference from the whole. It is what fades the colours.',
    ],
  },
  {
    fr: ['Publication', 'Une édition numérotée des estimations, qui ne change plus, avec ses sources.'],
    en: ['Snapshot', 'A numbered edition of the estimates, which never changes, with its sources.'],
  },
  {
    fr: [
      'Regroupé',
      'Une zone trop petite pour être montrée seule : elle porte une estimation commune avec ses voisines, et le dit.',
    ],
    en: [
      'Pooled',
      'An area too small to stand alone: it shows one joint estimate with its neighbours, and says so.',
    ],
  },
  {
    fr: ['Objectif de voix', 'Les voix qu’il faut, et la part qui en revient à chaque zone.'],
    en: ['Goal of votes', 'The votes that are needed, and the part of them that falls to each area.'],
  },
  {
    fr: [
      'Plan, secteur',
      'Un choix de travail pour un nombre d’heures ; un morceau d’un seul tenant de ce plan, qui se parcourt à pied.',
    ],
    en: ['Plan, turf', 'A choice of work under a budget of hours; a contiguous, walkable piece of it.'],
  },
  {
    fr: ['Épreuve', 'Ce que la méthode aurait dit d’un scrutin passé, comparé à ce qui s’est passé.'],
    en: ['Back-test', 'What the method would have said of a past election, against what happened.'],
  },
];

/** The terms of a language in alphabetical order, each with the word of the other one. */
export function sorted(
  lang: Lang,
): readonly { readonly term: string; readonly other: string; readonly meaning: string }[] {
  const other = lang === 'fr' ? 'en' : 'fr';
  const collator = new Intl.Collator(lang);
  return terms
    .map((t) => ({ term: t[lang][0], other: t[other][0], meaning: spaced(t[lang][1], lang) }))
    .sort((a, b) => collator.compare(a.term, b.term));
}
