//! The known cures of vanishing and exploding gradients, in one list.

use serde_json::Value;

use crate::lab::config::{Precision, Spec};
use crate::lab::decay::{Decay, Verdict};
use crate::nn::loss::TargetKind;
use crate::nn::width::Width;

/// A cure: what it is called, what it changes, and why that may help.
pub struct Cure {
    /// Its name in the table.
    pub name: &'static str,
    /// Why it may help.
    pub why: &'static str,
    /// What it works on.
    pub kind: CureKind,
    /// The changes, as `--set` takes them.
    ///
    /// # Errors
    /// Why it does not apply.
    pub sets: fn(&Patient) -> Result<Vec<String>, String>,
}

/// What a cure works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CureKind {
    /// The gradients of step 0.
    Gradients,
    /// What is made of the gradients.
    Optimizer,
    /// The numbers that the network is given.
    Data,
    /// The scale that dropout adds.
    Dropout,
    /// The numbers that it calculates with.
    Precision,
}

/// What is to be cured.
pub struct Patient<'a> {
    /// The spec as it is.
    pub spec: &'a Spec,
    /// The verdict on its run.
    pub verdict: Verdict,
    /// The gradients at step 0.
    pub initial: &'a Decay,
    /// The median over the hidden layers of ‖ΔW‖/‖W‖ at step 0, where it is known.
    pub update_ratio: Option<f64>,
    /// The weight variance × fan_in at which its activation neither shrinks nor
    /// stretches gradients, where there is one.
    pub critical: Option<f64>,
}

fn sets(changes: &[&str]) -> Result<Vec<String>, String> {
    Ok(changes.iter().map(|change| (*change).to_owned()).collect())
}

