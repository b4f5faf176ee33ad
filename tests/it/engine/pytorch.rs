//! Whole networks against PyTorch: the same weights and data, the same norms
//! at every layer and step. `tests/fixtures/pytorch/generate.py` made the
//! expected numbers in f64 and says how.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Both sides round at 1e-16 per operation; five steps of training let that
/// grow, by less than this.
const TOLERANCE: f64 = 1e-9;

/// The rows of a CSV file by (step, layer).
fn rows(path: &Path) -> BTreeMap<(u64, u64), BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader
        .deserialize::<BTreeMap<String, String>>()
        .map(Result::unwrap);
    rows.map(|row| {
        (
            (row["step"].parse().unwrap(), row["layer"].parse().unwrap()),
            row,
        )
    })
    .collect()
}

fn run(spec: &Path, out: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vgrad"));
    let output = command
        .arg("run")
        .arg(spec)
        .arg("--out")
        .arg(out)
        .arg("-q")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Compares every column that both files have; returns how many numbers.
fn compare(name: &str, expected: &Path, out: &Path) -> usize {
    let training: BTreeMap<u64, BTreeMap<String, String>> =
        csv::Reader::from_path(out.join("training.csv"))
            .unwrap()
            .deserialize::<BTreeMap<String, String>>()
            .map(|row| row.unwrap())
            .map(|row| (row["step"].parse().unwrap(), row))
            .collect();
    let (expected, found) = (rows(expected), rows(&out.join("gradients.csv")));
    assert_eq!(expected.len(), found.len(), "{name}: rows");
    let mut compared = 0;
    for (at, expected) in &expected {
        let number = |text: &str| text.parse::<f64>().ok();
        let largest = expected
            .values()
            .filter_map(|text| number(text))
            .fold(0.0, f64::max);
        for (column, expected) in expected
            .iter()
            .filter(|(column, _)| !matches!(&column[..], "step" | "layer"))
        {
            let of_step = &training[&at.0];
            let found = of_step.get(column).unwrap_or_else(|| &found[at][column]);
            let (Some(expected), Some(found)) = (number(expected), number(found)) else {
                assert_eq!(expected, found, "{name} {at:?} {column}");
                continue;
            };
            // Below 1e-12 of the row's largest number there is only rounding.
            let error = (expected - found).abs() / expected.abs().max(1e-12 * largest);
            assert!(
                error < TOLERANCE,
                "{name} {at:?} {column}: PyTorch {expected:e}, here {found:e}"
            );
            compared += 1;
        }
    }
    compared
}

#[test]
fn networks_train_as_in_pytorch() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pytorch");
    let mut specs: Vec<PathBuf> = fs::read_dir(&fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    specs.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    assert!(specs.len() >= 40, "the fixtures were not found");
    for spec in specs {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("run");
        run(&spec, &out);
        let name = spec.file_stem().unwrap().to_string_lossy().into_owned();
        let compared = compare(&name, &spec.with_extension("csv"), &out);
        assert!(compared > 100, "{name}: only {compared} numbers compared");
    }
}

/// What an optimizer keeps from step to step is only seen after some.
#[test]
fn every_architecture_is_updated_five_times_by_both_optimizers() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pytorch");
    let has_five = |name: &str, optimizers: &[&str]| {
        let spec = fs::read_to_string(fixtures.join(format!("{name}.toml"))).unwrap();
        let of_spec = spec.lines().filter(|line| line.starts_with("optimizer = "));
        let of_spec: Vec<&str> = of_spec.collect();
        assert_eq!(of_spec.len(), optimizers.len(), "{name}");
        for (line, optimizer) in of_spec.iter().zip(optimizers) {
            assert!(line.contains(optimizer), "{name}: {line}");
        }
        let rows = rows(&fixtures.join(format!("{name}.csv")));
        assert_eq!(rows.keys().last().unwrap().0, 5, "{name}");
    };
    for network in [
        "rnn",
        "rnn_two_layers",
        "lstm",
        "lstm_two_layers_clipped",
        "gru",
        "gru_two_layers",
        "transformer_pre",
        "transformer_post_causal",
        "transformer_post_deepnorm",
        "transformer_pre_rezero_rms",
        "transformer_plain",
        "conv_plain",
        "conv_kernel_1",
        "conv_kernel_5_batch",
        "conv_blocks_batch",
        "conv_residual_layer",
        "conv_rezero_rms",
        "nerf_batch",
        "nerf_fourier_concat",
    ] {
        for optimizer in ["sgd", "adam"] {
            has_five(&format!("{network}_{optimizer}"), &[optimizer]);
        }
    }
    // Of a generator and its discriminator, each by both.
    has_five("gan_saturating", &["sgd", "adam"]);
    has_five("gan_non_saturating", &["adam", "sgd"]);
    has_five("gan_least_squares", &["sgd", "adam"]);
    has_five("gan_wasserstein", &["rmsprop", "rmsprop"]);
}
