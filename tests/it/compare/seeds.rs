//! Folders of several seeds: mean and interval, and what may be called a difference.

use super::sheet::{compare, json, numbers, of_layers, one_step};
use crate::desk::{Desk, SMALL};

/// A desk with the groups `a` and `b`: per seed the log10 of layer 1; layer 2 is always 1.
fn groups(a: &[f64], b: &[f64]) -> Desk {
    let desk = Desk::empty();
    for (group, logs) in [("a", a), ("b", b)] {
        for (seed, log) in logs.iter().enumerate() {
            let norm = format!("{:e}", 10f64.powf(*log));
            desk.write(
                &format!("{group}/seed-{seed}/gradients.csv"),
                one_step(&[&norm, "1"]),
            );
        }
    }
    desk
}

#[test]
fn differences_have_welchs_interval() {
    // scipy 1.17.1: stats.ttest_ind(b, a, equal_var=False).confidence_interval()
    // is 4 ± 2.9246173496578116; the means are 2.5 and 6.5.
    let desk = groups(&[1.0, 2.0, 3.0, 4.0], &[4.0, 6.0, 8.0, 8.0]);
    let whole = json(&desk, "a b");
    let close = |key: &str, expected: f64| {
        let found = numbers(&whole, key)[0];
        assert!((found - expected).abs() < 1e-6, "{key}: {found}");
    };
    close("difference", 4.0);
    close("difference_low", 4.0 - 2.924_617_349_657_8);
    close("difference_high", 4.0 + 2.924_617_349_657_8);
    let sides = of_layers(&whole, "reference");
    assert!((sides[0]["log10"].as_f64().unwrap() - 2.5).abs() < 1e-12);
    // s = 1.2909944, t(0.975, 3) = 3.1824463 (scipy.stats.t.ppf): 3.1824463·s/√4.
    assert!((sides[0]["high"].as_f64().unwrap() - 2.5 - 2.054_260_3).abs() < 1e-6);
    assert_eq!(of_layers(&whole, "result"), ["differs", "equal"]);
    assert_eq!(compare(&desk, "a b --strict").code, Some(1));
    assert_eq!(whole["targets"][0]["runs"], 4);
    // The scatter is told too, and each seed.
    assert_eq!(
        (&sides[0]["min"], &sides[0]["max"]),
        (&1.0.into(), &4.0.into())
    );
    assert_eq!(sides[0]["by_seed"], serde_json::json!([1.0, 2.0, 3.0, 4.0]));
    let text = compare(&desk, "a b").fine().stdout;
    assert!(text.contains("4 seeds: mean [95 % interval]"), "{text}");
}

#[test]
fn an_interval_that_holds_0_is_unclear_and_fails_if_strict() {
    let desk = groups(&[0.0, 2.0], &[1.0, 3.0]);
    let whole = json(&desk, "a b");
    assert_eq!(of_layers(&whole, "result"), ["unclear", "equal"]);
    assert_eq!(compare(&desk, "a b --strict").code, Some(1));
    let text = compare(&desk, "a b").fine().stdout;
    assert!(
        text.contains("no layer is sure to differ") && text.contains("1 may, but"),
        "{text}"
    );
    // A single run has no interval: beyond the tolerance is a difference.
    let desk = groups(&[0.0], &[1.0]);
    assert_eq!(compare(&desk, "a b --strict").code, Some(1));
    compare(&desk, "a b --strict --tolerance 1.1").fine();
    // A small difference fails nothing, however sure it is.
    let desk = groups(&[0.0, 0.001], &[0.05, 0.051]);
    let whole = json(&desk, "a b --strict");
    assert_eq!(of_layers(&whole, "result"), ["within", "equal"]);
    assert!(numbers(&whole, "difference_low")[0] > 0.0);
}

#[test]
fn seeds_that_disagree_on_having_a_figure_are_not_comparable() {
    let desk = groups(&[0.0, 1.0, 2.0], &[0.0, 1.0, 2.0]);
    desk.write("b/seed-1/gradients.csv", one_step(&["0", "1"]));
    let whole = json(&desk, "a b");
    assert_eq!(of_layers(&whole, "reason")[0], "B is 0 in 1 of 3 seeds");
    assert_eq!(compare(&desk, "a b --strict").code, Some(1));
}

