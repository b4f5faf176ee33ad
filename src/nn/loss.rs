//! Loss functions, one block each.

use crate::base::family::{family, member};

family! {
    /// What training minimises.
    pub enum Loss {
        CrossEntropy = "cross_entropy",
        Mse = "mse",
    }
}

member! {
    /// Softmax cross-entropy in nats, mean over the batch; ln K at a small init with K classes.
    pub struct CrossEntropy {}
}

member! {
    /// Mean squared error over batch and outputs; one-hot targets where the data has classes.
    pub struct Mse {}
}
