//! The numbers that describe decay, as theory expects them.

use std::collections::BTreeMap;

use crate::base::{Problem, Scalar};
use crate::lab::config::{LoadedSpec, Precision};
use crate::lab::decay::Verdict;
use crate::lab::json::Real;
use crate::lab::line::slope;
use crate::lab::plan::Plan;
use crate::lab::prediction::{LayerPrediction, Phase, Prediction, UnderflowDepth, Unpredictable};
use crate::nn::architecture::Architecture;
use crate::nn::loss::Targets;
use crate::nn::mean_field::NormKind;
use crate::nn::order::Order;

use super::convolution::pixel_by_pixel;
use super::input::{mean_squared_cosine, moments};
use super::log_spread::LogSpread;
use super::repeated::Repeated;
use super::through_time::time_steps;
use super::walk::{LayerTheory, Propagation};
use crate::nn::propagation::finite_width::{PlainLayer, variance_by_q};

/// What variation of q adds to the log of a squared gradient, as a share of the variance by
/// the gradient's own averages, from which on finite width dominates: to first order 0.001 for
/// sigmoid-Xavier, 0.12 for tanh-He, 0.27 for SELU-LeCun, where 0.04, 0.26 and 0.41 were
/// measured at depth 30, but 0.7 for softplus-He, 0.9 for SiLU-He and 15 for GELU-He, where q
/// runs away and 1.7, 2.2 and 12 were measured.
const DOMINATES: f64 = 0.35;

/// A variance of the log that matters to nobody: 0.02 decades of the norm.
const SMALL: f64 = 0.01;

/// A variance that is rounding.
const ROUNDING: f64 = 1e-9;

fn dominates(by_q: f64, by_gradient: f64) -> bool {
    by_q > SMALL && by_q > DOMINATES * by_gradient
}

/// Predicts the start of a run of a spec.
///
/// # Errors
/// If the spec cannot be run; within, where there is no theory.
pub fn predict_loaded(loaded: &LoadedSpec) -> Result<Result<Prediction, Unpredictable>, Problem> {
    fn of<T: Scalar>(loaded: &LoadedSpec) -> Result<Result<Prediction, Unpredictable>, Problem> {
        let plan = Plan::<T>::new(&loaded.spec, &loaded.folder)?;
        Ok(predict(&plan))
    }
    match loaded.spec.precision {
        Precision::F32 => of::<f32>(loaded),
        Precision::F64 => of::<f64>(loaded),
    }
}

/// Predicts the start of a run of `plan`.
///
/// # Errors
/// Where there is no theory, with the reason.
pub fn predict<T: Scalar>(plan: &Plan<T>) -> Result<Prediction, Unpredictable> {
    let setting = setting_of(plan)?;
    if let Architecture::Recurrent(recurrent) = &plan.network.architecture {
        let rows = time_steps(plan, recurrent, &setting.scheme)?;
        let steps = rows.iter().skip(1).filter_map(|row| row.backward);
        let draws = LogSpread::of_relative(steps.map(|it| it.variance).sum());
        let mut prediction = by_rows(plan, &setting, &rows, draws)?;
        // The variances of independent draws do not add up to that of one draw used at every
        // step; where no step varies with the draw, there is nothing to add.
        let varies = |row: &LayerTheory| row.backward.is_some_and(|it| it.variance > ROUNDING);
        if rows.iter().skip(1).any(varies) {
            prediction.attenuation_interval = None;
        }
        // Beyond about as many steps as units the one map's own largest eigenvalue counts,
        // not the mean over maps drawn anew at each step.
        prediction.finite_width_dominates = plan.setting.positions > plan.network.width.of(1);
        return Ok(prediction);
    }
    if let Architecture::Conv(conv) = &plan.network.architecture {
        let (rows, draws) = pixel_by_pixel(plan, conv, &setting.scheme)?;
        return by_rows(plan, &setting, &rows, draws);
    }
    let walk = setting.walk()?;
    let rows = walk.layers;
    let contributions = setting.contributions(&rows)?;
    let path = Path::of(&setting, &rows);
    let repeated = setting.repeated(rows[0].q)?;
    let variance = path.variance();
    let attenuation = path.attenuation();
    let start = entry(plan, &setting)?.log10();
    let rate = match &repeated {
        Some(repeated) => Some(decades(repeated.chi)).filter(|_| !repeated.is_slow),
        None => path.losses.last().map(|loss| loss / setting.every() as f64),
    };
    let chi_c = repeated.and_then(|repeated| repeated.correlation);
    Ok(Prediction {
        name: plan.name.clone(),
        layers: path.predictions(&rows),
        q_star: repeated.map(|repeated| Real(repeated.q)),
        chi_1: repeated.map(|repeated| Real(repeated.chi)),
        phase: repeated.map(|repeated| Phase::of(repeated.chi)),
        q_is_slow: repeated.map(|repeated| repeated.is_slow),
        xi: repeated.map(|repeated| Real(Repeated::depth_scale(repeated.chi))),
        c_star: chi_c.map(|[c, _]| Real(c)),
        xi_c: chi_c.map(|[_, chi]| Real(Repeated::depth_scale(chi))),
        decay_decades_per_layer: path.slope().map(Real),
        attenuation_decades: Real(attenuation),
        attenuation_interval: Some(
            LogSpread::of_relative(variance)
                .interval(attenuation)
                .map(Real),
        ),
        finite_width_dominates: walk.drift_dominates
            || dominates(setting.variance_by_q(&rows)?, variance),
        verdict: Verdict::of_attenuation(attenuation),
        underflow_depth: UnderflowDepth::of(start, &path.sums(), rate),
        input_square: Real(setting.input.square),
        contributions,
    })
}

