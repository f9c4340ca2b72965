//! The rows of a level: one iterator behind every format, so that all show the same figures.

use crate::error::{ExportError, Result};
use crate::hexes::{USUAL_HEX_RESOLUTION, cell_of};
use crate::territory::rows_inside;
use quartier_model::{Counts, GroupingMethod, ListName, Measure, TransferError, flags};
use quartier_snapshot::{
    Figure, Geography, GeographyLevel, Of, People, PublishedElection, Results, ResultsTable, Snapshot, ValuesTable,
    result_flags,
};

/// The measures that exist where shares are of `of`: all, or those that need no register.
pub fn measures_of(of: Of) -> Vec<Measure> {
    Measure::ALL.into_iter().filter(|measure| of == Of::Electors || !measure.needs_register()).collect()
}

/// An area as the position of its level and its row; `None`: the whole campaign.
pub type Within = Option<(usize, usize)>;

/// The rows of a level or grouping that lie wholly inside an area, ascending; the whole level for the campaign.
pub fn rows_within(geography: &Geography, level: usize, within: Within) -> Vec<usize> {
    let Some(rows) = geography.at(level).map(GeographyLevel::rows) else { return Vec::new() };
    let Some((at, row)) = within else { return (0..rows).collect() };
    let tree = geography.tree();
    if geography.at(at).is_none_or(|own| row >= own.rows()) {
        return Vec::new();
    }
    if geography.grouping_at(level).or(geography.grouping_at(at)).is_some() {
        return rows_inside(geography, level, (at, row));
    }
    let inside = tree.node(at, row);
    let belongs = |row: &usize| {
        let node = tree.node(level, *row);
        node == inside || tree.ancestors(node).any(|ancestor| ancestor == inside)
    };
    (0..rows).filter(belongs).collect()
}

/// The estimates of one level of a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct Estimates<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The areas.
    pub level: &'a GeographyLevel,
    /// Codes of the level above; `None` for the coarsest.
    pub above: Option<&'a GeographyLevel>,
    /// Their figures.
    pub values: &'a ValuesTable,
    /// Of hexagons, the resolution at which they are shown.
    pub resolution: Option<u8>,
    /// The measures wanted; `None`: all that there are.
    pub columns: Option<&'a [Measure]>,
}

/// One area with its published figures.
#[derive(Debug, Clone)]
pub struct EstimateRow<'a> {
    /// Row in the areas table.
    pub row: usize,
    /// Code.
    pub code: &'a str,
    /// Name.
    pub name: &'a str,
    /// Code of the parent in the level above; `None`: the campaign.
    pub parent: Option<&'a str>,
    /// Electors; `None`: unknown.
    pub electors: Option<u32>,
    /// Whether the area shows one joint estimate with its neighbours.
    pub pooled: bool,
    /// Whether counts of its baseline came here out of areas of another geography that were divided.
    pub moved_baseline: bool,
    /// By [`Measure::index`]; `None` where there is no figure.
    pub figures: [Option<Figure>; Measure::COUNT],
    /// By [`Measure::index`]: people, from unrounded sums; `None` where electors are unknown or there is no figure.
    pub people: [Option<People>; Measure::COUNT],
}

/// Ends of the names of the columns of a measure: its share with its interval, then its people with theirs.
pub const SHARE_ENDS: [&str; 3] = ["", "_low", "_high"];
/// Likewise of its people.
pub const PEOPLE_ENDS: [&str; 3] = ["_people", "_people_low", "_people_high"];

impl EstimateRow<'_> {
    /// People of a measure to the nearest tenth, since an `f32` has no more digits: mean, 5th and 95th percentile; `None`
    /// where there are none, or no interval in a snapshot from before they were kept.
    pub fn people_of(&self, measure: Measure) -> [Option<f64>; 3] {
        let tenth = |people: f32| (f64::from(people) * 10.0).round() / 10.0 + 0.0;
        let Some(own) = self.people[measure.index()] else { return [None; 3] };
        let [low, high] = own.interval.map_or([None; 2], |own| own.map(Some));
        [Some(own.value), low, high].map(|people| people.map(tenth))
    }
}

