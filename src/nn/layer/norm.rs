//! The choice of normalisation.

use crate::base::Scalar;
use crate::base::family::{family, member};

use super::Layer;
use super::batch_norm::BatchNorm;
use super::layer_norm::LayerNorm;
use super::rms_norm::RmsNorm;

family! {
    /// Normalisation inside every hidden layer (eps 1e-5, weight 1 and bias 0 at the start).
    pub enum Norm {
        NoNorm = "none",
        Batch = "batch",
        PerSample = "layer",
        Rms = "rms",
    }
    /// The choice itself.
    fn choice<T> -> Normalise<T>;
}

/// A choice of normalisation.
pub trait Normalise<T: Scalar> {
    /// The layer over `width` units; `None` for no normalisation.
    fn layer(&self, width: usize) -> Option<Box<dyn Layer<T>>>;

    /// Whether the rows of a batch act on each other, so that one row is too few.
    fn couples_rows(&self) -> bool {
        false
    }
}

member! {
    /// No normalisation.
    pub struct NoNorm {}
}
impl<T: Scalar> Normalise<T> for NoNorm {
    fn layer(&self, _width: usize) -> Option<Box<dyn Layer<T>>> {
        None
    }
}

member! {
    /// Per unit over the batch; running averages in evaluation. Ioffe & Szegedy 2015, arXiv:1502.03167.
    pub struct Batch {}
}
impl<T: Scalar> Normalise<T> for Batch {
    fn layer(&self, width: usize) -> Option<Box<dyn Layer<T>>> {
        Some(Box::new(BatchNorm { width }))
    }

    fn couples_rows(&self) -> bool {
        true
    }
}

member! {
    /// Per sample over the units. Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    pub struct PerSample {}
}
impl<T: Scalar> Normalise<T> for PerSample {
    fn layer(&self, width: usize) -> Option<Box<dyn Layer<T>>> {
        Some(Box::new(LayerNorm { width }))
    }
}

member! {
    /// Per sample, divided by the root mean square; no mean, no bias. Zhang & Sennrich 2019, arXiv:1910.07467.
    pub struct Rms {}
}
impl<T: Scalar> Normalise<T> for Rms {
    fn layer(&self, width: usize) -> Option<Box<dyn Layer<T>>> {
        Some(Box::new(RmsNorm { width }))
    }
}
