//! Where a file has its steps, layers and values.

use super::table::Table;
use crate::base::Problem;
use crate::study::columns::is_coordinate;

/// The column that tells of decay, where a file has it.
pub const HEADLINE: &str = "activation_grad_norm";

/// Names of the column that counts updates, the best first.
const STEPS: [&str; 6] = ["step", "global_step", "iteration", "iter", "epoch", "_step"];

/// Where a file has what.
pub struct Layout {
    /// The column of the step.
    pub step: usize,
    /// The column of the layer.
    pub layer: usize,
}

impl Layout {
    /// Of an open file.
    ///
    /// # Errors
    /// If it has no step or no layers.
    pub fn of(table: &Table) -> Result<Self, Problem> {
        let step = STEPS.iter().find_map(|name| table.find(name));
        let Some(step) = step else {
            table.column("step")?;
            unreachable!("a column that is not found is an error");
        };
        let layer = table.column("layer")?;
        Ok(Self { step, layer })
    }

    /// Where the column `name` stands that holds values.
    ///
    /// # Errors
    /// If there is none.
    pub fn value(table: &Table, name: &str) -> Result<usize, Problem> {
        if is_coordinate(name) {
            let what = format!("`{name}` says which row it is, not what was measured");
            return Err(Problem::in_file(table.path(), what).help("name another --quantity"));
        }
        table.column(name)
    }
}

/// Whether a name is that of a norm.
pub fn is_norm(name: &str) -> bool {
    let name = name.as_bytes();
    name.len() >= 5 && name[name.len() - 5..].eq_ignore_ascii_case(b"_norm")
}

/// The norm that a file is read for: [`HEADLINE`] if it has it, else the first
/// column whose name ends in `_norm`. A column without a value in the first rows counts only
/// where no other has one: a log may have columns that its program cannot fill.
///
/// # Errors
/// If it has neither.
pub fn headline_of(table: &mut Table) -> Result<String, Problem> {
    let norms = table.header().iter().enumerate();
    let mut norms: Vec<(usize, String)> = norms
        .filter(|(_, name)| is_norm(name))
        .map(|(at, name)| (at, name.clone()))
        .collect();
    norms.sort_by_key(|(at, name)| (name != HEADLINE, *at));
    let Some((_, first)) = norms.first() else {
        return Err(Problem::at_line(
            table.path(),
            1,
            format!("has neither a column `{HEADLINE}` nor another ending in `_norm`"),
        )
        .help(format!(
            "compare, plot and report read the column that --quantity names; the file has {}",
            table.header().join(", ")
        )));
    };
    // `Grad_Norm` is the same norm as `grad_norm`.
    let common = |name: &str| match name.ends_with("_norm") {
        true => name.to_owned(),
        false => name.to_ascii_lowercase(),
    };
    let first = common(first);
    let mut best: Option<usize> = None;
    for _ in 0..LOOKED_AT {
        // What cannot be read is told by the pass that reads all of it.
        let Ok(Some(row)) = table.next_row() else {
            break;
        };
        let filled = norms.iter().position(|(at, _)| !row.bytes(*at).is_empty());
        best = filled.into_iter().chain(best).min();
        if best == Some(0) {
            break;
        }
    }
    Ok(best.map_or(first, |best| common(&norms[best].1)))
}

/// Rows that are looked at for a column with values.
const LOOKED_AT: usize = 4096;
