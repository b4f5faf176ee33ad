//! `vgrad hook`: a helper that logs another program's gradients.

use clap::Args;

use super::suggested::Suggested;
use super::{Failure, Outcome, output};
use crate::base::nearest::unknown;
use crate::lab::hook::HOOKS;

/// Print a helper that logs the gradients of a model in PyTorch, Lightning, Keras or JAX
///
/// It is a module of Python under 60 lines that needs nothing but the framework. Save it
/// beside your training script (`vgrad hook torch > gradient_log.py`); its first lines say
/// how it is used and what it does not see. The CSV file it writes is a target like any
/// other: of `read`, `compare`, `check`, `plot`, `report` and `diagnose`. Several seeds of a
/// model, written to `model/seed-0/gradients.csv`, `model/seed-1/gradients.csv` and so on, are
/// one target: `vgrad check model --baseline model.json` holds their means.
#[derive(Args, Debug)]
pub struct HookArgs {
    /// The framework
    #[arg(value_parser = Suggested { words: names }, value_name = "FRAMEWORK")]
    framework: String,
}

/// The frameworks.
pub fn names() -> Vec<&'static str> {
    HOOKS.iter().map(|hook| hook.name).collect()
}

impl HookArgs {
    pub fn run(&self) -> Result<Outcome, Failure> {
        let hook = HOOKS.iter().find(|hook| hook.name == self.framework);
        let hook = hook.ok_or_else(|| unknown("framework", &self.framework, &names()))?;
        output::result(hook.text)?;
        Ok(Outcome::Done)
    }
}
