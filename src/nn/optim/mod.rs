//! Optimizers.

use crate::base::family::{family, member};

family! {
    /// How a gradient becomes an update; every formula and default is PyTorch's.
    pub enum Optimizer {
        Sgd = "sgd",
        Adam = "adam",
        AdamW = "adamw",
        RmsProp = "rmsprop",
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
