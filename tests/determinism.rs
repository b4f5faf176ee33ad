//! What may be promised of reproducibility (bytes, on one machine): any number
//! of threads, any `log.every`, the saved spec and the saved weights all give
//! the same run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Batch norm couples rows, dropout draws, 300 rows make four pieces; plain is
/// the common case.
const SPECS: [(&str, &str); 3] = [
    (
        "coupled",
        "norm = \"batch\"\nskip = { identity = { every = 2, scale = 0.5 } }\ndropout = 0.2\ninit = \"lsuv\"",
    ),
    (
        "gated",
        "norm = \"layer\"\nskip = \"highway\"\norder = \"linear-norm-activation\"",
    ),
    ("plain", ""),
];

fn spec(network: &str) -> String {
    format!(
        "[data]\nsource = \"digits\"\n\
         [network]\ndepth = 5\nwidth = 17\nactivation = \"relu\"\n{network}\n\
         [train]\nsteps = 15\nbatch_size = 300\noptimizer = \"adam\"\nlearning_rate = 0.01\n\
         [log]\nsave_weights = true\nevaluate_every = 5\n"
    )
}

/// Runs `spec` into the folder `out` of `folder`, which it returns.
fn run(folder: &Path, spec: &str, out: &str, flags: &[&str]) -> PathBuf {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vgrad"));
    command
        .current_dir(folder)
        .args(["run", spec, "--quiet", "--out", out])
        .args(flags);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder.join(out)
}

fn same(a: &Path, b: &Path, what: &str) {
    for file in ["gradients.csv", "training.csv"] {
        assert!(
            fs::read(a.join(file)).unwrap() == fs::read(b.join(file)).unwrap(),
            "{what}: {file} differs"
        );
    }
}

fn for_every_spec(check: impl Fn(&Path, &Path, &str)) {
    for (name, network) in SPECS {
        for precision in ["f32", "f64"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("spec.toml"), spec(network)).unwrap();
            let set = format!("precision={precision}");
            let first = run(
                folder.path(),
                "spec.toml",
                "first",
                &["--threads", "1", "--set", &set],
            );
            check(folder.path(), &first, &format!("{name} {precision}"));
        }
    }
}

#[test]
fn threads_change_nothing() {
    for_every_spec(|folder, first, name| {
        for threads in ["2", "3", "8"] {
            let out = run(
                folder,
                "first/spec.toml",
                &format!("threads{threads}"),
                &["--threads", threads],
            );
            same(first, &out, &format!("{name} with {threads} threads"));
        }
    });
}

#[test]
fn the_saved_spec_and_weights_give_the_same_run() {
    for_every_spec(|folder, first, name| {
        let again = run(folder, "first/spec.toml", "again", &[]);
        same(first, &again, &format!("{name} from its saved spec"));
        // A path on the command line counts from the spec's folder.
        let weights = ["--set", "network.weights=weights/initial.safetensors"];
        let from_weights = run(folder, "first/spec.toml", "from_weights", &weights);
        same(
            first,
            &from_weights,
            &format!("{name} from its saved weights"),
        );
        // And that run's own spec, from where it lies, finds the weights too.
        let moved = run(folder, "from_weights/spec.toml", "moved", &[]);
        same(
            first,
            &moved,
            &format!("{name} from the saved spec with weights"),
        );
        let other_seed = run(folder, "first/spec.toml", "other_seed", &["--seed", "1"]);
        assert!(
            fs::read(first.join("gradients.csv")).unwrap()
                != fs::read(other_seed.join("gradients.csv")).unwrap(),
            "{name}: another seed, the same run"
        );
    });
}

#[test]
fn common_rows_of_another_log_every_are_the_same() {
    for_every_spec(|folder, first, name| {
        for every in ["log.every=7", "log.every=log"] {
            let sparse = run(folder, "first/spec.toml", every, &["--set", every]);
            for file in ["gradients.csv", "training.csv"] {
                let lines = |run: &Path| -> BTreeSet<String> {
                    fs::read_to_string(run.join(file))
                        .unwrap()
                        .lines()
                        .map(str::to_owned)
                        .collect()
                };
                let (all, some) = (lines(first), lines(&sparse));
                assert!(
                    some.len() < all.len(),
                    "{name} {every}: {file} is not sparser"
                );
                assert!(
                    some.is_subset(&all),
                    "{name} {every}: rows of {file} differ"
                );
            }
        }
    });
}