impl<'a> Estimates<'a> {
    /// The estimates of a level.
    ///
    /// # Errors
    /// When the snapshot has no such level.
    pub fn of(snapshot: &'a Snapshot, level: &str) -> Result<Self> {
        let missing = || ExportError::NoLevel(level.chars().take(64).collect());
        let geography = snapshot.geography();
        let values = snapshot.values(level).ok_or_else(missing)?;
        if let Some(ground) = geography.ground().filter(|ground| ground.hexes.level.id.as_str() == level) {
            let resolution = Some(USUAL_HEX_RESOLUTION);
            return Ok(Self { snapshot, level: &ground.hexes, above: None, values, resolution, columns: None });
        }
        let at = geography.position(level).ok_or_else(missing)?;
        let (level, above) = (geography.at(at).ok_or_else(missing)?, geography.above(at));
        Ok(Self { snapshot, level, above, values, resolution: None, columns: None })
    }

    /// Hexagons as they are shown at another resolution; other levels as they are.
    #[must_use]
    pub fn at(self, resolution: Option<u8>) -> Self {
        Self { resolution: self.resolution.map(|usual| resolution.unwrap_or(usual)), ..self }
    }

    /// Whether a row shows one joint estimate: of hexagons, a coarser one than those of the resolution.
    pub fn is_pooled(&self, row: usize) -> bool {
        let flagged = self.values.flags(row) & flags::POOLED != 0;
        let own = || quartier_geometry::resolution(cell_of(self.level.code(row)?)?);
        flagged && self.resolution.is_none_or(|shown| own().is_some_and(|own| own < shown))
    }

    /// The same rows with some measures only; each keeps its interval.
    #[must_use]
    pub fn only(self, columns: Option<&'a [Measure]>) -> Self {
        Self { columns, ..self }
    }

    /// The measures shown.
    pub fn measures(&self) -> Vec<Measure> {
        let wanted = |measure: &Measure| self.columns.is_none_or(|columns| columns.contains(measure));
        measures_of(self.snapshot.manifest().of).into_iter().filter(wanted).collect()
    }

    /// People of a measure; `None` where electors are unknown, since none are counted then.
    fn people(&self, measure: Measure, row: usize) -> Option<People> {
        let known = self.values.electors(row).known().is_some() && self.values.figure(measure, row).is_some();
        self.values.people(measure, row).filter(|_| known)
    }

    /// One area; `None` beyond the end.
    pub fn row(&self, row: usize) -> Option<EstimateRow<'a>> {
        let code = self.level.code(row)?;
        Some(EstimateRow {
            row,
            code,
            name: self.level.name(row)?,
            parent: parent_code(self.level, self.above, row),
            electors: self.values.electors(row).known(),
            pooled: self.is_pooled(row),
            moved_baseline: self.values.flags(row) & flags::MOVED_BASELINE != 0,
            figures: Measure::ALL.map(|measure| self.values.figure(measure, row)),
            people: Measure::ALL.map(|measure| self.people(measure, row)),
        })
    }

    /// Some areas, in the order asked for.
    pub fn rows<'b>(&self, rows: &'b [usize]) -> impl Iterator<Item = EstimateRow<'a>> + use<'a, 'b> {
        let own = *self;
        rows.iter().filter_map(move |row| own.row(*row))
    }
}

/// The counts of one election at one level.
#[derive(Debug, Clone, Copy)]
pub struct ResultRows<'a> {
    /// The geography whose rows the counts follow.
    pub geography: &'a Geography,
    /// All elections.
    pub results: &'a Results,
    /// The election.
    pub election: &'a PublishedElection,
    /// The areas.
    pub level: &'a GeographyLevel,
    /// The level above; `None` for the coarsest.
    pub above: Option<&'a GeographyLevel>,
    /// Their counts.
    pub table: &'a ResultsTable,
    /// Positions of the lists that are written; `None`: all.
    pub lists: Option<&'a [usize]>,
    /// Of hexagons, the resolution at which they are shown.
    pub resolution: Option<u8>,
}

/// One area with its counts.
#[derive(Debug, Clone)]
pub struct ResultRow<'a> {
    /// Row in the areas table.
    pub row: usize,
    /// Code.
    pub code: &'a str,
    /// Name.
    pub name: &'a str,
    /// Code of the parent; `None`: the campaign.
    pub parent: Option<&'a str>,
    /// The exact counts; `None` without a result here.
    pub counts: Option<Counts>,
    /// What may be wrong with them, where they come out of areas that this one divides.
    pub error: Option<TransferError>,
    /// Whether some of them are those of finest areas that this one cuts, split by where electors are.
    pub moved: bool,
}

