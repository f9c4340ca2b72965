//! An election of the past read for one measure: exact counts and shares, or why an area has none.

use crate::compare::NoFigure;
use crate::error::{ExportError, Result};
use quartier_model::{Bloc, Counts, Measure, PastShare, ReadingId, StageCounts, did_not_stand};
use quartier_snapshot::{Geography, Of, PublishedElection, Results, ResultsTable, result_flags};

/// The exact share of an area, or why there is none.
pub(crate) type Share = std::result::Result<PastShare, NoFigure>;

/// Number of rows of a level or grouping.
pub(crate) fn rows_of(geography: &Geography, level: usize) -> usize {
    geography.at(level).map_or(0, |own| own.rows())
}

/// An election read for one measure: exact shares of the past.
pub(crate) struct Election<'a> {
    pub published: &'a PublishedElection,
    pub bloc: Bloc,
    measure: Measure,
    of: Of,
}

impl<'a> Election<'a> {
    /// Finds an election and its blocs in a reading.
    pub fn of(results: &'a Results, id: &str, reading: &ReadingId, measure: Measure, of: Of) -> Result<Self> {
        let missing = || ExportError::NoElection(id.chars().take(64).collect());
        let published = results.election(id).ok_or_else(missing)?;
        if of == Of::Electors && published.of == Of::Voters {
            let why = format!("`{id}` has no register: its shares are of voters, those compared with it of electors");
            return Err(ExportError::Compare(why));
        }
        let blocs = published.blocs.get(reading);
        // Who voted is known without knowing for whom.
        let needs_blocs = !matches!(measure, Measure::Abstainers | Measure::Turnout);
        if blocs.is_none() && needs_blocs {
            let why = format!("reading `{reading}` does not say which lists of `{id}` are favourable and opposed");
            return Err(ExportError::Compare(why));
        }
        let lists = published.election.lists.len();
        let nobody = Bloc { favourable: vec![0.0; lists], opposed: vec![0.0; lists] };
        let resolved = blocs.map(|blocs| blocs.resolve(&published.election)).transpose();
        let bloc = resolved.map_err(|error| ExportError::Compare(error.to_string()))?.unwrap_or(nobody);
        Ok(Self { published, bloc, measure, of })
    }

    /// Whether no list of a bloc that the measure needs stood at these counts.
    fn did_not_stand(&self, counts: &Counts) -> bool {
        let absent = |weights: &[f64]| did_not_stand(counts, &self.published.total, weights);
        match self.measure {
            Measure::Favourable => absent(&self.bloc.favourable),
            Measure::Opposed => absent(&self.bloc.opposed),
            Measure::Undecided | Measure::Margin => absent(&self.bloc.favourable) || absent(&self.bloc.opposed),
            Measure::Abstainers | Measure::Turnout => false,
            Measure::Persuasion | Measure::Mobilisation | Measure::Change => false,
        }
    }

    /// What `of` reads from the counts of each row of a level, or why there are none. Where nobody stood, nobody stood
    /// below.
    pub fn counted<T>(
        &self,
        geography: &Geography,
        results: &Results,
        level: usize,
        of: impl Fn(Counts) -> T,
    ) -> Result<Vec<std::result::Result<T, NoFigure>>> {
        if let Some(areas) = geography.apart(level) {
            let table = self.table(results, areas.level.id.as_str())?;
            let read = |row: usize| self.lawful(table.counts(row)).map(&of);
            return Ok((0..areas.rows()).map(read).collect());
        }
        let tree = geography.tree();
        let mut absent = vec![false; tree.len()];
        let mut rows = Vec::new();
        for (at, own) in geography.levels().iter().enumerate().take(level + 1) {
            let table = self.table(results, own.level.id.as_str())?;
            for row in 0..own.rows() {
                let counts = table.counts(row);
                let node = tree.node(at, row) as usize;
                let above = tree.parent(node as u32).is_some_and(|parent| absent[parent as usize]);
                absent[node] = above || counts.as_ref().is_some_and(|counts| self.did_not_stand(counts));
                if at == level {
                    rows.push(match counts {
                        None => Err(NoFigure::NoResult),
                        Some(_) if absent[node] => Err(NoFigure::NoCandidate),
                        Some(counts) => Ok(of(counts)),
                    });
                }
            }
        }
        Ok(rows)
    }