/// Every built-in cure, the mildest first.
pub const CURES: &[Cure] = &[
    Cure {
        name: "standardised features",
        why: "every feature gets mean 0 and standard deviation 1",
        kind: CureKind::Data,
        sets: |patient| match patient.spec.data.standardizes() {
            true => Err("the features are standardised already".to_owned()),
            false => sets(&["data.standardize=true"]),
        },
    },
    Cure {
        name: "standardised targets",
        why: "targets get mean 0 and standard deviation 1, and the loss and its gradient their scale",
        kind: CureKind::Data,
        sets: standardised_targets,
    },
    Cure {
        name: "gain for dropout",
        why: "dropout multiplies the square of what it keeps by 1/(1 − p), forward and backward; \
              a gain of √(1 − p) takes that back",
        kind: CureKind::Dropout,
        sets: gain_for_dropout,
    },
    Cure {
        name: "He init",
        why: "variance 2/fan_in makes up for the half that ReLU cuts off",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.init=he_normal"]),
    },
    Cure {
        name: "LeCun init",
        why: "variance 1/fan_in keeps the scale of a linear map",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.init=lecun_normal"]),
    },
    Cure {
        name: "orthogonal init",
        why: "an orthogonal map neither stretches nor shrinks; the gain makes up for φ",
        kind: CureKind::Gradients,
        sets: |patient| {
            let gain = patient.critical.map_or(1.0, f64::sqrt);
            Ok(vec![format!("network.init.orthogonal.gain={gain:.4}")])
        },
    },
    Cure {
        name: "critical init",
        why: "the weight variance at which φ keeps gradients, χ = 1",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.init=critical"]),
    },
    Cure {
        name: "LSUV init",
        why: "every layer is scaled to the data",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.init=lsuv"]),
    },
    Cure {
        name: "ReLU + He",
        why: "an active ReLU has slope 1, and He's init matches it",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.activation=relu", "network.init=he_normal"]),
    },
    Cure {
        name: "tanh",
        why: "tanh is steep around 0 and centred there",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.activation=tanh"]),
    },
    Cure {
        name: "SELU + LeCun",
        why: "SELU draws every layer's mean and variance to 0 and 1",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.activation=selu", "network.init=lecun_normal"]),
    },
    Cure {
        name: "GELU + He",
        why: "GELU is close to ReLU and has no kink",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.activation=gelu", "network.init=he_normal"]),
    },
    Cure {
        name: "batch norm",
        why: "every unit stays in φ's steep part over the batch",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.norm=batch"]),
    },
    Cure {
        name: "layer norm",
        why: "every sample stays in φ's steep part over the layer",
        kind: CureKind::Gradients,
        sets: |_| sets(&["network.norm=layer"]),
    },
    Cure {
        name: "skips",
        why: "the identity hands the gradient on",
        kind: CureKind::Gradients,
        sets: |patient| skips(patient, "network.skip=identity".to_owned()),
    },
    Cure {
        name: "skips, scaled",
        why: "a scale of 1/√depth keeps the sum of the branches bounded",
        kind: CureKind::Gradients,
        sets: |patient| {
            let scale = 1.0 / (patient.spec.network.depth as f64).sqrt();
            skips(patient, format!("network.skip.identity.scale={scale:.3}"))
        },
    },
    Cure {
        name: "ReZero",
        why: "every branch starts at 0, so the gradient arrives as it left",
        kind: CureKind::Gradients,
        sets: |patient| skips(patient, "network.skip=rezero".to_owned()),
    },
    Cure {
        name: "Adam",
        why: "each parameter's step is scaled to its own gradient",
        kind: CureKind::Optimizer,
        sets: |_| sets(&["train.optimizer=adam", "train.learning_rate=0.001"]),
    },
    Cure {
        name: "eps of the optimizer",
        why: "gradients below eps are not scaled up",
        kind: CureKind::Optimizer,
        sets: |patient| match eps(patient.spec) {
            Some((name, eps)) if eps > LEAST_EPS => {
                Ok(vec![format!("train.optimizer.{name}.eps={LEAST_EPS:e}")])
            }
            Some(_) => Err("its eps is small already".to_owned()),
            None => Err("the optimizer has no eps".to_owned()),
        },
    },
    Cure {
        name: "learning rate by update ratio",
        why: "a step then changes the weights by about a thousandth",
        kind: CureKind::Optimizer,
        sets: usual_rate,
    },
    Cure {
        name: "learning rate × 10",
        why: "larger steps where the gradient is small everywhere",
        kind: CureKind::Optimizer,
        sets: |patient| rate(patient, 10.0),
    },
    Cure {
        name: "learning rate ÷ 10",
        why: "smaller steps where they overshoot",
        kind: CureKind::Optimizer,
        sets: |patient| rate(patient, 0.1),
    },
    Cure {
        name: "clipping",
        why: "bounds the step where gradients explode",
        kind: CureKind::Optimizer,
        sets: |patient| {
            let explodes = [patient.verdict, patient.initial.verdict]
                .iter()
                .any(|verdict| matches!(verdict, Verdict::Exploding | Verdict::Diverged));
            if explodes {
                sets(&["train.clip_grad_norm=1.0"])
            } else {
                Err("nothing explodes".to_owned())
            }
        },
    },
    Cure {
        name: "shallower",
        why: "fewer factors in the product",
        kind: CureKind::Gradients,
        sets: shallower,
    },
    Cure {
        name: "f64",
        why: "f64 reaches down to 5e-324, f32 to 1e-45",
        kind: CureKind::Precision,
        sets: |patient| match (patient.spec.precision, patient.initial.layers_left_out) {
            (Precision::F64, _) => Err("it is calculated in f64 already".to_owned()),
            (_, 0) => Err("no layer leaves the range of f32".to_owned()),
            _ => sets(&["precision=f64"]),
        },
    },
];

/// An eps below every gradient that matters.
const LEAST_EPS: f64 = 1e-30;
/// ‖ΔW‖/‖W‖ of a step as it usually is where networks train (Karpathy).
const USUAL_RATIO: f64 = 1e-3;

/// A member of a family as the spec has it: its name and its parameters.
fn member(family: &impl serde::Serialize) -> Option<(String, Value)> {
    match serde_json::to_value(family).ok()? {
        Value::String(name) => Some((name, Value::Null)),
        Value::Object(fields) => fields.into_iter().next(),
        _ => None,
    }
}

