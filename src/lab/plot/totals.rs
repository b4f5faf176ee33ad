//! What is drawn of runs without looking at their layers.

use super::words::NAME_LENGTH;
use crate::base::Problem;
use crate::lab::reading::read_all;
use crate::lab::records::{Curves, Target};
use crate::lab::text::shortened;

/// What an axis of the whole gradient's norm says.
pub const TOTAL_SYMBOL: &str = "‖∇L‖";

/// The whole gradient's norm and the loss of some runs over training.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// The names of the targets.
    pub targets: Vec<String>,
    /// The runs, target by target.
    pub runs: Vec<TotalCurves>,
}

/// Those of a run.
#[derive(Clone, Debug)]
pub struct TotalCurves {
    /// Its name.
    pub label: String,
    /// The place of its target among the targets.
    pub target: usize,
    /// Its norm, its loss, and what else it has over the steps.
    pub curves: Curves,
}

impl Totals {
    /// Reads the runs, at most `threads` at once. What is left out of their files is told in
    /// `warnings`.
    ///
    /// # Errors
    /// If a file cannot be read, or a log has neither layers nor anything to draw.
    pub fn read(
        targets: &[Target],
        threads: usize,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Problem> {
        let read = read_all(targets, threads, |target, run| {
            let log = run.foreign().map(|foreign| foreign.log().warnings.clone());
            let mut told = log.unwrap_or_default();
            let (curves, _) = run.curves(&mut told)?;
            let has_none = curves.grad_norm.is_empty() && curves.train_loss.is_empty();
            if has_none && !targets[target].has_layers() {
                let what = "has no norms of gradients and no loss of training";
                return Err(Problem::in_file(&run.path, what)
                    .help("log a norm per layer to see where gradients vanish"));
            }
            let label = shortened(&targets[target].label_of(run), NAME_LENGTH);
            let own = TotalCurves {
                label,
                target,
                curves,
            };
            Ok((own, told))
        })?;
        let names = targets.iter();
        let mut totals = Self {
            targets: names
                .map(|target| shortened(&target.label, NAME_LENGTH))
                .collect(),
            runs: Vec::new(),
        };
        for (run, told) in read {
            totals.runs.push(run);
            for warning in told {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
        }
        Ok(totals)
    }
}
