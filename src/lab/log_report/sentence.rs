//! The verdict in a sentence for someone who has not heard of decades.

use super::network::Network;
use super::total::{OverSteps, Total};
use crate::lab::decay::{Decay, Verdict};
use crate::lab::onset::Condition;
use crate::lab::records::LayerInfo;
use crate::lab::text::{Numbering, by_loss, ends, number, onset_sentence, times, word};
use crate::nn::architecture::Along;

/// What is said of a network: the verdict, and why.
pub fn verdict(network: &Network) -> String {
    let (word, why) = word_and_reason(network);
    format!("{word}: {why}")
}

fn word_and_reason(network: &Network) -> (String, String) {
    let stats = &network.stats;
    let Some(verdict) = stats.verdict else {
        let why = match network.resolution() {
            _ if network.has_negatives => format!(
                "{} holds numbers below 0, which no norm is (are they logarithms?): log the norms themselves",
                network.logged_name()
            ),
            Some(bound) => format!(
                "every layer reads 0, which the writer rounded: all that is known is that they are below {bound:e}"
            ),
            None => "no layer has a norm at the first or the last step".to_owned(),
        };
        return ("no verdict".to_owned(), why);
    };
    let name = word(verdict).to_owned();
    if verdict == Verdict::Diverged {
        return (name, diverged(network));
    }
    let (Some(initial), Some(last)) = (&stats.initial, &stats.last) else {
        return (name, "one end of the log has no norms".to_owned());
    };
    let worse = if last.verdict > initial.verdict {
        last
    } else {
        initial
    };
    let mut name = name;
    let along = network.run.along();
    let mut sentence = along.speak(&depth(network, worse)) + &by_loss(worse);
    if initial.verdict != last.verdict {
        name = ends(initial.verdict, last.verdict);
        sentence = format!("at step {} {sentence}", worse.step);
    }
    if path(network).count() == 1 || norms(network, worse).len() == 1 {
        name = "no verdict".to_owned();
    }
    if let Some(onset) = &stats.onset
        && matches!(
            onset.condition,
            Condition::Zero | Condition::Drop | Condition::Rise
        )
    {
        sentence = format!("{sentence}; {}", onset_sentence(onset, numbering(network)));
    }
    (name, sentence)
}

/// The layers that decay is measured along.
fn path(network: &Network) -> impl Iterator<Item = &LayerInfo> {
    let layers = network.stats.layers.iter();
    layers.filter(|layer| layer.position.is_some())
}

/// What the numbers of its layers stand for.
fn numbering(network: &Network) -> Numbering {
    Numbering::of(network.run.along(), path(network).map(|layer| layer.layer))
}

/// Where numbers stopped being finite.
fn diverged(network: &Network) -> String {
    let stats = &network.stats;
    let Some(at) = &stats.diverged else {
        return "a number stopped being finite".to_owned();
    };
    let step = at
        .step
        .map_or(String::new(), |step| format!(" at step {step}"));
    match at
        .layer
        .and_then(|layer| stats.layers.iter().find(|own| own.layer == layer))
    {
        Some(layer) => format!(
            "the gradient stopped being a number{step}, in {}",
            numbering(network).named(layer.layer, &layer.name)
        ),
        None => format!(
            "{} stopped being a number{step}",
            at.quantity.replace('_', " ")
        ),
    }
}

/// What the first layer on the path gets of what the last one gets, of those that have a value
/// at the step, and how many have none.
fn depth(network: &Network, decay: &Decay) -> String {
    let count = path(network).count();
    match count {
        0 => return "no layer is on the path".to_owned(),
        1 => return "it has one layer, and vanishing shows between layers; name a log, or a folder of files, with all of them".to_owned(),
        _ => {}
    }
    let norms = norms(network, decay);
    let at = decay.step;
    let without = match count - norms.len() {
        0 => String::new(),
        1 => format!("; 1 layer has no value at step {at} and is left out"),
        n => format!("; {n} layers have no value at step {at} and are left out"),
    };
    between(&norms, decay, network.run.along()) + &without
}

/// The layers on the path that have a value at a step, from the first to the last.
fn norms(network: &Network, decay: &Decay) -> Vec<(String, f64)> {
    let mut path: Vec<&LayerInfo> = path(network).collect();
    path.sort_by_key(|layer| layer.position);
    let step = match decay.step == network.first.step {
        true => &network.first,
        false => &network.last,
    };
    let norm = |layer: &LayerInfo| Some((shown(layer), step.of_layer(layer.layer, 0)?));
    path.into_iter().filter_map(norm).collect()
}

