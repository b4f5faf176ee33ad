//! How a finding is shown: in green only what succeeded.

use super::findings::Findings;
use crate::lab::decay::Verdict;

/// How a finding is shown, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Gradients arrive and something was learned.
    Good,
    /// Gradients arrive; whether anything is learned is not known.
    Open,
    /// At risk, or nothing was learned although gradients arrive.
    Doubtful,
    /// Vanishing, exploding or diverged.
    Bad,
}

impl Findings<'_> {
    /// How they are shown.
    pub fn tone(&self) -> Tone {
        match (self.verdict, self.learned) {
            (Verdict::Healthy, Some(true)) => Tone::Good,
            (Verdict::Healthy, None) => Tone::Open,
            (Verdict::Healthy, _) if self.is_undecided() => Tone::Open,
            (Verdict::Healthy | Verdict::AtRisk, _) => Tone::Doubtful,
            (Verdict::Vanishing | Verdict::Exploding | Verdict::Diverged, _) => Tone::Bad,
        }
    }
}