#[test]
fn groups_of_runs_are_compared_as_wholes() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 3 --out a").fine();
    desk.run("--seed 7 --seeds 2 --out b").fine();
    let whole = json(&desk, "a b");
    let changes = whole["spec_changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0]["key"], "seed");
    assert_eq!(
        changes[0]["values"],
        serde_json::json!(["[0, 1, 2]", "[7, 8]"])
    );
    let mut losses: Vec<f64> = (0..3)
        .map(|seed| {
            desk.summary(&format!("a/seed-{seed}"))["test_loss"]
                .as_f64()
                .unwrap()
        })
        .collect();
    losses.sort_by(f64::total_cmp);
    let loss = &whole["targets"][0]["outcome"]["test_loss"];
    assert_eq!(loss["median"].as_f64(), Some(losses[1]));
    let mean = losses.iter().sum::<f64>() / 3.0;
    assert!((loss["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!(loss["low"].as_f64().unwrap() < mean);
    assert_eq!(
        (loss["min"].as_f64(), loss["max"].as_f64()),
        (Some(losses[0]), Some(losses[2]))
    );
    // A group with one seed that lacks the step cannot be compared there.
    let desk = groups(&[0.0, 1.0], &[0.0, 1.0]);
    desk.write(
        "b/seed-1/gradients.csv",
        "step,layer,grad_norm\n3,1,1\n3,2,1\n",
    );
    compare(&desk, "a b --at 0").refused(&["step 0", "seed-1", "nearest is 3"]);
}

#[test]
fn intervals_belong_to_seeds() {
    let desk = groups(&[0.0, 1.0], &[0.0]);
    let whole = json(&desk, "b b");
    for key in ["difference_low", "difference_high"] {
        assert!(of_layers(&whole, key).iter().all(|end| end.is_null()));
    }
    assert!(of_layers(&whole, "reference")[0]["low"].is_null());
    // A single run is taken to scatter as the group does: 0.5 ± t(0.975, 1)·s·√1.5.
    let whole = json(&desk, "b a");
    assert!(of_layers(&whole, "other")[0]["low"].is_number());
    assert!(of_layers(&whole, "reference")[0]["low"].is_null());
    assert!(numbers(&whole, "difference_low")[0] < 0.0);
}

#[test]
fn a_layer_of_one_seed_or_of_later_steps_is_not_dropped() {
    let desk = groups(&[0.0, 1.0], &[0.0, 1.0]);
    desk.write("b/seed-1/gradients.csv", one_step(&["1", "1", "1"]));
    let whole = json(&desk, "b a");
    assert_eq!(of_layers(&whole, "layer"), [1, 2, 3]);
    let reason = of_layers(&whole, "reason")[2].clone();
    assert!(
        reason.as_str().unwrap().contains("absent in 1 of 2 seeds"),
        "{reason}"
    );
    desk.write("late.csv", "step,layer,n_norm\n0,1,1\n1,1,1\n1,2,1\n");
    let whole = json(&desk, "late.csv late.csv --at final");
    assert_eq!(numbers(&whole, "difference"), [0.0; 2]);
    // Seeds that are read for different norms are no group.
    desk.write(
        "b/seed-1/gradients.csv",
        "step,layer,w_norm\n0,1,1\n0,2,1\n",
    );
    compare(&desk, "a b").refused(&["b", "grad_norm and w_norm", "--quantity"]);
}

#[test]
fn a_single_run_within_the_scatter_of_a_group_is_not_told_apart() {
    // s = 1.2909944 over four seeds: one more lies within 2.5 ± 3.18·s·√1.25 = 2.5 ± 4.59.
    let desk = groups(&[1.0, 2.0, 3.0, 4.0], &[6.5]);
    let whole = json(&desk, "a b");
    assert_eq!(of_layers(&whole, "result"), ["unclear", "equal"]);
    let desk = groups(&[1.0, 2.0, 3.0, 4.0], &[7.5]);
    assert_eq!(of_layers(&json(&desk, "a b"), "result")[0], "differs");
}

#[test]
fn a_group_has_every_seed_once() {
    let desk = groups(&[0.0, 1.0], &[0.0]);
    desk.write("a/seed-01/gradients.csv", one_step(&["1", "1"]));
    compare(&desk, "a b").refused(&["seed-01", "seed-1", "of the same seed"]);
    let desk = groups(&[0.0, 1.0], &[0.0]);
    std::fs::remove_file(desk.path("a/seed-1/gradients.csv")).unwrap();
    compare(&desk, "a b").refused(&["seed-1", "no gradients.csv", "take its folder away"]);
}

#[test]
fn seeds_are_those_of_the_specs() {
    let desk = Desk::with(SMALL);
    desk.run("--seed 7 --out g/seed-0").fine();
    desk.run("--seed 3 --out g/seed-1").fine();
    desk.run("--seeds 2 --out h").fine();
    let whole = json(&desk, "g h");
    let changes = whole["spec_changes"].as_array().unwrap();
    let seed = changes.iter().find(|changed| changed["key"] == "seed");
    let seed = seed.unwrap();
    assert_eq!(seed["values"], serde_json::json!(["[3, 7]", "[0, 1]"]));
}

/// Seeds scatter by more than a change does; the same seed does not.
#[test]
fn the_same_seeds_are_compared_each_with_itself() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 3 --out a").fine();
    for seed in 0..3 {
        let (from, to) = (format!("a/seed-{seed}"), format!("b/seed-{seed}"));
        desk.write(
            &format!("{to}/spec.toml"),
            desk.read(&format!("{from}/spec.toml")),
        );
        let mut rows = desk.table(&format!("{from}/gradients.csv"));
        let at = |name: &str| rows.header.iter().position(|own| own == name).unwrap();
        let (layer, norm) = (at("layer"), at("activation_grad_norm"));
        for row in rows.rows.iter_mut().filter(|row| row[layer] == "2") {
            let scaled = row[norm].parse::<f64>().unwrap() * 10f64.powf(0.3);
            row[norm] = format!("{scaled:e}");
        }
        rows.rows.insert(0, rows.header);
        let lines: String = rows.rows.iter().map(|row| row.join(",") + "\n").collect();
        desk.write(&format!("{to}/gradients.csv"), lines);
    }
    let whole = json(&desk, "a b");
    assert_eq!(whole["pairs"][0]["paired_by_seed"], true);
    assert_eq!(of_layers(&whole, "result")[1], "differs");
    assert!((numbers(&whole, "difference_low")[1] - 0.3).abs() < 1e-9);
    assert_eq!(whole["pairs"][0]["differs"], 1);
    let whole = json(&desk, "a a");
    assert_eq!(numbers(&whole, "difference_high"), [0.0; 5]);
}

/// Two of three pairs agree, which is not enough: norms of a third seed that are
/// a hundred times larger are no scatter of the same runs.
#[test]
fn one_seed_that_moved_is_not_equal() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 3 --out a").fine();
    for seed in 0..3 {
        let (from, to) = (format!("a/seed-{seed}"), format!("b/seed-{seed}"));
        desk.write(
            &format!("{to}/spec.toml"),
            desk.read(&format!("{from}/spec.toml")),
        );
        let mut rows = desk.table(&format!("{from}/gradients.csv"));
        let norm = (rows.header.iter())
            .position(|own| own == "activation_grad_norm")
            .unwrap();
        for row in rows.rows.iter_mut().filter(|_| seed == 1) {
            row[norm] = format!("{:e}", row[norm].parse::<f64>().unwrap() * 100.0);
        }
        rows.rows.insert(0, rows.header);
        let lines: String = rows.rows.iter().map(|row| row.join(",") + "\n").collect();
        desk.write(&format!("{to}/gradients.csv"), lines);
    }
    let whole = json(&desk, "a b");
    // Mean 2/3, s = 2/√3, t(0.975, 2) = 4.302653: 0.667 ± 2.869 holds 0.
    assert_eq!(of_layers(&whole, "result"), ["unclear"; 5]);
    assert!((numbers(&whole, "difference")[0] - 2.0 / 3.0).abs() < 1e-9);
    assert!((numbers(&whole, "difference_high")[0] - 2.0 / 3.0 - 2.868_435).abs() < 1e-5);
    assert_eq!(whole["holds"], false);
    assert_eq!(compare(&desk, "a b --strict").code, Some(1));
    let text = compare(&desk, "a b").fine().stdout;
    assert!(!text.contains("equal, to the last digit"), "{text}");
}
