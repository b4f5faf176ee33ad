//! `log.parameters`: what is measured of every trained tensor.

use crate::desk::{Desk, SMALL};
use crate::table::Table;
use crate::tensors::tensors;

/// Every kind of tensor and every way to make an update.
const NETWORKS: [&str; 4] = [
    "",
    "--set network.norm=batch --set network.skip=rezero --set train.optimizer=adam",
    "--set network.norm=layer --set network.skip=highway --set train.optimizer=adamw",
    "--set network.norm=rms --set network.order=norm-activation-linear --set train.clip_grad_norm=0.1 \
     --set train.optimizer.sgd.momentum=0.9",
];

/// What both files and two steps at f64 leave.
const ALL: &str = "--set log.parameters=true --set log.save_weights=true --set precision=f64";

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

#[test]
fn every_trained_tensor_of_the_weights_file_has_its_rows() {
    for flags in NETWORKS {
        let desk = Desk::with(SMALL);
        desk.run(&format!("{flags} {ALL} --set log.every=4 --out a"))
            .fine();
        let text = desk.read("a/parameters.csv");
        let header = "step,layer,tensor,grad_norm,weight_norm,update_ratio\n";
        assert!(text.starts_with(header), "{text}");
        let table = Table::parse(&text);
        let last = tensors(&desk.bytes("a/weights/final.safetensors"));
        let trained: Vec<&String> = last.keys().filter(|n| !n.contains("running_")).collect();
        for step in ["0", "4", "6"] {
            let rows = table.only("step", step);
            let mut names = rows.cells("tensor");
            for (name, layer) in names.iter().zip(rows.cells("layer")) {
                assert!(name.starts_with(&format!("layers.{layer}.")), "{name}");
            }
            names.sort_unstable();
            assert!(names.iter().eq(trained.iter()), "{names:?} {trained:?}");
        }
        // The last row is measured at the final weights and no update follows.
        let rows = table.only("step", "6");
        for (name, norm) in rows.cells("tensor").iter().zip(rows.numbers("weight_norm")) {
            assert!(is_close(norm, last[*name].norm()), "{name} {norm}");
        }
        assert!(
            rows.cells("update_ratio")
                .iter()
                .all(|cell| cell.is_empty())
        );
    }
}

#[test]
fn ratios_are_those_of_the_weights_before_and_after_one_update() {
    for flags in NETWORKS {
        let desk = Desk::with(SMALL);
        desk.run(&format!("{flags} {ALL} --set train.steps=1 --out a"))
            .fine();
        let [before, after] = ["initial", "final"]
            .map(|which| tensors(&desk.bytes(&format!("a/weights/{which}.safetensors"))));
        let table = desk.table("a/parameters.csv").only("step", "0");
        for (name, ratio) in table
            .cells("tensor")
            .iter()
            .zip(table.cells("update_ratio"))
        {
            let change = after[*name].distance(&before[*name]);
            let expected = change / before[*name].norm();
            let ratio: f64 = ratio.parse().unwrap();
            // A bias and a scale start at 0: infinite, or NaN where nothing changes them.
            let is_odd = ratio == expected || (ratio.is_nan() && expected.is_nan());
            // Rounding of the weights is in the difference.
            assert!(
                is_odd || (ratio - expected).abs() <= 1e-9 * expected,
                "{name}: {ratio} {expected}"
            );
        }
    }
}

#[test]
fn norms_are_those_of_the_other_files() {
    for flags in NETWORKS {
        let desk = Desk::with(SMALL);
        desk.run(&format!("{flags} {ALL} --out a")).fine();
        let (of_layers, of_steps) = (desk.table("a/gradients.csv"), desk.table("a/training.csv"));
        let of_tensors = desk.table("a/parameters.csv");
        let squares = |table: &Table| -> f64 {
            let norms = table.numbers("grad_norm").into_iter();
            norms.map(|norm| norm * norm).sum()
        };
        for (step, norm) in of_steps
            .cells("step")
            .iter()
            .zip(of_steps.numbers("grad_norm"))
        {
            let rows = of_tensors.only("step", step);
            assert!(is_close(squares(&rows).sqrt(), norm), "{flags} {step}");
            let layers = of_layers.only("step", step);
            for (i, layer) in layers.cells("layer").iter().enumerate() {
                let weight = rows.only("tensor", &format!("layers.{layer}.weight"));
                // The same numbers, to the last digit.
                for (own, other) in [
                    ("grad_norm", "weight_grad_norm"),
                    ("weight_norm", "weight_norm"),
                    ("update_ratio", "update_ratio"),
                ] {
                    assert_eq!(weight.cells(own), [layers.cells(other)[i]], "{own}");
                }
            }
        }
    }
}

#[test]
fn looking_at_tensors_changes_no_other_byte_and_threads_none_at_all() {
    for flags in NETWORKS {
        let desk = Desk::with(SMALL);
        // Wide enough for an optimizer to take a tensor in several pieces.
        let flags = format!("{flags} --set network.width=40 --set log.every=2");
        desk.run(&format!("{flags} --out without")).fine();
        assert!(!desk.has("without/parameters.csv"));
        for threads in [1, 2, 3] {
            let out = format!("with-{threads}");
            desk.run(&format!(
                "{flags} --set log.parameters=true --threads {threads} --out {out}"
            ))
            .fine();
            assert!(desk.csv_files(&out) == desk.csv_files("without"), "{flags}");
            assert!(
                desk.bytes(&format!("{out}/parameters.csv")) == desk.bytes("with-1/parameters.csv")
            );
        }
    }
}

#[test]
fn a_step_that_was_not_to_be_logged_has_rows_if_it_diverges() {
    let desk = Desk::with(SMALL);
    // The loss overflows after some steps.
    let flags = "--set network.activation=identity --set network.norm=none \
                 --set train.learning_rate=1e12 --set train.steps=50 --set log.every=50";
    desk.run(&format!("{flags} --set log.parameters=true --out a"))
        .fine();
    assert_eq!(desk.summary("a")["status"], "diverged");
    let step = desk.summary("a")["diverged"]["step"].to_string();
    assert_ne!(step, "0");
    let rows = desk.table("a/parameters.csv").only("step", &step);
    // Five linear maps with their biases.
    assert_eq!(rows.rows.len(), 10);
    let of_layers = desk.table("a/gradients.csv").only("step", &step);
    let weights = ["1", "2", "3", "4", "5"].map(|layer| {
        let name = format!("layers.{layer}.weight");
        rows.only("tensor", &name).cells("grad_norm")[0].to_owned()
    });
    assert_eq!(of_layers.cells("weight_grad_norm"), weights);
}

#[test]
fn another_run_in_the_folder_leaves_nothing_of_it() {
    let desk = Desk::with(SMALL);
    let all = "--set log.parameters=true --set log.tensorboard=true --set log.save_batch=true";
    desk.run(&format!("{all} --out a")).fine();
    assert_eq!(
        desk.list("a"),
        [
            "batch.safetensors",
            "events.out.tfevents.vgrad",
            "gradients.csv",
            "parameters.csv",
            "spec.toml",
            "summary.json",
            "training.csv"
        ]
    );
    desk.run("--force --out a").fine();
    assert_eq!(desk.list("a").len(), 4);
}
