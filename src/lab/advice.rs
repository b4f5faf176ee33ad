//! What to try next after a run: the known cures, where they apply.

use crate::lab::decay::Verdict;
use crate::lab::spec::{BatchSize, Spec};
use crate::lab::summary::Summary;
use crate::nn::activation::Activation;
use crate::nn::init::Init;
use crate::nn::layer::norm::Norm;
use crate::nn::layer::skip::Skip;

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
        Verdict::Diverged => against_divergence(spec),
        Verdict::Vanishing | Verdict::AtRisk => against_vanishing(spec),
        Verdict::Exploding => against_explosion(spec),
        Verdict::Healthy => for_the_healthy(spec, summary),
    };
    all.truncate(3);
    all
}

fn has_no_skip(spec: &Spec) -> bool {
    matches!(spec.network.skip, Skip::NoSkip(_))
}

fn has_no_norm(spec: &Spec) -> bool {
    matches!(spec.network.norm, Norm::NoNorm(_))
}

/// Identity skips scaled so that the total growth stays bounded.
fn scaled_skip(spec: &Spec) -> Suggestion {
    let scale = 1.0 / (spec.network.depth as f64).sqrt();
    try_this(
        format!("--set network.skip.identity.scale={scale:.3}"),
        "skips hand the gradient on unchanged; a scale of 1/√depth keeps their sum bounded",
    )
}

fn against_vanishing(spec: &Spec) -> Vec<Suggestion> {
    use Activation as A;
    let network = &spec.network;
    let mut all = Vec::new();
    if has_no_norm(spec) && spec.train.batch_size != BatchSize::Samples(1) {
        all.push(try_this(
            "--set network.norm=batch",
            "batch norm keeps every layer in φ's steep part",
        ));
    }
    if has_no_skip(spec) && network.depth > 1 {
        all.push(scaled_skip(spec));
    }
    let is_rectifier = matches!(network.activation, A::Relu(_) | A::LeakyRelu(_));
    let has_he = matches!(network.init, Init::HeNormal(_) | Init::HeUniform(_));
    match (is_rectifier, has_he) {
        (true, true) => {}
        (true, false) => all.push(try_this(
            "--set network.init=he_normal",
            "ReLU halves the signal's mean square; He's init doubles it back",
        )),
        (false, _) => all.push(try_this(
            "--set network.activation=relu --set network.init=he_normal",
            "an active ReLU has slope 1, and He's init matches it; it may want a smaller learning rate",
        )),
    }
    all
}

fn against_explosion(spec: &Spec) -> Vec<Suggestion> {
    let mut all = Vec::new();
    if has_no_skip(spec) && spec.network.depth > 1 {
        all.push(scaled_skip(spec));
    }
    if matches!(spec.network.norm, Norm::Batch(_)) {
        all.push(try_this(
            "--set network.norm=none",
            "batch norm itself makes gradients grow with depth (arXiv:1902.08129)",
        ));
    }
    all.push(try_this(
        "--set network.init.orthogonal.gain=1.0",
        "an orthogonal map neither stretches nor shrinks",
    ));
    all
}

fn against_divergence(spec: &Spec) -> Vec<Suggestion> {
    let mut all = vec![try_this(
        format!(
            "--set train.learning_rate={}",
            spec.train.learning_rate / 10.0
        ),
        "a tenth of the learning rate",
    )];
    if spec.train.clip_grad_norm.is_none() {
        all.push(try_this(
            "--set train.clip_grad_norm=1.0",
            "bounds every step",
        ));
    }
    if has_no_skip(spec) && spec.network.depth > 1 {
        all.push(scaled_skip(spec));
    }
    all
}

fn for_the_healthy(spec: &Spec, summary: &Summary) -> Vec<Suggestion> {
    let learned = match (summary.test_accuracy, summary.chance_accuracy) {
        (Some(accuracy), Some(chance)) => accuracy > 2.0 * chance || accuracy > 0.9,
        _ => true,
    };
    if learned {
        vec![
            try_this(
                format!("--set network.depth={}", spec.network.depth * 2),
                "does it stay healthy at twice the depth?",
            ),
            try_this("--seeds 3", "how much of this is the luck of the draw?"),
        ]
    } else {
        vec![
            try_this(
                "--set train.optimizer=adam --set train.learning_rate=0.001",
                "the gradients arrive; their scale may not suit the learning rate",
            ),
            try_this(
                format!(
                    "--set train.learning_rate={}",
                    spec.train.learning_rate / 10.0
                ),
                "a smaller learning rate, in case steps are too large",
            ),
        ]
    }
}
