//! The three parts of a GRU's cell. Cho et al. 2014, arXiv:1406.1078, in PyTorch's form:
//! the reset gate acts on the recurrent map's output.
//!
//! u = W_ih·x + b_ih and v = W_hh·h' + b_hh have the columns [reset, update, candidate],
//! each as wide as h.

use crate::activation::{Pointwise, Sigmoid, Tanh};
use crate::base::Scalar;
use crate::measure::ActivationSums;
use crate::times::Phase;

use super::gates::{each_row, observe_gates, to_add_to};
use super::{Backward, Forward, Layer, Observed, Saves, entries, entries_mut};

/// The pre-activations of reset and update gate, s = (u + v)[reset, update], [rows,
/// 2·width]; inputs u, v.
pub struct GruGates {
    /// Width of h.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for GruGates {
    fn width(&self) -> usize {
        2 * self.width
    }

    fn forward(&self, pass: Forward<T>) {
        let n = self.width;
        let [u, v, _] = pass.inputs.each_ref().map(entries);
        let s = entries_mut(pass.output);
        each_row(
            s.len() / (2 * n),
            #[inline(always)]
            |row| {
                let (u, v) = (&u[row * 3 * n..][..2 * n], &v[row * 3 * n..][..2 * n]);
                let s = &mut s[row * 2 * n..][..2 * n];
                for k in 0..2 * n {
                    s[k] = u[k] + v[k];
                }
            },
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let n = self.width;
        let g = entries(&pass.grad_output);
        let [grad_u, grad_v, _] = pass.grad_inputs;
        for grad in [grad_u, grad_v] {
            let Some(grad) = to_add_to(grad) else {
                continue;
            };
            each_row(
                g.len() / (2 * n),
                #[inline(always)]
                |row| {
                    let grad = &mut grad[row * 3 * n..][..2 * n];
                    let g = &g[row * 2 * n..][..2 * n];
                    for k in 0..2 * n {
                        grad[k] += g[k];
                    }
                },
            );
        }
    }
}

/// The candidate's pre-activation a = u_n + r⊙v_n with r = σ(s_r); inputs s, u, v.
///
/// Backward, with g = ∂L/∂a: ∂L/∂u_n = g, ∂L/∂v_n = g⊙r, ∂L/∂s_r = g⊙v_n⊙r'. Saved: r, r'.
pub struct GruCandidate {
    /// Width of h.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for GruCandidate {
    fn width(&self) -> usize {
        self.width
    }

    fn phase(&self) -> Phase {
        Phase::Activations
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            per_row: [self.width; 2],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let n = self.width;
        let [s, u, v] = pass.inputs.each_ref().map(entries);
        let [reset, slope] = pass.saved.map(entries_mut);
        let a = entries_mut(pass.output);
        each_row(
            a.len() / n,
            #[inline(always)]
            |row| {
                let s = &s[row * 2 * n..][..n];
                let (u, v) = (
                    &u[row * 3 * n + 2 * n..][..n],
                    &v[row * 3 * n + 2 * n..][..n],
                );
                let (reset, slope) = (&mut reset[row * n..][..n], &mut slope[row * n..][..n]);
                let a = &mut a[row * n..][..n];
                for k in 0..n {
                    (reset[k], slope[k]) = Sigmoid {}.eval(s[k]);
                    a[k] = u[k] + reset[k] * v[k];
                }
            },
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let n = self.width;
        let [_, _, v] = pass.inputs.each_ref().map(entries);
        let [reset, slope] = pass.saved.each_ref().map(entries);
        let g = entries(&pass.grad_output);
        let [grad_s, grad_u, grad_v] = pass.grad_inputs.map(to_add_to);
        let rows = g.len() / n;
        if let Some(grad_s) = grad_s {
            each_row(
                rows,
                #[inline(always)]
                |row| {
                    let grad = &mut grad_s[row * 2 * n..][..n];
                    let (g, slope) = (&g[row * n..][..n], &slope[row * n..][..n]);
                    let v = &v[row * 3 * n + 2 * n..][..n];
                    for k in 0..n {
                        grad[k] += g[k] * v[k] * slope[k];
                    }
                },
            );
        }
        if let Some(grad_u) = grad_u {
            each_row(
                rows,
                #[inline(always)]
                |row| {
                    let grad = &mut grad_u[row * 3 * n + 2 * n..][..n];
                    let g = &g[row * n..][..n];
                    for k in 0..n {
                        grad[k] += g[k];
                    }
                },
            );
        }
        if let Some(grad_v) = grad_v {
            each_row(
                rows,
                #[inline(always)]
                |row| {
                    let grad = &mut grad_v[row * 3 * n + 2 * n..][..n];
                    let (g, reset) = (&g[row * n..][..n], &reset[row * n..][..n]);
                    for k in 0..n {
                        grad[k] += g[k] * reset[k];
                    }
                },
            );
        }
    }
}

/// h = (1−t)⊙ã + t⊙h' with t = σ(s_t) (the update gate) and ã = tanh(a); inputs s, a, h'
/// (the h before).
///
/// Backward, with g = ∂L/∂h: ∂L/∂s_t = g⊙(h' − ã)⊙t', ∂L/∂a = g⊙(1−t)⊙tanh'(a),
/// ∂L/∂h' = g⊙t. Saved: t, 1 − t (from σ(−s_t), so that neither loses digits), t', ã and
/// tanh'(a).
pub struct GruOutput {
    /// Width of h.
    pub width: usize,
}

impl<T: Scalar> Layer<T> for GruOutput {
    fn width(&self) -> usize {
        self.width
    }

