//! What the engine measures of a layer while its numbers are in the cache: sums that the
//! columns of `gradients.csv` are formulas over. Everything is accumulated in f64, and
//! chunks combine in their order.

use crate::activation::PerRule;
use crate::base::squares::{Squares, sum_of_squares};
use crate::moments::Moments;

/// What an activation layer says of one chunk's values and slopes.
#[derive(Clone, Debug, Default)]
pub struct ActivationSums {
    /// Of φ's output.
    pub values: Moments,
    /// Entries that were looked at for saturation.
    pub checked: u64,
    /// Those that are saturated; `None` where φ has no flat side.
    pub saturated: Option<u64>,
    /// Entries that published rules call saturated.
    pub beyond: PerRule<Option<u64>>,
    /// Whether it means something for a unit to be dead.
    pub counts_active: bool,
    /// Per unit, the rows in which φ' is not 0.
    pub active_rows: Vec<u32>,
    /// Per unit, the sum of φ's output over the rows.
    pub unit_sums: Vec<f64>,
}

/// What one layer's columns are formulas over: sums at one step over the whole batch.
/// `None` = does not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayerSums {
    /// Σ (∂L/∂h_l)².
    pub activation_grad: Squares,
    /// Σ (∂L/∂c_l)², where it has a cell state.
    pub cell_grad: Option<Squares>,
    /// Σ (∂L/∂z_l)².
    pub delta: Squares,
    /// Over its parameters.
    pub params: Option<ParamSums>,
    /// Over its φ.
    pub phi: Option<PhiSums>,
}

/// Sums over a layer's φ.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PhiSums {
    /// Of φ's output, all entries together.
    pub values: Moments,
    /// Rows and units that these are.
    pub rows: usize,
    /// Its width.
    pub units: usize,
    /// Σ over the units of (Σ over the rows of φ's output)².
    pub unit_sums: Squares,
    /// Units by how often they are active; `None` where that means nothing.
    pub inactive: Option<InactiveUnits>,
    /// Entries that were looked at for saturation.
    pub checked: u64,
    /// Entries with |φ'| < 0.05·max|φ'| on φ's flat side.
    pub saturated: Option<u64>,
    /// Entries that published rules call saturated.
    pub beyond: PerRule<Option<u64>>,
}

/// Units that pass a gradient in few rows or none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct InactiveUnits {
    /// Those whose φ' is 0 in every row.
    pub dead: usize,
    /// Those whose φ' is not 0 in less than 1 % of the rows.
    pub rarely_active: usize,
}

impl PhiSums {
    /// Mean over pairs of different rows of h_a·h_b, over the mean of ‖h‖²: 1 where all
    /// samples are the same point. `None` for one row, and where all of h is 0.
    ///
    /// Σ_{a≠b} h_a·h_b = ‖Σ_a h_a‖² − Σ_a ‖h_a‖².
    pub fn correlation(&self) -> Option<f64> {
        let of_mean = sum_of_squares(&[self.values.mean]).times(self.values.count.sqrt());
        let squares = self.values.squares + of_mean;
        let ratio = self.unit_sums.norm_over(squares).powi(2);
        let correlation = (ratio - 1.0) / (self.rows as f64 - 1.0);
        correlation.is_finite().then_some(correlation)
    }
}

impl LayerSums {
    /// Of the gradients that must stay finite: by h, c, z, the weights and the bias.
    pub fn gradients(&self) -> [Option<Squares>; 5] {
        let params = self.params;
        [
            Some(self.activation_grad),
            self.cell_grad,
            Some(self.delta),
            params.map(|params| params.weight_grad_squares),
            params.and_then(|params| params.other_grad_squares),
        ]
    }
}

/// Sums over the parameters of one layer; "weight" is its first tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ParamSums {
    /// Σ (∂L/∂W)².
    pub weight_grad_squares: Squares,
    /// Entries of W.
    pub weights: usize,
    /// Σ of the squared gradients of all other trained tensors, where there are any.
    pub other_grad_squares: Option<Squares>,
    /// What only a logged step needs of the entries of ∂L/∂W.
    pub weight_grads: Option<GradEntries>,
    /// Σ W² before the update.
    pub weight_squares: Squares,
    /// Σ ΔW² of the update, if one was made.
    pub update_squares: Option<Squares>,
}

/// What there is to say of the entries of a gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GradEntries {
    /// Those that are exactly 0.
    pub zeros: u64,
    /// Σ of their sizes.
    pub sizes: f64,
}

/// Sums over one trained tensor at one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TensorSums {
    /// Σ of its squared gradient, before clipping.
    pub grad_squares: Squares,
    /// Σ of its squares before the update.
    pub squares: Squares,
    /// Σ of the update's squares, if one was made.
    pub update_squares: Option<Squares>,
}

/// One trained tensor and its sums.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorRecord {
    /// The layer it belongs to, from 1.
    pub layer: usize,
    /// Its name in a weights file, e.g. `layers.3.norm.weight`.
    pub name: String,
    /// Its sums at the last step.
    pub sums: TensorSums,
}

impl GradEntries {
    fn joined(self, other: Self) -> Self {
        Self {
            zeros: self.zeros + other.zeros,
            sizes: self.sizes + other.sizes,
        }
    }
}

impl ParamSums {
    /// Over both these parameters and `other` ones.
    pub fn joined(self, other: Self) -> Self {
        let other_grads = [self.other_grad_squares, other.other_grad_squares];
        let others: Squares = other_grads.iter().copied().flatten().sum();
        Self {
            weight_grad_squares: self.weight_grad_squares + other.weight_grad_squares,
            weights: self.weights + other.weights,
            other_grad_squares: other_grads.iter().any(Option::is_some).then_some(others),
            weight_grads: self
                .weight_grads
                .zip(other.weight_grads)
                .map(|(a, b)| a.joined(b)),
            weight_squares: self.weight_squares + other.weight_squares,
            update_squares: self
                .update_squares
                .zip(other.update_squares)
                .map(|(a, b)| a + b),
        }
    }

    /// Σ of all squared gradients.
    pub fn grad_squares(&self) -> Squares {
        self.weight_grad_squares + self.other_grad_squares.unwrap_or_default()
    }
}
