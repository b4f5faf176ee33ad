//! The detection rules that others have published, one line each: SageMaker Debugger's built-in
//! rules, AUTOTRAINER (Zhang et al., ICSE 2021), DeepDiagnosis (Wardat et al., ICSE 2022),
//! TheDeepChecker (Ben Braiek & Khomh 2022) and Karpathy's lectures (makemore, part 3).

use super::frame::Frame;

/// A published rule.
#[derive(Debug)]
pub struct PublishedRule {
    /// What it is called.
    pub name: &'static str,
    /// Who published it.
    pub source: &'static str,
    /// What it is to find.
    pub about: RuleSubject,
    /// When it fires.
    pub fires_when: &'static str,
    /// What it is known not to see, or to see where nothing is wrong.
    pub blind_spot: &'static str,
    /// How it looks.
    pub look: RuleLook,
}

/// What a rule is to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleSubject {
    /// Gradients that vanish.
    Vanishing,
    /// Gradients that explode.
    Exploding,
    /// Units that are off for good.
    Dead,
    /// Units on φ's flat side.
    Saturated,
    /// Steps of the wrong size.
    Steps,
}

/// How a rule looks at a log.
#[derive(Debug)]
pub enum RuleLook {
    /// At the layers of one step: those at which it fires. The columns it needs.
    AtStep(&'static [&'static str], fn(&Frame) -> Vec<usize>),
    /// At a column over the last steps, five values, oldest first: whether it fires.
    OverSteps(&'static [&'static str], fn(&[f64; 5]) -> bool),
    /// At the gradient over all parameters, in `training.csv`.
    AtNorm(fn(f64) -> bool),
}

impl PublishedRule {
    /// The columns of `gradients.csv` that it needs.
    pub fn columns(&self) -> &'static [&'static str] {
        match &self.look {
            RuleLook::AtStep(columns, _) | RuleLook::OverSteps(columns, _) => columns,
            RuleLook::AtNorm(_) => &[],
        }
    }

    /// Whether it looks at ∂L/∂W layer by layer.
    pub fn is_about_weight_gradients(&self) -> bool {
        const OF_WEIGHTS: [&str; 3] = [
            "weight_grad_norm",
            "weight_grad_mean_abs",
            "zero_grad_fraction",
        ];
        self.columns().iter().any(|own| OF_WEIGHTS.contains(own))
    }
}

const BLIND: &str = "∂L/∂W is the product of gradient and activations: a small init shrinks one toward the \
                     input, the other toward the output; in deep networks the limit is reached late";

