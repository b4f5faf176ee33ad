//! Volume rendering: the colour along a ray from what a network says of points on it.

use crate::base::Scalar;
use crate::logistic::{sigmoid, softplus};

use super::{Backward, Forward, Layer, Saves, entries, entries_mut};

/// Columns of a colour.
pub const COLOUR: usize = 3;

/// Columns that a point is described by: red, green, blue and density.
pub const POINT: usize = COLOUR + 1;

/// From P points (r, g, b, d) along a ray and the widths δ of the stretches they stand for
/// to the ray's colour, with c = σ(r, g, b) and the density s = softplus(d):
///
/// C = Σ_i T_i (1 − e^(−s_i δ_i)) c_i, T_i = exp(−Σ_{j<i} s_j δ_j).
///
/// Mildenhall et al. 2020, arXiv:2003.08934, eq. 3. Computed in f64; the inputs are
/// [B·P, 4] and [B·P, 1], the output [B, 3].
pub struct Render {
    /// P.
    pub points: usize,
}

impl<T: Scalar> Layer<T> for Render {
    fn width(&self) -> usize {
        COLOUR
    }

    fn positions(&self, _inputs: &[usize]) -> usize {
        1
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: true,
            // Of every point: its weight in C, and what of the light passes it, T_{i+1}.
            per_row: [self.points; 2],
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let [x, deltas, _] = pass.inputs.each_ref().map(entries);
        let rays = x.chunks_exact(POINT * self.points);
        let rays = rays.zip(deltas.chunks_exact(self.points));
        let [weights, passed] = pass.saved.map(entries_mut);
        let weights = weights.chunks_exact_mut(self.points);
        let saved = weights.zip(passed.chunks_exact_mut(self.points));
        let colours = entries_mut(pass.output).chunks_exact_mut(COLOUR);
        for ((colour, (x, deltas)), (weights, passed)) in colours.zip(rays).zip(saved) {
            let (mut depth, mut arrives) = (0.0, 1.0);
            let mut sum = [0.0; COLOUR];
            let points = x.chunks_exact(POINT).zip(deltas);
            for ((x, delta), saved) in points.zip(weights.iter_mut().zip(passed)) {
                let absorbed = softplus(x[COLOUR].to_f64()) * (*delta).to_f64();
                let weight = -arrives * (-absorbed).exp_m1();
                depth += absorbed;
                arrives = (-depth).exp();
                for (sum, x) in sum.iter_mut().zip(x) {
                    *sum += weight * sigmoid((*x).to_f64());
                }
                *saved.0 = T::from_f64(weight);
                *saved.1 = T::from_f64(arrives);
            }
            let colour = colour.iter_mut().zip(sum);
            colour.for_each(|(slot, sum)| *slot = T::from_f64(sum));
        }
    }

    /// With a_i = s_i δ_i, w_i the weight and G_i = c_i·∂L/∂C:
    /// ∂L/∂c_i = w_i ∂L/∂C and ∂L/∂a_i = T_{i+1} G_i − Σ_{j>i} w_j G_j.
    fn backward(&self, pass: Backward<T>) {
        let [x, deltas, _] = pass.inputs.each_ref().map(entries);
        let [weights, passed] = pass.saved.each_ref().map(entries);
        let [of_points, of_deltas, _] = pass.grad_inputs;
        let accumulate = [of_points.accumulate, of_deltas.accumulate];
        let mut of_points = of_points.values.map(entries_mut);
        let mut of_deltas = of_deltas.values.map(entries_mut);
        for (ray, grads) in entries(&pass.grad_output).chunks_exact(COLOUR).enumerate() {
            // What the points behind add to the loss along ∂L/∂C.
            let mut behind = 0.0;
            for i in (ray * self.points..(ray + 1) * self.points).rev() {
                let x = &x[i * POINT..][..POINT];
                let [delta, weight, passed] =
                    [deltas[i], weights[i], passed[i]].map(Scalar::to_f64);
                let mut of_point = [0.0; POINT];
                let mut along = 0.0;
                for ((slot, x), g) in of_point.iter_mut().zip(x).zip(grads) {
                    let (c, g) = (sigmoid((*x).to_f64()), (*g).to_f64());
                    *slot = weight * g * c * (1.0 - c);
                    along += c * g;
                }
                let of_absorbed = passed * along - behind;
                behind += weight * along;
                let density = x[COLOUR].to_f64();
                of_point[COLOUR] = of_absorbed * delta * sigmoid(density);
                if let Some(slots) = &mut of_points {
                    let slots = slots[i * POINT..][..POINT].iter_mut();
                    slots
                        .zip(of_point)
                        .for_each(|(slot, g)| put(slot, g, accumulate[0]));
                }
                if let Some(slots) = &mut of_deltas {
                    put(
                        &mut slots[i],
                        of_absorbed * softplus(density),
                        accumulate[1],
                    );
                }
            }
        }
    }
}

