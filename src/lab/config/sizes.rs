//! Values that are a number or a word.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Samples per step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BatchSize {
    /// This many samples.
    Samples(#[schemars(range(min = 1))] usize),
    /// The whole training split.
    Full(Full),
}

/// The word `"full"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Full {
    /// The whole training split.
    Full,
}

/// Which steps are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Every {
    /// Every so many steps.
    Steps(#[schemars(range(min = 1))] u64),
    /// Log-spaced steps.
    Log(LogSpaced),
}

/// The word `"log"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogSpaced {
    /// Log-spaced steps.
    Log,
}

/// Where the class probabilities that are judged at the end come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Predictive {
    /// The softmax of the trained network's outputs.
    Softmax,
    /// Their mean over this many passes with dropout at work. Gal & Ghahramani 2016, arXiv:1506.02142.
    McDropout(#[schemars(range(min = 1))] u32),
}

/// How often a checkpoint is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CheckpointEvery {
    /// Every so many steps; 0 = never.
    Steps(u64),
    /// A time: a number with `s`, `m` or `h`, e.g. `"30s"`.
    Time(#[schemars(regex(pattern = r"^0*[1-9][0-9]*[smh]$"))] String),
}

impl CheckpointEvery {
    /// The time between two checkpoints; `None` where it is a number of steps
    /// or not a time that can be read.
    pub fn time(&self) -> Option<Duration> {
        let Self::Time(text) = self else { return None };
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return None,
        };
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let count: u64 = number.parse().ok().filter(|count| digits && *count > 0)?;
        count.checked_mul(seconds).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoint_times() {
        let time = |text: &str| CheckpointEvery::Time(text.to_owned()).time();
        assert_eq!(time("30s"), Some(Duration::from_secs(30)));
        assert_eq!(time("5m"), Some(Duration::from_secs(300)));
        assert_eq!(time("1h"), Some(Duration::from_secs(3600)));
        for bad in [
            "",
            "s",
            "0s",
            "30",
            "30 s",
            "-1s",
            "+1s",
            "1.5h",
            "9999999999999999999h",
            "5µ",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
