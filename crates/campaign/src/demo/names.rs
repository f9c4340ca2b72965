//! Invented names, French in sound. No city or region bears the name of one of the 35,357 communes of France (2018).

use rand::{Rng, RngExt};
use std::collections::HashSet;

/// The regions, in the order of their codes.
pub const REGIONS: [&str; 8] = [
    "Cœur-de-Vaire",
    "Côte-des-Goélands",
    "Haut-Arvain",
    "Bas-Arvain",
    "Bruyère-et-Sel",
    "Monts-d’Ambrel",
    "Pays-de-Louvane",
    "Presqu’île-de-Corvec",
];

/// First parts of the names of cities.
const STEMS: [&str; 40] = [
    "Arv", "Bralv", "Cald", "Corv", "Dourv", "Elv", "Estr", "Falv", "Gorl", "Grev", "Halv", "Hœrl", "Isv", "Jarv",
    "Kerv", "Lanv", "Louv", "Malv", "Merv", "Nerv", "Norl", "Olv", "Orv", "Parl", "Plév", "Quelv", "Rouv", "Salv",
    "Serv", "Solv", "Tarv", "Térl", "Trév", "Ulv", "Urv", "Valm", "Vérl", "Vorn", "Yverl", "Zélv",
];

/// Last parts of the names of cities.
const ENDINGS: [&str; 16] = [
    "aigne",
    "anne",
    "ary",
    "eline",
    "endac",
    "érac",
    "esson",
    "eville",
    "igny-le-Fort",
    "inec",
    "ombe",
    "onges",
    "ouan",
    "oual",
    "uze",
    "yères",
];

/// What a town may add to its name.
const QUALITIES: [&str; 10] = [
    "-sur-Vaire",
    "-sur-Louvane",
    "-les-Embruns",
    "-la-Lande",
    "-du-Phare",
    "-les-Genêts",
    "-en-Arvain",
    "-le-Vieux",
    "-sous-Ambrel",
    "-aux-Moines",
];

/// Whole names of neighbourhoods near the centre of a city.
const CENTRAL: [&str; 20] = [
    "Centre",
    "Gare Sud",
    "Gare Nord",
    "Les Halles",
    "Hôtel de Ville",
    "Vieux Marché",
    "La Citadelle",
    "Les Remparts",
    "Préfecture",
    "Le Beffroi",
    "Université",
    "Les Tanneurs",
    "Le Théâtre",
    "Place d’Armes",
    "La Manufacture",
    "Porte Neuve",
    "Les Cordeliers",
    "Arsenal",
    "Saint-Elme",
    "Les Quais",
];

/// Whole names of neighbourhoods on the sea.
const MARITIME: [&str; 12] = [
    "Le Port",
    "La Grève",
    "Les Dunes",
    "La Jetée",
    "Le Sémaphore",
    "La Corniche",
    "Les Salines",
    "La Rade",
    "Anse aux Moines",
    "Pointe du Large",
    "La Conche",
    "Le Môle",
];

/// Whole names of neighbourhoods away from the centre.
const OUTER: [&str; 24] = [
    "Les Tilleuls",
    "Les Acacias",
    "Bellevue",
    "Le Clos Fleuri",
    "La Croix Blanche",
    "Les Peupliers",
    "Beau Soleil",
    "La Plaine",
    "Les Coteaux",
    "Le Grand Pré",
    "Les Vergers",
    "La Fontaine",
    "Le Moulin",
    "Les Quatre Vents",
    "Haute Rive",
    "La Garenne",
    "Les Bruyères",
    "Bois Joli",
    "Le Pont",
    "Les Lavandières",
    "La Briqueterie",
    "L’Étang",
    "Mont Clair",
    "Les Ormes",
];

/// Kinds of place, for names in two parts.
const KINDS: [&str; 16] = [
    "Cité",
    "Faubourg",
    "Clos",
    "Hauts",
    "Val",
    "Parc",
    "Cour",
    "Hameau",
    "Rond-Point",
    "Résidence",
    "Côte",
    "Square",
    "Jardins",
    "Domaine",
    "Carrefour",
    "Butte",
];

/// What a place of some kind is named after.
const AFTER: [&str; 30] = [
    "des Tilleuls",
    "du Lavoir",
    "des Alouettes",
    "de la Forge",
    "des Marronniers",
    "du Levant",
    "du Couchant",
    "des Glycines",
    "de la Source",
    "du Belvédère",
    "des Carrières",
    "de l’Observatoire",
    "des Hirondelles",
    "du Vieux Puits",
    "de la Chapelle",
    "des Pêcheurs",
    "du Vallon",
    "des Tisserands",
    "de la Saulaie",
    "des Cerisiers",
    "du Colombier",
    "de la Tuilerie",
    "des Bouleaux",
    "du Canal",
    "de la Ferme",
    "des Mimosas",
    "du Stade",
    "de l’Écluse",
    "des Noyers",
    "de la Gravelle",
];

/// Names for `count` cities, each once.
pub fn cities(count: usize, rng: &mut impl Rng) -> Vec<String> {
    let mut used = HashSet::new();
    let mut names = Vec::with_capacity(count);
    let mut pick = |words: &[&'static str]| words[rng.random_range(0..words.len())];
    while names.len() < count {
        let mut name = format!("{}{}", pick(&STEMS), pick(&ENDINGS));
        // The largest towns go by one word; a third of the others say where they are, and so does a second of a name.
        let plain = names.len() < 20 || pick(&["", "", "-"]).is_empty();
        if used.contains(&name) || (!plain && !name.contains('-')) {
            name.push_str(pick(&QUALITIES));
        }
        if used.insert(name.clone()) {
            names.push(name);
        }
    }
    names
}

/// Names for the neighbourhoods of one city, from the centre outwards, each once in it.
pub fn neighbourhoods(coastal: &[bool], rng: &mut impl Rng) -> Vec<String> {
    let count = coastal.len();
    let mut used = HashSet::new();
    (0..count)
        .map(|at| {
            if at == 0 {
                used.insert("Centre".to_owned());
                return "Centre".to_owned();
            }
            let central = at * 4 < count || at < 2;
            for attempt in 0.. {
                let mut pick = |words: &[&'static str]| words[rng.random_range(0..words.len())];
                let whole = attempt < 4;
                let name = match (whole, coastal[at], central) {
                    (true, true, _) => pick(&MARITIME).to_owned(),
                    (true, false, true) => pick(&CENTRAL).to_owned(),
                    (true, false, false) => pick(&OUTER).to_owned(),
                    (false, ..) if attempt < 200 => format!("{} {}", pick(&KINDS), pick(&AFTER)),
                    // Beyond what two words can name: a number, as large estates have.
                    (false, ..) => format!("{} {} {}", pick(&KINDS), pick(&AFTER), attempt - 198),
                };
                if used.insert(name.clone()) {
                    return name;
                }
            }
            unreachable!("an endless count of attempts ends with a name")
        })
        .collect()
}
