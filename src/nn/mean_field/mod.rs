//! Averages of an activation over normal pre-activations: what mean-field theory
//! is made of, by quadrature for every φ.
//!
//! With W_ij of variance σw²/fan_in and b_i of variance σb², in the limit of
//! infinite width (Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017,
//! arXiv:1611.01232):
//!   q_l = σw² E φ(√q_{l−1} Z)² + σb²      the second moment of z_l, Z ~ N(0, 1),
//!   χ(q) = σw² E φ'(√q Z)²                the factor on the squared gradient.

mod averages;
mod critical;
mod joining;
mod nodes;
mod norm_kind;
mod pair;
mod recursion;

pub use averages::Averages;
pub use critical::{NoCriticalPoint, critical_weight_variance};
pub use joining::Joining;
pub use nodes::Nodes;
pub use norm_kind::NormKind;
pub use pair::PairAverages;
pub use recursion::{CorrelationFixedPoint, FixedPoint, Recursion};
