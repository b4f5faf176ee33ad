//! The batch of step 0 on disk, so that another program can feed it to a network with
//! the same weights and compare what comes of it.

use ndarray::{Array2, Axis};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::base::{Problem, Scalar};
use crate::nn::loss::Targets;
use crate::nn::snapshot;
use crate::study::task::Batch;

/// A tensor as it stands in the file.
type Stored = (Dtype, Vec<usize>, Vec<u8>);

/// A safetensors file of `inputs` `[B, features]` in the run's precision, as the network
/// gets them, and `targets`: `[B]` of I64 for classes, else `[B, outputs]`; where every
/// position has a target, `[B, P]` or `[B, P, outputs]`. Of rays of `points` points the
/// widths of their stretches are `deltas` `[B, P]`, and `inputs` the points alone. Of a
/// generator its matrices by name.
///
/// # Errors
/// If they are too large for the format.
pub fn to_bytes<T: Scalar>(batch: &Batch<T>, points: Option<usize>) -> Result<Vec<u8>, Problem> {
    let tensors: Vec<(&str, Stored)> = match batch {
        Batch::Samples(inputs, targets) => {
            let samples = inputs.nrows().max(1);
            let targets = of_targets(targets, samples);
            let mut tensors = vec![("targets", targets)];
            match points {
                Some(points) => tensors.extend(of_rays(inputs, points)),
                None => tensors.push(("inputs", of_array(inputs))),
            }
            tensors
        }
        Batch::Named(matrices) => {
            let named = matrices.iter();
            named
                .map(|(name, matrix)| (&**name, of_array(matrix)))
                .collect()
        }
    };
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, (dtype, shape, bytes))| {
            Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?))
        })
        .collect();
    let file = views.and_then(|views| safetensors::serialize(views, None));
    file.map_err(|error| {
        Problem::new(format!(
            "the batch could not be put into safetensors form: {error}"
        ))
    })
}

/// Row-major, whatever the array's layout.
fn of_array<T: Scalar>(array: &Array2<T>) -> Stored {
    let float = if size_of::<T>() == 4 {
        Dtype::F32
    } else {
        Dtype::F64
    };
    let values: Vec<T> = array.iter().copied().collect();
    (float, array.shape().to_vec(), snapshot::to_bytes(&values))
}

/// Points and the widths of their stretches, the last of a point's numbers.
fn of_rays<T: Scalar>(inputs: &Array2<T>, points: usize) -> [(&'static str, Stored); 2] {
    let each = inputs.ncols() / points;
    let part = |is_width: bool| {
        let columns = (0..inputs.ncols()).filter(|i| (i % each == each - 1) == is_width);
        of_array(&inputs.select(Axis(1), &columns.collect::<Vec<_>>()))
    };
    [("inputs", part(false)), ("deltas", part(true))]
}

fn of_targets<T: Scalar>(targets: &Targets<T>, samples: usize) -> Stored {
    let with_positions = |shape: &[usize]| match shape[0] / samples {
        0 | 1 => shape.to_vec(),
        positions => [&[samples, positions], &shape[1..]].concat(),
    };
    match targets {
        Targets::Classes(classes) => {
            let bytes = classes.iter().flat_map(|&c| i64::from(c).to_le_bytes());
            let shape = with_positions(&[classes.len()]);
            (Dtype::I64, shape, bytes.collect())
        }
        Targets::Numbers(numbers) => {
            let (dtype, shape, bytes) = of_array(numbers);
            (dtype, with_positions(&shape), bytes)
        }
    }
}
