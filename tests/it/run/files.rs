//! What a run folder holds.

use crate::desk::{Desk, SMALL};

#[test]
fn a_run_folder_holds_its_four_files() {
    let desk = Desk::with(SMALL);
    desk.run("").fine();
    assert_eq!(desk.list("."), ["runs", "trial.toml"]);
    assert_eq!(
        desk.list("runs/trial"),
        ["gradients.csv", "spec.toml", "summary.json", "training.csv"]
    );
    desk.run("--set log.save_weights=true").fine();
    assert_eq!(
        desk.list("runs/trial-2/weights"),
        ["final.safetensors", "initial.safetensors"]
    );
}

#[test]
fn gradients_have_a_row_per_logged_step_and_layer() {
    let desk = Desk::with(SMALL);
    desk.run("--set log.every=4").fine();
    let text = desk.read("runs/trial/gradients.csv");
    assert_eq!(
        text.lines().next().unwrap(),
        "step,epoch,layer,name,activation_grad_norm,delta_norm,weight_grad_norm,bias_grad_norm,\
         weight_norm,update_ratio,activation_mean,activation_std,saturated_fraction,dead_fraction,\
         zero_grad_fraction,position,cell_grad_norm,activation_correlation,weight_grad_mean_abs,\
         saturated_karpathy_fraction,saturated_deepdiagnosis_fraction,\
         saturated_debugger_fraction,rarely_active_fraction"
    );
    let table = desk.table("runs/trial/gradients.csv");
    // Steps 0, 4 and the last one, 6; four hidden layers and the output. An
    // epoch is ⌊80 / 16⌋ = 5 steps.
    let steps: Vec<&str> = ["0", "4", "6"].iter().flat_map(|s| [*s; 5]).collect();
    assert_eq!(table.cells("step"), steps);
    let layers: Vec<&str> = ["1", "2", "3", "4", "5"].repeat(3);
    assert_eq!(table.cells("layer"), layers);
    let epochs: Vec<&str> = ["0", "0", "1"].iter().flat_map(|s| [*s; 5]).collect();
    assert_eq!(table.cells("epoch"), epochs);
    assert_eq!(
        table.cells("name")[..5],
        ["hidden_1", "hidden_2", "hidden_3", "hidden_4", "output"]
    );
    for norm in ["activation_grad_norm", "delta_norm", "weight_grad_norm"] {
        assert!(table.numbers(norm).iter().all(|norm| *norm > 0.0), "{norm}");
    }
    // The last step is measured and changes nothing.
    for (step, ratio) in table.cells("step").iter().zip(table.cells("update_ratio")) {
        assert_eq!(ratio.is_empty(), *step == "6", "step {step}: {ratio:?}");
    }
}

#[test]
fn a_layer_says_its_place_on_the_path_of_decay() {
    let desk = Desk::with(SMALL);
    // Four hidden layers: all on the path, or with a skip around every three of
    // layers 2 … 4 the first and the last one.
    for (skip, places) in [
        ("none", ["1", "2", "3", "4", ""]),
        ("{identity={every=3}}", ["1", "", "", "4", ""]),
    ] {
        desk.run(&format!("--force --out runs/a --set network.skip={skip}"))
            .fine();
        let table = desk.table("runs/a/gradients.csv");
        assert_eq!(table.cells("position")[..5], places, "{skip}");
        assert!(
            table
                .cells("cell_grad_norm")
                .iter()
                .all(|cell| cell.is_empty())
        );
    }
}

#[test]
fn the_output_layer_has_no_activation_figures() {
    let desk = Desk::with(SMALL);
    desk.run("").fine();
    let table = desk.table("runs/trial/gradients.csv");
    for column in [
        "activation_mean",
        "activation_std",
        "saturated_fraction",
        "dead_fraction",
    ] {
        for (name, cell) in table.cells("name").iter().zip(table.cells(column)) {
            assert_eq!(
                cell.is_empty(),
                *name == "output",
                "{name} {column} {cell:?}"
            );
        }
    }
    // ∂L/∂output is both what the output layer hands on and its linear map's δ.
    let output = table.only("name", "output");
    assert_eq!(
        output.cells("activation_grad_norm"),
        output.cells("delta_norm")
    );
}