/// The optimizer's name and eps, where it has one.
pub fn eps(spec: &Spec) -> Option<(String, f64)> {
    let (name, parameters) = member(&spec.train.optimizer)?;
    let default = (name != "sgd").then_some(1e-8);
    let eps = parameters["eps"].as_f64().or(default)?;
    Some((name, eps))
}

fn standardised_targets(patient: &Patient) -> Result<Vec<String>, String> {
    let spec = patient.spec;
    if spec.train.loss.criterion::<f64>().wants() != TargetKind::Numbers {
        return Err("the targets are classes".to_owned());
    }
    if spec.data.standardize_target {
        return Err("the targets are standardised already".to_owned());
    }
    sets(&["data.standardize_target=true"])
}

/// The init's own gain times √(1 − p).
fn gain_for_dropout(patient: &Patient) -> Result<Vec<String>, String> {
    const WITH_GAIN: [&str; 7] = [
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "lecun_uniform",
        "xavier_normal",
        "xavier_uniform",
        "orthogonal",
    ];
    let network = &patient.spec.network;
    if network.dropout == 0.0 {
        return Err("there is no dropout".to_owned());
    }
    let (name, parameters) = member(&network.init).unwrap_or_default();
    if !WITH_GAIN.contains(&&*name) {
        return Err(format!("the init {name} has no gain"));
    }
    let gain = parameters["gain"].as_f64().unwrap_or(1.0) * (1.0 - network.dropout).sqrt();
    Ok(vec![format!("network.init.{name}.gain={gain:.4}")])
}

/// The rate at which a step's ratio is the usual one, to one digit.
fn usual_rate(patient: &Patient) -> Result<Vec<String>, String> {
    let ratio = patient
        .update_ratio
        .filter(|ratio| *ratio > 0.0 && ratio.is_finite());
    let Some(ratio) = ratio else {
        return Err("the size of its steps is not known".to_owned());
    };
    let factor = USUAL_RATIO / ratio;
    if (0.2..5.0).contains(&factor) {
        return Err("its steps are of the usual size".to_owned());
    }
    set_rate(patient, factor, 0)
}

/// Skips around units, where there is one to put them around.
fn skips(patient: &Patient, set: String) -> Result<Vec<String>, String> {
    if patient.spec.network.depth < 2 {
        return Err("a skip needs a second hidden layer".to_owned());
    }
    Ok(vec![set])
}

/// The learning rate times `factor`.
fn rate(patient: &Patient, factor: f64) -> Result<Vec<String>, String> {
    // Ten times 0.1 shall read 1 and not 1.0000000000000002.
    set_rate(patient, factor, 6)
}

/// The learning rate times `factor`, with so many digits after the first.
fn set_rate(patient: &Patient, factor: f64, digits: usize) -> Result<Vec<String>, String> {
    let train = &patient.spec.train;
    let has_steps = train.steps.unwrap_or(1) > 0 && train.epochs.unwrap_or(1) > 0;
    if !has_steps {
        return Err("a run of 0 steps has no use for a rate".to_owned());
    }
    let rate: f64 = format!("{:.digits$e}", train.learning_rate * factor)
        .parse()
        .expect("it has just been written");
    Ok(vec![format!("train.learning_rate={rate:?}")])
}

/// As many layers as lose or gain two decades, at most half of them.
fn shallower(patient: &Patient) -> Result<Vec<String>, String> {
    const DECADES: f64 = 2.0;
    let network = &patient.spec.network;
    if matches!(network.width, Width::PerLayer(_)) {
        return Err("its layers have widths of their own".to_owned());
    }
    if network.depth < 4 {
        return Err("it is shallow already".to_owned());
    }
    let per_layer = patient.initial.decay_decades_per_layer;
    let per_layer = per_layer.unwrap_or(0.0).abs().max(1e-9);
    let depth = 1 + (DECADES / per_layer) as usize;
    let depth = depth.clamp(2, network.depth / 2);
    Ok(vec![format!("network.depth={depth}")])
}
