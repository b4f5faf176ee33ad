//! A safetensors file, read by the format's own library.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors};

/// One tensor, row-major.
pub struct Tensor {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Tensor {
    pub fn norm(&self) -> f64 {
        self.values.iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    /// The norm of the difference.
    pub fn distance(&self, other: &Self) -> f64 {
        let pairs = self.values.iter().zip(&other.values);
        pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    /// The rows of a matrix.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks(self.shape[1])
    }
}

/// The tensors of a file by name.
pub fn tensors(bytes: &[u8]) -> BTreeMap<String, Tensor> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensor = |name: &str| {
        let view = file.tensor(name).unwrap();
        let data = view.data();
        let values = match view.dtype() {
            Dtype::F32 => {
                let words = data.as_chunks().0.iter();
                words.map(|word| f32::from_le_bytes(*word).into()).collect()
            }
            Dtype::F64 => {
                let words = data.as_chunks().0.iter();
                words.map(|word| f64::from_le_bytes(*word)).collect()
            }
            Dtype::I64 => {
                let words = data.as_chunks().0.iter();
                words.map(|word| i64::from_le_bytes(*word) as f64).collect()
            }
            other => panic!("{name} is {other:?}"),
        };
        Tensor {
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            values,
        }
    };
    let names = file.names().into_iter();
    names.map(|name| (name.to_owned(), tensor(name))).collect()
}