/// Every rule.
pub const RULES: &[PublishedRule] = &[
    PublishedRule {
        name: "VanishingGradient",
        source: "SageMaker Debugger, DeepDiagnosis",
        about: RuleSubject::Vanishing,
        fires_when: "mean |∂L/∂W| of a layer < 1e-7",
        blind_spot: BLIND,
        look: RuleLook::AtStep(&["weight_grad_mean_abs"], |step| {
            below(step, "weight_grad_mean_abs", 1e-7)
        }),
    },
    PublishedRule {
        name: "gradient vanish",
        source: "AUTOTRAINER",
        about: RuleSubject::Vanishing,
        fires_when: "‖∂L/∂W‖ of the first layer over the last < 1e-3, and < 1e-4 itself",
        blind_spot: "a ratio of weight gradients is flat where activations shrink as fast as the gradient",
        look: RuleLook::AtStep(&["weight_grad_norm"], |step| {
            ends(step, |first, last| first < 1e-3 * last && first < 1e-4)
        }),
    },
    PublishedRule {
        name: "gradient explode",
        source: "AUTOTRAINER",
        about: RuleSubject::Exploding,
        fires_when: "‖∂L/∂W‖ of the first layer over the last > 70",
        blind_spot: "blind where activations shrink as fast as the gradient grows",
        look: RuleLook::AtStep(&["weight_grad_norm"], |step| {
            ends(step, |first, last| first > 70.0 * last)
        }),
    },
    PublishedRule {
        name: "dying ReLU",
        source: "AUTOTRAINER",
        about: RuleSubject::Dead,
        fires_when: "70 % of a layer's ∂L/∂W are exactly 0 or more",
        blind_spot: "does not tell death from underflow, nor a sparse batch from either",
        look: RuleLook::AtStep(&["zero_grad_fraction"], |step| {
            above(step, "zero_grad_fraction", 0.7)
        }),
    },
    PublishedRule {
        name: "vanishing gradient",
        source: "TheDeepChecker",
        about: RuleSubject::Vanishing,
        fires_when: "mean |∂L/∂W| of a layer < 1e-6",
        blind_spot: BLIND,
        look: RuleLook::AtStep(&["weight_grad_mean_abs"], |step| {
            below(step, "weight_grad_mean_abs", 1e-6)
        }),
    },
    PublishedRule {
        name: "shrinking gradient",
        source: "TheDeepChecker",
        about: RuleSubject::Vanishing,
        fires_when: "mean |∂L/∂W| of a layer falls to half or less four logged steps in a row",
        blind_spot: "looks over time: gradients that are small from the start do not shrink; \
                     those of a network that has learned do",
        look: RuleLook::OverSteps(&["weight_grad_mean_abs"], |last| {
            last.windows(2)
                .all(|pair| pair[1] <= 0.5 * pair[0] && pair[0] > 0.0)
        }),
    },
    PublishedRule {
        name: "norm per layer",
        source: "several monitors",
        about: RuleSubject::Vanishing,
        fires_when: "‖∂L/∂W‖ of a layer < 1e-7",
        blind_spot: BLIND,
        look: RuleLook::AtStep(&["weight_grad_norm"], |step| {
            below(step, "weight_grad_norm", 1e-7)
        }),
    },
    PublishedRule {
        name: "norm over all",
        source: "several monitors",
        about: RuleSubject::Vanishing,
        fires_when: "the norm of the whole gradient < 1e-7",
        blind_spot: "the output layer dominates: it never fires for sigmoid networks, however deep",
        look: RuleLook::AtNorm(|norm| norm < 1e-7),
    },
    PublishedRule {
        name: "saturated tanh",
        source: "Karpathy",
        about: RuleSubject::Saturated,
        fires_when: "|tanh| > 0.97 for more than half of a layer (the source shows a histogram and names no share)",
        blind_spot: "for tanh alone; a saturated layer may still learn, and vanishing needs none",
        look: RuleLook::AtStep(&["saturated_karpathy_fraction"], |step| {
            more_than_half(step, "saturated_karpathy_fraction")
        }),
    },
    PublishedRule {
        name: "update ratio",
        source: "Karpathy",
        about: RuleSubject::Steps,
        fires_when: "‖ΔW‖/‖W‖ of a layer beyond 1e-4 … 1e-2, ten times off the usual 1e-3",
        blind_spot: "a step's size, not its worth; Adam's is as it should be on gradients that carry nothing",
        look: RuleLook::AtStep(&["update_ratio"], |step| {
            at(step, "update_ratio", |ratio| {
                !(1e-4..=1e-2).contains(&ratio)
            })
        }),
    },
    PublishedRule {
        name: "SaturatedActivation",
        source: "SageMaker Debugger",
        about: RuleSubject::Saturated,
        fires_when: "tanh's input beyond ±9.4999, sigmoid's beyond −23 or 16.99999, for more than half of a layer",
        blind_spot: "such limits are where f32 reads exactly 1: gradients are lost long before",
        look: RuleLook::AtStep(&["saturated_debugger_fraction"], |step| {
            more_than_half(step, "saturated_debugger_fraction")
        }),
    },
    PublishedRule {
        name: "saturated activation",
        source: "DeepDiagnosis",
        about: RuleSubject::Saturated,
        fires_when: "the input of φ beyond ±5 for more than half of a layer",
        blind_spot: "tanh's slope is 0.0002 there: half that far out it is lost already",
        look: RuleLook::AtStep(&["saturated_deepdiagnosis_fraction"], |step| {
            more_than_half(step, "saturated_deepdiagnosis_fraction")
        }),
    },
    PublishedRule {
        name: "DeadRelu",
        source: "SageMaker Debugger",
        about: RuleSubject::Dead,
        fires_when: "more than half of a layer's units are active less than 1 % of the time",
        blind_spot: "fires in healthy deep ReLU networks too, whose samples point one way",
        look: RuleLook::AtStep(&["rarely_active_fraction"], |step| {
            more_than_half(step, "rarely_active_fraction")
        }),
    },
];

/// The layers whose value in a column is as asked.
fn at(step: &Frame, column: &str, is_so: impl Fn(f64) -> bool) -> Vec<usize> {
    let layers = step.layers.iter().map(|info| info.layer);
    layers
        .filter(|layer| step.value(*layer, column).is_some_and(&is_so))
        .collect()
}

fn below(step: &Frame, column: &str, limit: f64) -> Vec<usize> {
    at(step, column, |value| value < limit)
}

fn above(step: &Frame, column: &str, limit: f64) -> Vec<usize> {
    at(step, column, |value| value >= limit)
}

fn more_than_half(step: &Frame, column: &str) -> Vec<usize> {
    at(step, column, |share| share > 0.5)
}

/// The first layer, if its ‖∂L/∂W‖ beside that of the last is as asked.
fn ends(step: &Frame, is_so: impl Fn(f64, f64) -> bool) -> Vec<usize> {
    let norms = step.layers.iter().map(|info| info.layer);
    let norms = norms.filter_map(|layer| Some((layer, step.value(layer, "weight_grad_norm")?)));
    let norms: Vec<(usize, f64)> = norms.collect();
    match (norms.first(), norms.last()) {
        (Some((layer, first)), Some((_, last))) if norms.len() > 1 && is_so(*first, *last) => {
            vec![*layer]
        }
        _ => Vec::new(),
    }
}