    fn phase(&self) -> Phase {
        Phase::Activations
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            per_row: [3 * self.width, 2 * self.width],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let n = self.width;
        let [s, a, before] = pass.inputs.each_ref().map(entries);
        let [gates, shown] = pass.saved.map(entries_mut);
        let h = entries_mut(pass.output);
        each_row(
            h.len() / n,
            #[inline(always)]
            |row| {
                let s = &s[row * 2 * n + n..][..n];
                let (a, before) = (&a[row * n..][..n], &before[row * n..][..n]);
                let (t, others) = gates[row * 3 * n..][..3 * n].split_at_mut(n);
                let (rest, t_slope) = others.split_at_mut(n);
                let (shown, slope) = shown[row * 2 * n..][..2 * n].split_at_mut(n);
                let h = &mut h[row * n..][..n];
                for k in 0..n {
                    (t[k], t_slope[k]) = Sigmoid {}.eval(s[k]);
                    (rest[k], _) = Sigmoid {}.eval(-s[k]);
                    (shown[k], slope[k]) = Tanh {}.eval(a[k]);
                    h[k] = rest[k] * shown[k] + t[k] * before[k];
                }
            },
        );
    }

    fn backward(&self, pass: Backward<T>) {
        let n = self.width;
        let [_, _, before] = pass.inputs.each_ref().map(entries);
        let [gates, shown] = pass.saved.each_ref().map(entries);
        let g = entries(&pass.grad_output);
        let [grad_s, grad_a, grad_before] = pass.grad_inputs;
        let rows = |part: usize| {
            let rows = gates.chunks_exact(3 * n);
            rows.flat_map(move |row| &row[part * n..(part + 1) * n])
        };
        let slopes = shown.chunks_exact(2 * n).flat_map(|row| &row[n..]);
        grad_before.write_or_add(g.iter().zip(rows(0)).map(|(g, t)| *g * *t));
        let terms = g.iter().zip(rows(1)).zip(slopes);
        grad_a.write_or_add(terms.map(|((g, rest), slope)| *g * *rest * *slope));
        let Some(grad_s) = to_add_to(grad_s) else {
            return;
        };
        each_row(
            g.len() / n,
            #[inline(always)]
            |row| {
                let grad = &mut grad_s[row * 2 * n + n..][..n];
                let slope = &gates[row * 3 * n + 2 * n..][..n];
                let shown = &shown[row * 2 * n..][..n];
                let (g, before) = (&g[row * n..][..n], &before[row * n..][..n]);
                for k in 0..n {
                    grad[k] += g[k] * (before[k] - shown[k]) * slope[k];
                }
            },
        );
    }

    fn observe(&self, pass: Observed<T>, sums: &mut ActivationSums) {
        let [s, a, _] = pass.inputs;
        observe_gates(&[(s, &[false; 2]), (a, &[true])], pass.output, sums);
    }
}
