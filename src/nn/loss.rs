//! Loss functions, one block each.

use ndarray::Array2;

use crate::base::Scalar;
use crate::base::family::{family, member};

family! {
    /// What training minimises.
    pub enum Loss {
        CrossEntropy = "cross_entropy",
        Mse = "mse",
    }
    /// The loss function itself.
    fn criterion<T> -> Criterion<T>;
}

/// What the outputs are compared with, one entry or row per sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets<T> {
    /// Class indices from 0.
    Classes(Vec<u32>),
    /// Numbers, shape [samples, outputs].
    Numbers(Array2<T>),
}

impl<T> Targets<T> {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Numbers(numbers) => numbers.nrows(),
        }
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A kind of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Class indices.
    Classes,
    /// Numbers, one per output.
    Numbers,
}

/// The targets of some rows of a batch.
#[derive(Clone, Copy, Debug)]
pub enum TargetRows<'a, T> {
    /// Class indices.
    Classes(&'a [u32]),
    /// Row-major numbers [rows, outputs].
    Numbers(&'a [T]),
}

/// Sums over some rows of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossSums {
    /// This part's share of the batch's mean loss.
    pub loss: f64,
    /// Rows whose largest output is the target class.
    pub correct: u64,
}

impl std::iter::Sum for LossSums {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |a, b| Self {
            loss: a.loss + b.loss,
            correct: a.correct + b.correct,
        })
    }
}

/// A loss function.
pub trait Criterion<T: Scalar>: Send + Sync {
    /// The loss of one row given in f64, times the number of its terms, and
    /// its gradient before division by that number, left in `gradient`.
    fn row(&self, outputs: &[f64], target: RowTarget<'_, T>, gradient: &mut [f64]) -> f64;

    /// How many terms a row of `width` outputs adds to the mean.
    fn terms(&self, width: usize) -> f64;

    /// The targets it is made for. One for numbers takes classes too, as one-hot
    /// numbers.
    fn wants(&self) -> TargetKind;
}

/// One row's target.
#[derive(Clone, Copy, Debug)]
pub enum RowTarget<'a, T> {
    /// A class index.
    Class(usize),
    /// One number per output.
    Numbers(&'a [T]),
}

impl<T: Scalar> RowTarget<'_, T> {
    /// The target of output `k`: one-hot for a class.
    pub(super) fn at(&self, k: usize) -> f64 {
        match self {
            Self::Class(class) => f64::from(u8::from(*class == k)),
            Self::Numbers(numbers) => numbers[k].to_f64(),
        }
    }
}

/// Evaluates rows of a batch of `batch` rows: fills `gradient` with ∂L/∂output
/// and returns this part's sums. `scratch` has room for two rows.
pub fn evaluate<T: Scalar>(
    criterion: &dyn Criterion<T>,
    outputs: &[T],
    targets: TargetRows<T>,
    batch: usize,
    scratch: &mut [f64],
    gradient: &mut [T],
) -> LossSums {
    let (row, row_gradient) = scratch.split_at_mut(scratch.len() / 2);
    let width = row.len();
    let terms = batch as f64 * criterion.terms(width);
    let mut sums = LossSums::default();
    for (i, (values, gradient)) in outputs
        .chunks_exact(width)
        .zip(gradient.chunks_exact_mut(width))
        .enumerate()
    {
        row.iter_mut()
            .zip(values)
            .for_each(|(wide, value)| *wide = (*value).to_f64());
        let target = match targets {
            TargetRows::Classes(classes) => RowTarget::Class(classes[i] as usize),
            TargetRows::Numbers(numbers) => {
                RowTarget::Numbers(&numbers[i * width..(i + 1) * width])
            }
        };
        sums.loss += criterion.row(row, target, row_gradient);
        if let RowTarget::Class(class) = target {
            sums.correct += u64::from(argmax(row) == class);
        }
        gradient
            .iter_mut()
            .zip(&*row_gradient)
            .for_each(|(slot, g)| *slot = T::from_f64(g / terms));
    }
    sums.loss /= terms;
    sums
}

