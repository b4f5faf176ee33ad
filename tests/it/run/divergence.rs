//! Runs whose numbers stop being finite.

use crate::desk::{Desk, SMALL};

const WILD: &str = "--set network.activation=relu --set train.learning_rate=1e6 --set train.loss=mse \
                    --set train.steps=500 --set log.evaluate_every=1000";

#[test]
fn a_diverged_run_is_a_result() {
    let desk = Desk::with(SMALL);
    let ended = desk.run(WILD).fine();
    let summary = desk.summary("runs/trial");
    assert_eq!(summary["status"], "diverged");
    assert_eq!(summary["verdict"], "diverged");
    let step = summary["diverged"]["step"].as_u64().unwrap();
    let layer = summary["diverged"]["layer"].as_u64().unwrap();
    assert!(step > 0 && (1..=5).contains(&layer), "{summary}");
    assert_eq!(summary["steps"], step);
    assert_eq!(summary["final"]["step"], step);
    assert!(ended.stdout.contains("diverged"));
    assert!(ended.stdout.contains(&format!("step {step}")));

    // That step is the last, whole, and has what stopped the run in it.
    let table = desk.table("runs/trial/gradients.csv");
    let last = table.only("step", &step.to_string());
    assert_eq!(last.rows.len(), 5);
    assert_eq!(*table.cells("step").last().unwrap(), step.to_string());
    assert!(
        last.cells("update_ratio")
            .iter()
            .all(|cell| cell.is_empty())
    );
    let odd = |text: &str| text.contains("NaN") || text.contains("inf");
    let cells = last.rows.iter().flatten();
    let training = desk.table("runs/trial/training.csv");
    let final_row = training.rows.last().unwrap();
    assert_eq!(final_row[0], step.to_string());
    assert!(cells.chain(final_row).any(|cell| odd(cell)));
    for cell in last.rows.iter().flatten().filter(|cell| odd(cell)) {
        assert!(["NaN", "inf", "-inf"].contains(&cell.as_str()), "{cell}");
    }
}

#[test]
fn every_step_is_watched_and_the_last_one_logged() {
    let desk = Desk::with(SMALL);
    desk.run(&format!("{WILD} --out dense")).fine();
    desk.run(&format!("{WILD} --set log.every=100 --out sparse"))
        .fine();
    let (dense, sparse) = (desk.summary("dense"), desk.summary("sparse"));
    assert_eq!(dense["diverged"], sparse["diverged"]);
    let step = dense["diverged"]["step"].as_u64().unwrap();
    assert!(step < 100, "the case needs another learning rate");
    let rows = |run: &str| {
        let table = desk.table(&format!("{run}/gradients.csv"));
        table.only("step", &step.to_string()).rows
    };
    assert_eq!(rows("dense"), rows("sparse"));
    assert_eq!(desk.table("sparse/gradients.csv").rows.len(), 10);
    assert_eq!(
        desk.table("dense/training.csv").rows.last(),
        desk.table("sparse/training.csv").rows.last()
    );
}

#[test]
fn json_has_no_nan() {
    let desk = Desk::with(SMALL);
    // Weights of 1e30 overflow f32 in the second layer, at step 0.
    let ended = desk
        .run("--set network.activation=relu --set network.init.normal.std=1e30 --format json")
        .fine();
    let summary = desk.summary("runs/trial");
    assert_eq!(summary["status"], "diverged");
    assert_eq!(summary["initial"]["verdict"], "diverged");
    assert_eq!(summary["diverged"]["step"], 0);
    assert_eq!(summary["steps"], 0);
    let words: Vec<&str> = summary
        .as_object()
        .unwrap()
        .values()
        .filter_map(|value| value.as_str())
        .collect();
    assert!(
        words.contains(&"NaN") || words.contains(&"inf"),
        "{summary}"
    );
    assert_eq!(ended.stdout, desk.read("runs/trial/summary.json"));
    for word in [": NaN", ": inf", ": -inf", "Infinity"] {
        assert!(!ended.stdout.contains(word), "{}", ended.stdout);
    }
}

#[test]
fn the_last_step_may_be_the_one_that_diverges() {
    let desk = Desk::with(SMALL);
    desk.run(&format!("{WILD} --out long")).fine();
    let step = desk.summary("long")["diverged"]["step"].clone();
    desk.run(&format!("{WILD} --out short --set train.steps={step}"))
        .fine();
    let short = desk.summary("short");
    assert_eq!(short["status"], "diverged");
    assert_eq!(short["diverged"], desk.summary("long")["diverged"]);
    assert_eq!(
        desk.table("short/gradients.csv").rows,
        desk.table("long/gradients.csv").rows
    );
}

#[test]
fn an_infinite_loss_diverges_too() {
    let desk = Desk::with(SMALL);
    // Cross-entropy in f32 with huge steps: the logits overflow.
    desk.run("--set network.activation=relu --set train.learning_rate=1e20 --set train.steps=50")
        .fine();
    let summary = desk.summary("runs/trial");
    assert_eq!(summary["status"], "diverged", "{summary}");
}

/// Gradients that gain five decades on their way back, times a rate of 1e-5, ruin the weights:
/// what was wrong at the start is told beside what came of it.
#[test]
fn a_diverged_run_says_what_it_was_at_the_start() {
    let spec = "[data]\nsource = \"digits\"\n[network]\ndepth = 20\nwidth = 64\n\
                activation = \"relu\"\ninit = { normal = { std = 0.35 } }\n[train]\nsteps = 50\n\
                learning_rate = 0.00001\n";
    let ended = Desk::with(spec).run("").fine();
    let told: Vec<&str> = ended.stdout.split_whitespace().collect();
    let told = told.join(" ");
    let both = "diverged: exploding at the start, diverged at the end: a number stopped being \
                finite at step ";
    assert!(told.contains(both), "{told}");
}
