//! The choice of skip connection.

use crate::base::family::{family, member};

family! {
    /// Skip connections around the hidden layers 2 … depth.
    pub enum Skip {
        NoSkip = "none",
        Identity = "identity",
        Rezero = "rezero",
        Highway = "highway",
    }
}

impl Skip {
    /// Layers between two points of the main path, which skips join; 1 without skips.
    pub fn layers_per_skip(&self) -> usize {
        match self {
            Self::Identity(skip) => skip.every,
            _ => 1,
        }
    }
}

member! {
    /// No skip connection: a plain chain of layers.
    pub struct NoSkip {}
}
member! {
    /// h ← h + scale·u(h), u being `every` consecutive layers. He et al. 2016, arXiv:1512.03385.
    pub struct Identity {
        /// Layers per skip; depth − 1 must divide by it.
        #[schemars(range(min = 1))]
        every: usize = 1,
        /// Factor on the branch; 1/√depth keeps the total growth bounded.
        scale: f64 = 1.0,
    }
}
member! {
    /// h ← h + s·u(h) with a learned s that starts at 0: the identity at first. Bachlechner et al. 2021, arXiv:2003.04887.
    pub struct Rezero {}
}
member! {
    /// h ← t⊙u(h) + (1−t)⊙h with a learned gate t = σ(W_t h + b_t). Srivastava et al. 2015, arXiv:1505.00387.
    pub struct Highway {
        /// Start of the gate's bias b_t; negative carries h through.
        gate_bias: f64 = -2.0,
    }
}
