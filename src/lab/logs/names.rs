//! What the name of a column, tag or metric says: what was measured, and of which layer
//! and parameter.

use super::glossary::{NO_NORMS, SPACES, is_coordinate, is_whole};
use super::parameter::kind_of;
use super::series::{LogSeries, SeriesParts};
use super::span::span;

/// What a series is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A gradient's norm, or another figure of it, of a layer or parameter.
    Gradient(LayerMeasure),
    /// The norm of the whole gradient.
    Total,
    /// A count of updates, epochs, samples.
    Coordinate,
    /// Loss or accuracy.
    Curve(CurveKind),
    /// Anything else.
    Other,
}

/// A figure of a layer or parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerMeasure {
    /// What was measured, as the log names it.
    pub quantity: String,
    /// Of what, as the log names it.
    pub target: String,
    /// The layer, where the log names it beside its parameter.
    pub layer: Option<String>,
}

/// The columns of `training.csv` that other logs have too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CurveKind {
    /// Loss of a batch or of batches.
    TrainLoss,
    /// Accuracy likewise.
    TrainAccuracy,
    /// Loss on a test or validation set.
    TestLoss,
    /// Accuracy likewise.
    TestAccuracy,
}

/// What a series is, by its name.
pub fn meaning(series: &LogSeries) -> Meaning {
    if let Some(parts) = &series.parts {
        return of_parts(parts);
    }
    let name = series.name.trim();
    let lower = name.to_ascii_lowercase();
    if is_coordinate(&lower) {
        return Meaning::Coordinate;
    }
    if ["val_", "val/", "eval_", "eval/", "test_", "test/", "valid"]
        .iter()
        .any(|other| lower.starts_with(other))
    {
        return curve(&lower).map_or(Meaning::Other, Meaning::Curve);
    }
    match gradient(name, &lower) {
        Some(meaning) => meaning,
        None => curve(&lower).map_or(Meaning::Other, Meaning::Curve),
    }
}

fn of_parts(parts: &SeriesParts) -> Meaning {
    let SeriesParts {
        quantity,
        target,
        layer,
    } = parts;
    let lower = quantity.to_ascii_lowercase();
    if is_coordinate(&lower) || NO_NORMS.iter().any(|word| lower.contains(word)) {
        return Meaning::Other;
    }
    let measured = LayerMeasure {
        quantity: quantity.clone(),
        target: target.clone(),
        layer: layer.clone(),
    };
    match is_whole(target) && lower.contains("grad") {
        true => Meaning::Total,
        false => Meaning::Gradient(measured),
    }
}

/// What a name says that speaks of gradients.
fn gradient(name: &str, lower: &str) -> Option<Meaning> {
    // Lower case keeps the places of bytes in ASCII only, and only those are looked at.
    let start = lower.find("grad").or_else(|| lone_norm(lower))?;
    let (start, end) = span(lower, start);
    let quantity = &name[start..end];
    let is_odd = |text: &str| NO_NORMS.iter().any(|word| text.contains(word));
    let ends = ['/', '.', '_', '-', ' ', ':', '|', '(', ')', '[', ']'];
    // A name may begin with `_`.
    let is_gap = |c: char| c != '_' && ends.contains(&c);
    let left = name[..start]
        .trim_end_matches(ends)
        .trim_start_matches(is_gap);
    let right = name[end..].trim_end_matches(ends);
    let right = match right.strip_prefix('/') {
        Some(right) => right.trim_start_matches(is_gap),
        None => right.trim_start_matches(ends),
    };
    if is_odd(&lower[start..end]) || (right.is_empty() && is_odd(lower)) || is_odd_rest(right) {
        return None;
    }
    let is_parameter = |text: &str| kind_of(&text.to_ascii_lowercase()).is_some();
    let target = match (left, right) {
        (left, "") if is_whole(left) => String::new(),
        (left, "") => last_space_off(left).to_owned(),
        (left, right) if is_whole(right) && is_whole(left) => String::new(),
        (left, right) if is_whole(right) => last_space_off(left).to_owned(),
        (left, right) if !left.is_empty() && is_parameter(right) => format!("{left}.{right}"),
        (_, right) => right.to_owned(),
    };
    Some(if is_whole(&target) {
        Meaning::Total
    } else {
        Meaning::Gradient(LayerMeasure {
            quantity: quantity.trim_matches(ends).to_owned(),
            target,
            layer: None,
        })
    })
}

/// Whether what follows a gradient's words makes something else of it.
fn is_odd_rest(right: &str) -> bool {
    let lower = right.to_ascii_lowercase();
    ["loss", "steps", "clip", "accumulation", "scale", "scaler"]
        .iter()
        .any(|word| lower == *word || lower.starts_with(&format!("{word}_")))
}

/// `norm/…` or `…/norm` where gradients are not named.
fn lone_norm(lower: &str) -> Option<usize> {
    if lower == "total_norm" || lower == "global_norm" {
        return Some(lower.len() - 4);
    }
    let at = if lower.starts_with("norm/") || lower.starts_with("norms/") {
        0
    } else if lower.ends_with("/norm") || lower.ends_with("/l2") {
        lower.rfind('/')? + 1
    } else {
        return None;
    };
    Some(at)
}

/// A name without the word before its first slash that says where it was logged.
fn last_space_off(name: &str) -> &str {
    match name.split_once('/') {
        Some((space, rest)) if SPACES.contains(&&*space.to_ascii_lowercase()) => rest,
        _ => name,
    }
}

