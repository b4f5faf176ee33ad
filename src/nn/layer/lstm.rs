//! The two halves of an LSTM's cell: its state, and what it hands on.

use crate::activation::{Pointwise, Sigmoid, Tanh};
use crate::base::Scalar;
use crate::measure::ActivationSums;
use crate::times::Phase;

use super::gates::{each_row, observe_gates, to_add_to};
use super::{Backward, Forward, Layer, Observed, Saves, entries, entries_mut};

/// The gates' order in a row of pre-activations z [4·width]: input, forget, candidate,
/// output, as in PyTorch.
const IS_TANH: [bool; 4] = [false, false, true, false];

/// c = f⊙c' + i⊙g with i = σ(z_i), f = σ(z_f), g = tanh(z_g); inputs in the order
/// z [rows, 4·width], c' (the state before). Hochreiter & Schmidhuber 1997,
/// doi:10.1162/neco.1997.9.8.1735; with a forget gate, Gers et al. 2000.
///
/// Backward, with δ = ∂L/∂c: ∂L/∂z_i = δ⊙g⊙i', ∂L/∂z_f = δ⊙c'⊙f', ∂L/∂z_g = δ⊙i⊙g',
/// ∂L/∂c' = δ⊙f. Saved: i, f, g and their slopes.
pub struct LstmState {
    /// Width of c.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for LstmState {
    fn width(&self) -> usize {
        self.width
    }

    fn phase(&self) -> Phase {
        Phase::Activations
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            per_row: [3 * self.width; 2],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let n = self.width;
        let [z, before, _] = pass.inputs.each_ref().map(entries);
        let [values, slopes] = pass.saved.map(entries_mut);
        let c = entries_mut(pass.output);
        each_row(
            c.len() / n,
            #[inline(always)]
            |row| {
                let z = &z[row * 4 * n..][..3 * n];
                let values = &mut values[row * 3 * n..][..3 * n];
                let slopes = &mut slopes[row * 3 * n..][..3 * n];
                for k in 0..2 * n {
                    (values[k], slopes[k]) = Sigmoid {}.eval(z[k]);
                }
                for k in 2 * n..3 * n {
                    (values[k], slopes[k]) = Tanh {}.eval(z[k]);
                }
                let (i, rest) = values.split_at(n);
                let (f, g) = rest.split_at(n);
                let (c, before) = (&mut c[row * n..][..n], &before[row * n..][..n]);
                for k in 0..n {
                    c[k] = f[k] * before[k] + i[k] * g[k];
                }
            },
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let n = self.width;
        let [_, before, _] = pass.inputs.each_ref().map(entries);
        let [values, slopes] = pass.saved.each_ref().map(entries);
        let delta = entries(&pass.grad_output);
        let [grad_z, grad_before, _] = pass.grad_inputs;
        let forget = values.chunks_exact(3 * n).flat_map(|row| &row[n..2 * n]);
        grad_before.write_or_add(delta.iter().zip(forget).map(|(d, f)| *d * *f));
        let Some(grad_z) = to_add_to(grad_z) else {
            return;
        };
        each_row(
            delta.len() / n,
            #[inline(always)]
            |row| {
                let (i, rest) = values[row * 3 * n..][..3 * n].split_at(n);
                let g = &rest[n..];
                let slopes = &slopes[row * 3 * n..][..3 * n];
                let grad = &mut grad_z[row * 4 * n..][..3 * n];
                let (delta, before) = (&delta[row * n..][..n], &before[row * n..][..n]);
                for k in 0..n {
                    grad[k] += delta[k] * g[k] * slopes[k];
                    grad[n + k] += delta[k] * before[k] * slopes[n + k];
                    grad[2 * n + k] += delta[k] * i[k] * slopes[2 * n + k];
                }
            },
        );
    }
}

/// h = o⊙tanh(c) with o = σ(z_o); inputs in the order z [rows, 4·width], c.
///
/// Backward, with g = ∂L/∂h: ∂L/∂z_o = g⊙tanh(c)⊙o', ∂L/∂c = g⊙o⊙tanh'(c). Saved: o and
/// tanh(c), and their slopes.
pub struct LstmOutput {
    /// Width of h.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for LstmOutput {
    fn width(&self) -> usize {
        self.width
    }

    fn phase(&self) -> Phase {
        Phase::Activations
    }

    fn saves(&self) -> Saves {
        Saves {
            per_row: [2 * self.width; 2],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let n = self.width;
        let [z, c, _] = pass.inputs.each_ref().map(entries);
        let [values, slopes] = pass.saved.map(entries_mut);
        let h = entries_mut(pass.output);
        each_row(
            h.len() / n,
            #[inline(always)]
            |row| {
                let z = &z[row * 4 * n + 3 * n..][..n];
                let (c, h) = (&c[row * n..][..n], &mut h[row * n..][..n]);
                let (o, shown) = values[row * 2 * n..][..2 * n].split_at_mut(n);
                let (o_slope, shown_slope) = slopes[row * 2 * n..][..2 * n].split_at_mut(n);
                for k in 0..n {
                    (o[k], o_slope[k]) = Sigmoid {}.eval(z[k]);
                    (shown[k], shown_slope[k]) = Tanh {}.eval(c[k]);
                    h[k] = o[k] * shown[k];
                }
            },
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let n = self.width;
        let [values, slopes] = pass.saved.each_ref().map(entries);
        let g = entries(&pass.grad_output);
        let [grad_z, grad_c, _] = pass.grad_inputs;
        let opened = values.chunks_exact(2 * n).flat_map(|row| &row[..n]);
        let shown_slopes = slopes.chunks_exact(2 * n).flat_map(|row| &row[n..]);
        let terms = g.iter().zip(opened).zip(shown_slopes);
        grad_c.write_or_add(terms.map(|((g, o), slope)| *g * *o * *slope));
        let Some(grad_z) = to_add_to(grad_z) else {
            return;
        };
        each_row(
            g.len() / n,
            #[inline(always)]
            |row| {
                let grad = &mut grad_z[row * 4 * n + 3 * n..][..n];
                let shown = &values[row * 2 * n + n..][..n];
                let (g, slope) = (&g[row * n..][..n], &slopes[row * 2 * n..][..n]);
                for k in 0..n {
                    grad[k] += g[k] * shown[k] * slope[k];
                }
            },
        );
    }

    fn observe(&self, pass: Observed<T>, sums: &mut ActivationSums) {
        observe_gates(&[(pass.inputs[0], &IS_TANH)], pass.output, sums);
    }
}
