//! The part of a gradient that lies along the activations.
//!
//! Theory takes a gradient for a random direction. It is not quite: what the weights W see
//! of h they send back along h, a part of 1/width of a gradient at first. Behind skips whose
//! branches have a mean, h drifts away from 0, and that part grows as ‖h‖² does: of
//! h + relu(W h) by 2.9 per block, where the others grow by 2, so that it is the most of a
//! gradient after log(width)/log(2.9/2) blocks. Followed here is
//!   g = α·h + γ·1 + ρ
//! with ρ of no special direction: given z = W h, W is z hᵀ/‖h‖² and fresh weights across h, so
//!   Wᵀ D g = h·⟨z, D g⟩/‖h‖² + fresh weights times D g.
//! Units are alike and independent, so all that is needed are averages over one unit.

use crate::activation::{Elementwise, Sigmoid};
use crate::mean_field::{Joining, Nodes};

use super::signal::Signal;

/// Panels of the quadratures.
const FINENESS: usize = 8;

/// A share of the rest from which on the part along h dominates: its log then varies by more
/// over draws than all else.
const DOMINATES: f64 = 0.35;

/// A block h ← join(h, u(h)) in the default order.
pub struct Block<'a> {
    /// φ.
    pub curve: &'a dyn Elementwise<f64>,
    /// The share of activations that dropout keeps.
    pub keep: f64,
    /// h before it.
    pub main: Signal,
    /// The branch's layers.
    pub layers: Vec<BranchLayer>,
    /// How it joins.
    pub joining: Joining,
    /// Variance of the gate's pre-activation, where there is a gate.
    pub gate_variance: f64,
    /// The factor on the square of a gradient of no special direction, across the branch alone.
    pub branch_chi: f64,
    /// The same across the block.
    pub chi: f64,
}

/// A layer of a branch.
#[derive(Clone, Copy)]
pub struct BranchLayer {
    /// σw².
    pub weight: f64,
    /// Second moment of its pre-activations.
    pub q: f64,
}

/// What a gradient meets on its way back through blocks.
pub struct Drift {
    /// The factor on its expected square, block by block, the first first.
    pub chi: Vec<f64>,
    /// The part along h and 1 over the rest, before the first block.
    pub share: f64,
}

impl Drift {
    /// Through blocks of so many units.
    pub fn through(blocks: &[Block], units: usize) -> Self {
        let n = units as f64;
        // n E α², n E αγ, n E γ², and E ‖ρ‖².
        let (mut along, mut rest) = ([0.0; 3], 1.0);
        let mut share = 0.0;
        let mut chi = Vec::with_capacity(blocks.len());
        for block in blocks.iter().rev() {
            let way = Way::back(block);
            let [a, c, g] = along;
            let [[aa, ag], [ga, gg]] = way.carried;
            let fed = way.fed[0] * a + way.fed[1] * c + way.fed[2] * g;
            along = [
                aa * aa * a + 2.0 * aa * ag * c + ag * ag * g + way.leak * rest / n,
                aa * ga * a + (aa * gg + ag * ga) * c + ag * gg * g,
                ga * ga * a + 2.0 * ga * gg * c + gg * gg * g,
            ];
            rest = rest * block.chi + fed;
            let [a, c, g] = along;
            let part = a * block.main.square + 2.0 * c * block.main.mean + g;
            let total = rest + part;
            chi.push(total);
            // Only ratios matter, and the moments themselves may leave every range.
            along = along.map(|moment| moment / total);
            rest /= total;
            share = part / (total - part);
        }
        chi.reverse();
        Self { chi, share }
    }

    /// Whether it is the most of what one draw differs by from another.
    pub fn dominates(&self) -> bool {
        self.share > DOMINATES
    }

    /// Relative variance over draws of the square, by the part along h: one normal number's.
    pub fn variance(&self) -> f64 {
        let share = self.share / (1.0 + self.share);
        2.0 * share * share
    }
}

/// What a block does to α, γ and ρ.
struct Way {
    /// α and γ before it by those behind it.
    carried: [[f64; 2]; 2],
    /// n E α² before it, by ‖ρ‖²/n behind it.
    leak: f64,
    /// ‖ρ‖² before it by n E α², n E αγ and n E γ² behind it; 0 for a gate, of which the moments
    /// would have to be known to the fourth.
    fed: [f64; 3],
}

