//! Finding areas: by folded name or code, level, parent and box.

use quartier_export::rows_within;
use quartier_model::fold;
use quartier_snapshot::Geography;

/// The folded names of every area, by level and row.
#[derive(Debug)]
pub struct SearchIndex {
    names: Vec<Vec<String>>,
}

/// What is looked for. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Position of the one level.
    pub level: Option<usize>,
    /// Position of the parent's level, and its row.
    pub parent: Option<(usize, usize)>,
    /// A part of a name, or the beginning of a code.
    pub text: Option<String>,
    /// West, south, east, north in degrees: what it touches.
    pub bbox: Option<[f64; 4]>,
}

impl SearchIndex {
    /// Folds every name once.
    pub fn of(geography: &Geography) -> Self {
        let names = geography.all_levels().map(|level| level.areas.names.iter().map(|name| fold(name)).collect());
        Self { names: names.collect() }
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.names.iter().flatten().map(|name| name.len() + size_of::<String>()).sum()
    }

    /// (position of the level, row) of what is found: by level coarse to fine, then grouping, then most electors first, then code.
    pub fn find(&self, geography: &Geography, wanted: &Wanted) -> Vec<(usize, usize)> {
        let folded = wanted.text.as_deref().map(fold);
        let code = wanted.text.as_deref().map(|text| text.trim().to_lowercase());
        // Text of which nothing is left once folded ("!") finds codes only.
        let folded = folded.filter(|folded| !folded.is_empty());
        let mut found = Vec::new();
        for (at, level) in geography.all_levels().enumerate() {
            if wanted.level.is_some_and(|only| only != at) {
                continue;
            }
            let below = wanted.parent.map(|parent| rows_below(geography, at, parent));
            for row in 0..level.rows() {
                let named = code.as_deref().is_none_or(|code| {
                    let by_name = folded.as_deref().is_some_and(|text| self.names[at][row].contains(text));
                    by_name || level.code(row).is_some_and(|own| own.to_lowercase().starts_with(code))
                });
                let touched = wanted.bbox.is_none_or(|bbox| level.bounds(row).is_some_and(|own| touches(own, bbox)));
                if named && touched && below.as_ref().is_none_or(|rows| rows.binary_search(&row).is_ok()) {
                    found.push((at, row));
                }
            }
        }
        let electors = |&(at, row): &(usize, usize)| geography.at(at).and_then(|level| level.electors(row).known());
        found.sort_by_cached_key(|area| (area.0, std::cmp::Reverse(electors(area)), area.1));
        found
    }
}

/// The rows of a level that are inside an area, and not that area.
fn rows_below(geography: &Geography, level: usize, parent: (usize, usize)) -> Vec<usize> {
    if level == parent.0 { Vec::new() } else { rows_within(geography, level, Some(parent)) }
}

/// Whether two boxes share a point; one whose west is above its east goes through the antimeridian.
fn touches(own: [f64; 4], other: [f64; 4]) -> bool {
    let spans = |[west, _, east, _]: [f64; 4]| {
        if west <= east { vec![(west, east)] } else { vec![(west, 180.0), (-180.0, east)] }
    };
    let meets = spans(own).iter().any(|a| spans(other).iter().any(|b| a.0 <= b.1 && b.0 <= a.1));
    meets && own[1] <= other[3] && other[1] <= own[3]
}

#[cfg(test)]
mod tests {
    use super::touches;

    #[test]
    fn boxes_touch_across_the_antimeridian() {
        let fiji = [177.0, -19.0, -179.0, -16.0];
        assert!(touches(fiji, [-180.0, -18.0, -179.5, -17.0]));
        assert!(touches(fiji, [178.0, -18.0, 179.0, -17.0]));
        assert!(!touches(fiji, [0.0, -18.0, 10.0, -17.0]));
        assert!(!touches(fiji, [178.0, 0.0, 179.0, 1.0]));
    }
}
