//! Several seeds of one experiment.

use serde_json::Value;

use crate::desk::{Desk, Ended, SMALL};

#[test]
fn every_seed_gets_a_folder() {
    let desk = Desk::with(SMALL);
    let ended = desk.run("--seeds 3 --format json").fine();
    assert_eq!(desk.list("runs"), ["trial"]);
    assert_eq!(
        desk.list("runs/trial"),
        ["seed-0", "seed-1", "seed-2", "seeds.json"]
    );
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    let printed = printed.as_array().unwrap();
    assert_eq!(printed.len(), 3);
    for (seed, printed) in printed.iter().enumerate() {
        assert_eq!(*printed, desk.summary(&format!("runs/trial/seed-{seed}")));
        assert_eq!(printed["seed"], seed);
    }
    // The same as one by one.
    desk.run("--seed 1 --out alone").fine();
    assert!(desk.csv_files("alone") == desk.csv_files("runs/trial/seed-1"));
    desk.vgrad(["run", "runs/trial/seed-1/spec.toml", "--out", "again"])
        .fine();
    assert!(desk.csv_files("alone") == desk.csv_files("again"));
}

#[test]
fn changes_are_in_the_folders_name_and_the_next_one_is_numbered() {
    let desk = Desk::with(SMALL);
    for end in ["", "-2"] {
        let ended = desk
            .vgrad("run trial.toml --seeds 2 --seed 8 -q".split(' '))
            .fine();
        let folder = format!("runs/trial+seed=8+seeds=2{end}");
        assert_eq!(ended.stdout, format!("{folder}/seed-8\n{folder}/seed-9\n"));
    }
    desk.vgrad("run trial.toml --set network.norm=batch -q".split(' '))
        .fine();
    assert!(desk.has("runs/trial+norm=batch/summary.json"));
}

#[test]
fn no_seed_is_refused_with_what_is_wrong() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 0").refused(&["0 seeds", "1 or more"]);
    desk.run("--seeds many").refused(&["number of seeds"]);
}

#[test]
fn side_by_side_or_not_the_runs_are_the_same() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 3 --threads 1 --out one").fine();
    desk.run("--seeds 3 --threads 8 --out many").fine();
    for seed in 0..3 {
        let files = |group: &str| desk.csv_files(&format!("{group}/seed-{seed}"));
        assert!(files("one") == files("many"), "seed {seed}");
    }
    assert_eq!(desk.read("one/seeds.json"), desk.read("many/seeds.json"));
}

#[test]
fn the_group_is_summed_up() {
    let desk = Desk::with(SMALL);
    let ended = desk.run("--seeds 3 --out group").fine();
    let group: Value = serde_json::from_str(&desk.read("group/seeds.json")).unwrap();
    assert_eq!(group["seeds"], serde_json::json!([0, 1, 2]));
    assert_eq!(group["status"]["completed"], 3);
    let values: Vec<f64> = (0..3)
        .map(|seed| desk.summary(&format!("group/seed-{seed}")))
        .map(|summary| summary["initial"]["attenuation_decades"].as_f64().unwrap())
        .collect();
    let figure = &group["figures"]["initial.attenuation_decades"];
    assert_eq!(figure["by_seed"], serde_json::json!(values));
    let mean = values.iter().sum::<f64>() / 3.0;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    // t(0.975, 2) = 4.302653: scipy.stats.t.ppf(0.975, 2).
    let half = 4.302_653 * (squares / 2.0 / 3.0).sqrt();
    let number = |key: &str| figure[key].as_f64().unwrap();
    assert!((number("mean") - mean).abs() < 1e-12);
    assert!((number("high") - mean - half).abs() < 1e-6);
    assert!((number("low") - mean + half).abs() < 1e-6);
    assert_eq!(group["layers"].as_array().unwrap().len(), 4);
    // And told in a table.
    for word in ["seed", "verdict", "decades, start", "group"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    for (key, name) in [
        ("mean", "mean"),
        ("low", "low  95 % interval"),
        ("high", "high  95 % interval"),
    ] {
        let mut rows = ended.stdout.lines().map(str::trim_start);
        let row = rows.find(|line| line.starts_with(name));
        let row = row.unwrap_or_else(|| panic!("no {name}: {}", ended.stdout));
        let cell = format!("{:+.2}", number(key));
        assert!(row.contains(&cell), "{cell}: {}", ended.stdout);
    }
}

#[test]
fn all_that_is_told_of_seeds_fits_a_terminal() {
    let desk = Desk::with(SMALL);
    desk.write("gaps.csv", {
        let row = |i: usize| match i % 20 {
            19 => format!(",{},{i}\n", i * i),
            _ => format!("{}.5,{},{i}\n", i % 7, i * i),
        };
        "first,second,y\n".to_owned() + &(0..1200).map(row).collect::<String>()
    });
    let gaps = "--set data.source.csv.path=gaps.csv --set data.source.csv.target=y \
                --set data.source.csv.missing=mean --set train.loss=mse";
    for changes in ["", gaps] {
        let mut program = desk.program();
        program.env("COLUMNS", "80");
        program.args("run trial.toml --seeds 3".split(' '));
        program.args(changes.split_whitespace());
        let ended = Ended::of(program.output().unwrap()).fine();
        assert!(ended.stderr.starts_with("data: "), "{}", ended.stderr);
        for line in ended.stdout.lines().chain(ended.stderr.lines()) {
            let is_wide = line.chars().count() > 80 && !line.starts_with("warning");
            assert!(!is_wide, "{line}");
        }
    }
}

#[test]
fn an_occupied_group_is_refused_before_anything_is_run() {
    let desk = Desk::with(SMALL);
    desk.run("--out group/seed-1 --seed 1").fine();
    desk.run("--seeds 2 --out group")
        .refused(&["seed-1", "--force"]);
    assert_eq!(desk.list("group"), ["seed-1"]);
    desk.run("--seeds 2 --out group --force").fine();
    let whole = ["seed-0", "seed-1", "seeds.json"];
    assert_eq!(desk.list("group"), whole);
    // A group's folder is no place for a run of its own, forced or not.
    desk.run("--out group")
        .refused(&["group", "holds the seeds"]);
    desk.run("--out group --force")
        .refused(&["group", "holds the seeds"]);
    assert_eq!(desk.list("group"), whole);
    // A run's own folder is no place for a group.
    desk.run("--out single").fine();
    desk.run("--seeds 2 --out single").refused(&["single"]);
    assert!(!desk.has("single/seed-0"));
}