/// The prediction of a recurrent network from its time steps, or of a convolutional one from
/// its layers: of neither it is known where it would end if it went on.
fn by_rows<T: Scalar>(
    plan: &Plan<T>,
    setting: &Propagation,
    rows: &[LayerTheory],
    draws: LogSpread,
) -> Result<Prediction, Unpredictable> {
    let between = rows.iter().skip(1).filter_map(|row| row.backward);
    let path = Path {
        layers: rows.iter().map(|row| row.layer).collect(),
        losses: between.clone().map(|it| decades(it.chi)).collect(),
        variances: between.map(|it| it.variance).collect(),
    };
    let attenuation = path.attenuation();
    let start = entry(plan, setting)?.log10();
    let rate = path.losses.last().copied();
    Ok(Prediction {
        name: plan.name.clone(),
        layers: path.predictions(rows),
        q_star: None,
        chi_1: None,
        phase: None,
        q_is_slow: None,
        xi: None,
        c_star: None,
        xi_c: None,
        decay_decades_per_layer: path.slope().map(Real),
        attenuation_decades: Real(attenuation),
        attenuation_interval: Some(draws.interval(attenuation).map(Real)),
        finite_width_dominates: false,
        verdict: Verdict::of_attenuation(attenuation),
        underflow_depth: UnderflowDepth::of(start, &path.sums(), rate),
        input_square: Real(setting.input.square),
        contributions: Vec::new(),
    })
}

/// The network of `plan` on its data.
///
/// # Errors
/// Where there is no theory, with the reason.
fn setting_of<T: Scalar>(plan: &Plan<T>) -> Result<Propagation<'_>, Unpredictable> {
    if plan.training.adversary.is_some() {
        return Err(Unpredictable::new(
            "gan",
            "the gradient comes through a second network, the discriminator, and theory follows one",
        ));
    }
    if plan.network.weights.is_some() {
        return Err(Unpredictable::new(
            "network.weights",
            "the weights come from a file, and theory is about random ones",
        ));
    }
    let network = &plan.network;
    let scheme = network.init.for_activation(&network.activation);
    let scheme =
        scheme.map_err(|problem| Unpredictable::new("network.init", problem.to_string()))?;
    let (input, inputs) = moments(network, plan.inputs().view());
    let mut setting = Propagation {
        network,
        scheme,
        inputs,
        widths: (1..=network.depth).map(|l| network.width_of(l)).collect(),
        outputs: plan.setting.outputs,
        input,
        alike: 0.0,
        batch: plan.training.batch_size,
    };
    if let NormKind::Batch(_) = setting.norm()? {
        setting.alike = mean_squared_cosine(network, plan.inputs().view());
    }
    Ok(setting)
}

/// Decades lost across a factor χ on the square; 0 where that is 1 but for the error of
/// its quadrature.
fn decades(chi: f64) -> f64 {
    let decades = -0.5 * chi.log10();
    if decades.abs() < 1e-12 { 0.0 } else { decades }
}

