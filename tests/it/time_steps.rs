//! What is said of a recurrent network speaks of time steps, and of stacked ones of whose they
//! are, through the real binary.

use crate::desk::{Desk, Ended};
use crate::recorded::{data, markup};

/// Two stacked linear maps over 24 time steps that keep half of the gradient each: the last one
/// loses log10 2 a time step, 6.9 decades over 23.
const STACKED: &str = "[data]\nsource = { gaussian = { samples = 16, features = 48 } }\n\
    test_fraction = 0.0\npositions = 24\n[network]\n\
    architecture = { recurrent = { cell = \"rnn\", recurrent_init = { orthogonal = { gain = 0.5 } } } }\n\
    depth = 2\nwidth = 32\nactivation = \"identity\"\n[train]\nsteps = 0\n\
    batch_size = \"full\"\nlearning_rate = 0.1\n";

fn words(ended: &Ended) -> String {
    let all: Vec<&str> = ended.stdout.split_whitespace().collect();
    all.join(" ")
}

#[track_caller]
fn says(text: &str, all: &[&str]) {
    for told in all {
        assert!(text.contains(told), "no {told:?} in\n{text}");
    }
}

/// The spec of [`STACKED`], run as `run`.
fn ran() -> Desk {
    let desk = Desk::with(STACKED);
    desk.vgrad(["run", "trial.toml", "--out=run", "-q"]).fine();
    desk
}

/// 13 time steps before the last one 13·log10 2 = 3.91 decades are lost, 14 before it 4.2.
#[test]
fn a_diagnosis_names_the_time_steps_of_the_last_stacked_layer() {
    let desk = ran();
    let told = words(&desk.vgrad(["diagnose", "run", "--no-advice"]).fine());
    let expected = [
        "starts time step 10 of stacked layer 2 (hidden_2.10) at step 0",
        "in the next time step toward the output; from there down decades below the last time step",
        "a time step keeps 0.500 of the gradient, 6.9 decades are lost over time steps 2–24 of \
         stacked layer 2;",
        // Before the first time step there is no state to multiply with: of what it adds to
        // ∂L/∂W most is 0, of the sum nothing.
        "not replayed, as a time step's row has its own contribution to ∂L/∂W: VanishingGradient \
         (SageMaker Debugger, DeepDiagnosis), gradient vanish (AUTOTRAINER)",
    ];
    says(&told, &expected);
}

#[test]
fn a_lone_file_names_time_steps_by_its_rows() {
    let desk = ran();
    desk.write("lone.csv", desk.bytes("run/gradients.csv"));
    let told = words(&desk.vgrad(["diagnose", "lone.csv", "--no-advice"]).fine());
    let expected = [
        "starts time step 10 of stacked layer 2 (hidden_2.10) at step 0",
        "a time step keeps 0.500 of the gradient, 6.9 decades are lost over time steps 2–24 of \
         stacked layer 2",
        "not replayed, as a time step's row has its own contribution",
    ];
    says(&told, &expected);
}

/// The other depth has no second stacked layer, whose time steps are those of the path.
#[test]
fn a_baseline_of_another_depth_is_told_in_ranges() {
    let desk = ran();
    let accepted = ["check", "run", "--baseline", "b.json", "--accept"];
    let told = desk.vgrad(accepted).fine().stdout;
    assert!(
        told.contains("b.json holds 24 time steps at initial"),
        "{told}"
    );
    let depth = ["--set", "network.depth=1", "--baseline", "b.json"];
    let ended = desk.vgrad(["check", "trial.toml"].into_iter().chain(depth));
    let remarks: Vec<&str> = ended.stderr.split_whitespace().collect();
    let expected = "only one of the two has time steps 1–24 of stacked layer 1 of the baseline, \
        which is not held: the last stacked layers are held beside each other";
    says(&remarks.join(" "), &[expected]);
}

