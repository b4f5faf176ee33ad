//! A step that a baseline holds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Which step: one end of a run, or the one of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The first logged step.
    Initial,
    /// The step after so many updates.
    Step(u64),
    /// The last logged step.
    Final,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initial => f.write_str("initial"),
            Self::Step(step) => write!(f, "{step}"),
            Self::Final => f.write_str("final"),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "initial" => Ok(Self::Initial),
            "final" => Ok(Self::Final),
            _ => match text.parse() {
                Ok(step) => Ok(Self::Step(step)),
                Err(_) => Err("expected initial, final or the number of a step".to_owned()),
            },
        }
    }
}

impl Moment {
    /// As a part of a sentence: "at the initial step".
    pub fn in_words(self) -> String {
        match self {
            Self::Initial => "at the initial step".to_owned(),
            Self::Step(step) => format!("at step {step}"),
            Self::Final => "at the final step".to_owned(),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