impl Way {
    fn back(block: &Block) -> Self {
        let Signal {
            mean: m, square: s, ..
        } = block.main;
        let u = BranchMoments::of(block);
        match block.joining {
            Joining::Sum { carry, scale } => {
                let u = u.scaled(scale);
                let on_h = (carry * m * u.tangent + u.tangent_value) / s;
                // What lies before the branch's last φ.
                let before = if u.slope > 0.0 {
                    scale * scale * block.branch_chi / u.slope
                } else {
                    0.0
                };
                let spread = carry * carry * (u.square - u.mean * u.mean);
                let by_h = u.slope * carry * carry * s
                    + 2.0 * carry * m * u.slope_value
                    + u.slope_value_square;
                let by_both = 2.0 * (u.slope * carry * m + u.slope_value);
                Self {
                    carried: [
                        [carry * carry + on_h, u.tangent / s],
                        [carry * u.mean, carry],
                    ],
                    leak: u.tangent_square / (s * s),
                    fed: [spread + before * by_h, before * by_both, before * u.slope],
                }
            }
            Joining::Gate { bias } => {
                let t = GateMoments::of(bias, block.gate_variance);
                let on_h = u.tangent_value * t.square
                    + m * u.tangent * t.product
                    + t.tangent_open * (u.square - m * u.mean)
                    + t.tangent_shut * (u.mean * m - s);
                let on_one = u.tangent * t.open + t.tangent * (u.mean - m);
                let leak = u.tangent_square * t.square
                    + t.tangent_square * (u.square - 2.0 * m * u.mean + s)
                    + 2.0 * t.tangent_open * (u.tangent_value - m * u.tangent);
                Self {
                    carried: [
                        [t.shut_square + on_h / s, on_one / s],
                        [t.product * u.mean, 1.0 - t.open],
                    ],
                    leak: leak / (s * s),
                    fed: [0.0; 3],
                }
            }
        }
    }
}

/// Averages over a unit of a branch's output u = mask·φ(z), its slope D = mask·φ'(z) and its
/// tangent J = D·ż, ż being what z changes by when h grows.
#[derive(Clone, Copy)]
struct BranchMoments {
    /// E u.
    mean: f64,
    /// E u².
    square: f64,
    /// E D².
    slope: f64,
    /// E D² u.
    slope_value: f64,
    /// E D² u².
    slope_value_square: f64,
    /// E J.
    tangent: f64,
    /// E J u.
    tangent_value: f64,
    /// E J².
    tangent_square: f64,
}

impl BranchMoments {
    fn of(block: &Block) -> Self {
        let keep = block.keep;
        let mut found: Option<Self> = None;
        for BranchLayer { weight, q } in &block.layers {
            // ż = along·z + a normal number of variance `across`.
            let [covariance, variance] = match found {
                None => [weight * block.main.square; 2],
                Some(last) => [weight * last.tangent_value, weight * last.tangent_square],
            };
            let along = covariance / q;
            let across = (variance - along * covariance).max(0.0);
            let nodes = Nodes::normal(0.0, q.sqrt(), block.curve.kinks(), FINENESS);
            let mut values = vec![0.0; nodes.points.len()];
            let mut slopes = values.clone();
            block.curve.forward(&nodes.points, &mut values, &mut slopes);
            let mean =
                |of: &dyn Fn(f64, f64, f64) -> f64| nodes.mean(|i, z| of(values[i], slopes[i], z));
            let slope = mean(&|_, d, _| d * d) / keep;
            found = Some(Self {
                mean: mean(&|u, _, _| u),
                square: mean(&|u, _, _| u * u) / keep,
                slope,
                slope_value: mean(&|u, d, _| d * d * u) / keep.powi(2),
                slope_value_square: mean(&|u, d, _| (d * u).powi(2)) / keep.powi(3),
                tangent: along * mean(&|_, d, z| z * d),
                tangent_value: along * mean(&|u, d, z| z * d * u) / keep,
                tangent_square: along * along * mean(&|_, d, z| (z * d).powi(2)) / keep
                    + across * slope,
            });
        }
        found.expect("a branch has a layer")
    }

    fn scaled(self, factor: f64) -> Self {
        Self {
            mean: self.mean * factor,
            square: self.square * factor.powi(2),
            slope: self.slope * factor.powi(2),
            slope_value: self.slope_value * factor.powi(3),
            slope_value_square: self.slope_value_square * factor.powi(4),
            tangent: self.tangent * factor,
            tangent_value: self.tangent_value * factor.powi(2),
            tangent_square: self.tangent_square * factor.powi(2),
        }
    }
}

/// Averages over a gate t = σ(y) and its tangent t'·ẏ, ẏ = y − bias.
struct GateMoments {
    /// E t.
    open: f64,
    /// E t².
    square: f64,
    /// E t(1 − t).
    product: f64,
    /// E (1 − t)².
    shut_square: f64,
    /// E t'ẏ.
    tangent: f64,
    /// E t'ẏ t.
    tangent_open: f64,
    /// E t'ẏ (1 − t).
    tangent_shut: f64,
    /// E (t'ẏ)².
    tangent_square: f64,
}

impl GateMoments {
    fn of(bias: f64, variance: f64) -> Self {
        let nodes = Nodes::normal(bias, variance.sqrt(), &[], FINENESS);
        let mut values = vec![0.0; nodes.points.len()];
        let mut slopes = values.clone();
        let sigmoid: &dyn Elementwise<f64> = &Sigmoid {};
        sigmoid.forward(&nodes.points, &mut values, &mut slopes);
        let mean =
            |of: &dyn Fn(f64, f64) -> f64| nodes.mean(|i, y| of(values[i], slopes[i] * (y - bias)));
        Self {
            open: mean(&|t, _| t),
            square: mean(&|t, _| t * t),
            product: mean(&|t, _| t * (1.0 - t)),
            shut_square: mean(&|t, _| (1.0 - t).powi(2)),
            tangent: mean(&|_, j| j),
            tangent_open: mean(&|t, j| j * t),
            tangent_shut: mean(&|t, j| j * (1.0 - t)),
            tangent_square: mean(&|_, j| j * j),
        }
    }
}
