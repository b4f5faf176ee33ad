//! Scaled dot-product attention between the positions of a sample.

use crate::base::Scalar;
use crate::base::gemm::{Matrix, Start, gemm};
use crate::base::scratch::Scratch;
use crate::base::simd;
use crate::times::Phase;

use super::{Backward, Forward, Layer, Saves, entries, entries_mut};

/// Multi-head self-attention without its maps: the input's rows are query, key and value
/// side by side, [P, 3·width]; for each head of d = width/heads columns
/// A = softmax(Q·Kᵀ/√d) over the positions (the later ones left out if it is causal),
/// O = A·V. Vaswani et al. 2017, arXiv:1706.03762.
///
/// Backward, with G = ∂L/∂O: ∂L/∂V = Aᵀ·G; with D = G·Vᵀ and S = A⊙(D − rowsum(A⊙D))/√d,
/// ∂L/∂Q = S·K, ∂L/∂K = Sᵀ·Q. Saved: A.
pub struct Attention {
    /// Width of the output.
    pub width: usize,
    /// P.
    pub positions: usize,
    /// Heads, a divisor of the width.
    pub heads: usize,
    /// Whether a position looks at itself and earlier ones only.
    pub is_causal: bool,
}

/// Query, key and value of a head within a row.
#[derive(Clone, Copy)]
enum Part {
    Query,
    Key,
    Value,
}

impl Attention {
    fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// First column of a head's part in a row of the input.
    fn column(&self, part: Part, head: usize) -> usize {
        part as usize * self.width + head * self.head_width()
    }

    /// to ← the columns from `first` on of the rows of `from`, `stride` long each.
    fn gather<T: Scalar>(&self, from: &[T], stride: usize, first: usize, to: &mut [T]) {
        let columns = self.head_width();
        let rows = from.chunks_exact(stride);
        for (to, row) in to.chunks_exact_mut(columns).zip(rows) {
            to.copy_from_slice(&row[first..first + columns]);
        }
    }

    /// Row by row ← softmax(row/√d).
    fn softmax<T: Scalar>(&self, scores: &mut [T]) {
        let scale = T::from_f64(1.0 / (self.head_width() as f64).sqrt());
        for (t, row) in scores.chunks_exact_mut(self.positions).enumerate() {
            let seen = if self.is_causal {
                t + 1
            } else {
                self.positions
            };
            let (row, unseen) = row.split_at_mut(seen);
            unseen.fill(T::zero());
            let largest = row.iter().copied().fold(T::neg_infinity(), T::max);
            simd::dispatch(
                #[inline(always)]
                || {
                    for x in &mut *row {
                        *x = ((*x - largest) * scale).fast_exp();
                    }
                },
            );
            let total = row.iter().fold(T::zero(), |total, x| total + *x);
            // A NaN among the scores is one in all of the row.
            let share = T::one() / total;
            row.iter_mut().for_each(|x| *x *= share);
        }
    }
}

impl<T: Scalar + Scratch> Layer<T> for Attention {
    fn width(&self) -> usize {
        self.width
    }

