//! How a skip joins the main path and its branch, as theory sees it.

/// The main path behind a skip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Joining {
    /// h ← carry·h + scale·u(h).
    Sum {
        /// Factor on the main path.
        carry: f64,
        /// Factor on the branch.
        scale: f64,
    },
    /// h ← t⊙u(h) + (1 − t)⊙h with t = σ(W_t h + bias), W_t drawn as the init draws.
    Gate {
        /// Start of the gate's bias.
        bias: f64,
    },
}

impl Joining {
    /// No skip: the branch is the main path.
    pub const BRANCH: Self = Self::Sum {
        carry: 0.0,
        scale: 1.0,
    };

    /// Whether the branch is the main path.
    pub fn is_branch(self) -> bool {
        self == Self::BRANCH
    }
}