/// Loss and accuracy.
fn curve(lower: &str) -> Option<CurveKind> {
    let word = lower.rsplit('/').next().unwrap_or(lower);
    let is_test = ["val", "test", "eval", "valid", "validation"]
        .iter()
        .any(|own| {
            lower.starts_with(&format!("{own}_"))
                || lower.starts_with(&format!("{own}/"))
                || lower.starts_with(&format!("{own} "))
                || word.ends_with(&format!("_{own}"))
        });
    let bare = [
        "train_",
        "training_",
        "val_",
        "test_",
        "eval_",
        "valid_",
        "validation_",
        "lm ",
    ];
    let bare = bare
        .iter()
        .find_map(|own| word.strip_prefix(own))
        .unwrap_or(word);
    let bare = ["_step", "_epoch", "_batch", "_val", "_test"]
        .iter()
        .find_map(|end| bare.strip_suffix(end))
        .unwrap_or(bare);
    let is_loss = [
        "loss",
        "lm_loss",
        "lm loss",
        "total_loss",
        "nll_loss",
        "cross_entropy",
    ]
    .contains(&bare);
    let is_accuracy = [
        "acc",
        "accuracy",
        "sparse_categorical_accuracy",
        "categorical_accuracy",
    ];
    let is_accuracy = is_accuracy.contains(&bare);
    match (is_loss, is_accuracy, is_test) {
        (true, _, false) => Some(CurveKind::TrainLoss),
        (true, _, true) => Some(CurveKind::TestLoss),
        (_, true, false) => Some(CurveKind::TrainAccuracy),
        (_, true, true) => Some(CurveKind::TestAccuracy),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Meaning {
        meaning(&LogSeries {
            run: String::new(),
            name: name.to_owned(),
            parts: None,
        })
    }

    #[test]
    fn layers_are_found_in_names() {
        for (name, quantity, target) in [
            (
                "grad_2.0_norm/layers.0.weight",
                "grad_2.0_norm",
                "layers.0.weight",
            ),
            ("grad_norm/dense_10/kernel", "grad_norm", "dense_10/kernel"),
            ("gradients/2.weight", "gradients", "2.weight"),
            ("train/grad_norm/fc1.bias", "grad_norm", "fc1.bias"),
            ("fc1.weight/grad_norm", "grad_norm", "fc1.weight"),
            ("fc1.weight.grad", "grad", "fc1.weight"),
            ("fc1/grad/weight", "grad", "fc1.weight"),
            ("grad_norm_layers.3.weight", "grad_norm", "layers.3.weight"),
            ("activation_grad_norm/fc1", "activation_grad_norm", "fc1"),
            ("fc1_weight_grad_norm", "weight_grad_norm", "fc1"),
            (
                "grad_inf_norm/max_pool.weight",
                "grad_inf_norm",
                "max_pool.weight",
            ),
            ("layers.0/grad_max", "grad_max", "layers.0"),
            ("norm/fc1.weight", "norm", "fc1.weight"),
            ("grad_norm/_fc.weight", "grad_norm", "_fc.weight"),
            ("_fc.weight/grad_norm", "grad_norm", "_fc.weight"),
            ("grad_norm_fc.weight", "grad_norm", "fc.weight"),
            ("Gradient Norm/fc1", "Gradient Norm", "fc1"),
            ("grads/norm/fc1", "grads/norm", "fc1"),
            // A layer that is called as a measure is.
            ("grad_norm/output/kernel", "grad_norm", "output/kernel"),
            (
                "actor/grad_norm/output/kernel",
                "grad_norm",
                "output/kernel",
            ),
            ("grad_norm/mean/bias", "grad_norm", "mean/bias"),
            ("grad_norm/output", "grad_norm", "output"),
            ("grad_norm_output.weight", "grad_norm", "output.weight"),
            ("grad_norm_output_proj", "grad_norm", "output_proj"),
            ("grad_output/fc1", "grad_output", "fc1"),
            ("fc1/grad_output", "grad_output", "fc1"),
            ("fc1/grad/norm/weight", "grad/norm", "fc1.weight"),
        ] {
            let measured = LayerMeasure {
                quantity: quantity.to_owned(),
                target: target.to_owned(),
                layer: None,
            };
            assert_eq!(of(name), Meaning::Gradient(measured), "{name}");
        }
    }

    #[test]
    fn totals_and_what_only_sounds_like_a_norm() {
        for name in [
            "grad_norm",
            "grad_2.0_norm_total",
            "train/grad_norm",
            "grad norm",
            "gradient_norm",
            "grad_norm/total",
            "total_norm",
            "optim/grad_norm",
            "global_grad_norm",
            "gradnorm",
        ] {
            assert_eq!(of(name), Meaning::Total, "{name}");
        }
        for name in [
            "train/policy_gradient_loss",
            "val_grad_norm/dense/kernel",
            "gradient_accumulation_steps",
            "grad_scaler",
            "lr",
            "max_grad_norm",
            "weight_norm",
        ] {
            assert_eq!(of(name), Meaning::Other, "{name}");
        }
        assert_eq!(of("lm loss"), Meaning::Curve(CurveKind::TrainLoss));
        assert_eq!(of("train_loss_epoch"), Meaning::Curve(CurveKind::TrainLoss));
        assert_eq!(of("val_accuracy"), Meaning::Curve(CurveKind::TestAccuracy));
        assert_eq!(of("time/total_timesteps"), Meaning::Coordinate);
    }
}
