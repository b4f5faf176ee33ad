//! Through a recurrent network from one time step to the next. Mean field with inputs:
//! Chen, Pennington & Schoenholz 2018, arXiv:1806.05394.

use std::collections::HashMap;

use crate::base::Scalar;
use crate::lab::plan::Plan;
use crate::lab::prediction::Unpredictable;
use crate::nn::activation::Elementwise;
use crate::nn::architecture::{Cell, Recurrent};
use crate::nn::fans::Fans;
use crate::nn::init::{Init, Spread};
use crate::nn::mean_field::Averages;
use crate::nn::readout::Readout;

use super::walk::LayerTheory;
use crate::nn::propagation::signal::{GradientGain, LinearMap};

const CELL: &str = "network.architecture.recurrent.cell";
const RECURRENT_INIT: &str = "network.architecture.recurrent.recurrent_init";

/// What is known of every time step of a recurrent network: q of its pre-activation, averaged
/// over the samples, and the factor on a squared gradient from there to the step before.
///
/// q_t = σw²·E φ(√q_{t−1}·Z)² + (what the input and both biases add at t); a squared gradient
/// goes back times σw²·E φ'(√q_t·Z)², σw² being that of the recurrent map. Every sample is
/// followed by itself: its few features at a step need not be of the size that all samples have
/// in the mean, and those that keep more of their gradient are most of what arrives.
///
/// # Errors
/// Where there is no theory.
pub fn time_steps<T: Scalar>(
    plan: &Plan<T>,
    recurrent: &Recurrent,
    scheme: &Init,
) -> Result<Vec<LayerTheory>, Unpredictable> {
    refuse(plan, recurrent)?;
    let network = &plan.network;
    let units = network.width.of(1);
    let by_state = match &recurrent.recurrent_init {
        Some(init) => init
            .for_activation(&network.activation)
            .map_err(|problem| Unpredictable::new(RECURRENT_INIT, problem.to_string()))?,
        None => scheme.clone(),
    };
    let map = |init: &Init, key, inputs| -> Result<LinearMap, Unpredictable> {
        Ok(LinearMap {
            spread: spread(init, key, [inputs, units])?,
            has_bias: network.bias,
            is_scaled_to_data: false,
            inputs,
        })
    };
    let of_input = map(scheme, "network.init", plan.setting.inputs)?;
    let of_state = map(&by_state, RECURRENT_INIT, units)?;
    let [weight, state_bias] = of_state.variances(f64::NAN);
    let mut curve = Curve::new(network.activation.elementwise());
    let mut rows = Vec::with_capacity(plan.setting.positions);
    let mut slopes = Vec::with_capacity(plan.setting.positions);
    let mut squares: Option<Vec<f64>> = None;
    for (t, inputs) in input_squares(plan).into_iter().enumerate() {
        let states = squares.unwrap_or_else(|| vec![0.0; inputs.len()]);
        let add = |(input, state): (&f64, &f64)| {
            let [input_weight, input_bias] = of_input.variances(*input);
            weight * state + state_bias + input_weight * input + input_bias
        };
        let q: Vec<f64> = inputs.iter().zip(&states).map(add).collect();
        let q_mean = mean(q.iter().copied());
        let averages: Vec<[f64; 2]> = q.iter().map(|q| curve.at(*q)).collect();
        squares = Some(averages.iter().map(|[square, _]| *square).collect());
        slopes.push(averages.iter().map(|[_, slope]| weight * slope).collect());
        rows.push(LayerTheory {
            layer: t + 1,
            q: q_mean,
            backward: Some(GradientGain {
                chi: f64::NAN,
                variance: of_state.variance() + curve.variance(q_mean, units),
            }),
        });
    }
    for (row, chi) in rows.iter_mut().zip(back(&slopes)) {
        if let Some(backward) = &mut row.backward {
            backward.chi = chi;
        }
    }
    Ok(rows)
}

/// The factors on the samples' squared gradients together, of every step: as large at the last
/// step in all samples, from there each sample's is its own.
fn back(slopes: &[Vec<f64>]) -> Vec<f64> {
    let mut arriving = vec![1.0; slopes.first().map_or(0, Vec::len)];
    let mut chis: Vec<f64> = Vec::with_capacity(slopes.len());
    for own in slopes.iter().rev() {
        for (square, slope) in arriving.iter_mut().zip(own) {
            *square *= slope;
        }
        let chi = mean(arriving.iter().copied());
        // Per unit of what arrives: a product over many steps is no number any more.
        if chi > 0.0 && chi.is_finite() {
            arriving.iter_mut().for_each(|square| *square /= chi);
        } else {
            arriving.fill(1.0);
        }
        chis.push(chi);
    }
    chis.reverse();
    chis
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// So many values of q to a decade at which φ is averaged; between them lies a straight line.
const FINENESS: f64 = 32.0;

/// φ's averages over z of variance q, for many values of q.
struct Curve<'a> {
    curve: &'a dyn Elementwise<f64>,
    /// E φ² and E φ'² at the values of q asked for, by their number.
    known: HashMap<i32, [f64; 2]>,
}

