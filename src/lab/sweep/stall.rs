//! The first depth at which training stalls, for whatever else varies.

use super::rows::{CellGroup, SweepTable};

/// The column that depth stands in.
const DEPTH: &str = "network.depth";

/// What the depths of one kind of network come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Stall {
    /// What else varies, as "activation = tanh".
    pub what: String,
    /// The depth, where one stalls.
    pub first: Option<String>,
    /// The deepest of which a run has come to its end.
    pub deepest: Option<String>,
    /// Those of which none has.
    pub open: Vec<String>,
}

impl std::fmt::Display for Stall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.what.is_empty() {
            write!(f, "{}: ", self.what)?;
        }
        match (&self.first, &self.deepest) {
            (Some(depth), _) => write!(f, "stalls from depth {depth} on")?,
            (None, Some(depth)) => write!(f, "does not stall up to depth {depth}")?,
            (None, None) => write!(f, "nothing is known")?,
        }
        match &self.open[..] {
            [] => Ok(()),
            [depth] => write!(f, "; depth {depth} has not run"),
            depths => write!(f, "; depths {} have not run", depths.join(", ")),
        }
    }
}

/// For every kind of network the first depth at which most seeds learn nothing; where
/// nothing is trained, the first at which gradients vanish or explode. Empty without an
/// axis of depths, of which there are at least two.
pub fn stalls(table: &SweepTable) -> Vec<Stall> {
    let columns = table.group_columns();
    let Some(depth) = columns.iter().position(|column| *column == DEPTH) else {
        return Vec::new();
    };
    let mut kinds: Vec<(String, Vec<CellGroup>)> = Vec::new();
    for group in table.groups() {
        let what = columns.iter().zip(&group.labels).enumerate();
        let what: Vec<String> = what
            .filter(|(i, _)| *i != depth)
            .map(|(_, (column, label))| format!("{} = {label}", short(column)))
            .collect();
        let what = what.join(", ");
        match kinds.iter_mut().find(|(other, _)| *other == what) {
            Some((_, groups)) => groups.push(group),
            None => kinds.push((what, vec![group])),
        }
    }
    let found = kinds.into_iter().filter_map(|(what, mut groups)| {
        let number = |group: &CellGroup| group.labels[depth].parse::<u64>().unwrap_or(u64::MAX);
        groups.sort_by_key(number);
        let name = |group: &CellGroup| group.labels[depth].to_owned();
        let first = groups.iter().find(|group| has_stalled(group));
        let (ended, open): (Vec<_>, Vec<_>) = groups.iter().partition(|group| has_ended(group));
        (groups.len() > 1).then(|| Stall {
            what,
            first: first.map(name),
            deepest: ended.last().map(|group| name(group)),
            open: open.into_iter().map(name).collect(),
        })
    });
    found.collect()
}

/// The last part of a key's path.
pub fn short(column: &str) -> &str {
    column.rsplit('.').next().unwrap_or(column)
}

/// Whether a run of a group has come to its end.
fn has_ended(group: &CellGroup) -> bool {
    group.rows.iter().any(|row| row.verdict.is_some())
}

/// Whether most of a group's runs came to nothing.
fn has_stalled(group: &CellGroup) -> bool {
    let ended = group.rows.iter().filter(|row| row.verdict.is_some());
    let is_stalled = |verdict: &str, learned: Option<bool>| match learned {
        Some(learned) => !learned,
        None => matches!(verdict, "vanishing" | "exploding" | "diverged"),
    };
    let stalled = ended
        .clone()
        .filter(|row| is_stalled(row.verdict.unwrap_or_default(), row.learned));
    2 * stalled.count() > ended.count()
}