    /// The counts of an area that has none above it, or why there are none.
    fn lawful(&self, counts: Option<Counts>) -> std::result::Result<Counts, NoFigure> {
        let counts = counts.ok_or(NoFigure::NoResult)?;
        if self.did_not_stand(&counts) { Err(NoFigure::NoCandidate) } else { Ok(counts) }
    }

    /// The counts of one row, or why there are none; as [`Self::counted`] has them.
    pub fn counted_at(
        &self,
        geography: &Geography,
        results: &Results,
        (level, row): (usize, usize),
    ) -> Result<std::result::Result<Counts, NoFigure>> {
        if let Some(areas) = geography.apart(level) {
            return Ok(self.lawful(self.table(results, areas.level.id.as_str())?.counts(row)));
        }
        let tree = geography.tree();
        let at = |(level, row): (usize, usize)| {
            let table = self.table(results, geography.levels()[level].level.id.as_str())?;
            Ok::<_, ExportError>(table.counts(row))
        };
        let Some(counts) = at((level, row))? else { return Ok(Err(NoFigure::NoResult)) };
        let mut absent = self.did_not_stand(&counts);
        for place in tree.ancestors(tree.node(level, row)).filter_map(|node| tree.place(node)) {
            absent = absent || at(place)?.is_some_and(|counts| self.did_not_stand(&counts));
        }
        Ok(if absent { Err(NoFigure::NoCandidate) } else { Ok(counts) })
    }

    /// The exact share of each row of a level.
    pub fn shares(&self, geography: &Geography, results: &Results, level: usize) -> Result<Vec<Share>> {
        let counted = self.counted(geography, results, level, |counts| self.share(Some(counts)))?;
        Ok(counted.into_iter().map(|row| row.and_then(|share| share)).collect())
    }

    /// The exact share of some counts.
    pub fn share(&self, counts: Option<Counts>) -> Share {
        let counts = counts.ok_or(NoFigure::NoResult)?;
        let stages = StageCounts::of(&counts, &self.bloc);
        PastShare::of(&stages, self.measure, self.of == Of::Voters).ok_or(NoFigure::NoFigure)
    }

    /// The table of a level.
    pub fn table<'b>(&self, results: &'b Results, level: &str) -> Result<&'b ResultsTable> {
        let missing = || ExportError::NoLevel(level.chars().take(64).collect());
        results.table(self.published.election.id.as_str(), level).ok_or_else(missing)
    }

    /// Rows of a level whose ground holds a leaf without a result.
    pub fn partly_counted(&self, geography: &Geography, results: &Results, level: usize) -> Vec<bool> {
        let tree = geography.tree();
        let mut partial = vec![false; rows_of(geography, level)];
        if level == geography.hexes_position() {
            let table = geography.at(level).and_then(|own| self.table(results, own.level.id.as_str()).ok());
            let lacks = |row: usize| table.is_some_and(|table| table.flags(row) & result_flags::PARTLY != 0);
            partial.iter_mut().enumerate().for_each(|(row, partial)| *partial = lacks(row));
            return partial;
        }
        if let Some(grouping) = geography.grouping_at(level) {
            for (leaf, node) in (0..).zip(tree.leaves()) {
                let Some((at, row)) = tree.place(node) else { continue };
                let table = self.table(results, geography.levels()[at].level.id.as_str());
                if table.is_ok_and(|table| table.flags(row) & result_flags::NO_RESULT != 0) {
                    let areas = grouping.membership.areas_of(leaf);
                    areas.into_iter().flatten().for_each(|area| partial[area as usize] = true);
                }
            }
            return partial;
        }
        let range = tree.level(level);
        for (at, finer) in geography.levels().iter().enumerate().skip(level + 1) {
            let Ok(table) = self.table(results, finer.level.id.as_str()) else { continue };
            for row in 0..finer.rows() {
                let node = tree.node(at, row);
                if !tree.is_leaf(node) || table.flags(row) & result_flags::NO_RESULT == 0 {
                    continue;
                }
                if let Some(above) = tree.ancestors(node).find(|node| range.contains(node)) {
                    partial[(above - range.start) as usize] = true;
                }
            }
        }
        partial
    }
}
