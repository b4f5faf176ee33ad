//! The known cures of vanishing and exploding gradients, in one list.

use crate::lab::config::Spec;
use crate::lab::decay::Verdict;
use crate::lab::summary::Summary;
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
}

/// What is to be cured.
pub struct Patient<'a> {
    /// The spec as it is.
    pub spec: &'a Spec,
    /// What its run came to.
    pub summary: &'a Summary,
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
            let summary = patient.summary;
            let explodes = [summary.verdict, summary.initial.verdict]
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
];

/// Skips around units, where there is one to put them around.
fn skips(patient: &Patient, set: String) -> Result<Vec<String>, String> {
    if patient.spec.network.depth < 2 {
        return Err("a skip needs a second hidden layer".to_owned());
    }
    Ok(vec![set])
}

/// The learning rate times `factor`.
fn rate(patient: &Patient, factor: f64) -> Result<Vec<String>, String> {
    let train = &patient.spec.train;
    let has_steps = train.steps.unwrap_or(1) > 0 && train.epochs.unwrap_or(1) > 0;
    if !has_steps {
        return Err("a run of 0 steps has no use for a rate".to_owned());
    }
    // Ten times 0.1 shall read 1 and not 1.0000000000000002.
    let rate: f64 = format!("{:.6e}", train.learning_rate * factor)
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
    let per_layer = patient.summary.initial.decay_decades_per_layer;
    let per_layer = per_layer.unwrap_or(0.0).abs().max(1e-9);
    let depth = 1 + (DECADES / per_layer) as usize;
    let depth = depth.clamp(2, network.depth / 2);
    Ok(vec![format!("network.depth={depth}")])
}
