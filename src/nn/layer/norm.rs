//! The choice of normalisation.

use crate::base::family::{family, member};

family! {
    /// Normalisation inside every hidden layer (eps 1e-5, weight 1 and bias 0 at the start).
    pub enum Norm {
        NoNorm = "none",
        Batch = "batch",
        LayerNorm = "layer",
        Rms = "rms",
    }
}

member! {
    /// No normalisation.
    pub struct NoNorm {}
}
member! {
    /// Per unit over the batch; running averages in evaluation. Ioffe & Szegedy 2015, arXiv:1502.03167.
    pub struct Batch {}
}
member! {
    /// Per sample over the units. Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    pub struct LayerNorm {}
}
member! {
    /// Per sample, divided by the root mean square; no mean, no bias. Zhang & Sennrich 2019, arXiv:1910.07467.
    pub struct Rms {}
}
