//! Weights on disk: safetensors files with PyTorch's names and layout, so that
//! `layers.3.weight` has shape [fan_out, fan_in], of a convolution [channels out, channels
//! in, rows, columns].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::base::{Problem, Scalar};
use crate::nn::layer::{Role, TensorShape};
use crate::nn::network::Network;

/// Where one tensor of a network lives.
struct Slot {
    block: usize,
    shape: TensorShape,
    /// First entry within the trained or running values.
    start: usize,
}

impl Slot {
    fn is_transposed(&self) -> bool {
        matches!(self.shape.role, Role::Weight(_))
    }

    /// The side of a convolution's kernel.
    fn kernel(&self) -> Option<usize> {
        match self.shape.role {
            Role::Weight(fans) => fans.kernel,
            _ => None,
        }
    }

    /// Shape in the file: weight matrices are transposed there, and a kernel's taps come
    /// last.
    fn file_shape(&self) -> Vec<usize> {
        let mut shape = self.shape.shape.clone();
        if self.is_transposed() {
            shape.reverse();
        }
        if let Some(side) = self.kernel() {
            shape[1] /= side * side;
            shape.extend([side, side]);
        }
        shape
    }

    /// Index in the file of the network's `i`th entry.
    fn file_index(&self, i: usize) -> usize {
        match self.shape.shape[..] {
            [rows, columns] if self.is_transposed() => {
                let taps = self.kernel().map_or(1, |side| side * side);
                // Here a row is a channel of a tap, there a tap of a channel.
                let (tap, channel) = (i / columns / (rows / taps), i / columns % (rows / taps));
                (i % columns) * rows + channel * taps + tap
            }
            _ => i,
        }
    }
}

/// Every tensor of the network by its name in the file.
fn slots<T: Scalar>(network: &Network<T>) -> BTreeMap<String, Slot> {
    let mut slots = BTreeMap::new();
    for (block, parameters) in network.layer_params().iter().enumerate() {
        let (mut trained, mut running) = (0, 0);
        for shape in &parameters.tensors {
            let next = if shape.is_trained() {
                &mut trained
            } else {
                &mut running
            };
            let start = *next;
            *next += shape.len();
            let name = format!("{}.{}", parameters.origin.name, shape.name);
            slots.insert(
                name,
                Slot {
                    block,
                    shape: shape.clone(),
                    start,
                },
            );
        }
    }
    slots
}

/// The network's weights as the bytes of a safetensors file.
///
/// # Errors
/// If they are too large for the format.
pub fn to_bytes<T: Scalar>(network: &Network<T>) -> Result<Vec<u8>, Problem> {
    let (dtype, size) = if size_of::<T>() == 4 {
        (Dtype::F32, 4)
    } else {
        (Dtype::F64, 8)
    };
    let slots = slots(network);
    let mut tensors: Vec<(&String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, slot) in &slots {
        let block = &network.layer_params()[slot.block];
        let values = if slot.shape.is_trained() {
            &block.trained
        } else {
            &block.running
        };
        let mut bytes = vec![0; slot.shape.len() * size];
        for (i, value) in values[slot.start..slot.start + slot.shape.len()]
            .iter()
            .enumerate()
        {
            let at = slot.file_index(i) * size;
            if size == 4 {
                bytes[at..at + 4].copy_from_slice(&((*value).to_f64() as f32).to_le_bytes());
            } else {
                bytes[at..at + 8].copy_from_slice(&(*value).to_f64().to_le_bytes());
            }
        }
        tensors.push((name, slot.file_shape(), bytes));
    }
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(dtype, shape.clone(), bytes)?)))
        .collect();
    views
        .and_then(|views| safetensors::serialize(views, None))
        .map_err(|error| {
            Problem::new(format!(
                "the weights could not be put into safetensors form: {error}"
            ))
        })
}

/// Replaces the network's weights by those of a safetensors file.
///
/// # Errors
/// A file that cannot be read or is no safetensors file; a missing, extra,
/// misshapen or non-finite tensor, which the message names. The network is
/// then left half changed.
pub fn load<T: Scalar>(network: &mut Network<T>, path: &Path) -> Result<(), Problem> {
    let wrong = |what: String| Problem::in_file(path, what);
    let unreadable = |error: &dyn std::fmt::Display| {
        wrong(format!("the weights could not be read: {error}"))
            .help("check network.weights; the path is relative to the spec")
    };
    let found = fs::metadata(path).map_err(|error| unreadable(&error))?;
    // A pipe or device could block or go on for ever.
    if !found.is_file() {
        return Err(unreadable(&"this is no ordinary file"));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(&error))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| {
        wrong(format!("is not a safetensors file: {error}"))
            .help("write one with `log.save_weights = true` or with safetensors.torch.save_file")
    })?;
    let slots = slots(network);
    let found: BTreeSet<String> = file.names().into_iter().map(str::to_owned).collect();
    let optional = |name: &str| matches!(slots[name].shape.role, Role::Running(_));
    if let Some(name) = slots
        .keys()
        .find(|name| !found.contains(*name) && !optional(name))
    {
        return Err(wrong(format!(
            "tensor `{name}` is missing; the network needs shape {:?}",
            slots[name].file_shape()
        ))
        .help("the file must fit depth, width, bias, norm and skip of [network]"));
    }
    if let Some(name) = found.iter().find(|name| !slots.contains_key(*name)) {
        return Err(
            wrong(format!("tensor `{name}` is not part of this network"))
                .help("the file must fit depth, width, bias, norm and skip of [network]"),
        );
    }
    for name in &found {
        let slot = &slots[name];
        let tensor = file
            .tensor(name)
            .map_err(|error| wrong(format!("tensor `{name}`: {error}")))?;
        if tensor.shape() != slot.file_shape() {
            return Err(wrong(format!(
                "tensor `{name}` has shape {:?}, the network needs {:?} (a weight is [fan_out, fan_in])",
                tensor.shape(),
                slot.file_shape()
            )));
        }
        let values: Vec<f64> = match tensor.dtype() {
            Dtype::F32 => decode(tensor.data(), |b: [u8; 4]| f64::from(f32::from_le_bytes(b))),
            Dtype::F64 => decode(tensor.data(), f64::from_le_bytes),
            other => {
                return Err(wrong(format!(
                    "tensor `{name}` is {other:?}; expected F32 or F64"
                )));
            }
        };
        let block = &mut network.layer_params_mut()[slot.block];
        let target = if slot.shape.is_trained() {
            &mut block.trained
        } else {
            &mut block.running
        };
        for (i, entry) in target[slot.start..slot.start + slot.shape.len()]
            .iter_mut()
            .enumerate()
        {
            *entry = T::from_f64(values[slot.file_index(i)]);
            if (*entry).to_f64() < 0.0 && slot.shape.name.ends_with("running_var") {
                return Err(wrong(format!(
                    "tensor `{name}` holds {} at place {} (from 0), but a variance is not negative",
                    values[slot.file_index(i)],
                    slot.file_index(i)
                )));
            }
            if !entry.is_finite() {
                return Err(wrong(format!(
                    "tensor `{name}` holds {} at place {} (from 0), which is not a finite {}",
                    values[slot.file_index(i)],
                    slot.file_index(i),
                    T::NAME
                )));
            }
        }
    }
    Ok(())
}

fn decode<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|chunk| value(*chunk))
        .collect()
}
