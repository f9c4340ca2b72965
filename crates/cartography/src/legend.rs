//! The legend: a histogram of electors over the scale, and the tree of colours under it.

use crate::classes::{Certainty, Classes};
use crate::palette::Palette;
use serde::Serialize;

/// The width of a bar of the histogram: one point.
const BIN: f64 = 0.01;

/// What the legend needs to know of an area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LegendArea {
    /// The figure, a fraction; `None` where the area has none.
    pub value: Option<f64>,
    /// The spread of the figure; `None` for an exact count, which is always precise.
    pub spread: Option<f64>,
    /// Electors; 0 where nobody is registered.
    pub electors: u32,
    /// Whether the area shows one joint estimate with its neighbours.
    pub pooled: bool,
}

/// A bar: the electors of areas whose figure is in `from..to`, by certainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Lower end, included.
    pub from: f64,
    /// Upper end, not included.
    pub to: f64,
    /// Electors of precise, approximate and too uncertain areas.
    pub electors: [u64; 3],
}

/// A swatch of the tree: a class, or two joined.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LegendClass {
    /// Lower edge; `None` for the open first class.
    pub from: Option<f64>,
    /// Upper edge; `None` for the open last class.
    pub to: Option<f64>,
    /// The fill.
    pub colour: String,
    /// Electors of the areas that have this fill.
    pub electors: u64,
}

/// Everything that a legend draws.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Legend {
    /// Bars from the lowest figure to the highest, none left out between.
    pub bins: Vec<Bin>,
    /// One swatch a class.
    pub precise: Vec<LegendClass>,
    /// One swatch for two classes.
    pub approximate: Vec<LegendClass>,
    /// The grey with dots.
    pub unsure: LegendClass,
    /// Electors whose areas show a joint estimate (they are in the rows above too).
    pub pooled_electors: u64,
    /// Areas with electors and no figure.
    pub areas_without_figure: u64,
    /// Areas without electors.
    pub areas_without_electors: u64,
}

/// The legend of one measure at one level. Every elector of an area with a figure stands in exactly one bar and one
/// swatch. With `uncertainty` off every figure counts as precise, as the map then paints it.
pub fn legend(areas: &[LegendArea], classes: &Classes, palette: &Palette, uncertainty: bool) -> Legend {
    let (edges, count) = (classes.edges(), classes.count());
    let swatch = |first: usize, last: usize, colour: &str| LegendClass {
        from: first.checked_sub(1).map(|at| edges[at]),
        to: edges.get(last).copied(),
        colour: colour.to_owned(),
        electors: 0,
    };
    let mut legend = Legend {
        bins: bins(areas),
        precise: (0..count)
            .map(|class| swatch(class, class, palette.colour(class, count, Certainty::Precise)))
            .collect(),
        approximate: (0..count)
            .step_by(2)
            .map(|class| {
                let last = (class + 1).min(count - 1);
                swatch(class, last, palette.colour(class, count, Certainty::Approximate))
            })
            .collect(),
        unsure: LegendClass { from: None, to: None, colour: palette.unsure.clone(), electors: 0 },
        pooled_electors: 0,
        areas_without_figure: 0,
        areas_without_electors: 0,
    };
    let first_bin = legend.bins.first().map_or(0, |bin| bin_of(bin.from + BIN / 2.0));
    for area in areas {
        if area.electors == 0 {
            legend.areas_without_electors += 1;
            continue;
        }
        let Some(value) = area.value else {
            legend.areas_without_figure += 1;
            continue;
        };
        let electors = u64::from(area.electors);
        let certainty = match area.spread {
            Some(spread) if uncertainty => Certainty::of(spread, classes.step()),
            Some(_) | None => Certainty::Precise,
        };
        let class = classes.class_of(value);
        let (row, swatch) = match certainty {
            Certainty::Precise => (0, &mut legend.precise[class]),
            Certainty::Approximate => (1, &mut legend.approximate[class / 2]),
            Certainty::Unsure => (2, &mut legend.unsure),
        };
        swatch.electors += electors;
        legend.bins[(bin_of(value) - first_bin) as usize].electors[row] += electors;
        if area.pooled {
            legend.pooled_electors += electors;
        }
    }
    legend
}

/// The number of the bar that holds a value: 0 starts at 0 %. Values are thousandths, so 1e-9 only absorbs rounding.
fn bin_of(value: f64) -> i64 {
    (value / BIN + 1e-9).floor() as i64
}

/// Empty bars from the lowest figure with electors to the highest.
fn bins(areas: &[LegendArea]) -> Vec<Bin> {
    let numbers = || areas.iter().filter(|area| area.electors > 0).filter_map(|area| area.value).map(bin_of);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else {
        return Vec::new();
    };
    (first..=last)
        .map(|number| Bin { from: number as f64 * BIN, to: (number + 1) as f64 * BIN, electors: [0; 3] })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::palette::{Theme, palette};
    use quartier_model::Measure;

    fn area(value: f64, spread: f64, electors: u32) -> LegendArea {
        LegendArea { value: Some(value), spread: Some(spread), electors, pooled: false }
    }

    fn of(areas: &[LegendArea], uncertainty: bool) -> Legend {
        let classes = Classes::new(vec![0.2, 0.25, 0.3, 0.35, 0.4]).expect("classes");
        legend(areas, &classes, &palette(Measure::Favourable, Theme::Light), uncertainty)
    }

    #[test]
    fn every_elector_stands_in_one_bar_and_one_swatch() {
        let areas = [area(0.18, 0.05, 100), area(0.29, 0.1, 200), area(0.31, 0.2, 400), area(0.4, 0.01, 800)];
        let legend = of(&areas, true);
        assert_eq!(legend.precise.iter().map(|class| class.electors).collect::<Vec<_>>(), [100, 0, 0, 0, 0, 800]);
        assert_eq!(legend.approximate.iter().map(|class| class.electors).collect::<Vec<_>>(), [0, 200, 0]);
        assert_eq!(legend.unsure.electors, 400);
        let bars: u64 = legend.bins.iter().flat_map(|bin| bin.electors).sum();
        assert_eq!(bars, 1500);
        assert_eq!(legend.bins.len(), 23);
        assert_eq!(legend.bins[11].electors, [0, 200, 0]);
    }

    #[test]
    fn without_uncertainty_every_figure_has_its_class() {
        let legend = of(&[area(0.31, 0.2, 400)], false);
        assert_eq!(legend.precise[3].electors, 400);
        assert_eq!(legend.unsure.electors, 0);
    }

    #[test]
    fn no_electors_and_no_figure_are_two_things() {
        let empty = LegendArea { value: None, spread: None, electors: 0, pooled: false };
        let silent = LegendArea { value: None, spread: None, electors: 50, pooled: false };
        let legend = of(&[empty, silent], true);
        assert_eq!((legend.areas_without_electors, legend.areas_without_figure), (1, 1));
        assert!(legend.bins.is_empty());
    }

    #[test]
    fn swatches_join_in_pairs_and_the_ends_are_open() {
        let legend = of(&[], true);
        assert_eq!((legend.precise[0].from, legend.precise[0].to), (None, Some(0.2)));
        assert_eq!((legend.precise[5].from, legend.precise[5].to), (Some(0.4), None));
        assert_eq!((legend.approximate[1].from, legend.approximate[1].to), (Some(0.25), Some(0.35)));
    }
}
