//! Where in a run the layers are looked at.

use std::fmt;
use std::str::FromStr;

/// The logged step, or steps, whose figures are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepChoice {
    /// The first logged step.
    Initial,
    /// The last logged step.
    Final,
    /// All logged steps: the mean of log10, which is the geometric mean.
    Mean,
    /// The step of this number, which must have been logged.
    Step(u64),
}

impl FromStr for StepChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "initial" => Ok(Self::Initial),
            "final" => Ok(Self::Final),
            "mean" => Ok(Self::Mean),
            _ => text.parse().map(Self::Step).map_err(|_| {
                "expected `initial`, `final`, `mean` or the number of a logged step".to_owned()
            }),
        }
    }
}

impl fmt::Display for StepChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initial => f.write_str("initial"),
            Self::Final => f.write_str("final"),
            Self::Mean => f.write_str("mean"),
            Self::Step(step) => write!(f, "{step}"),
        }
    }
}
