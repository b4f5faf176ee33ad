//! `vgrad predict`: what theory expects of a network at its start.

use clap::Args;

use super::predict_text::{annotated, human, unpredictable};
use super::spec_args::SpecArgs;
use super::{Failure, Format, Outcome, output};
use crate::lab::prediction::Forecast;
use crate::lab::theory::predict_loaded;

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
        let forecast = Forecast::of(&loaded.spec.name, predicted);
        let text = match (&forecast, self.format) {
            (_, Format::Json) => json_text(&forecast),
            (Forecast::Known(prediction), _) if self.annotate => annotated(&loaded, prediction),
            (Forecast::Known(prediction), _) => {
                let along = loaded.spec.network.along();
                human(prediction, along, output::width().min(80))
            }
            (Forecast::Unknown { name, why }, _) => {
                unpredictable(name, why, output::width().min(80))
            }
        };
        output::result(&text)?;
        Ok(Outcome::Done)
    }
}

fn json_text(forecast: &Forecast) -> String {
    let text = serde_json::to_string_pretty(forecast).expect("a forecast is plain data");
    text + "\n"
}