impl<'a> ResultRows<'a> {
    /// The counts of an election at a level of the geography that the results are of, or of its hexagons.
    ///
    /// # Errors
    /// When there is no such election or level.
    pub fn of(geography: &'a Geography, results: &'a Results, election: &str, level: &str) -> Result<Self> {
        let short = |text: &str| text.chars().take(64).collect::<String>();
        let published = results.election(election).ok_or_else(|| ExportError::NoElection(short(election)))?;
        let missing = || ExportError::NoLevel(short(level));
        let table = results.table(election, level).ok_or_else(missing)?;
        if let Some(ground) = geography.ground().filter(|ground| ground.hexes.level.id.as_str() == level) {
            let (level, resolution) = (&ground.hexes, Some(USUAL_HEX_RESOLUTION));
            return Ok(Self {
                geography,
                results,
                election: published,
                level,
                above: None,
                table,
                lists: None,
                resolution,
            });
        }
        let at = geography.position(level).ok_or_else(missing)?;
        let (level, above) = (geography.at(at).ok_or_else(missing)?, geography.above(at));
        Ok(Self { geography, results, election: published, level, above, table, lists: None, resolution: None })
    }

    /// Hexagons as they are shown at another resolution; other levels as they are.
    #[must_use]
    pub fn at(self, resolution: Option<u8>) -> Self {
        Self { resolution: self.resolution.map(|usual| resolution.unwrap_or(usual)), ..self }
    }

    /// The same with some lists only, by position.
    pub fn only(self, lists: Option<&'a [usize]>) -> Self {
        Self { lists, ..self }
    }

    /// The lists that are written, with their positions among those of the election.
    pub fn written(&self) -> impl Iterator<Item = (usize, &'a ListName)> + use<'a> {
        let (all, chosen) = (&self.election.election.lists, self.lists);
        all.iter().enumerate().filter(move |(at, _)| chosen.is_none_or(|chosen| chosen.contains(at)))
    }

    /// Whether counts were moved to these areas from others.
    pub fn is_moved(&self) -> bool {
        self.election.is_moved()
    }

    /// Whether something is said of what may be wrong with counts that were moved, or divided.
    pub fn has_errors(&self) -> bool {
        self.table.has_errors()
    }

    /// Whether votes of finest areas are split between these ones: then every row says whether it has some.
    pub fn is_split(&self) -> bool {
        let grouping = self.geography.position(self.level.level.id.as_str());
        let grouping = grouping.and_then(|at| self.geography.grouping_at(at));
        self.resolution.is_some() || grouping.is_some_and(|own| own.membership.method() == GroupingMethod::Pieces)
    }

    /// The counts inside `within`, unplaced votes counted; `None` without a result there.
    pub fn whole(&self, within: Within) -> Option<Counts> {
        let Some((at, row)) = within else { return Some(self.election.total.clone()) };
        let level = self.geography.at(at)?;
        self.results.table(self.election.election.id.as_str(), level.level.id.as_str())?.counts(row)
    }

    /// Some areas, in the order asked for.
    pub fn rows<'b>(&self, rows: &'b [usize]) -> impl Iterator<Item = ResultRow<'a>> + use<'a, 'b> {
        let own = *self;
        rows.iter().filter_map(move |row| {
            Some(ResultRow {
                row: *row,
                code: own.level.code(*row)?,
                name: own.level.name(*row)?,
                parent: parent_code(own.level, own.above, *row),
                counts: own.table.counts(*row),
                error: own.table.error(*row),
                moved: own.table.flags(*row) & result_flags::MOVED != 0,
            })
        })
    }
}

/// Names of the columns of errors: the valid votes that were divided, then the standard errors of the numbers and lists.
pub(crate) fn error_columns(results: &ResultRows<'_>) -> Vec<String> {
    let lists = results.written().map(|(_, list)| format!("list:{}_se", list.id));
    ["divided", "registered_se", "voters_se", "valid_se"].map(ToOwned::to_owned).into_iter().chain(lists).collect()
}

/// The numbers in these columns; `None`: nothing was divided, or there is no register.
pub(crate) fn error_numbers(error: Option<&TransferError>, results: &ResultRows<'_>) -> Vec<Option<f64>> {
    let lists = results.written().map(|(at, _)| error?.votes.get(at).copied());
    let first = [
        error.map(|error| error.cut),
        error.and_then(|error| error.registered),
        error.map(|error| error.voters),
        error.map(|error| error.valid),
    ];
    first.into_iter().chain(lists).collect()
}

fn parent_code<'a>(level: &GeographyLevel, above: Option<&'a GeographyLevel>, row: usize) -> Option<&'a str> {
    above?.code(level.parent(row)? as usize)
}
