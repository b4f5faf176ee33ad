//! The changes that cures make to a spec, and why some do not apply to it.

use serde_json::Value;

use super::patient::Patient;
use crate::lab::config::{Gan, Spec};
use crate::nn::activation::Activation;
use crate::nn::architecture::{Architecture, Cell, Rnn};
use crate::nn::loss::TargetKind;
use crate::nn::mean_field::critical_weight_variance;
use crate::nn::width::Width;

/// These changes.
pub(super) fn sets(changes: &[&str]) -> Result<Vec<String>, String> {
    Ok(changes.iter().map(|change| (*change).to_owned()).collect())
}

/// An eps below every gradient that matters.
pub(super) const LEAST_EPS: f64 = 1e-30;
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

/// Targets of mean 0 and standard deviation 1, where they are numbers.
pub(super) fn standardised_targets(patient: &Patient) -> Result<Vec<String>, String> {
    let spec = patient.spec;
    if spec.gan.is_some() {
        return Err("a generator has no targets".to_owned());
    }
    if spec.train.loss.criterion::<f64>().wants() != TargetKind::Numbers {
        return Err("the targets are classes".to_owned());
    }
    if spec.data.standardize_target {
        return Err("the targets are standardised already".to_owned());
    }
    sets(&["data.standardize_target=true"])
}

