//! One thing to change, and what was measured with it.

use serde::Serialize;

use crate::lab::config::LoadedSpec;
use crate::lab::json::Real;
use crate::lab::text::{decades, number};

/// One thing to change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hint {
    /// The cure.
    pub name: String,
    /// The changes to the spec, as `--set` takes them.
    pub set: Vec<String>,
    /// Why it may help.
    pub why: String,
    /// What was measured: `attenuation_decades` at step 0, for a generator `lost_decades`, those
    /// that its loss's slope loses included, or `loss_over_guessing`, the loss after `step`
    /// updates over that of the best guess that looks at no input, on samples of the test split
    /// where it has enough, or `token_spread` at step 0, 1 minus the mean cosine of two tokens
    /// of a sample behind the last block, or `finite_steps`, the updates of a generator after
    /// which all numbers are finite still.
    pub quantity: &'static str,
    /// The step.
    pub step: u64,
    /// As it is; of a run that diverged by then "NaN", of `finite_steps` the step of that.
    pub before: Real,
    /// With these changes.
    pub after: Real,
    /// What theory expects of the attenuation with them, where it says anything.
    pub predicted: Option<Real>,
    /// Of a generator's gradients: what they lose after the updates of its trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<LaterLoss>,
    /// Whether its trial learned something too.
    #[serde(skip)]
    pub(super) is_good: bool,
}

/// Decades lost after some updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LaterLoss {
    /// The updates.
    pub step: u64,
    /// The decades.
    pub lost_decades: Real,
}

/// The quantities of a hint.
pub(super) const ATTENUATION: &str = "attenuation_decades";
/// Those of a generator, by its loss too.
pub(super) const LOST: &str = "lost_decades";
pub(super) const LOSS: &str = "loss_over_guessing";
/// Updates after which a generator's numbers are finite still.
pub(super) const FINITE: &str = "finite_steps";
/// What is left of the differences between tokens behind a transformer's last block.
pub(super) const TOKENS: &str = "token_spread";

/// Those of some changes that lead to `changed` and not to what the spec is without them.
pub(super) fn needed(
    mut sets: Vec<String>,
    changed: &LoadedSpec,
    load: &dyn Fn(&[String]) -> Option<LoadedSpec>,
) -> Vec<String> {
    for i in (0..sets.len()).rev() {
        let set = sets.remove(i);
        if load(&sets).is_none_or(|without| without.spec != changed.spec) {
            sets.insert(i, set);
        }
    }
    sets
}

impl Hint {
    /// What was measured as it is and with these changes, as people read it.
    pub fn shown(&self) -> [String; 2] {
        let show: fn(f64) -> String = match self.quantity {
            ATTENUATION | LOST => decades,
            LOSS => |loss| format!("{loss:.2}"),
            _ => number,
        };
        [self.before.0, self.after.0].map(show)
    }

    /// Whether that shows any change.
    pub(super) fn is_visible(&self) -> bool {
        let [before, after] = self.shown();
        before != after
    }

    /// Whether it is about the gradients at step 0.
    pub fn is_about_gradients(&self) -> bool {
        [ATTENUATION, LOST].contains(&self.quantity)
    }

    /// Whether it is about a run that does not diverge with it.
    pub fn is_about_divergence(&self) -> bool {
        self.quantity == FINITE
    }

    /// Whether it is about tokens that become alike at step 0.
    pub fn is_about_tokens(&self) -> bool {
        self.quantity == TOKENS
    }

    /// Whether it changes the weights' start and nothing else.
    pub(super) fn is_init(&self) -> bool {
        let is_of_init =
            |set: &String| set.starts_with("network.init") || set.contains(".recurrent_init");
        self.set.iter().all(is_of_init)
    }

    /// How good it is, the smaller the better: by the decades that are still lost, half a decade
    /// being no reason to prefer a stronger cure; then what learns.
    pub(super) fn goodness(&self) -> (u64, bool) {
        let decades = match self.is_about_gradients() {
            true => (self.after.0.abs() / 0.75).round() as u64,
            false => 0,
        };
        (decades, !self.is_good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::config::{Overrides, Spec};

    #[test]
    fn a_change_that_its_numbers_do_not_show_is_none() {
        let hint = |quantity, [before, after]: [f64; 2]| Hint {
            name: "adam".to_owned(),
            set: Vec::new(),
            why: String::new(),
            quantity,
            step: 60,
            before: Real(before),
            after: Real(after),
            predicted: None,
            later: None,
            is_good: true,
        };
        assert!(!hint(LOSS, [0.0145, 0.0125]).is_visible());
        assert!(hint(LOSS, [0.9, 0.7]).is_visible());
        assert!(hint(LOSS, [f64::NAN, 0.9]).is_visible());
        assert!(hint(ATTENUATION, [5.0, 0.5]).is_visible());
    }

    #[test]
    fn what_the_spec_has_already_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        let spec = "[data]\nsource = { blobs = { classes = 3, samples = 90 } }\n[network]\ndepth = 2\n\
                    width = 6\nactivation = \"relu\"\n[train]\nsteps = 1\nbatch_size = 16\n\
                    learning_rate = 0.1\n";
        std::fs::write(&file, spec).unwrap();
        let load = |sets: &[String]| Spec::load(&file, &Overrides::parse(sets).ok()?).ok();
        let sets = [
            "network.activation=relu",
            "network.init=lsuv",
            "network.skip=none",
        ];
        let sets = sets.map(str::to_owned).to_vec();
        let changed = load(&sets).unwrap();
        assert_eq!(needed(sets, &changed, &load), ["network.init=lsuv"]);
    }
}
