//! Weights files that do not fit, each named with its tensor.

use std::collections::BTreeMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::desk::{Desk, SMALL};

/// Tensors by name: type, shape, bytes.
type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// A desk with weights.safetensors, made by a run and changed by `change`.
fn desk(change: impl FnOnce(&mut Tensors)) -> Desk {
    let desk = Desk::with(SMALL);
    let flags = "--set log.save_weights=true --set network.norm=batch --set train.steps=0";
    desk.run(&format!("{flags} --out made")).fine();
    let bytes = desk.bytes("made/weights/initial.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: Tensors = file
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let parts = (view.dtype(), view.shape().to_vec(), view.data().to_vec());
            (name, parts)
        })
        .collect();
    change(&mut tensors);
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        let view = TensorView::new(*dtype, shape.clone(), data).unwrap();
        (name.clone(), view)
    });
    desk.write(
        "weights.safetensors",
        safetensors::serialize(views, None).unwrap(),
    );
    std::fs::remove_dir_all(desk.path("made")).unwrap();
    desk
}

const FLAGS: &str = "--set network.weights=weights.safetensors --set network.norm=batch";

#[track_caller]
fn refused(desk: &Desk, words: &[&str]) {
    let ended = desk.run(FLAGS).refused(words);
    assert!(ended.stderr.contains("weights.safetensors"));
    assert!(!desk.has("runs"), "a folder was made");
}

#[test]
fn whole_weights_are_read() {
    desk(|_| ()).run(FLAGS).fine();
}

#[test]
fn running_averages_are_optional() {
    let desk = desk(|tensors| tensors.retain(|name, _| !name.contains("running")));
    desk.run(FLAGS).fine();
}

#[test]
fn a_missing_tensor() {
    let desk = desk(|tensors| drop(tensors.remove("layers.3.weight")));
    refused(&desk, &["layers.3.weight", "missing", "[8, 8]"]);
}

#[test]
fn an_extra_tensor() {
    let desk = desk(|tensors| {
        let copy = tensors["layers.3.weight"].clone();
        tensors.insert("layers.9.weight".into(), copy);
    });
    refused(&desk, &["layers.9.weight"]);
}

#[test]
fn a_misshapen_tensor() {
    // Layer 1 maps 2 features to 8 units: [8, 2] in the file.
    let mut wrong = desk(|tensors| tensors.get_mut("layers.1.weight").unwrap().1 = vec![2, 8]);
    refused(&wrong, &["layers.1.weight", "[2, 8]", "[8, 2]"]);
    wrong = desk(|tensors| tensors.get_mut("layers.5.bias").unwrap().1 = vec![3, 1]);
    refused(&wrong, &["layers.5.bias", "[3, 1]", "[3]"]);
}

#[test]
fn a_tensor_that_is_not_finite() {
    for (value, word) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let desk = desk(|tensors| {
            let data = &mut tensors.get_mut("layers.2.norm.weight").unwrap().2;
            data[4 * 5..4 * 6].copy_from_slice(&value.to_le_bytes());
        });
        refused(&desk, &["layers.2.norm.weight", word, "5"]);
    }
    // A finite f64 may be too large for the run's f32.
    let desk = desk(|tensors| {
        let data = (0..8).flat_map(|_| 1e300f64.to_le_bytes()).collect();
        tensors.insert("layers.2.norm.bias".into(), (Dtype::F64, vec![8], data));
    });
    refused(&desk, &["layers.2.norm.bias", "f32"]);
}

#[test]
fn a_variance_below_zero() {
    let desk = desk(|tensors| {
        let data = &mut tensors.get_mut("layers.2.norm.running_var").unwrap().2;
        data[..4].copy_from_slice(&(-1f32).to_le_bytes());
    });
    refused(&desk, &["layers.2.norm.running_var", "-1"]);
}

#[test]
fn a_tensor_of_another_type() {
    let desk = desk(|tensors| {
        let (dtype, _, data) = tensors.get_mut("layers.4.weight").unwrap();
        (*dtype, *data) = (Dtype::F16, vec![0; 8 * 8 * 2]);
    });
    refused(&desk, &["layers.4.weight", "F16", "F32", "F64"]);
}

#[test]
fn what_is_no_safetensors_file() {
    let desk = Desk::with(SMALL);
    let valid = {
        let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
        safetensors::serialize([("layers.1.weight", view)], None).unwrap()
    };
    let mut huge = (1u64 << 60).to_le_bytes().to_vec();
    huge.extend_from_slice(b"{}");
    let cut = valid[..valid.len() - 2].to_vec();
    let cases: [(&str, Vec<u8>); 5] = [
        ("empty", Vec::new()),
        ("text", b"these are no weights, whatever they say".to_vec()),
        ("a header of 2^60 bytes", huge),
        ("a header of 2^64 - 1 bytes", vec![0xff; 16]),
        ("cut off", cut),
    ];
    for (what, bytes) in cases {
        desk.write("weights.safetensors", bytes);
        let ended = desk
            .run(FLAGS)
            .refused(&["weights.safetensors", "safetensors"]);
        assert!(!desk.has("runs"), "{what}: {ended:?}");
    }
}

#[test]
fn no_file_at_all() {
    let desk = Desk::with(SMALL);
    refused(&desk, &["network.weights"]);
    std::fs::create_dir(desk.path("weights.safetensors")).unwrap();
    refused(&desk, &["network.weights"]);
}

/// A device would be read for ever.
#[cfg(unix)]
#[test]
fn a_device_is_no_file() {
    let desk = Desk::with(SMALL);
    desk.run("--set network.weights=/dev/zero")
        .refused(&["/dev/zero", "network.weights"]);
}
