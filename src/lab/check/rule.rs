//! One rule and what it looks at.

use std::path::PathBuf;

use crate::lab::config::{Check, CheckedSteps, LayerRange, LoggedColumns};
use crate::lab::text::limit;

/// A rule with the file it stands in.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What must hold.
    pub check: Check,
    /// The spec or the file of rules.
    pub file: PathBuf,
    /// Whether its quantity is a column of the layers' file, which has a value
    /// per layer. A foreign log may have `grad_norm` there, which in a run of
    /// ours is a column of training.csv.
    pub is_per_layer: bool,
    /// Whether its quantity is a number per step, as the columns of `training.csv` are.
    pub is_per_step: bool,
}

impl Rule {
    /// The rules of one file about a log with these columns.
    pub fn all(checks: &[Check], file: &std::path::Path, columns: &LoggedColumns) -> Vec<Self> {
        let rule = |check: &Check| {
            let has = |columns: &[String]| columns.iter().any(|own| own == check.quantity.name());
            let is_ours = check.quantity.is_per_step();
            let is_per_step = !has(&columns.layers) && (is_ours || has(&columns.steps));
            let mut check = check.clone();
            // Whether a run diverged is told of the whole of it, wherever it did.
            if is_divergence(&check) && check.at == CheckedSteps::Initial {
                check.at = CheckedSteps::Every;
            }
            Self {
                file: file.to_owned(),
                is_per_layer: has(&columns.layers)
                    || (check.quantity.is_per_layer() && !is_per_step),
                is_per_step,
                check,
            }
        };
        checks.iter().map(rule).collect()
    }

    /// In a few words: "delta_norm ≥ 1e-30 at every step, layers 1 to 3".
    pub fn label(&self) -> String {
        let name = self.check.quantity.name();
        let limits = match (self.check.min, self.check.max) {
            (Some(min), Some(max)) => format!("{name} in [{}, {}]", limit(min), limit(max)),
            (Some(min), None) => format!("{name} ≥ {}", limit(min)),
            (None, Some(max)) => format!("{name} ≤ {}", limit(max)),
            (None, None) => name.to_owned(),
        };
        let at = match self.check.at {
            _ if is_divergence(&self.check) => "",
            CheckedSteps::Initial => " at the initial step",
            CheckedSteps::Final => " at the final step",
            CheckedSteps::Every => " at every step",
        };
        match self.layers() {
            Some([first, last]) => format!("{limits}{at}, layers {first} to {last}"),
            None => format!("{limits}{at}"),
        }
    }

    /// The first and the last layer it looks at; none for all.
    pub fn layers(&self) -> Option<[usize; 2]> {
        self.check.layers.map(LayerRange::ends)
    }

    /// Whether it looks at this layer.
    pub fn looks_at(&self, layer: usize) -> bool {
        let within = |[first, last]: [usize; 2]| (first..=last).contains(&layer);
        self.layers().is_none_or(within)
    }
}

/// Whether it asks if the run diverged.
fn is_divergence(check: &Check) -> bool {
    check.quantity.name() == "diverged"
}