/// A typical entry of ∂L/∂h of the last hidden layer: that of the loss by the output,
/// for cross-entropy of guessing, for mse of a residual of the targets' size, times the
/// output's weights.
fn entry<T: Scalar>(plan: &Plan<T>, setting: &Propagation) -> Result<f64, Unpredictable> {
    let outputs = plan.setting.outputs as f64;
    let of_sample = match &plan.data.train.targets {
        Targets::Classes(_) => 1.0 - 1.0 / outputs,
        Targets::Numbers(numbers) => {
            let square = numbers.iter().map(|y| (*y).to_f64().powi(2)).sum::<f64>();
            4.0 * square / numbers.len().max(1) as f64 / outputs
        }
    };
    // Of a ray's colour a point has its share.
    let batch = (plan.training.batch_size * plan.setting.rows()) as f64;
    Ok((setting.output_weight()? * of_sample).sqrt() / batch)
}

/// The path that decay is measured along.
struct Path {
    /// Layer numbers on it.
    layers: Vec<usize>,
    /// Decades lost from one to the one before.
    losses: Vec<f64>,
    /// Relative variances of those squared.
    variances: Vec<f64>,
}

impl Path {
    fn of(setting: &Propagation, rows: &[LayerTheory]) -> Self {
        let network = setting.network;
        let every = setting.every();
        let layers: Vec<usize> = (1..=network.depth).step_by(every).collect();
        // What lies between h_1 and h_depth: in the default order not layer 1's own
        // φ, in pre-activation order not the last layer's.
        let on_path = rows.iter().filter_map(|row| row.backward);
        let between: Vec<_> = match network.order {
            Order::LinearNormActivation => on_path.skip(1).collect(),
            Order::NormActivationLinear => on_path.take(layers.len() - 1).collect(),
        };
        Self {
            layers,
            losses: between.iter().map(|it| decades(it.chi)).collect(),
            variances: between.iter().map(|it| it.variance).collect(),
        }
    }

    /// Decades lost from every layer after the first to the first.
    fn sums(&self) -> Vec<f64> {
        let sums = self.losses.iter().scan(0.0, |sum, loss| {
            *sum += loss;
            Some(*sum)
        });
        sums.collect()
    }

    /// Decades lost from the last layer to every layer, in their order.
    fn lost(&self) -> Vec<f64> {
        let mut lost = vec![0.0];
        for loss in self.losses.iter().rev() {
            lost.push(lost[lost.len() - 1] + loss);
        }
        lost.reverse();
        lost
    }

    fn attenuation(&self) -> f64 {
        self.lost()[0]
    }

    /// Of every hidden layer.
    fn predictions(&self, rows: &[LayerTheory]) -> Vec<LayerPrediction> {
        let lost: BTreeMap<usize, f64> = self.layers.iter().copied().zip(self.lost()).collect();
        let of_layer = |row: &LayerTheory| {
            let chi = row.backward.map(|backward| backward.chi);
            LayerPrediction {
                layer: row.layer,
                q: Real(row.q),
                chi: chi.map(Real),
                decades: chi.map(|chi| Real(decades(chi))),
                attenuation_decades: lost.get(&row.layer).copied().map(Real),
            }
        };
        rows.iter().map(of_layer).collect()
    }

    fn variance(&self) -> f64 {
        self.variances.iter().sum()
    }

    fn slope(&self) -> Option<f64> {
        let sums = std::iter::once(0.0).chain(self.sums());
        let layers = self.layers.iter().map(|layer| *layer as f64);
        let points: Vec<(f64, f64)> = layers.zip(sums).collect();
        if points.iter().any(|(_, sum)| !sum.is_finite()) {
            return None;
        }
        slope(&points)
    }
}

impl Propagation<'_> {
    /// See [`variance_by_q`]; 0 where a norm or skip holds q or ties it to the sum of
    /// many layers.
    fn variance_by_q(&self, rows: &[LayerTheory]) -> Result<f64, Unpredictable> {
        let network = self.network;
        let is_plain = self.joining()?.is_branch();
        let is_held =
            self.norm()? != NormKind::None || self.scheme.initializer().is_data_dependent();
        if !is_plain || is_held {
            return Ok(0.0);
        }
        let is_default = network.order == Order::LinearNormActivation;
        let depth = rows.len();
        let layer = |row: &LayerTheory| {
            let next = row.layer.min(depth - 1);
            let map = self.map_to_hidden([self.widths[row.layer - 1], self.widths[next]])?;
            Ok(PlainLayer {
                q: row.q,
                next: map.variances(f64::NAN),
                units: self.widths[row.layer - 1],
                counts: if is_default {
                    row.layer > 1
                } else {
                    row.layer < depth
                },
            })
        };
        let layers: Result<Vec<PlainLayer>, Unpredictable> = rows.iter().map(layer).collect();
        let curve = network.activation.elementwise();
        Ok(variance_by_q(curve, self.keep(), &layers?))
    }
}
