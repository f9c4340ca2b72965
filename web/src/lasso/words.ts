// The words of the lasso.
import { vocabulary } from '../i18n/vocabulary';

export const l = vocabulary({
  how: [
    'Tracez autour d’un lieu, ou cliquez ses angles. Au clavier : flèches, Entrée pose un angle. Ou cochez des lignes du tableau.',
    'Draw around a place, or click its corners. By keyboard: arrows, Enter puts a corner. Or tick rows of the table.',
  ],
  corners: ['{n} angles', '{n} corners'],
  corner: ['1 angle', '1 corner'],
  put: ['Angle {n} posé', 'Corner {n} put'],
  taken: ['Angle retiré, il en reste {n}', 'Corner taken back, {n} left'],
  undo: ['Retirer le dernier', 'Take back the last'],
  close: ['Fermer le contour', 'Close the outline'],
  cancel: ['Annuler', 'Cancel'],
  crosses: [
    'Ce contour se croise : retirez le dernier angle.',
    'This outline crosses itself: take back the last corner.',
  ],
  empty: ['Ce tracé n’entoure rien : recommencez.', 'This line holds nothing: draw again.'],
  title: ['Contour dessiné', 'Drawn outline'],
  areas: ['{n} zones choisies', '{n} areas chosen'],
  area: ['1 zone choisie', '1 area chosen'],
  kind: ['Contour', 'Outline'],
  choice: ['Choix', 'Choice'],
  cut: [
    'dont ≈ {n} comptés à proportion, au bord du contour',
    'of them ≈ {n} counted by share, at the edge of the outline',
  ],
  inAreas: ['dans {n} zones de l’échelon le plus fin', 'in {n} areas of the finest level'],
  shownFor: ['L’estimation porte sur {n} inscrits.', 'The estimate is of {n} electors.'],
  shownForVoters: ['L’estimation porte sur {n} votants.', 'The estimate is of {n} voters.'],
  asked: ['Calcul de l’estimation', 'Working out the estimate'],
  again: ['Redessiner', 'Draw again'],
  save: ['Enregistrer en GeoJSON', 'Save as GeoJSON'],
  needsNetwork: [
    'Hors ligne : l’estimation d’un contour demande le réseau.',
    'Offline: the estimate of an outline needs the network.',
  ],
});