fn put<T: Scalar>(slot: &mut T, value: f64, accumulate: bool) {
    let value = T::from_f64(value);
    *slot = if accumulate { *slot + value } else { value };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Mode, Parameters, Rows, matrix, matrix_mut};

    /// The colours of `x` [B·P, 4] with stretches `deltas` [B·P].
    fn colours<T: Scalar>(points: usize, x: &[T], deltas: &[T]) -> Vec<T> {
        let rays = deltas.len() / points;
        let mut output = vec![T::zero(); rays * COLOUR];
        let mut saved = vec![T::zero(); 2 * deltas.len()];
        let layer = Render { points };
        let saves = Layer::<T>::saves(&layer);
        let (saved, saved_once) = saves.split_mut(&mut saved, rays);
        layer.forward(Forward {
            rows: Rows {
                first: 0,
                count: rays,
                batch: rays,
            },
            mode: Mode::Evaluation,
            parameters: Parameters {
                trained: &[],
                running: &[],
            },
            inputs: [
                matrix(x, deltas.len(), POINT),
                matrix(deltas, deltas.len(), 1),
                matrix(&[], rays, 0),
            ],
            output: matrix_mut(&mut output, rays, COLOUR),
            saved,
            saved_once,
            gathered: &[],
        });
        output
    }

    /// Two points of density ln 2 = softplus(0) over widths 1 and 2: half of the light
    /// stops at the first, 3/4 of the rest at the second. σ(±ln 3) = 3/4 and 1/4.
    #[test]
    fn light_stops_by_density_times_width() {
        let l = 3f64.ln();
        let x = [l, 0.0, -l, 0.0, -l, 0.0, l, 0.0];
        let found = colours(2, &x, &[1.0, 2.0]);
        let (first, second) = (0.5, 0.5 * 0.75);
        let expected = [
            first * 0.75 + second * 0.25,
            (first + second) * 0.5,
            first * 0.25 + second * 0.75,
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }

    /// Behind a wall there is nothing to see, and thin air is not quite nothing: the
    /// colour of density e^(−40) is δ e^(−40) σ(r), which 1 − e^(−a) would round away.
    #[test]
    fn walls_and_thin_air_keep_their_digits() {
        let wall = [200.0f32, -200.0, 0.0, 1e5, 5.0, 5.0, 5.0, 1e5];
        assert_eq!(colours(2, &wall, &[0.05, 0.05]), [1.0, 0.0, 0.5]);
        let air = [0.0f32, 0.0, 0.0, -40.0];
        let expected = (-40f64).exp() * 0.05 * 0.5;
        let found = f64::from(colours(1, &air, &[0.05])[0]);
        assert!((found / expected - 1.0).abs() < 1e-6, "{found}");
        assert_eq!(colours(1, &[0.0f32, 0.0, 0.0, -1000.0], &[0.05]), [0.0; 3]);
    }
}
