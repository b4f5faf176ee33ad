//! Every command takes a log where it takes a run.

use serde_json::Value;

use super::{near, read, sample};
use crate::desk::{Desk, SMALL};

fn json(desk: &Desk, arguments: &str) -> Value {
    let ended = desk.vgrad(arguments.split_whitespace()).fine();
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn the_tidy_file_holds_what_the_log_does() {
    let desk = Desk::empty();
    let log = sample("lightning_metrics_per_parameter.csv");
    let (whole, _) = read(&desk, &format!("{log} -o gradients.csv"));
    let text = desk.read("gradients.csv");
    let header = text.lines().next().unwrap();
    assert!(header.starts_with(
        "step,epoch,layer,name,activation_grad_norm,delta_norm,weight_grad_norm,bias_grad_norm,"
    ));
    // 20 steps of 13 layers.
    assert_eq!(text.lines().count(), 1 + 20 * 13);
    let table = desk.table("gradients.csv");
    let first = table.only("layer", "1");
    assert_eq!(first.cells("name")[0], "layers.0");
    assert_eq!(first.cells("position")[0], "1");
    assert_eq!(
        first.numbers("weight_grad_norm")[0],
        1.756_306_033_939_836_2e-8
    );
    assert_eq!(table.only("layer", "13").cells("name")[0], "head");
    // Read again it says the same.
    let (again, _) = read(&desk, "gradients.csv");
    let of = |json: &Value| json["networks"][0]["initial"].clone();
    assert_eq!(of(&again), of(&whole));
    // What is no such file stays.
    desk.write("notes.txt", "mine");
    let ended = desk
        .vgrad(["read", &log, "-o", "notes.txt"])
        .refused(&["notes.txt"]);
    assert_eq!(desk.read("notes.txt"), "mine", "{}", ended.stderr);
}

#[test]
fn of_several_networks_each_has_a_file() {
    let desk = Desk::empty();
    read(&desk, &format!("{} -o g.csv", sample("sb3_progress.csv")));
    for (chain, last) in [("policy", "action_net"), ("value", "value_net")] {
        let table = desk.table(&format!("g.{chain}.csv"));
        assert_eq!(table.only("layer", "3").cells("name")[0], last);
    }
}

#[test]
fn a_log_is_compared_with_another_and_with_a_run() {
    let desk = Desk::with(SMALL);
    let [csv, events] = [
        "lightning_metrics_per_parameter.csv",
        "tensorboard/lightning_version_0",
    ]
    .map(sample);
    let whole = json(&desk, &format!("compare {csv} {events} --format json"));
    // The same run by two loggers, one of them in f32.
    assert_eq!(whole["pairs"][0]["equal"], 13, "{whole:#}");
    // Neither says how its run ended, a folder as little as a file.
    for target in whole["targets"].as_array().unwrap() {
        assert_eq!(target["outcome"]["status"], Value::Null, "{target:#}");
    }
    desk.vgrad(["report", &events, "-o", "events.html"]).fine();
    let page = desk.read("events.html");
    assert!(page.contains("a log of another program, which does not say"));
    assert!(!page.contains("unfinished: killed"));
    desk.run("").fine();
    let ended = desk
        .vgrad([
            "compare",
            "runs/trial",
            &csv,
            "--quantity",
            "weight_grad_norm",
        ])
        .fine();
    assert!(ended.stdout.contains("vanishing"), "{}", ended.stdout);
    // Two networks of one log are two targets.
    let whole = json(
        &desk,
        &format!("compare {} --format json", sample("sb3_progress.csv")),
    );
    assert_eq!(whole["targets"].as_array().unwrap().len(), 2);
}

#[test]
fn a_log_is_gated() {
    let desk = Desk::empty();
    let log = sample("lightning_metrics_per_parameter.csv");
    desk.write(
        "rules.toml",
        "[[check]]\nquantity = 'attenuation_decades'\nmax = 4.0\n",
    );
    let check = |arguments: &str| {
        let all = format!("check {arguments}");
        desk.vgrad(all.split_whitespace())
    };
    let ended = check(&format!("{log} --rules rules.toml"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("7.0"), "{}", ended.stdout);
    check(&format!("{log} --baseline b.json --accept --force")).fine();
    check(&format!("{log} --baseline b.json")).fine();
    let keras = sample("keras_csvlogger_gradnorms.csv");
    assert_eq!(check(&format!("{keras} --baseline b.json")).code, Some(1));
    // A column of the log by the log's own name, and a number per step.
    desk.write(
        "own.toml",
        "[[check]]\nquantity = 'grad_norm'\nat = 'every'\nmin = 1e-12\n",
    );
    check(&format!("{keras} --rules own.toml")).fine();
    desk.write(
        "loss.toml",
        "[[check]]\nquantity = 'train_loss'\nat = 'final'\nmax = 1.0\n",
    );
    assert_eq!(check(&format!("{keras} --rules loss.toml")).code, Some(1));
}

/// Whatever a log has per step may be named, also of a log without layers.
#[test]
fn a_rule_names_any_column_of_a_log() {
    let desk = Desk::empty();
    let check = |log: &str, quantity: &str, limit: &str| {
        let rule = format!("[[check]]\nquantity = '{quantity}'\nat = 'every'\n{limit}\n");
        desk.write("r.toml", rule);
        desk.vgrad([
            "check",
            &sample(log),
            "--layers",
            "policy|layers",
            "--rules",
            "r.toml",
        ])
    };
    // Mean rewards of the sample lie between 14.3 and 23.2, its learning rate is 3e-4.
    let sb3 = "sb3_progress.csv";
    check(sb3, "rollout/ep_rew_mean", "min = 1.0").fine();
    assert_eq!(check(sb3, "rollout/ep_rew_mean", "max = 1.0").code, Some(1));
    check(sb3, "train/learning_rate", "max = 4e-4").fine();
    let lightning = "lightning_metrics_per_parameter.csv";
    assert_eq!(
        check(lightning, "grad_2.0_norm_total", "max = 1e-9").code,
        Some(1)
    );
    assert_eq!(
        check(lightning, "grad_norm_of_nothing", "max = 1").code,
        Some(2)
    );
    let total = |log: &str, arguments: &str| {
        let log = sample(log);
        let all = format!("check {log} {arguments}");
        desk.vgrad(all.split_whitespace())
    };
    desk.write(
        "t.toml",
        "[[check]]\nquantity = 'grad_norm'\nat = 'every'\nmax = 1.0\n",
    );
    total("hf_trainer_state.json", "--rules t.toml").fine();
    // Six rows of NaN: the run diverged, whatever is asked.
    let ended = total("hf_trainer_state_nan.json", "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("grad_norm"), "{ended:?}");
    // The largest of the sample is 0.7675.
    desk.write(
        "t.toml",
        "[[check]]\nquantity = 'grad_norm'\nat = 'every'\nmax = 0.75\n",
    );
    assert_eq!(
        total("hf_trainer_state.json", "--rules t.toml").code,
        Some(1)
    );
    desk.write(
        "d.toml",
        "[[check]]\nquantity = 'attenuation_decades'\nmax = 4.0\n",
    );
    assert_eq!(
        total("hf_trainer_state.json", "--rules d.toml").code,
        Some(2)
    );
    let ended = total(
        "hf_trainer_state.json",
        "--baseline b.json --accept --force",
    );
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("norms of layers"), "{ended:?}");
}

#[test]
fn a_log_is_drawn_reported_and_diagnosed() {
    let desk = Desk::empty();
    let log = sample("lightning_metrics_per_parameter.csv");
    desk.vgrad(["plot", &log, "-o", "l.svg"]).fine();
    assert!(desk.read("l.svg").contains("layer"));
    let ended = desk.vgrad(["plot", &log]).fine();
    assert!(!ended.stdout.is_empty());
    desk.vgrad(["report", &log, "-o", "l.html"]).fine();
    assert!(desk.read("l.html").contains("vanishing"));
    let diagnosis = json(&desk, &format!("diagnose {log} --format json"));
    assert!(diagnosis.to_string().contains("vanishing"), "{diagnosis:#}");
    assert_eq!(diagnosis["quantity"], "weight_grad_norm");
    // What the verdict is of, and what that does not show.
    let ended = desk.vgrad(["diagnose", &log]).fine();
    assert!(ended.stdout.contains("‖∂L/∂W‖ = "), "{}", ended.stdout);
    assert!(!ended.stdout.contains("‖∂L/∂h‖ = "), "{}", ended.stdout);
    let blind = "dead near its input can look healthy";
    assert!(ended.stderr.contains(blind), "{}", ended.stderr);
    let ended = desk.vgrad(["compare", &log, &log]).fine();
    assert_eq!(ended.stderr.matches(blind).count(), 1, "{}", ended.stderr);
    let page = desk.read("l.html");
    assert!(page.contains(blind) && page.contains("fold-curves"));
    let ended = desk.vgrad(["diagnose", &sample("hf_trainer_state.json")]);
    ended.refused(&[
        "hf_trainer_state.json",
        "one norm for the whole gradient",
        "vgrad read",
    ]);
}

/// A page says what `vgrad read` does, and shows the figure `total`.
#[test]
fn a_log_without_layers_is_reported() {
    let desk = Desk::empty();
    let log = sample("hf_trainer_state.json");
    let nan = sample("hf_trainer_state_nan.json");
    desk.vgrad(["report", &log, &nan, "-o", "t.html"]).fine();
    let page = desk.read("t.html");
    for words in [
        "hf_trainer_state_nan.json",
        "no verdict on depth",
        "goes from 0.6674 to 0.6835",
        "NaN or infinite at every logged step",
        "3.9017 to 3.8702",
        "before clipping",
        "Norm of the whole gradient over training",
        "Loss over training",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // It needs no script, and none may run.
    assert!(!page.contains("<script") && page.contains("default-src 'none'"));
    // Names are letters to it.
    desk.write("<b>.csv", "step,grad_norm,loss\n0,1,2\n1,1,2\n");
    desk.vgrad(["report", "<b>.csv", "-o", "t.html"]).fine();
    let page = desk.read("t.html");
    assert!(!page.contains("<b>") && page.contains("b"), "{page}");
    desk.write("g.csv", "step,layer,x_norm\n0,1,1\n1,1,1\n");
    desk.vgrad(["report", "g.csv", &log, "-o", "u.html"])
        .refused(&[
            "hf_trainer_state.json",
            "no norms of layers",
            "a page for each",
        ]);
    desk.vgrad(["report", &log, "--quantity", "x_norm", "-o", "u.html"])
        .refused(&["hf_trainer_state.json", "`x_norm`", "leave --quantity out"]);
    assert!(!desk.has("u.html"));
}

/// The sample prints six decimals: norms below 5e-7 read 0.
#[test]
fn pictures_say_where_rounded_norms_stand() {
    let desk = Desk::empty();
    let log = sample("handmade_stdout.txt");
    let said = "Norms that read 0 stand at 5.00e-7";
    for figure in ["layers", "training", "heatmap"] {
        let file = format!("{figure}.svg");
        desk.vgrad(["plot", &log, "--figure", figure, "-o", &file])
            .fine();
        assert!(desk.read(&file).contains(said), "{figure}");
    }
    desk.vgrad(["report", &log, "-o", "r.html"]).fine();
    assert!(desk.read("r.html").contains("stand at 5.00e-7"));
    // This log has no loss, so there is none to be drawn.
    desk.write(
        "g.csv",
        "step,layer,grad_norm\n0,fc1,1\n0,fc2,2\n1,fc1,1\n1,fc2,2\n",
    );
    desk.vgrad(["report", "g.csv", "-o", "g.html"]).fine();
    assert!(!desk.read("g.html").contains("id=\"fold-curves\""));
}

/// 300 layers, as a large network has parameters.
#[test]
fn hundreds_of_series_are_one_picture() {
    let desk = Desk::empty();
    let names: Vec<String> = (0..300)
        .map(|i| format!("grad_norm/blocks.{i}.weight"))
        .collect();
    let mut text = format!("step,{}\n", names.join(","));
    for step in 0..5 {
        let norms: Vec<String> = (0..300)
            .map(|i| format!("{:e}", 10f64.powf(f64::from(i) / 60.0)))
            .collect();
        text += &format!("{step},{}\n", norms.join(","));
    }
    desk.write("big.csv", text);
    desk.vgrad(["plot", "big.csv", "-o", "big.svg"]).fine();
    let (json, _) = read(&desk, "big.csv");
    // 299 layers of 1/60 of a decade each.
    near(
        &json["networks"][0]["initial"]["attenuation_decades"],
        299.0 / 60.0,
    );
    let ended = desk.vgrad(["read", "big.csv"]).fine();
    assert!(ended.stdout.lines().count() < 60, "{}", ended.stdout);
}
