// How figures are estimated, for strategists: the method in words, in both languages. The chapter for statisticians is
// docs/method.md.
import type { Lang } from '../api/types';
import { spaced } from '../i18n/spaced';

export interface Chapter {
  readonly title: string;
  readonly text: readonly string[];
}

const fr: readonly Chapter[] = [
  {
    title: 'Ce qui est estimé',
    text: [
      'Pour chaque zone, quatre parts de ses inscrits, dont la somme fait 100 % : abstentionnistes, indécis, favorables, défavorables. Les trois dernières votent. « Indécis » réunit tout ce que la lecture ne range dans aucun camp : les autres listes, les blancs et les nuls.',
      'Les décomptes des scrutins passés ne sont pas estimés : ils sont exacts, et ne s’estompent jamais.',
    ],
  },
  {
    title: 'Trois questions, l’une après l’autre',
    text: [
      '1. Parmi les inscrits, qui s’abstient ? 2. Parmi ceux qui votent, qui n’est dans aucun camp ? 3. Parmi ceux qui ont choisi, qui nous est favorable ? Chaque question est ajustée à part ; ensemble elles redonnent les quatre parts.',
    ],
  },
  {
    title: 'Un point de départ, plus un mouvement',
    text: [
      'Chaque zone part de son propre résultat à un scrutin passé. Le modèle n’apprend que le mouvement depuis ce scrutin : un mouvement commun, un mouvement par région, ville ou quartier, et un écart propre à la zone. L’ampleur de ces mouvements est apprise des scrutins passés de la campagne quand il y en a deux, sinon prise par défaut.',
      'Une zone sans information propre suit donc ses parents et ses voisines, avec l’intervalle large que cela mérite. Elle n’est jamais laissée en blanc, ni faussement précise.',
    ],
  },
  {
    title: 'Le porte-à-porte n’est pas l’électorat',
    text: [
      'Les gens qui ouvrent et répondent ne sont pas un échantillon : les sympathisants répondent davantage, et l’on annonce plus volontiers qu’on ira voter. Une part brute de réponses s’écarte couramment de 14 à 22 points du résultat. Les réponses entrent donc avec un biais de campagne et un biais de zone, tous deux incertains, qui ne font pas partie de l’estimation. Elles disent surtout où l’on est plus fort ou plus faible que prévu.',
      'Aucune réponse individuelle n’est conservée : seuls des décomptes par zone le sont, avec un bruit tiré une fois pour toutes.',
    ],
  },
  {
    title: 'Les sondages fixent le niveau',
    text: [
      'Un sondage ne connaît pas les quartiers, mais il connaît l’ensemble. Il tire la somme de ses zones vers son chiffre, avec l’erreur que les sondages ont vraiment : environ 3,5 points d’écart type pour un seul, 2 pour une moyenne, plus que leur marge affichée.',
    ],
  },
  {
    title: 'Ce que dit un intervalle',
    text: [
      'Toute la carte est tirée 200 fois, chaque fois de façon cohérente : les quartiers s’additionnent en leur ville dans chaque tirage. Le chiffre est la moyenne ; l’intervalle à 90 % va du 5e au 95e centile : une fois sur dix, la vérité tombe dehors.',
      'Sur la carte, la couleur pâlit selon l’incertitude propre à la zone, c’est-à-dire son écart à l’ensemble : un mouvement commun à toutes ne change pas laquelle devance l’autre. Il est dit une fois, sous la légende. Deux zones dont on ne sait pas laquelle devance l’autre sont dites à égalité.',
    ],
  },
  {
    title: 'Ce que le modèle suppose',
    text: [
      'Que l’offre politique ressemble assez à celle du scrutin de départ pour que ses camps aient un sens aujourd’hui ; que le mouvement est régulier entre zones parentes ou voisines ; que le biais du porte-à-porte reste dans la fourchette qu’on lui donne ; que les sondages se trompent au plus comme par le passé.',
    ],
  },
  {
    title: 'Quand il se trompe',
    text: [
      'Quand un réalignement que l’histoire de la campagne n’annonce pas change les camps ; quand les bénévoles choisissent leurs portes d’une façon que le modèle ignore, au-delà du biais prévu ; quand un candidat local déplace les voix d’une seule ville ; d’un premier à un second tour, faute de sondage. L’épreuve sur un scrutin passé montre de combien.',
    ],
  },
];

const en: readonly Chapter[] = [
  {
    title: 'What is estimated',
    text: [
      'For each area, four shares of its electors that add up to 100%: abstainers, undecided, favourable, opposed. The last three vote. “Undecided” holds all that the reading puts on no side: the other lists, blank and null ballots.',
      'Counts of past elections are not estimated: they are exact, and never fade.',
    ],
  },
  {
    title: 'Three questions, one after the other',
    text: [
      '1. Among electors, who abstains? 2. Among those who vote, who is on no side? 3. Among those who chose a side, who is favourable? Each question is fitted alone; together they give back the four shares.',
    ],
  },
  {
    title: 'A starting point, and a swing',
    text: [
      'Each area starts from its own result at a past election. The model learns only the movement since: one that is common to all, one for each region, city or neighbourhood, and one of the area’s own. How large these are is learnt from the campaign’s past elections where there are two, else taken by default.',
      'So an area without information of its own follows its parents and its neighbours, with the wide interval that this deserves. It is never left blank, and never falsely precise.',
    ],
  },
  {
    title: 'A canvass is not the electorate',
    text: [
      'People who open and answer are no sample: supporters answer more, and more people say that they will vote than do. A raw share of answers is commonly off by 14 to 22 points. Answers therefore enter with a bias of the campaign and one of the area, both uncertain, neither of them part of the estimate. They tell above all where we are stronger or weaker than expected.',
      'No person’s answer is kept: only counts by area are, with noise that is drawn once and for all.',
    ],
  },
  {
    title: 'Polls set the level',
    text: [
      'A poll knows no neighbourhood, but it knows the whole. It pulls the sum of its areas towards its figure, with the error that polls really have: a standard error of about 3.5 points for one, 2 for an average, more than the margin they print.',
    ],
  },
  {
    title: 'What an interval says',
    text: [
      'The whole map is drawn 200 times, coherently each time: neighbourhoods add up to their city in every draw. The figure is the mean; the 90% interval goes from the 5th to the 95th percentile: one time in ten the truth falls outside.',
      'On the map, colours fade by the uncertainty that is the area’s own, its difference from the whole: a movement common to all does not change which one is ahead of another. That part is said once, under the legend. Two areas of which nobody knows which is ahead are called tied.',
    ],
  },
  {
    title: 'What the model assumes',
    text: [
      'That the choice on offer is enough like that of the starting election for its sides to mean something today; that movement is regular among areas of one parent or next to each other; that the bias of the canvass stays within the range it is given; that polls are wrong by no more than in the past.',
    ],
  },
  {
    title: 'When it fails',
    text: [
      'When a realignment that the campaign’s history does not announce changes the sides; when volunteers choose their doors in a way unknown to the model, beyond the bias foreseen; when a local candidate moves the votes of one city alone; from a first to a second round, without a poll. The back-test on a past election shows by how much.',
    ],
  },
];

export const method: Readonly<Record<Lang, readonly Chapter[]>> = {
  fr: fr.map((c) => ({ title: spaced(c.title, 'fr'), text: c.text.map((p) => spaced(p, 'fr')) })),
  en,
};
