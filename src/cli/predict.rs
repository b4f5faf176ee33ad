//! `vgrad predict`: what theory expects of a network at its start.

use clap::Args;
use serde_json::{Value, json};

use super::predict_text::{annotated, human, unpredictable};
use super::spec_args::SpecArgs;
use super::{Failure, Format, Outcome, output};
use crate::lab::theory::{Prediction, Unpredictable, predict_loaded};

/// Say by mean-field theory, without training, how gradients decay at the start
#[derive(Args, Debug)]
pub struct PredictArgs {
    #[command(flatten)]
    spec: SpecArgs,
    /// Print the spec's network section with what each key does forward (→) and backward (←)
    #[arg(long, conflicts_with = "format")]
    annotate: bool,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

impl PredictArgs {
    pub fn run(&self) -> Result<Outcome, Failure> {
        let loaded = self.spec.load()?;
        let predicted = predict_loaded(&loaded).map_err(|problem| loaded.explain(problem))?;
        let name = &loaded.spec.name;
        let text = match (&predicted, self.format) {
            (_, Format::Json) => format!("{:#}\n", json_value(name, &predicted)),
            (Ok(prediction), _) if self.annotate => annotated(&loaded, prediction),
            (Ok(prediction), _) => human(prediction, output::width().min(80)),
            (Err(problem), _) => unpredictable(name, problem, output::width().min(80)),
        };
        output::result(&text)?;
        Ok(Outcome::Done)
    }
}

/// The same keys whether there is a theory or not.
fn json_value(name: &str, predicted: &Result<Prediction, Unpredictable>) -> Value {
    match predicted {
        Ok(prediction) => {
            let mut value = serde_json::to_value(prediction).expect("a prediction is plain data");
            value["unpredictable"] = Value::Null;
            value
        }
        Err(problem) => json!({
            "name": name,
            "layers": [],
            "q_star": null,
            "chi_1": null,
            "phase": null,
            "q_is_slow": null,
            "xi": null,
            "c_star": null,
            "xi_c": null,
            "decay_decades_per_layer": null,
            "attenuation_decades": null,
            "attenuation_interval": null,
            "finite_width_dominates": null,
            "verdict": null,
            "underflow_depth": null,
            "input_square": null,
            "unpredictable": { "key": problem.key, "reason": problem.reason },
        }),
    }
}