#[test]
fn what_does_not_apply_is_empty() {
    let desk = Desk::with(SMALL);
    desk.run("--out flat --set network.bias=false --set network.activation=identity")
        .fine();
    let table = desk.table("flat/gradients.csv");
    assert!(table.cells("bias_grad_norm").iter().all(|c| c.is_empty()));
    let saturated = table.cells("saturated_fraction");
    assert!(saturated.iter().all(|c| c.is_empty()));
    // A norm takes the bias's place in the hidden layers, and only there.
    desk.run("--out normed --set network.norm=layer").fine();
    let table = desk.table("normed/gradients.csv");
    for (name, cell) in table
        .cells("name")
        .iter()
        .zip(table.cells("bias_grad_norm"))
    {
        assert_eq!(cell.is_empty(), *name != "output", "{name} {cell:?}");
    }
}

#[test]
fn training_looks_at_the_test_set_now_and_then() {
    let desk = Desk::with(SMALL);
    desk.run("--set train.steps=13 --set log.evaluate_every=4 --set log.every=6")
        .fine();
    let text = desk.read("runs/trial/training.csv");
    assert_eq!(
        text.lines().next().unwrap(),
        "step,epoch,learning_rate,train_loss,train_accuracy,test_loss,test_accuracy,grad_norm,clipped"
    );
    let table = desk.table("runs/trial/training.csv");
    // Logged: 0, 6, 12, 13. Evaluated: 0, 4, 8, 12, 13.
    assert_eq!(
        table.cells("step"),
        ["0", "4", "6", "8", "12", "13"],
        "{text}"
    );
    assert_eq!(table.cells("epoch"), ["0", "0", "1", "1", "2", "2"]);
    for column in ["test_loss", "test_accuracy"] {
        let cells = table.cells(column);
        let at: Vec<bool> = cells.iter().map(|cell| !cell.is_empty()).collect();
        assert_eq!(at, [true, true, false, true, true, true], "{column}");
    }
    assert!(
        table
            .numbers("learning_rate")
            .iter()
            .all(|rate| *rate == 0.1)
    );
    assert!(table.numbers("clipped").iter().all(|c| *c == 0.0));
}

#[test]
fn the_default_looks_once_an_epoch_but_no_more_than_every_ten_steps() {
    let desk = Desk::with(SMALL);
    let looks = |out: &str| {
        let table = desk.table(&format!("{out}/training.csv"));
        let (steps, losses) = (table.cells("step"), table.cells("test_loss"));
        let both = steps.into_iter().zip(losses);
        let seen: Vec<String> = both
            .filter(|(_, loss)| !loss.is_empty())
            .map(|(step, _)| step.to_owned())
            .collect();
        seen
    };
    // An epoch of 5 steps.
    desk.run("--out short --set train.steps=25").fine();
    assert_eq!(looks("short"), ["0", "10", "20", "25"]);
    // An epoch of 20 steps.
    desk.run("--out long --set train.steps=45 --set train.batch_size=4")
        .fine();
    assert_eq!(looks("long"), ["0", "20", "40", "45"]);
}

#[test]
fn columns_that_do_not_apply_stay_empty_in_training() {
    let desk = Desk::with(SMALL);
    desk.run("--out untested --set data.test_fraction=0").fine();
    let table = desk.table("untested/training.csv");
    assert!(table.cells("test_loss").iter().all(|c| c.is_empty()));
    assert!(table.cells("test_accuracy").iter().all(|c| c.is_empty()));
    let summary = desk.summary("untested");
    assert!(summary["test_loss"].is_null() && summary["test_accuracy"].is_null());

    desk.run("--out fit --set data.source=sine --set train.loss=mse")
        .fine();
    let table = desk.table("fit/training.csv");
    assert!(table.cells("train_accuracy").iter().all(|c| c.is_empty()));
    assert!(table.cells("test_accuracy").iter().all(|c| c.is_empty()));
    assert!(!table.cells("test_loss")[0].is_empty());
}

