//! How an MLP's input is encoded before layer 1 reads it.

use crate::base::Scalar;
use crate::base::family::{family, member};
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::fourier_features::FourierFeatures;

family! {
    /// What becomes of a feature before layer 1 reads it.
    pub enum InputEncoding {
        NoEncoding = "none",
        Fourier = "fourier",
    }
    /// The encoding itself.
    fn scheme<T> -> Encode<T>;
}

/// A way to encode features.
pub trait Encode<T: Scalar> {
    /// Encodes `input` [batch, features]; returns the result.
    fn add(&self, graph: &mut GraphBuilder<T>, input: ValueId) -> ValueId;

    /// The columns that a feature x becomes.
    fn columns_of(&self, x: f64) -> Vec<f64>;
}

member! {
    /// Features as they are.
    pub struct NoEncoding {}
}

impl<T: Scalar> Encode<T> for NoEncoding {
    fn add(&self, _: &mut GraphBuilder<T>, input: ValueId) -> ValueId {
        input
    }

    fn columns_of(&self, x: f64) -> Vec<f64> {
        vec![x]
    }
}

member! {
    /// Every feature x becomes x, sin(πx), cos(πx), sin(2πx), cos(2πx), …, sin(2^(bands−1)πx), cos(2^(bands−1)πx). Mildenhall et al. 2020, arXiv:2003.08934; Tancik et al. 2020, arXiv:2006.10739.
    pub struct Fourier {
        /// Frequencies, each twice the one before.
        #[schemars(range(min = 1, max = 32))]
        bands: usize = 4,
        /// Whether x itself is among the columns.
        include_input: bool = true,
    }
}

impl Fourier {
    fn features(&self, inputs: usize) -> FourierFeatures {
        FourierFeatures {
            inputs,
            bands: self.bands,
            include_input: self.include_input,
        }
    }
}

impl<T: Scalar> Encode<T> for Fourier {
    fn add(&self, graph: &mut GraphBuilder<T>, input: ValueId) -> ValueId {
        let features = self.features(graph.width(input));
        graph.add(1, features, &[input])
    }

    fn columns_of(&self, x: f64) -> Vec<f64> {
        let features = self.features(1);
        features.of(x).map(|[value, _]| value).collect()
    }
}