/// The init's own gain times √(1 − p).
pub(super) fn gain_for_dropout(patient: &Patient) -> Result<Vec<String>, String> {
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

/// The init that is made for sines, with the omega of these.
pub(super) fn siren(patient: &Patient) -> Result<Vec<String>, String> {
    match &patient.spec.network.activation {
        Activation::Sine(sine) => Ok(vec![format!("network.init.siren.omega={:?}", sine.omega)]),
        _ => Err("for sines".to_owned()),
    }
}

/// The rate at which a step's ratio is the usual one, to one digit.
pub(super) fn usual_rate(patient: &Patient) -> Result<Vec<String>, String> {
    if !has_steps(patient) {
        return Err("a run of 0 steps has no use for a rate".to_owned());
    }
    let ratio = patient
        .update_ratio
        .filter(|ratio| *ratio > 0.0 && ratio.is_finite());
    let Some(ratio) = ratio else {
        return Err("the log has no `update_ratio` to go by".to_owned());
    };
    let factor = USUAL_RATIO / (patient.caution * ratio);
    if (0.2..5.0).contains(&factor) {
        return Err("its steps are of the usual size".to_owned());
    }
    set_rate(patient, factor, 0)
}

/// Another loss of a generator and its discriminator.
pub(super) fn adversary(patient: &Patient, loss: &str) -> Result<Vec<String>, String> {
    match &patient.spec.gan {
        None => Err("for generators".to_owned()),
        Some(gan) if gan.loss.name() == loss => Err("it has this loss already".to_owned()),
        Some(gan) if gan.weight_clip.is_some() => {
            Err("the weights of its discriminator are clipped".to_owned())
        }
        Some(_) => Ok(vec![format!("gan.loss={loss}")]),
    }
}

/// The clip at which a critic whose weights are all at ± it keeps gradients from layer to layer:
/// those of n units have the variance c² then, and φ asks for a certain n·c². `None` where
/// no variance does, or nothing is clipped.
pub fn critical_clip(gan: &Gan) -> Option<f64> {
    gan.weight_clip?;
    let critic = &gan.discriminator;
    let variance = critical_weight_variance(critic.activation.elementwise(), 0.0).ok()?;
    Some((variance / critic.width.widest() as f64).sqrt())
}

/// That clip, or a smaller one where caution is asked for.
pub(super) fn weight_clip(patient: &Patient) -> Result<Vec<String>, String> {
    let gan = patient.spec.gan.as_ref().ok_or("for generators")?;
    if gan.weight_clip.is_none() {
        return Err("no weights are clipped".to_owned());
    }
    if !has_steps(patient) {
        return Err("a run of 0 steps clips nothing".to_owned());
    }
    let clip = critical_clip(gan).ok_or("no clip keeps the gradients of its critic")?;
    let clip = rounded(clip / patient.caution, 2);
    Ok(vec![format!("gan.weight_clip={clip:?}")])
}

/// A tenth of the discriminator's learning rate, or less where caution is asked for.
pub(super) fn discriminator_rate(patient: &Patient) -> Result<Vec<String>, String> {
    let gan = patient.spec.gan.as_ref().ok_or("for generators")?;
    if !has_steps(patient) {
        return Err("a run of 0 steps has no use for a rate".to_owned());
    }
    let rate = patient.spec.discriminator_train(gan).learning_rate;
    let rate = rounded(rate / (10.0 * patient.caution), 6);
    Ok(vec![format!("gan.train.learning_rate={rate:?}")])
}

const RECURRENT: &str = "network.architecture.recurrent";
const TRANSFORMER: &str = "network.architecture.transformer";

/// Changes of a recurrent network's own keys.
pub(super) fn recurrent(patient: &Patient, changes: &[&str]) -> Result<Vec<String>, String> {
    if !matches!(
        patient.spec.network.architecture,
        Architecture::Recurrent(_)
    ) {
        return Err("for recurrent networks".to_owned());
    }
    let all = changes.iter().map(|change| format!("{RECURRENT}{change}"));
    Ok(all.collect())
}

/// The changes of `sets` to the init, for the maps of the state too where these are said to be
/// drawn likewise.
pub(super) fn init_of_state(patient: &Patient, sets: &[String]) -> Vec<String> {
    const KEY: &str = ".recurrent_init";
    let network = &patient.spec.network;
    let goes_along = match &network.architecture {
        Architecture::Recurrent(own) => own.recurrent_init.as_ref() == Some(&network.init),
        _ => false,
    };
    if !goes_along || sets.iter().any(|set| set.contains(KEY)) {
        return Vec::new();
    }
    let inits = sets
        .iter()
        .filter_map(|set| set.strip_prefix("network.init"));
    inits
        .map(|init| format!("{RECURRENT}{KEY}{init}"))
        .collect()
}

/// Another cell, with gates.
pub(super) fn gated(
    patient: &Patient,
    cell: &str,
    forget_bias: Option<&str>,
) -> Result<Vec<String>, String> {
    let mut sets = recurrent(patient, &[&format!(".cell={cell}")])?;
    match forget_bias {
        Some(bias) => sets.extend(recurrent(patient, &[&format!(".forget_bias={bias}")])?),
        None => sets.extend(without_forget_bias(patient)),
    }
    // Its gates have functions of their own: another one would be refused.
    let network = &patient.spec.network;
    if !matches!(network.activation, Activation::Tanh(_)) {
        sets.push("network.activation=tanh".to_owned());
    }
    Ok(sets)
}

/// Another cell, without gates, of this activation.
pub(super) fn plain(
    patient: &Patient,
    recurrent_init: &str,
    activation: &str,
) -> Result<Vec<String>, String> {
    let init = format!(".recurrent_init={recurrent_init}");
    let mut sets = recurrent(patient, &[&init])?;
    let Architecture::Recurrent(own) = &patient.spec.network.architecture else {
        return Ok(sets);
    };
    if own.cell != Cell::Rnn(Rnn {}) {
        sets.extend(recurrent(patient, &[".cell=rnn"])?);
    }
    sets.extend(without_forget_bias(patient));
    sets.push(format!("network.activation={activation}"));
    Ok(sets)
}

/// The bias of a forget gate taken back, where there is one: other cells have no such gate.
fn without_forget_bias(patient: &Patient) -> Option<String> {
    match &patient.spec.network.architecture {
        Architecture::Recurrent(own) if own.forget_bias != 0.0 => {
            Some(format!("{RECURRENT}.forget_bias=0.0"))
        }
        _ => None,
    }
}

/// A change of a transformer's own keys.
pub(super) fn transformer(patient: &Patient, change: &str) -> Result<Vec<String>, String> {
    match patient.spec.network.architecture {
        Architecture::Transformer(_) => Ok(vec![format!("{TRANSFORMER}{change}")]),
        _ => Err("for transformers".to_owned()),
    }
}

/// A few epochs of small steps, where there are steps.
pub(super) fn warm_up(patient: &Patient) -> Result<Vec<String>, String> {
    if !matches!(
        patient.spec.network.architecture,
        Architecture::Transformer(_)
    ) {
        return Err("for transformers".to_owned());
    }
    if patient.spec.train.steps == Some(0) || patient.spec.train.epochs == Some(0) {
        return Err("a run of 0 steps has no use for a warm-up".to_owned());
    }
    sets(&["train.schedule.cosine.warmup_steps=80"])
}

/// Skips around units, where there is one to put them around.
pub(super) fn skips(patient: &Patient, set: String) -> Result<Vec<String>, String> {
    // Recurrent networks take none at any depth, which the spec says itself.
    if patient.spec.network.depth < 2 && recurrent(patient, &[]).is_err() {
        return Err("a skip needs a second hidden layer".to_owned());
    }
    Ok(vec![set])
}

/// The learning rate times `factor`.
pub(super) fn rate(patient: &Patient, factor: f64) -> Result<Vec<String>, String> {
    // Ten times 0.1 shall read 1 and not 1.0000000000000002.
    set_rate(patient, factor, 6)
}

/// The learning rate times `factor`, with so many digits after the first.
fn set_rate(patient: &Patient, factor: f64, digits: usize) -> Result<Vec<String>, String> {
    if !has_steps(patient) {
        return Err("a run of 0 steps has no use for a rate".to_owned());
    }
    let rate = rounded(patient.spec.train.learning_rate * factor, digits);
    Ok(vec![format!("train.learning_rate={rate:?}")])
}

fn has_steps(patient: &Patient) -> bool {
    let train = &patient.spec.train;
    train.steps.unwrap_or(1) > 0 && train.epochs.unwrap_or(1) > 0
}

/// A number with so many digits after the first.
fn rounded(number: f64, digits: usize) -> f64 {
    let written = format!("{number:.digits$e}");
    written.parse().expect("it has just been written")
}

/// As many layers as lose or gain two decades, at most half of them.
pub(super) fn shallower(patient: &Patient) -> Result<Vec<String>, String> {
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