/// exp(o_k) / Σ exp(o_j) of each output.
pub fn softmax(outputs: &[f64]) -> Vec<f64> {
    let log_total = log_sum_exp(outputs);
    outputs.iter().map(|o| (o - log_total).exp()).collect()
}

/// ln Σ exp(o_k), which does not overflow.
fn log_sum_exp(outputs: &[f64]) -> f64 {
    let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = outputs.iter().map(|o| (o - largest).exp()).sum();
    largest + total.ln()
}

/// Index of the largest value, the first one on a tie.
fn argmax(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, k| if values[k] > values[best] { k } else { best })
}

member! {
    /// Softmax cross-entropy in nats, mean over the batch; ln K at a small init with K classes.
    pub struct CrossEntropy {}
}
impl<T: Scalar> Criterion<T> for CrossEntropy {
    fn row(&self, outputs: &[f64], target: RowTarget<'_, T>, gradient: &mut [f64]) -> f64 {
        let log_total = log_sum_exp(outputs);
        let mut loss = 0.0;
        for (k, (g, o)) in gradient.iter_mut().zip(outputs).enumerate() {
            let share = target.at(k);
            *g = (o - log_total).exp() - share;
            // Not share·(…) alone: 0·∞ is NaN.
            if share != 0.0 {
                loss += share * (log_total - o);
            }
        }
        loss
    }

    fn terms(&self, _width: usize) -> f64 {
        1.0
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Classes
    }
}

member! {
    /// Mean squared error over batch and outputs; one-hot targets where the data has classes.
    pub struct Mse {}
}

/// Peak signal-to-noise ratio in dB of colours in [0, 1] with this mean squared error.
pub fn psnr(mse: f64) -> f64 {
    -10.0 * mse.log10()
}

impl<T: Scalar> Criterion<T> for Mse {
    fn row(&self, outputs: &[f64], target: RowTarget<'_, T>, gradient: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for (k, (g, o)) in gradient.iter_mut().zip(outputs).enumerate() {
            let error = o - target.at(k);
            *g = 2.0 * error;
            loss += error * error;
        }
        loss
    }

    fn terms(&self, width: usize) -> f64 {
        width as f64
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_cost_ln_k_and_gradients_sum_to_zero() {
        let outputs = [0.0f64; 8];
        let mut gradient = [0.0; 8];
        let classes = [1, 3];
        let sums = evaluate(
            &CrossEntropy {},
            &outputs,
            TargetRows::Classes(&classes),
            2,
            &mut [0.0; 8],
            &mut gradient,
        );
        // Softmax of K equal logits is 1/K: the loss is ln K.
        assert!((sums.loss - 4f64.ln()).abs() < 1e-15);
        assert!(
            gradient
                .chunks(4)
                .all(|row| row.iter().sum::<f64>().abs() < 1e-16)
        );
        assert_eq!(gradient[1], (0.25 - 1.0) / 2.0);
    }

    #[test]
    fn huge_logits_stay_finite() {
        let mut gradient = [0.0; 2];
        let outputs = [1e300f64, -1e300];
        let sums = evaluate(
            &CrossEntropy {},
            &outputs,
            TargetRows::Classes(&[0]),
            1,
            &mut [0.0; 4],
            &mut gradient,
        );
        assert_eq!((sums.loss, sums.correct, gradient), (0.0, 1, [0.0, 0.0]));
    }

    #[test]
    fn mse_is_a_mean_over_rows_and_outputs() {
        let mut gradient = [0.0; 4];
        let sums = evaluate(
            &Mse {},
            &[1.0f64, 2.0, 3.0, 4.0],
            TargetRows::Numbers(&[0.0, 0.0, 0.0, 0.0]),
            2,
            &mut [0.0; 4],
            &mut gradient,
        );
        assert_eq!(sums.loss, 30.0 / 4.0);
        assert_eq!(gradient, [0.5, 1.0, 1.5, 2.0]);
    }
}
