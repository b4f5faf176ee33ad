//! Where the time of a step goes.

/// Seconds spent in the parts of training steps, summed over the threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PhaseTimes {
    /// Matrix products, bias included.
    pub products: f64,
    /// Activation functions, forward and backward, and their statistics.
    pub activations: f64,
    /// Norms of gradients.
    pub norms: f64,
    /// The optimizer, with the weights' norms.
    pub update: f64,
    /// Everything else: normalisation, skips, loss, batches, waiting.
    pub other: f64,
}