    fn phase(&self) -> Phase {
        Phase::Products
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            per_row: [self.heads * self.positions, 0],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let (p, d, width) = (self.positions, self.head_width(), self.width);
        let samples = entries(&pass.inputs[0]).chunks_exact(p * 3 * width);
        let outputs = entries_mut(pass.output).chunks_exact_mut(p * width);
        let [weights, _] = pass.saved.map(entries_mut);
        let saved = weights.chunks_exact_mut(self.heads * p * p);
        T::with_gradient_buffer(4 * p * d, |scratch| {
            let (query, rest) = scratch.split_at_mut(p * d);
            let (key, rest) = rest.split_at_mut(p * d);
            let (value, shown) = rest.split_at_mut(p * d);
            for ((x, y), saved) in samples.zip(outputs).zip(saved) {
                for (head, weights) in saved.chunks_exact_mut(p * p).enumerate() {
                    self.gather(x, 3 * width, self.column(Part::Query, head), query);
                    self.gather(x, 3 * width, self.column(Part::Key, head), key);
                    self.gather(x, 3 * width, self.column(Part::Value, head), value);
                    let matrix = |values| Matrix::new(values, p, d);
                    gemm(
                        matrix(query),
                        matrix(key).transposed(),
                        Start::Zero,
                        weights,
                    );
                    self.softmax(weights);
                    gemm(
                        Matrix::new(weights, p, p),
                        matrix(value),
                        Start::Zero,
                        shown,
                    );
                    let rows = y.chunks_exact_mut(width).zip(shown.chunks_exact(d));
                    for (y, shown) in rows {
                        y[head * d..(head + 1) * d].copy_from_slice(shown);
                    }
                }
            }
        });
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let accumulate = grad_input.accumulate;
        let Some(values) = grad_input.values else {
            return;
        };
        let (p, d, width) = (self.positions, self.head_width(), self.width);
        let scale = T::from_f64(1.0 / (d as f64).sqrt());
        let inputs = entries(&pass.inputs[0]).chunks_exact(p * 3 * width);
        let grads = entries(&pass.grad_output).chunks_exact(p * width);
        let saved = entries(&pass.saved[0]).chunks_exact(self.heads * p * p);
        let grad_inputs = entries_mut(values).chunks_exact_mut(p * 3 * width);
        T::with_gradient_buffer(5 * p * d + p * p, |scratch| {
            let (query, rest) = scratch.split_at_mut(p * d);
            let (key, rest) = rest.split_at_mut(p * d);
            let (value, rest) = rest.split_at_mut(p * d);
            let (grad, rest) = rest.split_at_mut(p * d);
            let (part, by_weights) = rest.split_at_mut(p * d);
            let samples = inputs.zip(grads).zip(saved).zip(grad_inputs);
            for (((x, g), saved), dx) in samples {
                let mut hand_on = |which: Part, head: usize, part: &[T]| {
                    let first = self.column(which, head);
                    let rows = dx.chunks_exact_mut(3 * width).zip(part.chunks_exact(d));
                    for (dx, part) in rows {
                        let dx = &mut dx[first..first + d];
                        if accumulate {
                            dx.iter_mut().zip(part).for_each(|(dx, g)| *dx += *g);
                        } else {
                            dx.copy_from_slice(part);
                        }
                    }
                };
                for (head, weights) in saved.chunks_exact(p * p).enumerate() {
                    self.gather(x, 3 * width, self.column(Part::Query, head), query);
                    self.gather(x, 3 * width, self.column(Part::Key, head), key);
                    self.gather(x, 3 * width, self.column(Part::Value, head), value);
                    self.gather(g, width, head * d, grad);
                    let tall = |values| Matrix::new(values, p, d);
                    let weights_matrix = Matrix::new(weights, p, p);
                    gemm(weights_matrix.transposed(), tall(grad), Start::Zero, part);
                    hand_on(Part::Value, head, part);
                    gemm(
                        tall(grad),
                        tall(value).transposed(),
                        Start::Zero,
                        by_weights,
                    );
                    let rows = by_weights.chunks_exact_mut(p).zip(weights.chunks_exact(p));
                    for (by, weight) in rows {
                        let products = by.iter().zip(weight).map(|(by, w)| *by * *w);
                        let mean = products.sum::<T>();
                        for (by, weight) in by.iter_mut().zip(weight) {
                            *by = *weight * (*by - mean) * scale;
                        }
                    }
                    let by_scores = Matrix::new(by_weights, p, p);
                    gemm(by_scores, tall(key), Start::Zero, part);
                    hand_on(Part::Query, head, part);
                    gemm(by_scores.transposed(), tall(query), Start::Zero, part);
                    hand_on(Part::Key, head, part);
                }
            }
        });
    }
}
