//! What to try next after a run: the known cures, where they apply.

use crate::lab::config::{BatchSize, Spec};
use crate::lab::decay::Verdict;
use crate::lab::summary::Summary;
use crate::nn::activation::Activation;
use crate::nn::init::Init;
use crate::nn::layer::norm::Norm;
use crate::nn::layer::skip::Skip;

/// From this depth on skips help more surely than a norm or an init: in the
/// gallery's 100-layer sigmoid network they alone train.
const VERY_DEEP: usize = 50;

/// One thing to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What to add to the command line.
    pub flags: String,
    /// Why it may help.
    pub why: &'static str,
}

fn try_this(flags: impl Into<String>, why: &'static str) -> Suggestion {
    Suggestion {
        flags: flags.into(),
        why,
    }
}

/// At most three suggestions, the most promising first.
pub fn advice(spec: &Spec, summary: &Summary) -> Vec<Suggestion> {
    let mut all = match summary.verdict {
        // Numbers that stop being finite mostly do so because they explode.
        Verdict::Diverged => [against_explosion(spec), smaller_steps(spec)].concat(),
        Verdict::Vanishing | Verdict::AtRisk if has_learned(summary) => for_the_trained(spec),
        Verdict::Vanishing | Verdict::AtRisk => against_vanishing(spec),
        Verdict::Exploding => [against_explosion(spec), smaller_steps(spec)].concat(),
        Verdict::Healthy if has_learned(summary) => for_the_trained(spec),
        Verdict::Healthy => for_the_untrained(spec),
    };
    all.truncate(3);
    all
}

/// Whether the network does far better than guessing.
pub fn has_learned(summary: &Summary) -> bool {
    match (summary.test_accuracy, summary.chance_accuracy) {
        (Some(accuracy), Some(chance)) => accuracy > 0.5 * (1.0 + chance),
        // Without classes, a network that ends healthy is taken at its word.
        _ => summary.last.verdict == Verdict::Healthy,
    }
}

fn has_no_norm(spec: &Spec) -> bool {
    matches!(spec.network.norm, Norm::NoNorm(_))
}

fn is_rectifier(spec: &Spec) -> bool {
    matches!(
        spec.network.activation,
        Activation::Relu(_) | Activation::LeakyRelu(_)
    )
}

/// Skips that keep the sum of the branches bounded, where there are none yet
/// or unscaled ones.
fn scaled_skip(spec: &Spec) -> Option<Suggestion> {
    let unbounded = match &spec.network.skip {
        Skip::NoSkip(_) => true,
        Skip::Identity(skip) => skip.scale >= 1.0,
        Skip::Rezero(_) | Skip::Highway(_) => false,
    };
    let scale = 1.0 / (spec.network.depth as f64).sqrt();
    (unbounded && spec.network.depth > 1).then(|| {
        try_this(
            format!("--set network.skip.identity.scale={scale:.3}"),
            "skips hand the gradient on unchanged; a scale of 1/√depth keeps their sum bounded",
        )
    })
}

fn rezero(spec: &Spec) -> Option<Suggestion> {
    let is_new = !matches!(spec.network.skip, Skip::Rezero(_));
    (is_new && spec.network.depth > 1).then(|| {
        try_this(
            "--set network.skip=rezero",
            "every branch starts at 0, so the gradient arrives as it left",
        )
    })
}

/// The init that matches the activation, where another one is in use.
fn matching_init(spec: &Spec) -> Option<Suggestion> {
    match (&spec.network.activation, &spec.network.init) {
        (
            Activation::Relu(_) | Activation::LeakyRelu(_),
            Init::HeNormal(_) | Init::HeUniform(_),
        ) => None,
        (Activation::Relu(_) | Activation::LeakyRelu(_), _) => Some(try_this(
            "--set network.init=he_normal",
            "ReLU halves the signal's mean square; He's init doubles it back",
        )),
        (Activation::Tanh(_), Init::Orthogonal(_)) => None,
        (Activation::Tanh(_), _) => Some(try_this(
            "--set network.init.orthogonal.gain=1.1",
            "an orthogonal map neither stretches nor shrinks; the gain makes up for tanh",
        )),
        (Activation::Selu(_), Init::LecunNormal(_) | Init::LecunUniform(_)) => None,
        (Activation::Selu(_), _) => Some(try_this(
            "--set network.init=lecun_normal",
            "the init that SELU is made for",
        )),
        (_, Init::Lsuv(_)) => None,
        (_, _) => Some(try_this(
            "--set network.init=lsuv",
            "scales every layer to the data: no layer starts too large or too small",
        )),
    }
}

fn batch_norm(spec: &Spec) -> Option<Suggestion> {
    let has_batch = spec.train.batch_size != BatchSize::Samples(1);
    (has_no_norm(spec) && has_batch).then(|| {
        try_this(
            "--set network.norm=batch",
            "batch norm keeps every layer in φ's steep part",
        )
    })
}

fn against_vanishing(spec: &Spec) -> Vec<Suggestion> {
    let steeper = (!is_rectifier(spec)).then(|| {
        try_this(
            "--set network.activation=relu --set network.init=he_normal",
            "an active ReLU has slope 1, and He's init matches it; it may want a smaller learning rate",
        )
    });
    let init = is_rectifier(spec).then(|| matching_init(spec)).flatten();
    let order = if spec.network.depth >= VERY_DEEP {
        [
            scaled_skip(spec),
            rezero(spec),
            batch_norm(spec),
            init,
            steeper,
        ]
    } else {
        [
            init,
            batch_norm(spec),
            scaled_skip(spec),
            steeper,
            rezero(spec),
        ]
    };
    order.into_iter().flatten().collect()
}

fn against_explosion(spec: &Spec) -> Vec<Suggestion> {
    let init = has_no_norm(spec).then(|| matching_init(spec)).flatten();
    [scaled_skip(spec), rezero(spec), init]
        .into_iter()
        .flatten()
        .collect()
}

fn smaller_steps(spec: &Spec) -> Vec<Suggestion> {
    let rate = spec.train.learning_rate / 10.0;
    vec![try_this(
        format!("--set train.learning_rate={rate}"),
        "a tenth of the learning rate",
    )]
}

fn for_the_trained(spec: &Spec) -> Vec<Suggestion> {
    let deeper = (spec.network.depth > 1).then(|| {
        // Keeps (depth − 1) divisible by a skip's `every`.
        let depth = 2 * (spec.network.depth - 1) + 1;
        try_this(
            format!("--set network.depth={depth}"),
            "does it still train at twice the depth?",
        )
    });
    let seeds = try_this("--seeds 3", "how much of this is the luck of the draw?");
    deeper.into_iter().chain([seeds]).collect()
}

fn for_the_untrained(spec: &Spec) -> Vec<Suggestion> {
    let adam = try_this(
        "--set train.optimizer=adam --set train.learning_rate=0.001",
        "the gradients arrive; their scale may not suit the learning rate",
    );
    matching_init(spec)
        .into_iter()
        .chain([adam])
        .chain(smaller_steps(spec))
        .collect()
}
