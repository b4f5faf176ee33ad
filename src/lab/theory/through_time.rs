//! Through a recurrent network from one time step to the next. Mean field with inputs:
//! Chen, Pennington & Schoenholz 2018, arXiv:1806.05394.

use crate::base::Scalar;
use crate::lab::plan::Plan;
use crate::lab::prediction::Unpredictable;
use crate::nn::architecture::{Cell, Recurrent};
use crate::nn::fans::Fans;
use crate::nn::init::{Init, Spread};
use crate::nn::mean_field::NormKind;
use crate::nn::readout::Readout;

use super::signal::{LinearMap, Nonlinearity, Passage, Signal};
use super::walk::LayerTheory;

const CELL: &str = "network.architecture.recurrent.cell";
const RECURRENT_INIT: &str = "network.architecture.recurrent.recurrent_init";

/// What is known of every time step of a recurrent network: q of its pre-activation, and
/// the factor on a squared gradient from there to the step before.
///
/// q_t = σw²·E φ(√q_{t−1}·Z)² + (what the input and both biases add at t); χ_t =
/// σw²·E φ'(√q_t·Z)², σw² being that of the recurrent map.
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
    let mut rows = Vec::with_capacity(plan.setting.positions);
    let mut square = 0.0;
    for (t, input) in input_squares(plan).into_iter().enumerate() {
        let [weight, bias] = of_input.variances(input);
        let mut passage = Passage::from(
            Signal {
                mean: 0.0,
                square,
                varying: f64::NAN,
            },
            units,
        );
        passage.linear(&of_state);
        passage.signal.square += weight * input + bias;
        // Two biases, one of the input's map.
        passage.bias_reach = 0.0;
        passage.nonlinear(&Nonlinearity {
            activation: &network.activation,
            norm: NormKind::None,
            keep: 1.0,
            units,
        });
        rows.push(LayerTheory {
            layer: t + 1,
            q: passage.q,
            backward: Some(passage.backward),
        });
        square = passage.signal.square;
    }
    Ok(rows)
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
                -kept.log10()
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

/// The mean square of the features at every position.
fn input_squares<T: Scalar>(plan: &Plan<T>) -> Vec<f64> {
    let (inputs, width) = (&plan.data.train.inputs, plan.setting.inputs);
    let squares = |t: usize| {
        let columns = t * width..(t + 1) * width;
        let part = inputs.slice(ndarray::s![.., columns]);
        part.iter().map(|x| (*x).to_f64().powi(2)).sum::<f64>() / part.len().max(1) as f64
    };
    (0..plan.setting.positions).map(squares).collect()
}