/// A layer as a sentence names it.
fn shown(layer: &LayerInfo) -> String {
    match &*layer.name {
        "" => format!("layer {}", layer.layer),
        name => crate::lab::text::shortened(name, 30),
    }
}

/// How the norms at the two ends of a path lie to each other.
fn between(norms: &[(String, f64)], decay: &Decay, along: Along) -> String {
    let (Some((first, low)), Some((last, high))) = (norms.first(), norms.last()) else {
        return "no layer has a value".to_owned();
    };
    if norms.len() == 1 {
        return format!("only one layer ({first}) has a value, and vanishing shows between layers");
    }
    let are_zero = [*low == 0.0, *high == 0.0];
    match are_zero {
        _ if norms.iter().all(|(_, norm)| *norm == 0.0) => {
            return "every layer gets exactly 0".to_owned();
        }
        [true, true] => {
            return format!(
                "the first layer ({first}) and the last ({last}) get exactly 0, and layers between them a gradient"
            );
        }
        [true, false] => {
            return format!(
                "the first layer ({first}) gets exactly 0 where the last ({last}) gets a gradient"
            );
        }
        [false, true] => {
            return format!(
                "the last layer ({last}) gets exactly 0 where the first ({first}) gets a gradient"
            );
        }
        [false, false] => {}
    }
    let attenuation = decay.attenuation_decades.unwrap_or(0.0);
    let at_least = if decay.layers_below_resolution > 0 {
        "at least "
    } else {
        ""
    };
    let size = times(attenuation);
    if attenuation.abs() < 0.02 {
        return format!("the first layer ({first}) gets as much gradient as the last ({last})");
    }
    let more = if attenuation > 0.0 {
        "smaller"
    } else {
        "larger"
    };
    let so = match (decay.verdict, along) {
        (Verdict::Vanishing, Along::Layers) => ": the layers near the input hardly learn",
        (Verdict::Vanishing, Along::Time) => ": what came early is hardly learned from",
        (Verdict::AtRisk, Along::Layers) => ": learning near the input is slow, and may fail",
        (Verdict::AtRisk, Along::Time) => ": learning from what came early is slow, and may fail",
        (Verdict::Exploding, Along::Layers) => {
            ": updates near the input are far too large beside the others"
        }
        (Verdict::Exploding, Along::Time) => ": what came early outweighs all that came later",
        _ => ": gradients reach every layer",
    };
    let so = if decay.layers_below_resolution > 0 && decay.verdict < Verdict::Vanishing {
        "; how much more the log's rounding hides"
    } else {
        so
    };
    format!(
        "the gradient of the first layer ({first}) is {at_least}{size} {more} than that of the last ({last}){so}"
    )
}

impl Total {
    /// What it tells, in a sentence.
    pub fn sentence(&self) -> String {
        match (&self.norm, &self.loss) {
            (Some(norm), _) => over_training(norm, self.resolution),
            (None, Some(loss)) => format!(
                "the loss goes from {} to {} in {} steps that are logged; no gradient is in the log",
                number(loss.ends[0]),
                number(loss.ends[1]),
                loss.count
            ),
            (None, None) => "nothing is in the log that tells how training went".to_owned(),
        }
    }
}

fn over_training(norm: &OverSteps, resolution: Option<f64>) -> String {
    let rounded = match resolution {
        Some(bound) if norm.zeros > 0 => format!(
            "; {} of {} read 0 because the writer rounded: they are below {bound:e}, neither zero nor dead",
            norm.zeros, norm.count
        ),
        _ => String::new(),
    };
    if let Some((step, count)) = norm.non_finite {
        let when = match count {
            _ if count == norm.count => format!("every logged step, from step {step} on"),
            1 => format!("1 of {} logged steps, step {step}", norm.count),
            _ => format!(
                "{count} of {} logged steps, first at step {step}",
                norm.count
            ),
        };
        return format!("the whole gradient is NaN or infinite at {when}{rounded}");
    }
    let [low, high] = norm.range;
    let spread = if low > 0.0 {
        (high / low).log10()
    } else {
        f64::INFINITY
    };
    let how = if rounded.is_empty() && low == 0.0 {
        "it is exactly 0 at times".to_owned()
    } else if spread < 1.0 {
        "it stays of one size".to_owned()
    } else if spread.is_finite() {
        format!("its largest is {} its smallest", times(spread))
    } else {
        "it goes down to where the log has no digits".to_owned()
    };
    format!(
        "over training the whole gradient goes from {} to {} (between {} and {}): {how}{rounded}",
        number(norm.ends[0]),
        number(norm.ends[1]),
        number(low),
        number(high)
    )
}
