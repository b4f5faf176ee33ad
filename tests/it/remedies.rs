//! `vgrad remedies`: cures tried on a network and ranked, through the real binary.

use std::fs;
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, Ended};

/// Small enough to be tried in a moment, deep enough for sigmoids to lose gradients.
const SPEC: &str = r#"[data]
source = { blobs = { classes = 3, samples = 90 } }
[network]
depth = 8
width = 6
activation = "sigmoid"
[train]
steps = 40
batch_size = 16
learning_rate = 0.1
[log]
evaluate_every = 10
[[remedy]]
name = "wider"
set = { "network.width" = 12 }
[[remedy]]
name = "a smaller batch, tanh"
set = { train.batch_size = 8, network.activation = "tanh" }
"#;

fn tried(desk: &Desk, arguments: &str) -> Ended {
    let words = format!("remedies trial.toml --seeds 2 {arguments}");
    desk.vgrad(words.split_whitespace())
}

fn rows(json: &Value) -> Vec<Value> {
    json["remedies"].as_array().unwrap().clone()
}

fn row(json: &Value, name: &str) -> Value {
    let found = rows(json).into_iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no cure {name}: {json:#}"))
}

#[test]
fn every_cure_has_its_numbers_and_the_best_comes_first() {
    let desk = Desk::with(SPEC);
    let ended = tried(&desk, "--format json").fine();
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let baseline = &json["baseline"];
    assert_eq!(baseline["name"], "as it is");
    // −½ log10 χ = 0.627 decades per layer of a wide sigmoid network with Xavier (χ = 0.0557,
    // Schoenholz 2017's recursion), here over 7 factors and 6 units.
    let lost = baseline["attenuation_decades"].as_f64().unwrap();
    assert!((3.0..6.0).contains(&lost), "{lost}");
    for key in [
        "set",
        "attenuation_decades",
        "attenuation_predicted",
        "train_loss",
        "test_loss",
        "test_accuracy",
        "test_accuracy_spread",
        "steps_to_90_percent",
        "cost_per_step",
        "verdict",
        "learned",
        "helped",
        "reason",
        "seeds",
    ] {
        assert!(baseline.get(key).is_some(), "{key}");
        assert!(
            rows(&json).iter().all(|row| row.get(key).is_some()),
            "{key}"
        );
    }
    // By accuracy, the best first.
    let accuracies: Vec<f64> = rows(&json)
        .iter()
        .filter(|row| row["seeds"] == 2 && row["verdict"] != "diverged")
        .map(|row| row["test_accuracy"].as_f64().unwrap())
        .collect();
    assert!(accuracies.len() > 12, "{accuracies:?}");
    assert!(accuracies.is_sorted_by(|a, b| a >= b), "{accuracies:?}");
    // ReLU + He loses little, and batch norm keeps a sigmoid's gradients.
    let lost = |name: &str| row(&json, name)["attenuation_decades"].as_f64().unwrap();
    assert!(lost("ReLU + He").abs() < 2.0 && lost("batch norm").abs() < 2.0);
    // Theirs stand beside ours.
    assert_eq!(row(&json, "wider")["set"][0], "network.width=12");
    assert_eq!(row(&json, "wider")["seeds"], 2);
    // What does not apply says why.
    assert_eq!(row(&json, "clipping")["reason"], "nothing explodes");
    assert_eq!(row(&json, "clipping")["seeds"], 0);
    // The runs of the spec as it is tell how large its steps are: 2e-5 of the weights.
    assert_eq!(row(&json, "learning rate by update ratio")["seeds"], 2);
    // An optimizer changes nothing of the gradients at step 0.
    assert_eq!(
        lost("Adam"),
        baseline["attenuation_decades"].as_f64().unwrap()
    );
}

/// The spec with targets of up to 1.6e8 that deep sigmoids do not learn in 40 steps: the
/// squares of the numbers -40 to 39 times 10^5.
fn regression() -> Desk {
    let spec = SPEC
        .replace(
            "{ blobs = { classes = 3, samples = 90 } }",
            "{ csv = { path = \"squares.csv\", target = \"y\" } }",
        )
        .replace(
            "learning_rate = 0.1",
            "learning_rate = 0.01\nloss = \"mse\"",
        );
    let desk = Desk::with(&spec);
    let rows = (-40..40).map(|i| format!("{i},{}\n", f64::from(i * i) * 1e5));
    desk.write("squares.csv", format!("x,y\n{}", rows.collect::<String>()));
    desk
}

#[test]
fn a_loss_of_another_scale_is_no_cure() {
    let desk = regression();
    let ended = tried(&desk, "--format json").fine();
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let scaled = row(&json, "standardised targets");
    let loss = |row: &Value| row["test_loss"].as_f64().unwrap();
    // Squares of numbers of 10^7 and of 1, and sigmoids that pass on as little as before.
    assert!(loss(&json["baseline"]) > 1e10 && loss(&scaled) < 10.0);
    assert_eq!(scaled["verdict"], json["baseline"]["verdict"]);
    assert_eq!(
        (&scaled["learned"], &scaled["helped"]),
        (&false.into(), &false.into())
    );
    let reason = scaled["reason"].as_str().unwrap();
    assert!(reason.starts_with("gradients still lose"), "{reason}");
    // What the first step breaks is told beside what the table shows.
    let orthogonal = row(&json, "orthogonal init");
    let lost = orthogonal["attenuation_decades"].as_f64().unwrap();
    assert!(
        lost < 3.0 && orthogonal["verdict"] == "vanishing",
        "{orthogonal:#}"
    );
    let reason = orthogonal["reason"].as_str().unwrap();
    let both = format!("gradients still lose {lost:.2} decades at the start and inf at the end");
    assert!(reason.starts_with(&both), "{reason}");
    // The table shows what the order goes by.
    let told = tried(&desk, "").fine().stdout;
    let head = told.lines().next().unwrap();
    assert!(
        head.contains("test loss") && head.contains("loss ÷ guessing"),
        "{told}"
    );
    assert!(told.contains("\nranked by whether something was learned"));
    let over_guessing = &json["baseline"]["loss_over_guessing"];
    let csv = desk.read("runs/trial-remedies/remedies.csv");
    let mut last = csv.lines().map(|line| line.rsplit(',').nth(1).unwrap());
    assert_eq!(last.next(), Some("loss_over_guessing"));
    let written: f64 = last.next().unwrap().parse().unwrap();
    assert_eq!(Some(written), over_guessing.as_f64());
}

#[test]
fn without_a_step_the_best_cure_is_told_by_its_decades() {
    for desk in [Desk::with(SPEC), regression()] {
        let arguments = "--set train.steps=0 --out r";
        let ended = tried(&desk, &format!("{arguments} --format json")).fine();
        let json: Value = serde_json::from_str(&ended.stdout).unwrap();
        let decades = |row: &Value| row["attenuation_decades"].as_f64().unwrap();
        let lost: Vec<f64> = rows(&json)
            .iter()
            .filter(|row| row["seeds"] == 2)
            .map(|row| decades(row).abs())
            .collect();
        assert!(lost.len() > 12, "{lost:?}");
        assert!(lost.is_sorted(), "{lost:?}");
        let best = &rows(&json)[0];
        assert_eq!(best["helped"], true);
        let told = tried(&desk, arguments).fine().stdout;
        let sentence = format!(
            "The best cure is {}: {:.2} decades lost at step 0 instead of {:.2}",
            best["name"].as_str().unwrap(),
            decades(best),
            decades(&json["baseline"])
        );
        assert!(told.contains(&sentence), "{sentence}\n{told}");
        assert!(desk.has("r/best.toml"));
    }
}

#[test]
fn what_is_done_is_kept_and_not_done_again() {
    let desk = Desk::with(SPEC);
    tried(&desk, "--threads 1").fine();
    let folder = "runs/trial-remedies";
    let csv = desk.read(&format!("{folder}/remedies.csv"));
    assert!(csv.starts_with("rank,name,set,attenuation_decades,attenuation_predicted,train_loss"));
    let summary = desk.path(&format!("{folder}/relu+he/seed-1/summary.json"));
    let made = fs::metadata(&summary).unwrap().modified().unwrap();
    // One that was stopped on the way is made again.
    let lost = desk.path(&format!("{folder}/tanh/seed-0/summary.json"));
    fs::remove_file(&lost).unwrap();
    tried(&desk, "--threads 2").fine();
    assert_eq!(fs::metadata(&summary).unwrap().modified().unwrap(), made);
    assert!(lost.exists());
    assert_eq!(desk.read(&format!("{folder}/remedies.csv")), csv);
    for shown in ["plot", "report"] {
        desk.vgrad([shown, folder]).fine();
    }
    // The best cure's spec runs as it is.
    let best = format!("run {folder}/best.toml --out again");
    desk.vgrad(best.split_whitespace()).fine();
}

#[test]
fn the_folder_of_another_spec_is_not_touched() {
    let desk = Desk::with(SPEC);
    tried(&desk, "").fine();
    let before = desk.read("runs/trial-remedies/remedies.csv");
    tried(&desk, "--set network.depth=5 --out runs/trial-remedies").refused(&[
        "another spec",
        "--force",
        "--out",
    ]);
    assert_eq!(desk.read("runs/trial-remedies/remedies.csv"), before);
}

/// Steps that no network stands: nothing is said of other seeds where there is one.
#[test]
fn of_one_seed_nothing_is_said_of_others() {
    let desk = Desk::with(SPEC);
    let diverges = "remedies trial.toml --set train.learning_rate=1e30 \
                    --set network.activation=relu --seeds";
    let told = |seeds: &str| {
        let words = format!("{diverges} {seeds} --out r{seeds}");
        desk.vgrad(words.split_whitespace()).fine().stdout
    };
    let (one, two) = (told("1"), told("2"));
    assert!(
        one.contains("diverged, nothing learned") && one.contains(": the run diverged"),
        "{one}"
    );
    assert!(!one.contains("seed learn"), "{one}");
    assert!(
        two.contains("diverged, not every seed learned") && two.contains(": 2 of 2 runs diverged"),
        "{two}"
    );
    desk.vgrad(["report", "r1", "-o", "page.html"]).fine();
    let page = desk.read("page.html");
    assert!(
        page.contains("nothing learned") && !page.contains("not every seed"),
        "{page}"
    );
}

/// Sines of frequency 20 multiply gradients by 20/√2 a layer with Xavier's weights, 1.15 decades;
/// the init of SIREN takes that away.
#[test]
fn sines_get_the_init_that_is_made_for_them() {
    let sines = SPEC
        .replace("\"sigmoid\"", "{ sine = { omega = 20.0 } }")
        .replace("width = 6", "width = 32");
    let desk = Desk::with(&sines);
    let told = tried(&desk, "--set train.steps=0 --format json").fine();
    let json: Value = serde_json::from_str(&told.stdout).unwrap();
    let cured = row(&json, "SIREN init");
    assert_eq!(
        cured["set"],
        serde_json::json!(["network.init.siren.omega=20.0"])
    );
    let lost = |row: &Value| row["attenuation_decades"].as_f64().unwrap();
    assert!(lost(&json["baseline"]) < -6.0, "{json:#}");
    assert!(lost(&cured).abs() < 1.0, "{cured:#}");
    assert_eq!(cured["helped"], true);
    // One that has it already has no use for it, and no other φ has.
    for (change, reason) in [
        ("network.init.siren.omega=20.0", "the spec has it already"),
        ("network.activation=tanh", "for sines"),
    ] {
        let told = tried(
            &desk,
            &format!(
                "--set train.steps=0 --set {change} --out {} --format json",
                change.len()
            ),
        );
        let json: Value = serde_json::from_str(&told.fine().stdout).unwrap();
        assert_eq!(row(&json, "SIREN init")["reason"], reason);
    }
}

#[test]
fn a_remedy_with_an_unknown_key_is_refused() {
    let spec = SPEC.replace("network.width\" = 12", "network.widht\" = 12");
    let desk = Desk::with(&spec);
    tried(&desk, "").refused(&["widht", "width"]);
    let spec = SPEC.replace("\"network.width\" = 12", "\"network.width\" = 0");
    let desk = Desk::with(&spec);
    tried(&desk, "").refused(&["network.width", "0"]);
}

#[test]
fn remedies_that_would_share_a_folder_are_refused_before_a_run() {
    let named = |names: [&str; 2]| {
        let own = SPEC.split_once("[[remedy]]").unwrap().0.to_owned();
        let own = names.iter().enumerate().fold(own, |spec, (i, name)| {
            format!(
                "{spec}[[remedy]]\nname = {name:?}\nset = {{ network.width = {} }}\n",
                i + 20
            )
        });
        Desk::with(&own)
    };
    for (names, words) in [
        (["mine", "mine"], ["remedy.1.name", "mine"]),
        (["My own", "my-own"], ["remedy.1.name", "my-own"]),
        (["other", "tanh!"], ["remedy.1.name", "tanh"]),
        (["as it is", "other"], ["remedy.0.name", "as-it-is"]),
        // The pair of both would be a cure that is built in.
        (["ReLU", "He"], ["remedy.1.name", "relu+he"]),
        (
            ["batch norm + skips", "other"],
            ["remedy.0.name", "batch-norm+skips"],
        ),
        (["other", "?!"], ["remedy.1.name", "letter"]),
    ] {
        let desk = named(names);
        tried(&desk, "--out r").refused(&["trial.toml", words[0], words[1], "[[remedy]]"]);
        assert!(!desk.has("r"), "{names:?}");
    }
}

/// LSUV walks a large network several times before the first step: a signal by then finds
/// nothing worth keeping.
#[cfg(unix)]
#[test]
fn what_is_stopped_before_anything_was_done_ends_with_130() {
    let large = SPEC
        .replace("depth = 8", "depth = 20\ninit = \"lsuv\"")
        .replace("width = 6", "width = 900");
    let desk = Desk::with(&large);
    let mut command = desk.program();
    command.args(["remedies", "trial.toml", "--threads=1", "--seeds=1"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // Long enough for the signal to be listened for, too short for LSUV.
    std::thread::sleep(Duration::from_millis(150));
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(!ended.stderr.contains("kept"), "{ended:?}");
    assert!(!desk.has("runs"));
}

/// Cells are changed by the keys that they have a use for, and no depth makes room for a skip.
#[test]
fn cures_of_a_recurrent_network_set_what_its_cells_have() {
    let desk = Desk::with(
        "[data]\nsource = { gaussian = { samples = 20, features = 6 } }\npositions = 3\n[network]\n\
         architecture = { recurrent = { cell = \"rnn\" } }\ndepth = 1\nwidth = 4\n\
         activation = \"tanh\"\n[train]\nsteps = 0\nbatch_size = 8\nlearning_rate = 0.1\n",
    );
    let ended = tried(&desk, "--format json").fine();
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let set = |name: &str| {
        let set = row(&json, name)["set"].clone();
        let set: Vec<String> = serde_json::from_value(set).unwrap();
        let short = set.iter().map(|set| set.rsplit("network.").next().unwrap());
        let short = short.map(|set| set.trim_start_matches("architecture.recurrent."));
        short.collect::<Vec<&str>>().join(" ")
    };
    assert_eq!(set("GRU"), "cell=gru");
    assert_eq!(set("LSTM, forget bias 1"), "cell=lstm forget_bias=1.0");
    assert_eq!(
        set("ReLU + identity recurrent map"),
        "recurrent_init=identity activation=relu"
    );
    let skips = row(&json, "skips");
    let reason = skips["reason"].as_str().unwrap();
    assert!(reason.contains("an LSTM adds to its state"), "{reason}");
    // A run's copy of the spec says how its states' maps are drawn: with the init, still.
    desk.run("--out run").fine();
    let words = "remedies run/spec.toml --seeds 1 --out r --format json";
    let told = desk.vgrad(words.split_whitespace()).fine().stdout;
    let json: Value = serde_json::from_str(&told).unwrap();
    let of_state = "network.architecture.recurrent.recurrent_init";
    assert_eq!(
        row(&json, "He init")["set"],
        serde_json::json!(["network.init=he_normal", format!("{of_state}=he_normal")])
    );
}
