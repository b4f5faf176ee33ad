//! Optimizers. Each is a short chain of transforms that turn a gradient into an
//! update, after which p ← p − learning_rate·update; a chain is compiled into
//! one loop over parameters, gradients and state.
//!
//! To add one, write its block and name it in [`OptimizerSpec`]; a transform is a
//! file of its own with a line below.

mod adam;
mod momentum;
mod optimizer;
mod rms;
mod transform;
mod weight_decay;

use crate::base::family::{family, member};
use crate::base::{Conflict, Scalar};

pub use optimizer::{CHUNK, Optimizer, Slices, UpdateSquares, clip_coefficient};
pub use transform::{State, StepInfo, Transform};

use adam::adam;
use momentum::{Nesterov, momentum};
use optimizer::Chain;
use rms::rms;
use weight_decay::{WeightDecay, weight_decay};

family! {
    /// How a gradient becomes an update; every formula and default is PyTorch's.
    pub enum OptimizerSpec {
        Sgd = "sgd",
        Adam = "adam",
        AdamW = "adamw",
        RmsProp = "rmsprop",
    }
    /// The chain of transforms.
    fn recipe<T> -> Recipe<T>;
}

/// What an optimizer's block states: its transforms, first to last.
pub trait Recipe<T: Scalar> {
    /// The chain, without the transforms that a parameter switches off.
    fn chain(&self) -> Box<dyn Chain<T>>;

    /// Parameters that do not go together.
    fn check(&self) -> Option<Conflict> {
        None
    }
}

/// The chain with an L2 penalty in front of it, if there is one.
fn with_l2<T: Scalar>(
    penalty: Option<WeightDecay<T>>,
    chain: impl Transform<T>,
) -> Box<dyn Chain<T>> {
    match penalty {
        Some(penalty) => Box::new((penalty, chain)),
        None => Box::new(chain),
    }
}

member! {
    /// Gradient descent, with momentum and Nesterov's variant. Polyak 1964; Sutskever et al. 2013.
    pub struct Sgd {
        /// Share of the last step kept; in [0, 1).
        #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
        momentum: f64 = 0.0,
        /// Look ahead along the momentum; needs momentum > 0.
        nesterov: bool = false,
        /// L2 penalty, added to the gradient.
        #[schemars(range(min = 0))]
        weight_decay: f64 = 0.0,
    }
}
impl<T: Scalar> Recipe<T> for Sgd {
    fn chain(&self) -> Box<dyn Chain<T>> {
        let penalty = weight_decay(self.weight_decay);
        match momentum(self.momentum) {
            Some(momentum) if self.nesterov => with_l2(penalty, Nesterov(momentum)),
            Some(momentum) => with_l2(penalty, momentum),
            None => with_l2(penalty, ()),
        }
    }

    fn check(&self) -> Option<Conflict> {
        let is_wrong = self.nesterov && self.momentum == 0.0;
        is_wrong.then(|| {
            Conflict::new(
                &[
                    "train.optimizer.sgd.nesterov",
                    "train.optimizer.sgd.momentum",
                ],
                "`train.optimizer.sgd.nesterov` needs momentum, which is 0",
                "expected a momentum > 0 beside it",
                "add `momentum = 0.9`, or remove `nesterov`",
            )
        })
    }
}

member! {
    /// Steps of a size that does not depend on the gradient's scale, down to eps. Kingma & Ba 2015, arXiv:1412.6980.
    pub struct Adam {
        /// Decay of the gradient's mean; in [0, 1).
        #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
        beta1: f64 = 0.9,
        /// Decay of the squared gradient's mean; in [0, 1).
        #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
        beta2: f64 = 0.999,
        /// Added to the root: gradients below it are not scaled up.
        #[schemars(range(min = 0))]
        eps: f64 = 1e-8,
        /// L2 penalty, added to the gradient.
        #[schemars(range(min = 0))]
        weight_decay: f64 = 0.0,
    }
}
impl<T: Scalar> Recipe<T> for Adam {
    fn chain(&self) -> Box<dyn Chain<T>> {
        let adam = adam(self.beta1, self.beta2, self.eps);
        with_l2(weight_decay(self.weight_decay), adam)
    }
}

member! {
    /// Adam with the decay applied to the weights themselves. Loshchilov & Hutter 2019, arXiv:1711.05101.
    pub struct AdamW {
        /// Decay of the gradient's mean; in [0, 1).
        #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
        beta1: f64 = 0.9,
        /// Decay of the squared gradient's mean; in [0, 1).
        #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
        beta2: f64 = 0.999,
        /// Added to the root: gradients below it are not scaled up.
        #[schemars(range(min = 0))]
        eps: f64 = 1e-8,
        /// Share of every weight (times the learning rate) taken off per step.
        #[schemars(range(min = 0))]
        weight_decay: f64 = 0.01,
    }
}
impl<T: Scalar> Recipe<T> for AdamW {
    fn chain(&self) -> Box<dyn Chain<T>> {
        // Decay after Adam: it takes off learning_rate·weight_decay·p, untouched
        // by Adam's scaling.
        let adam = adam(self.beta1, self.beta2, self.eps);
        match weight_decay(self.weight_decay) {
            Some(decay) => Box::new((adam, decay)),
            None => Box::new(adam),
        }
    }
}

member! {
    /// The gradient divided by its running root mean square. Tieleman & Hinton 2012, lecture 6.5.
    pub struct RmsProp {
        /// Decay of the squared gradient's mean; in [0, 1).
        #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
        alpha: f64 = 0.99,
        /// Added to the root.
        #[schemars(range(min = 0))]
        eps: f64 = 1e-8,
        /// Share of the last step kept; in [0, 1).
        #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
        momentum: f64 = 0.0,
        /// L2 penalty, added to the gradient.
        #[schemars(range(min = 0))]
        weight_decay: f64 = 0.0,
    }
}
impl<T: Scalar> Recipe<T> for RmsProp {
    fn chain(&self) -> Box<dyn Chain<T>> {
        let penalty = weight_decay(self.weight_decay);
        let rms = rms(self.alpha, self.eps);
        match momentum(self.momentum) {
            Some(momentum) => with_l2(penalty, (rms, momentum)),
            None => with_l2(penalty, rms),
        }
    }
}