#[test]
fn the_gradient_is_logged_before_clipping() {
    let desk = Desk::with(SMALL);
    desk.run("--out free").fine();
    desk.run("--out clipped --set train.clip_grad_norm=1e-6")
        .fine();
    let (free, clipped) = (
        desk.table("free/training.csv"),
        desk.table("clipped/training.csv"),
    );
    assert_eq!(free.cells("grad_norm")[0], clipped.cells("grad_norm")[0]);
    assert!(clipped.cells("clipped").iter().all(|cell| *cell == "1"));
    let moved = desk.table("clipped/gradients.csv");
    // Learning rate 0.1 times a gradient of norm at most 1e-6.
    let step_zero = moved.only("step", "0");
    let moves = step_zero.numbers("update_ratio").into_iter();
    let lengths: Vec<f64> = moves
        .zip(step_zero.numbers("weight_norm"))
        .map(|(ratio, norm)| ratio * norm)
        .collect();
    assert!(
        lengths.iter().all(|length| *length <= 1.0001e-7),
        "{lengths:?}"
    );
}

#[test]
fn the_whole_gradient_is_the_layers_together() {
    let desk = Desk::with(SMALL);
    desk.run("").fine();
    let layers = desk.table("runs/trial/gradients.csv").only("step", "3");
    let squares: f64 = ["weight_grad_norm", "bias_grad_norm"]
        .iter()
        .flat_map(|column| layers.numbers(column))
        .map(|norm| norm * norm)
        .sum();
    let whole = desk.table("runs/trial/training.csv").numbers("grad_norm")[3];
    assert!(
        (squares.sqrt() / whole - 1.0).abs() < 1e-12,
        "{squares} {whole}"
    );
}

#[test]
fn the_summary_says_how_it_went() {
    let desk = Desk::with(SMALL);
    desk.run("--seed 5 --set log.every=4 --threads 2").fine();
    let summary = desk.summary("runs/trial");
    let training = desk.table("runs/trial/training.csv");
    assert_eq!(summary["schema_version"], 1);
    assert_eq!(summary["vgrad_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(summary["name"], "trial");
    assert_eq!(summary["seed"], 5);
    assert_eq!(summary["status"], "completed");
    assert!(summary["diverged"].is_null());
    assert_eq!(summary["verdict"], summary["initial"]["verdict"]);
    assert_eq!(summary["initial"]["step"], 0);
    assert_eq!(summary["final"]["step"], 6);
    assert_eq!(summary["steps"], 6);
    let last_row = training.only("step", "6");
    let last = |column: &str| last_row.numbers(column)[0];
    assert_eq!(summary["train_loss"], last("train_loss"));
    assert_eq!(summary["test_loss"], last("test_loss"));
    assert_eq!(summary["test_accuracy"], last("test_accuracy"));
    assert_eq!(summary["machine"]["threads"], 2);
    assert_eq!(summary["machine"]["os"], std::env::consts::OS);
    assert!(summary["times"]["training_seconds"].as_f64().unwrap() > 0.0);
    let fields = [
        "step",
        "decay_decades_per_layer",
        "r2",
        "std_error",
        "attenuation_decades",
        "layers_left_out",
        "verdict",
    ];
    for end in ["initial", "final"] {
        let keys: Vec<&String> = summary[end].as_object().unwrap().keys().collect();
        assert_eq!(keys, fields);
    }
}

#[test]
fn no_steps_measure_the_initialisation_only() {
    let desk = Desk::with(SMALL);
    desk.run("--set train.steps=0").fine();
    let table = desk.table("runs/trial/gradients.csv");
    assert_eq!(table.cells("step"), ["0"; 5]);
    assert!(table.cells("update_ratio").iter().all(|c| c.is_empty()));
    let training = desk.table("runs/trial/training.csv");
    assert_eq!(training.cells("step"), ["0"]);
    assert!(!training.cells("test_loss")[0].is_empty());
    let summary = desk.summary("runs/trial");
    assert_eq!(
        (&summary["steps"], &summary["final"]["step"]),
        (&0.into(), &0.into())
    );
    assert_eq!(summary["status"], "completed");
    // The same first measurement as a run that goes on.
    desk.run("").fine();
    let longer = desk.table("runs/trial-2/gradients.csv");
    let column = "activation_grad_norm";
    assert_eq!(table.cells(column), longer.only("step", "0").cells(column));
}

#[test]
fn log_spaced_steps_end_with_the_last() {
    let desk = Desk::with(SMALL);
    desk.run("--set log.every=log --set train.steps=30").fine();
    let table = desk.table("runs/trial/gradients.csv").only("layer", "1");
    let steps = table.cells("step");
    assert_eq!((steps[0], steps[1], steps[2]), ("0", "1", "2"));
    assert_eq!(*steps.last().unwrap(), "30");
    assert!(steps.len() < 20, "{steps:?}");
}