impl<'a> Curve<'a> {
    fn new(curve: &'a dyn Elementwise<f64>) -> Self {
        Self {
            curve,
            known: HashMap::new(),
        }
    }

    /// E φ² and E φ'².
    fn at(&mut self, q: f64) -> [f64; 2] {
        if !(q.is_normal() && q.log10().abs() < 300.0) {
            return Self::exactly(self.curve, q);
        }
        let below = (FINENESS * q.log10()).floor();
        let place = |number: f64| 10f64.powf(number / FINENESS);
        let ends = [below, below + 1.0].map(|number| {
            let averages = || Self::exactly(self.curve, place(number));
            *self.known.entry(number as i32).or_insert_with(averages)
        });
        let [low, high] = [below, below + 1.0].map(place);
        let share = (q - low) / (high - low);
        [0, 1].map(|which| ends[0][which] + share * (ends[1][which] - ends[0][which]))
    }

    fn exactly(curve: &dyn Elementwise<f64>, q: f64) -> [f64; 2] {
        let averages = Averages::beside_bias(curve, q, 0.0);
        [averages.square, averages.slope_square]
    }

    /// What φ of so many units adds to the relative variance of a squared gradient.
    fn variance(&self, q: f64, units: usize) -> f64 {
        let averages = Averages::beside_bias(self.curve, q, 0.0);
        match averages.slope_square > 0.0 {
            true => (3.0 * (averages.slope_kurtosis() - 1.0) / units as f64).max(0.0),
            false => 0.0,
        }
    }
}

fn refuse<T: Scalar>(plan: &Plan<T>, recurrent: &Recurrent) -> Result<(), Unpredictable> {
    if plan.network.depth > 1 {
        let reason = "stacked recurrent layers send gradients back through time and depth at once";
        return Err(Unpredictable::new("network.depth", reason));
    }
    if plan.network.readout() != Some(Readout::Last) {
        let reason = "gradients enter at every position, not at the last one alone";
        return Err(Unpredictable::new("network.readout", reason));
    }
    let reason = match recurrent.cell {
        Cell::Rnn(_) => return Ok(()),
        Cell::Lstm(_) => {
            let kept = 1.0 / (1.0 + (-recurrent.forget_bias).exp());
            format!(
                "the gates of an lstm depend on its state; along the cell's state alone a forget \
                 gate of bias {} loses {:.4} decades per time step",
                recurrent.forget_bias,
                // Of a gate that keeps all, 0 and not −0.
                kept.log10().abs()
            )
        }
        Cell::Gru(_) => format!(
            "the gates of a gru depend on its state; past its candidate a half-open update gate \
             loses {:.4} decades per time step",
            2f64.log10()
        ),
    };
    Err(Unpredictable::new(CELL, reason))
}

fn spread(
    init: &Init,
    key: &'static str,
    [inputs, outputs]: [usize; 2],
) -> Result<Spread, Unpredictable> {
    init.initializer()
        .spread(Fans::new(inputs, outputs))
        .ok_or_else(|| {
            let reason = format!("the {} init draws no random weights", init.name());
            Unpredictable::new(key, reason)
        })
}

/// No more samples than this are followed: they tell what all do.
const SAMPLES: usize = 1024;

/// The mean square of the features at every position, of samples evenly spread.
fn input_squares<T: Scalar>(plan: &Plan<T>) -> Vec<Vec<f64>> {
    let (inputs, width) = (&plan.data.train.inputs, plan.setting.inputs);
    let every = inputs.nrows().div_ceil(SAMPLES).max(1);
    let squares = |t: usize| {
        let columns = t * width..(t + 1) * width;
        let part = inputs.slice(ndarray::s![..;every, columns]);
        let of_sample =
            |row: ndarray::ArrayView1<T>| mean(row.iter().map(|x| (*x).to_f64().powi(2)));
        part.rows().into_iter().map(of_sample).collect()
    };
    (0..plan.setting.positions).map(squares).collect()
}
