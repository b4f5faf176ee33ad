//! Where a branch joins the main path.

use crate::nn::activation::Sigmoid;
use crate::nn::mean_field::Averages;

use crate::nn::propagation::signal::{GradientGain, LinearMap, Passage, Signal};

/// The ways to join the main path.
#[derive(Clone, Copy)]
pub enum Join {
    /// h ← carry·h + scale·u(h).
    Sum {
        /// Factor on h.
        carry: f64,
        /// Factor on the branch.
        scale: f64,
    },
    /// h ← t⊙u(h) + (1 − t)⊙h with t = σ(W_t h + b).
    Gate {
        /// W_t.
        map: LinearMap,
        /// b.
        bias: f64,
        /// Units of the layer.
        units: usize,
    },
}

impl Join {
    /// The main path behind the join, and the way back across it.
    ///
    /// The cross terms of the gradient have expectation 0, since the branch's last
    /// or first matrix has.
    pub fn apply(self, main: Signal, branch: &Passage) -> (Signal, GradientGain) {
        match self {
            Self::Sum { carry, scale } => sum(main, branch, [carry, scale]),
            Self::Gate { map, bias, units } => gate(main, branch, (map, bias, units)),
        }
    }
}

impl Join {
    /// Variance of a gate's pre-activation behind `main`; 0 without a gate.
    pub fn gate_variance(self, main: Signal) -> f64 {
        match self {
            Self::Sum { .. } => 0.0,
            Self::Gate { map, .. } => map.spread.weight * map.inputs as f64 * main.square,
        }
    }
}

fn sum(main: Signal, branch: &Passage, [carry, scale]: [f64; 2]) -> (Signal, GradientGain) {
    let (u, factor) = (branch.signal, scale * scale * branch.backward.chi);
    let kept = carry * carry;
    // A unit's branch does not depend on what the unit carries: E h u = E h · E u.
    let cross = 2.0 * carry * scale * main.mean * u.mean;
    // A branch that is multiplied by 0 adds nothing, whatever it is.
    let varying = |part: f64, of: f64| if part == 0.0 { 0.0 } else { part * of };
    let signal = Signal {
        mean: carry * main.mean + scale * u.mean,
        square: kept * main.square + scale * scale * u.square + cross,
        varying: varying(kept, main.varying) + varying(scale * scale, u.varying),
    };
    let chi = kept + factor;
    // ⟨g, Jᵀg⟩ has expectation 0 and a variance of its own.
    let of_cross = 4.0 * kept * factor * 1.0 / branch.units as f64;
    let variance = (factor * factor * branch.backward.variance + of_cross) / (chi * chi);
    let variance = if chi > 0.0 { variance } else { 0.0 };
    (signal, GradientGain { chi, variance })
}

fn gate(
    main: Signal,
    branch: &Passage,
    (map, bias, units): (LinearMap, f64, usize),
) -> (Signal, GradientGain) {
    let weight = map.spread.weight * map.inputs as f64;
    let variance = Join::Gate { map, bias, units }.gate_variance(main);
    let open = Averages::over(&Sigmoid {}, bias, variance);
    let shut = Averages::over(&Sigmoid {}, -bias, variance);
    let (u, t) = (branch.signal, open.mean);
    let both = t - open.square;
    let signal = Signal {
        mean: t * u.mean + shut.mean * main.mean,
        square: open.square * u.square
            + 2.0 * both * main.mean * u.mean
            + shut.square * main.square,
        varying: f64::NAN,
    };
    let difference = u.square + main.square - 2.0 * u.mean * main.mean;
    let [carried, branched, gated] = [
        shut.square,
        open.square * branch.backward.chi,
        weight * open.slope_square * difference,
    ];
    let chi = carried + branched + gated;
    let n = units as f64;
    let squares = carried.powi(2) * 3.0 * (shut.fourth / shut.square.powi(2) - 1.0) / n
        + branched.powi(2) * branch.backward.variance
        + gated.powi(2) * 3.0 * open.slope_kurtosis() / n;
    let crosses = carried * branched + carried * gated + branched * gated;
    let variance = (squares + 4.0 * crosses / n) / (chi * chi);
    (signal, GradientGain { chi, variance })
}
