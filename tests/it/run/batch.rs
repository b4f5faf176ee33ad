//! `log.save_batch`: the batch of step 0, tried by a network of one tanh layer that is
//! worked out here.

use safetensors::Dtype;

use crate::desk::{Desk, SMALL};
use crate::tensors::{Tensor, tensors};

/// W x + b of every row.
fn linear(inputs: &[Vec<f64>], weight: &Tensor, bias: &Tensor) -> Vec<Vec<f64>> {
    let row = |x: &Vec<f64>| -> Vec<f64> {
        let dot = |w: &[f64]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        let sums = weight.rows().zip(&bias.values);
        sums.map(|(w, b)| dot(w) + b).collect()
    };
    inputs.iter().map(row).collect()
}

/// Runs `flags` and gives back the loss of the saved batch at the saved weights by
/// `loss(output, target)`, beside the run's own at step 0.
fn losses(flags: &str, dtype: Dtype, loss: fn(&[f64], &[f64]) -> f64) -> [f64; 2] {
    let desk = Desk::with(SMALL);
    desk.run(&format!(
        "{flags} --set network.depth=1 --set log.save_batch=true --set log.save_weights=true --out a"
    ))
    .fine();
    let batch = tensors(&desk.bytes("a/batch.safetensors"));
    let names: Vec<&str> = batch.keys().map(String::as_str).collect();
    assert_eq!(names, ["inputs", "targets"]);
    let (inputs, targets) = (&batch["inputs"], &batch["targets"]);
    assert_eq!((inputs.dtype, inputs.shape[0]), (dtype, 16));
    assert_eq!(targets.shape[0], 16);
    let weights = tensors(&desk.bytes("a/weights/initial.safetensors"));
    let inputs: Vec<Vec<f64>> = inputs.rows().map(<[f64]>::to_vec).collect();
    let mut hidden = linear(
        &inputs,
        &weights["layers.1.weight"],
        &weights["layers.1.bias"],
    );
    let entries = hidden.iter_mut().flatten();
    entries.for_each(|z| *z = z.tanh());
    let outputs = linear(
        &hidden,
        &weights["layers.2.weight"],
        &weights["layers.2.bias"],
    );
    let of_rows = targets.values.chunks(targets.values.len() / 16);
    let sum: f64 = outputs.iter().zip(of_rows).map(|(o, t)| loss(o, t)).sum();
    [
        sum / 16.0,
        desk.table("a/training.csv").numbers("train_loss")[0],
    ]
}

fn cross_entropy(output: &[f64], target: &[f64]) -> f64 {
    let sum: f64 = output.iter().map(|o| o.exp()).sum();
    sum.ln() - output[target[0] as usize]
}

fn mse(output: &[f64], target: &[f64]) -> f64 {
    let squares = output.iter().zip(target).map(|(o, t)| (o - t).powi(2));
    squares.sum::<f64>() / output.len() as f64
}

/// The targets are classes all the same.
fn one_hot_mse(output: &[f64], target: &[f64]) -> f64 {
    let one_hot = (0..output.len()).map(|c| f64::from(c == target[0] as usize));
    mse(output, &one_hot.collect::<Vec<_>>())
}

#[test]
fn the_saved_batch_is_the_one_of_step_0() {
    for (flags, loss) in [
        ("", cross_entropy as fn(&[f64], &[f64]) -> f64),
        ("--set train.loss=mse", one_hot_mse),
        (
            "--set train.loss=mse --set data.source={sine={samples=100}} --set data.standardize_target=true",
            mse,
        ),
    ] {
        let [own, run] = losses(&format!("{flags} --set precision=f64"), Dtype::F64, loss);
        assert!((own - run).abs() <= 1e-13 * run, "{flags}: {own} {run}");
        let [own, run] = losses(flags, Dtype::F32, loss);
        assert!((own - run).abs() <= 1e-6 * run, "{flags}: {own} {run}");
    }
}

#[test]
fn classes_are_whole_numbers_and_no_batch_is_saved_unasked() {
    let desk = Desk::with(SMALL);
    desk.run("--set log.save_batch=true --out a").fine();
    let batch = tensors(&desk.bytes("a/batch.safetensors"));
    assert_eq!(batch["targets"].dtype, Dtype::I64);
    assert_eq!(batch["targets"].shape, [16]);
    desk.run("--out b").fine();
    assert!(!desk.has("b/batch.safetensors"));
}
