//! What no single key can tell: keys that do not go together. What a member of a
//! family demands stands on the member; here it is asked.

use super::check::{Check, CheckedSteps};
use super::gan_conflicts;
use super::rays;
use super::sections::{Spec, Train};
use super::sizes::{BatchSize, CheckpointEvery, Predictive};
use crate::base::Conflict;
use crate::nn::architecture::Architecture;
use crate::nn::loss::TargetKind;

fn found(keys: &[&str], what: impl Into<String>, expected: &str, help: &str) -> Option<Conflict> {
    Some(Conflict::new(keys, what, expected, help))
}

/// The first contradiction in a spec whose keys are each fine.
pub fn conflict(spec: &Spec) -> Option<Conflict> {
    name(&spec.name)
        .or_else(|| length(&spec.train))
        .or_else(|| rays::conflict(spec))
        .or_else(|| gan_conflicts::architecture(spec))
        .or_else(|| spec.network.check())
        .or_else(|| positions(spec))
        .or_else(|| coupled_rows(spec))
        .or_else(|| spec.train.optimizer.recipe::<f64>().check())
        .or_else(|| target(spec))
        .or_else(|| gan_conflicts::conflict(spec))
        .or_else(|| test_set(spec))
        .or_else(|| checkpoint(spec))
        .or_else(|| predictive(spec))
        .or_else(|| checks(spec))
}

fn name(name: &str) -> Option<Conflict> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let wrong = match name.chars().find(|c| !allowed(*c)) {
        _ if name.is_empty() => "is empty".to_owned(),
        Some(c) => format!("has {c:?} in it"),
        None if name.starts_with('.') => "starts with a dot".to_owned(),
        None => return None,
    };
    found(
        &["name"],
        format!("the name {name:?} {wrong}"),
        "expected letters, digits, `-`, `_`, `.`, not starting with a dot",
        "the run folder is called so: set `name` to a plain word (without `name`, the file's stem is taken)",
    )
}

fn length(train: &Train) -> Option<Conflict> {
    match (train.epochs, train.steps) {
        (Some(_), Some(_)) => found(
            &["train.steps", "train.epochs"],
            "both `train.epochs` and `train.steps` are set",
            "expected one of the two",
            "remove one of them",
        ),
        (None, None) => found(
            &["train.epochs"],
            "neither `train.epochs` nor `train.steps` is set in [train]",
            "expected one of the two",
            "add `epochs = 20` or `steps = 2000`",
        ),
        _ => None,
    }
}

fn positions(spec: &Spec) -> Option<Conflict> {
    let given = spec.data.positions?;
    if let Some(own) = spec.data.source.as_dyn().positions() {
        let source = spec.data.source.name();
        return found(
            &["data.positions", "data.source"],
            format!(
                "`data.positions` with `data.source` = {source}, whose samples are sequences of {own} positions"
            ),
            "not with this source",
            "remove `positions`",
        );
    }
    if given == 1 || spec.network.readout().is_some() {
        return None;
    }
    let name = spec.network.architecture.name();
    found(
        &["data.positions", "network.architecture"],
        format!(
            "`data.positions` = {given} with `network.architecture` = {name}, which reads all features at once"
        ),
        "only with an architecture that reads sequences",
        "remove `positions`, or use a recurrent network or a transformer",
    )
}

fn coupled_rows(spec: &Spec) -> Option<Conflict> {
    let norm = &spec.network.norm;
    // The pixels of an image, the positions of a sequence and the points of a ray vary too: the
    // plan knows how many they are.
    let is_one = matches!(spec.network.architecture, Architecture::Mlp(_))
        && !spec.data.source.is_rays()
        && spec.train.batch_size == BatchSize::Samples(1);
    if !norm.choice::<f64>().couples_rows() || !is_one {
        return None;
    }
    let name = norm.name();
    found(
        &["train.batch_size", "network.norm"],
        format!("{name} norm with `train.batch_size` = 1: the variance over one sample is 0"),
        &format!("expected at least 2 with `network.norm` = {name}"),
        "use a larger batch, or `norm = \"layer\"`",
    )
}

fn target(spec: &Spec) -> Option<Conflict> {
    let wants_classes = spec.train.loss.criterion::<f64>().wants() == TargetKind::Classes;
    // A generator looks at no target.
    let wants_classes = wants_classes && spec.gan.is_none();
    if !wants_classes || spec.data.source.gives() != Some(TargetKind::Numbers) {
        return None;
    }
    let (loss, source) = (spec.train.loss.name(), spec.data.source.name());
    found(
        &["train.loss", "data.source"],
        format!(
            "`train.loss` = {loss} needs classes, but `data.source` = {source} has numbers as targets"
        ),
        "expected \"mse\" here",
        "set `loss = \"mse\"` in [train]",
    )
}

