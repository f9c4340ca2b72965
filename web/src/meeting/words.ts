// The words of a meeting.
import { vocabulary } from '../i18n/vocabulary';

export const m = vocabulary({
  title: ['Réunion', 'Meeting'],
  intro: [
    'Préparez des vues, puis montrez-les au mur : la carte seule, en grand. Les flèches passent d’une vue à l’autre, Échap quitte.',
    'Prepare views, then show them on the wall: the map alone, enlarged. Arrow keys step from view to view, Esc leaves.',
  ],
  add: ['Ajouter la vue affichée', 'Add the view shown'],
  name: ['Titre de la vue', 'Title of the view'],
  views: ['Vues', 'Views'],
  none: [
    'Aucune vue : la réunion montre la carte telle qu’elle est.',
    'No view yet: the meeting shows the map as it is.',
  ],
  up: ['Monter {name}', 'Move {name} up'],
  down: ['Descendre {name}', 'Move {name} down'],
  remove: ['Retirer {name}', 'Remove {name}'],
  rename: ['Titre de la vue {n}', 'Title of view {n}'],
  start: ['Commencer', 'Start'],
  copy: ['Copier l’adresse de la réunion', 'Copy the meeting’s address'],
  copied: ['Copiée', 'Copied'],
  save: ['Enregistrer (JSON)', 'Save (JSON)'],
  load: ['Ouvrir un fichier', 'Open a file'],
  bad: ['Ce fichier n’est pas une réunion de Quartier.', 'This file is no meeting of Quartier.'],
  kept: ['Les vues restent dans ce navigateur.', 'Views stay in this browser.'],
  fromAddress: [
    'Ces vues viennent de l’adresse ; en changer une les garde dans ce navigateur.',
    'These views come from the address; changing one keeps them in this browser.',
  ],
  place: ['{n} sur {all}', '{n} of {all}'],
  previous: ['Vue précédente', 'Previous view'],
  next: ['Vue suivante', 'Next view'],
  leave: ['Quitter la réunion', 'Leave the meeting'],
  of: ['{measure}, {place}', '{measure}, {place}'],
});
