// The words of the panel of an area.
import { vocabulary } from '../i18n/vocabulary';

export const w = vocabulary({
  movedBaselineLong: [
    '≈ Le passé dont part cette estimation a été compté dans d’autres zones, divisées pour être ramenées à celle-ci.',
    '≈ The past that this estimate starts from was counted in other areas, which were divided to be moved to this one.',
  ],
  pooledLong: ['Regroupé avec ses voisins', 'Pooled with neighbours'],
  movedLong: [
    'Sa limite coupe {n} zones fines : leurs inscrits d’ici ({electors}) sont comptés par morceaux, et leurs voix passées réparties de même ; à ±\u00a0{error} inscrits près (9 fois sur 10)',
    'Its border cuts {n} finest areas: their electors here ({electors}) are counted by pieces, and their past votes split likewise; to within ±\u00a0{error} electors (9 times in 10)',
  ],
  movedPieces: [
    'Sa limite coupe {n} zones fines : leurs inscrits d’ici ({electors}) sont comptés par morceaux, et leurs voix passées réparties comme leurs inscrits : comment on a voté dans une partie de zone n’est pas connu',
    'Its border cuts {n} finest areas: their electors here ({electors}) are counted by pieces, and their past votes split as their electors are: how part of an area voted is not known',
  ],
  unplacedHere: [
    'Dont {n} inscrits hors carte : dans aucune zone plus fine.',
    'Of whom {n} electors unplaced: in no finer area.',
  ],
  movedHere: [
    'Ici, les voix d’une liste peuvent s’écarter de ±\u00a0{n} (intervalle à 90 %).',
    'Here the votes of a list may be off by ±\u00a0{n} (90% interval).',
  ],
  movedWhole: ['Ici, rien n’a été divisé.', 'Here nothing was divided.'],
  doubtfulHere: [
    'Incertaine : peut-être pas le même lieu aux deux dates. L’évolution montrée est celle de {area}.',
    'Doubtful: perhaps not the same place at both dates. The change shown is that of {area}.',
  ],
  redrawnHere: [
    'Redécoupée : pas le même lieu aux deux dates. L’évolution montrée est celle de {area}.',
    'Redrawn: not the same place at both dates. The change shown is that of {area}.',
  ],
  partlyCounted: [
    'Une partie de cette zone n’a pas de résultat à ce scrutin : le point de départ est celui du reste.',
    'Part of this area has no result in that election: the change starts from the rest.',
  ],
  noised: ['≈, bruité pour la confidentialité', '≈, noised for confidentiality'],
  noAnswers: [
    'Sans réponse ici : d’après les scrutins et le voisinage',
    'No answers here: from past results and neighbours',
  ],
  profile: ['Profil des inscrits', 'Profile of electors'],
  profileVoters: ['Profil des votants', 'Profile of voters'],
  rounded: ['total 100 %, parts arrondies', 'total 100%, rounded shares'],
  estimatesNote: ['intervalle à 90 %, trait gris : {name}', '90% interval, grey tick: {name}'],
  rankIn: ['Rang dans {name}', 'Rank in {name}'],
  rankAll: ['Rang', 'Rank'],
  rankHexagons: ['Rang dans l’hexagone plus grand', 'Rank in the larger hexagon'],
  rankRange: ['Entre le {a} et le {b} rang sur {n}.', 'Between rank {a} and {b} of {n}.'],
  rankOne: ['{a} rang sur {n}.', 'Rank {a} of {n}.'],
  notKnown: ['L’ordre exact n’est pas connu.', 'The exact order is not known.'],
  ofN: ['{n} zones', '{n} areas'],
  history: ['Dans le temps', 'Over time'],
  why: ['Pourquoi cette estimation', 'Why this estimate'],
  whyBaseline: ['Scrutin de départ', 'Baseline election'],
  whyPast: ['Scrutins passés ici', 'Past elections here'],
  whyMoved: ['Ramenés d’autres zones', 'Moved from other areas'],
  whyElectors: ['Inscrits d’après', 'Electors from'],
  whyAreaFile: ['le fichier des zones', 'the file of areas'],
  whyNewest: ['le scrutin le plus récent ici', 'the newest election here'],
  whyChildren: ['la somme des zones qu’elle contient', 'the sum of the areas inside'],
  whyPublished: ['Publié', 'Published'],
  whyNoResult: ['aucun résultat passé de cette zone', 'no past result of this area'],
  nulls: ['Nuls', 'Null'],
});
