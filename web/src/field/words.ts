// The words of the field panel.
import { vocabulary } from '../i18n/vocabulary';

export const w = vocabulary({
  whereToKnock: ['Où frapper', 'Where to knock'],
  byHour: ['Valeur d’une heure de bénévole, par {level}', 'Value of a volunteer hour, by {level}'],
  preset: ['Effet d’une conversation', 'Effect of one conversation'],
  persuades: ['Convainc un votant', 'Wins over a voter'],
  mobilises: ['Fait voter un abstentionniste', 'Gets an abstainer to vote'],
  pts: ['{n} points', '{n} points'],
  doubt: ['Incertitude (écart type)', 'Uncertainty (standard deviation)'],
  greyBar: [
    'Barre grise : ce que les études laissent possible, à 90 %.',
    'Grey bar: what the studies leave possible, at 90%.',
  ],
  source: ['Source : {s}', 'Source: {s}'],
  bestK: ['Les k premiers', 'The best k'],
  where: ['Où', 'Where'],
  rankCol: ['Rang', 'Rank'],
  timesCol: ['× au hasard, 90 %', '× random doors, 90%'],
  talksCol: ['Convers.', 'Talks'],
  talksTitle: ['Conversations attendues', 'Expected conversations'],
  votesCol: ['Voix nettes, 90 %', 'Net votes, 90%'],
  topCol: ['Parmi les {k} premiers', 'In the top {k}'],
  priorities: ['Priorités', 'Priorities'],
  prioritiesOf: ['{n} zones classées, les {k} premières montrées.', '{n} areas ranked, the first {k} shown.'],
  tied: ['Même rang : l’ordre n’est pas établi.', 'Same rank: the order is not known.'],
  timesRandom: ['× {n} portes au hasard', '× {n} doors at random'],
  bestArea: ['{name}, en tête du classement', '{name}, first of the ranking'],
  zeroInside: [
    'L’intervalle contient zéro : ce plan peut ne gagner aucune voix.',
    'Zero is inside the interval: this plan may win no votes at all.',
  ],
});