/// log10 2 = 0.3010 against a limit of 0.1.
#[test]
fn a_check_counts_time_steps() {
    let desk = ran();
    let rules = "[[check]]\nquantity = \"decay_decades_per_layer\"\nat = \"initial\"\nmax = 0.1\n\
                 [[check]]\nquantity = \"weight_grad_norm\"\nat = \"initial\"\nmin = 1e-30\n\
                 [[check]]\nquantity = \"activation_grad_norm\"\nat = \"initial\"\n\
                 layers = [49, 49]\nmax = 1e-30\n";
    desk.write("rules.toml", rules);
    let check = |form: &str| {
        let ended = desk.vgrad(["check", "run", "--rules", "rules.toml", "--format", form]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        words(&ended)
    };
    let table = check("human");
    says(
        &table,
        &[
            "what time step value",
            "+0.2010 decades per time step",
            "49 rows, nearest:",
        ],
    );
    assert!(!table.contains(" layer "), "{table}");
    says(&check("junit"), &["the output layer: activation_grad_norm"]);
    let charted = check("benchmark");
    says(&charted, &["\"unit\": \"decades per time step\""]);
}

/// 49 rows, three in a line of the heat map, every third in the profile.
#[test]
fn pictures_number_time_steps() {
    let desk = ran();
    let told = desk.vgrad(["plot", "run"]).fine().stdout;
    let expected = [
        "  time └",
        "  time  log10 ‖∂L/∂h‖, step 0",
        "   1.1 │",
        "output  ",
        "  2.22  ",
    ];
    says(&told, &expected);
    assert!(
        told.contains("Each cell is the smallest of 3 time steps"),
        "{told}"
    );
    let trained = [
        "run",
        "trial.toml",
        "--set",
        "train.steps=2",
        "--out=trained",
        "-q",
    ];
    desk.vgrad(trained).fine();
    let drawn = ["plot", "trained", "--figure", "training", "-o", "a.svg"];
    desk.vgrad(drawn).fine();
    says(&desk.read("a.svg"), &["One row in 2 of 49"]);
}

/// Row 30 is time step 30 − 24 of the second stacked layer, which does not follow on the first.
#[test]
fn a_line_breaks_where_a_stacked_layer_ends() {
    let desk = ran();
    let drawn = ["plot", "run", "--figure", "layers", "-o", "a.svg"];
    desk.vgrad(drawn).fine();
    let picture = desk.read("a.svg");
    says(
        &picture,
        &[
            "\n1.10\n",
            "\n2.6\n",
            "\nlayer: time step after time step\n",
        ],
    );
    let lines = picture
        .lines()
        .filter_map(|line| line.split("points=\"").nth(1));
    let lengths = lines.map(|points| points.matches(',').count());
    let long: Vec<usize> = lengths.filter(|length| *length > 10).collect();
    // The output follows on the last time step.
    assert_eq!(long, [24, 25]);
}

#[test]
fn a_report_numbers_time_steps() {
    let desk = ran();
    desk.vgrad(["report", "run"]).fine();
    let page = markup(&desk, "report.html");
    let expected = [
        "over the time steps</h2>",
        ">Time step by time step in numbers<",
        "from the last time step to the",
        "<dt>Time steps</dt><dd>24 of each of 2 stacked layers</dd>",
    ];
    says(&page, &expected);
    let run = &data(&desk, "report.html")["runs"][0];
    assert_eq!(run["one"], "time step");
    // Row 27 is time step 27 − 24 of the second stacked layer.
    assert_eq!(run["places"][26], "time step 3 of stacked layer 2");
    assert_eq!(run["places"][48], "the output layer");
    assert_eq!(run["stacked_ends"], serde_json::json!([24]));
}

#[test]
fn what_is_read_of_a_run_speaks_of_time_steps() {
    let desk = ran();
    for target in ["run", "run/gradients.csv"] {
        let told = words(&desk.vgrad(["read", target]).fine());
        says(
            &told,
            &[
                "decades per time step",
                "the gradient of the first time step (hidden_2.1) is",
                "what came early is hardly learned from",
            ],
        );
        assert!(!told.contains("per layer"), "{told}");
    }
}

#[test]
fn a_comparison_numbers_time_steps() {
    let desk = ran();
    let wide = "network.architecture.recurrent.recurrent_init.orthogonal.gain=2.0";
    let other = ["run", "trial.toml", "--set", wide, "--out=other", "-q"];
    desk.vgrad(other).fine();
    let ended = desk.vgrad(["compare", "run", "other"]).fine();
    let told = words(&ended);
    says(
        &told,
        &[
            "time step A B",
            "49 of 49 rows differ by more than",
            "of stacked layer",
        ],
    );
    let is_output = |line: &str| line.trim_start().starts_with("output ");
    assert!(ended.stdout.lines().any(is_output), "{}", ended.stdout);
}

/// The first time step has no other before it that its gradient could be lost to.
#[test]
fn theory_has_no_loss_before_the_first_time_step() {
    let desk = Desk::with(&STACKED.replace("depth = 2", "depth = 1"));
    let told = desk.vgrad(["predict", "trial.toml"]).fine().stdout;
    let mut rows = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let first = rows.find(|cells| cells.first() == Some(&"1"));
    let first = first.unwrap_or_else(|| panic!("{told}"));
    assert_eq!((first.len(), first[3]), (4, "·"), "{told}");
}

#[test]
fn a_readout_of_every_position_is_no_count_of_outputs() {
    let desk = Desk::with(STACKED);
    let every = ["run", "trial.toml", "--set", "network.readout=every"];
    desk.vgrad(every)
        .refused(&["1 target per sample", "reads out 24 positions"]);
}

#[test]
fn cures_are_told_of_in_time_steps() {
    let desk = Desk::with(&STACKED.replace("depth = 2", "depth = 1"));
    let told = words(&desk.vgrad(["remedies", "trial.toml"]).fine());
    let expected = [
        "of ‖∂L/∂h‖ from the last time step to the first, at step 0",
        // An orthogonal map loses nothing at all, and no less than that.
        "The best cure is orthogonal recurrent map: 0.00 decades lost at step 0 instead of 6.92",
        "f64: no gradient leaves the range of f32",
    ];
    says(&told, &expected);
}

/// 1000^23 is no f32.
#[test]
fn a_run_that_diverged_begins_in_one_place() {
    let desk = Desk::with(&STACKED.replace("gain = 0.5", "gain = 1000.0"));
    let told = words(&desk.run("--out=run").fine());
    let expected = [
        "a number stopped being finite at step 0, beginning at the output layer",
        "starts the output layer at step 0: the first value that is not finite",
    ];
    says(&told, &expected);
}

#[test]
fn columns_say_what_they_hold_in_every_architecture() {
    let told = words(&Desk::empty().vgrad(["list", "columns"]).fine());
    let expected = [
        "over all weight matrices of attention or feedforward jointly; recurrent: of what the time step adds",
        "transformer: the output of attention or feedforward; recurrent: the time step's pre-activations over all gates",
        "time step t of stacked layer l of P time steps is (l − 1)·P + t",
    ];
    says(&told, &expected);
}
