//! The rules about numbers per step: the columns of `training.csv`, and what a log has like
//! them.

use super::extremes::{Found, Seen, Within, note};
use super::rule::Rule;
use crate::base::Problem;
use crate::lab::config::CheckedSteps;
use crate::lab::records::{Run, Training};
use crate::study::columns::{adversary_columns, view_columns};

/// Whether only some kinds of runs have this column in their `training.csv`.
fn is_of_some(name: &str) -> bool {
    let mut columns = adversary_columns().iter().chain(view_columns());
    columns.any(|column| column.name == name)
}

/// Puts down per rule what the rows per step have.
///
/// # Errors
/// If they cannot be read, or lack one of the columns.
pub fn per_step(run: &Run, rules: &[Rule], all: &mut [Found]) -> Result<(), Problem> {
    let is_asked = rules.iter().any(|rule| rule.is_per_step);
    let rows = match is_asked {
        true => Training::with_all(run)?,
        false => None,
    };
    let Some(mut rows) = rows else {
        return Ok(());
    };
    let mut asked = Vec::new();
    let mut places = Vec::new();
    for (i, rule) in rules.iter().enumerate() {
        if rule.is_per_step {
            let name = rule.check.quantity.name();
            // Of what only some runs have a column, the others have no value.
            if is_of_some(name) && rows.find(name).is_none() {
                continue;
            }
            asked.push((i, rule.check.at));
            places.push(rows.column(name)?);
        }
    }
    let resolutions: Vec<Option<f64>> = places.iter().map(|at| rows.resolution(*at)).collect();
    let mut is_first = true;
    while let Some(row) = rows.next_row(&places)? {
        let step = row.step;
        for ((&(i, at), value), resolution) in asked.iter().zip(row.values).zip(&resolutions) {
            let Some(value) = value else {
                continue;
            };
            let value = Within::norm(value, *resolution);
            let found = &mut all[i];
            match at {
                CheckedSteps::Initial if is_first => note(found, None, value, step),
                CheckedSteps::Initial => {}
                CheckedSteps::Every => note(found, None, value, step),
                // The last row that has a value: the test set is not looked at in every row.
                CheckedSteps::Final => {
                    *found = Found::from([(None, Seen::one(value, step))]);
                }
            }
        }
        is_first = false;
    }
    Ok(())
}