fn test_set(spec: &Spec) -> Option<Conflict> {
    if spec.data.test_fraction.is_none() || !spec.data.source.has_test_set() {
        return None;
    }
    found(
        &["data.test_fraction", "data.source"],
        "`data.test_fraction` with a data source that brings its own test file",
        "expected one of the two",
        "remove `test_fraction`, or the test file",
    )
}

fn checkpoint(spec: &Spec) -> Option<Conflict> {
    match &spec.log.checkpoint_every {
        Some(every @ CheckpointEvery::Time(text)) if every.time().is_none() => found(
            &["log.checkpoint_every"],
            format!("`log.checkpoint_every` is {text:?}, which is no time"),
            "expected an integer ≥ 1 (steps) or a time such as \"30s\", \"5m\", \"1h\"",
            "write a whole number ≥ 1 with s, m or h",
        ),
        _ => None,
    }
}

fn predictive(spec: &Spec) -> Option<Conflict> {
    let how = spec.train.predictive?;
    if spec.gan.is_some() {
        return found(
            &["train.predictive", "gan"],
            "`train.predictive` with [gan], which gives no classes probabilities",
            "not with [gan]",
            "remove `predictive`",
        );
    }
    if spec.train.loss.criterion::<f64>().wants() != TargetKind::Classes {
        let loss = spec.train.loss.name();
        return found(
            &["train.predictive", "train.loss"],
            format!(
                "`train.predictive` with `train.loss` = {loss}, whose outputs are no probabilities"
            ),
            "expected \"cross_entropy\" here",
            "remove `predictive`, or set `loss = \"cross_entropy\"` for data with classes",
        );
    }
    if spec.data.test_fraction == Some(0.0) {
        return found(
            &["train.predictive", "data.test_fraction"],
            "`train.predictive` without a test set",
            "expected test samples to judge the probabilities by",
            "remove `predictive`, or raise `test_fraction`",
        );
    }
    if matches!(how, Predictive::McDropout(_)) && spec.network.dropout == 0.0 {
        return found(
            &["train.predictive", "network.dropout"],
            "`train.predictive` = mc_dropout without dropout: every pass would be the same",
            "expected `network.dropout` above 0",
            "set `dropout = 0.2` in [network], or `predictive = \"softmax\"`",
        );
    }
    None
}

fn checks(spec: &Spec) -> Option<Conflict> {
    spec.check.iter().enumerate().find_map(|(i, check)| {
        one_check(i, check, spec.layers(), &[]).or_else(|| too_early(i, check))
    })
}

/// Whether the `i`-th check asks about probabilities before the network is trained.
pub fn too_early(i: usize, check: &Check) -> Option<Conflict> {
    if !check.quantity.is_of_probabilities() || check.at == CheckedSteps::Final {
        return None;
    }
    found(
        &[&format!("check.{i}.quantity")],
        format!(
            "`{}` is measured once the network is trained, and the check looks at = \"{}\"",
            check.quantity.name(),
            check.at.name()
        ),
        "expected at = \"final\" beside it",
        "set `at = \"final\"`",
    )
}

/// What is wrong with the `i`-th check of a network of `layers` layers, the
/// output layer included; `usize::MAX` where they are not known. `columns`: those of a
/// foreign log, each of which has a value per layer.
pub fn one_check(i: usize, check: &Check, layers: usize, columns: &[String]) -> Option<Conflict> {
    let at = |key: &str| format!("check.{i}{key}");
    let name = check.quantity.name();
    match (check.min, check.max) {
        (None, None) => {
            return found(
                &[&at("")],
                format!("the check of `{name}` has no limit"),
                "expected `min`, `max` or both",
                "add `min = …` or `max = …`",
            );
        }
        (Some(min), Some(max)) if min > max => {
            return found(
                &[&at(".min"), &at(".max")],
                format!("the check of `{name}` has min = {min} above max = {max}"),
                "expected min ≤ max",
                "swap the two",
            );
        }
        _ => {}
    }
    let [first, last] = check.layers?.ends();
    // In a foreign log even `grad_norm` may have a value per layer.
    if !check.quantity.is_per_layer() && !columns.iter().any(|own| own == name) {
        return found(
            &[&at(".layers")],
            format!("`{name}` is one number for the whole network, not one per layer"),
            "not with this quantity",
            "remove `layers`",
        );
    }
    if first > last || last > layers {
        return found(
            &[&at(".layers"), "network.depth"],
            format!("the check of `{name}` looks at layers {first} to {last}"),
            &match layers {
                usize::MAX => "expected [first, last], the first no greater than the last".into(),
                _ => format!("expected [first, last] within 1 to {layers} (the output)"),
            },
            "name the first layer, then the last",
        );
    }
    None
}
