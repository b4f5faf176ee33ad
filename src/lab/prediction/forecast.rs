//! What theory says of a network, whether it is a prediction or why there is none.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Prediction;

/// Why theory says nothing of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Unpredictable {
    /// The spec's key at which theory ends.
    pub key: String,
    /// A clause without a full stop.
    pub reason: String,
}

impl Unpredictable {
    /// At this key, for this reason.
    pub fn new(key: &str, reason: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            reason: reason.into(),
        }
    }
}

/// A prediction, or why there is none. In JSON both have the same keys: those of a
/// prediction, null where there is none, and `unpredictable`, null where there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub enum Forecast {
    /// What is expected.
    Known(Box<Prediction>),
    /// There is no theory.
    Unknown {
        /// The spec's name.
        name: String,
        /// The key at which theory ends, and why.
        why: Unpredictable,
    },
}

impl Forecast {
    /// That of the experiment of this name.
    pub fn of(name: &str, predicted: Result<Prediction, Unpredictable>) -> Self {
        match predicted {
            Ok(prediction) => Self::Known(Box::new(prediction)),
            Err(why) => Self::Unknown {
                name: name.to_owned(),
                why,
            },
        }
    }

    /// The prediction, where there is one.
    pub fn known(&self) -> Option<&Prediction> {
        match self {
            Self::Known(prediction) => Some(prediction),
            Self::Unknown { .. } => None,
        }
    }

    /// Why there is none.
    pub fn unknown(&self) -> Option<&Unpredictable> {
        match self {
            Self::Known(_) => None,
            Self::Unknown { why, .. } => Some(why),
        }
    }
}

impl From<Forecast> for Value {
    fn from(forecast: Forecast) -> Self {
        match forecast {
            Forecast::Known(prediction) => {
                let mut value =
                    serde_json::to_value(prediction).expect("a prediction is plain data");
                value["unpredictable"] = Value::Null;
                value
            }
            Forecast::Unknown { name, why } => json!({
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
                "unpredictable": why,
            }),
        }
    }
}

impl TryFrom<Value> for Forecast {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        #[derive(Deserialize)]
        struct Refusal {
            name: String,
            #[serde(default)]
            unpredictable: Option<Unpredictable>,
        }
        let refusal = Refusal::deserialize(&value)?;
        Ok(match refusal.unpredictable {
            Some(why) => Self::Unknown {
                name: refusal.name,
                why,
            },
            None => Self::Known(serde_json::from_value(value)?),
        })
    }
}
