//! The known cures of vanishing and exploding gradients, in one list.

use super::changes::{
    LEAST_EPS, adversary, discriminator_rate, eps, gain_for_dropout, gated, init_of_state, plain,
    rate, recurrent, sets, shallower, siren, skips, standardised_targets, transformer, usual_rate,
    warm_up, weight_clip,
};
use super::patient::Patient;
use crate::lab::config::Precision;
use crate::lab::decay::Verdict;

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

impl Cure {
    /// The changes of this spec. Maps of a state that are drawn as its init says, as a run's copy of
    /// it writes down, go with the init.
    ///
    /// # Errors
    /// Why it does not apply.
    pub fn changes(&self, patient: &Patient) -> Result<Vec<String>, String> {
        let mut sets = (self.sets)(patient)?;
        sets.extend(init_of_state(patient, &sets));
        Ok(sets)
    }
}

/// What a cure works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CureKind {
    /// The gradients of step 0.
    Gradients,
    /// What a generator and its discriminator minimise.
    Adversary,
    /// How a discriminator is trained, before the generator's first step too.
    Discriminator,
    /// What is made of the gradients.
    Optimizer,
    /// The numbers that the network is given.
    Data,
    /// The scale that dropout adds.
    Dropout,
    /// The numbers that it calculates with.
    Precision,
}

/// The cure that chooses the rate by what a step changes.
pub const USUAL_RATE: &str = "learning rate by update ratio";

/// The cure that clips a critic's weights where they keep gradients.
pub const CRITICAL_CLIP: &str = "critical weight clip";
/// The cure that slows the discriminator down.
pub const SLOWER_DISCRIMINATOR: &str = "slower discriminator";

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
        name: "non-saturating loss",
        why: "−log σ(D) is steepest where the discriminator is sure that a sample was made, \
              log(1 − σ(D)) is flat there",
        kind: CureKind::Adversary,
        sets: |patient| adversary(patient, "non_saturating"),
    },
    Cure {
        name: "least-squares loss",
        why: "a square is flat nowhere but at its goal",
        kind: CureKind::Adversary,
        sets: |patient| adversary(patient, "least_squares"),
    },
    Cure {
        name: CRITICAL_CLIP,
        why: "weights at ±c multiply a gradient by c·√(n·E φ'²) in a critic's layer of n units, and by \
              more where their signs agree; this clip is near the one that keeps it",
        kind: CureKind::Discriminator,
        sets: weight_clip,
    },
    Cure {
        name: SLOWER_DISCRIMINATOR,
        why: "a discriminator that learns more slowly goes less far before the generator's next step",
        kind: CureKind::Discriminator,
        sets: discriminator_rate,
    },
    Cure {
        name: "SIREN init",
        why: "weights within √(6/fan_in)/omega fit sines of that omega: each layer hands on values of \
              one spread, and the gradient hardly grows",
        kind: CureKind::Gradients,
        sets: siren,
    },
    Cure {
        name: "He init",
        why: "variance 2/fan_in, twice what a linear map needs, makes up for a φ that takes half away, as \
              ReLU does",
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
        name: "orthogonal recurrent map",
        why: "through time the same map is applied again and again; an orthogonal one neither \
              stretches nor shrinks",
        kind: CureKind::Gradients,
        sets: |patient| recurrent(patient, &[".recurrent_init=orthogonal"]),
    },
    Cure {
        name: "ReLU + identity recurrent map",
        why: "an active ReLU hands the state on as it is (IRNN)",
        kind: CureKind::Gradients,
        sets: |patient| plain(patient, "identity", "relu"),
    },
    Cure {
        name: "LSTM, forget bias 1",
        why: "the state is added to, and an open forget gate lets it last",
        kind: CureKind::Gradients,
        sets: |patient| gated(patient, "lstm", Some("1.0")),
    },
    Cure {
        name: "LSTM, forget bias 3",
        why: "a forget gate that starts wide open keeps 95 % of the state per time step",
        kind: CureKind::Gradients,
        sets: |patient| gated(patient, "lstm", Some("3.0")),
    },
    Cure {
        name: "GRU",
        why: "an update gate hands the state on past the recurrent map",
        kind: CureKind::Gradients,
        sets: |patient| gated(patient, "gru", None),
    },
    Cure {
        name: "pre-norm",
        why: "with the norm inside the skip, the main path of a transformer is the identity",
        kind: CureKind::Gradients,
        sets: |patient| {
            let mut sets = transformer(patient, ".norm_position=pre")?;
            sets.push("network.skip=identity".to_owned());
            Ok(sets)
        },
    },
    Cure {
        name: "deepnorm",
        why: "a wider main path and smaller branches bound what each block changes",
        kind: CureKind::Gradients,
        sets: |patient| {
            let mut sets = transformer(patient, ".norm_position=post")?;
            sets.extend(["network.norm=layer", "network.skip=deepnorm"].map(str::to_owned));
            Ok(sets)
        },
    },
    Cure {
        name: "warm-up",
        why: "small steps at first, while the last blocks' gradients are large",
        kind: CureKind::Optimizer,
        sets: warm_up,
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
        name: USUAL_RATE,
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
            (_, 0) => Err("no gradient leaves the range of f32".to_owned()),
            _ => sets(&["precision=f64"]),
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_hold_whatever_the_activation_is() {
        let init = CURES.iter().find(|cure| cure.name == "He init").unwrap();
        assert!(init.why.contains("a φ that takes half away"));
    }
}
