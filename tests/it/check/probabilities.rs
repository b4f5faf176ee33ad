//! What probabilities on the test set are worth, in comparisons and rules.

use serde_json::Value;

use crate::desk::Desk;

/// Three classes that overlap, so that a network errs and is unsure.
const BLOBS: &str = r#"
[data]
source = { blobs = { samples = 400, classes = 3, spread = 2.0 } }
test_fraction = 0.5
[network]
depth = 2
width = 16
activation = "relu"
[train]
steps = 60
batch_size = 32
learning_rate = 0.1
[log]
every = 30
"#;

/// What is known of the probabilities stands beside the other figures of a comparison, and
/// rules hold it.
#[test]
fn a_comparison_and_a_rule_know_what_probabilities_are_worth() {
    let desk = Desk::with(BLOBS);
    for (out, predictive) in [("--out=judged", true), ("--out=plain", false)] {
        let flag = predictive.then_some("--predictive");
        let words = ["run", "trial.toml", "-q", out].into_iter().chain(flag);
        desk.vgrad(words).fine();
    }
    let told = desk.summary("judged")["predictive"].clone();
    let compare = |arguments: &str| {
        desk.vgrad(format!("compare {arguments}").split(' '))
            .fine()
            .stdout
    };
    let whole: Value = serde_json::from_str(&compare("plain judged --format json")).unwrap();
    let text = compare("plain judged");
    for (name, key, words) in [
        (
            "calibration_error",
            "calibration_error",
            "calibration error",
        ),
        ("predictive_entropy", "entropy", "predictive entropy"),
        (
            "errors_in_most_uncertain_tenth",
            "errors_in_most_uncertain_tenth",
            "errors in the most uncertain tenth",
        ),
    ] {
        let outcome = |i: usize| &whole["targets"][i]["outcome"][name];
        assert!(outcome(0).is_null(), "{name}: {}", outcome(0));
        assert_eq!(outcome(1)["mean"], told[key], "{name}");
        assert!(text.contains(words), "{words}: {text}");

        let figure = told[key].as_f64().unwrap();
        let rule = |at: &str, max: f64| {
            let text = format!("[[check]]\nquantity = \"{name}\"\n{at}max = {max}\n");
            desk.write("rule.toml", text);
        };
        let check = |run: &str| desk.vgrad(["check", run, "--rules", "rule.toml"]);
        let last = "at = \"final\"\n";
        rule(last, figure + 1e-9);
        assert_eq!(check("judged").code, Some(0), "{name}");
        rule(last, figure - 1e-9);
        assert_eq!(check("judged").code, Some(1), "{name}");
        let none = check("plain");
        assert_eq!(none.code, Some(2), "{}", none.stdout);
        for words in [name, "were not judged", "train.predictive"] {
            assert!(none.stderr.contains(words), "{words}: {}", none.stderr);
        }
        // Nothing is known of the network before it is trained.
        for at in ["", "at = \"every\"\n"] {
            rule(at, 1.0);
            let early = check("judged");
            assert_eq!(early.code, Some(2), "{}", early.stdout);
            for words in [name, "rule.toml:2", "`at = \"final\"`"] {
                assert!(early.stderr.contains(words), "{words}: {}", early.stderr);
            }
        }
    }
    // What no target has is no row.
    let text = compare("plain plain");
    assert!(
        !text.contains("calibration") && !text.contains("PSNR"),
        "{text}"
    );
}

/// The ensemble of several seeds, of which `vgrad run` tells, and the networks that it is made
/// of have figures of their own.
#[test]
fn an_ensemble_is_told_from_its_networks() {
    // So near to each other that every seed's network errs.
    let desk = Desk::with(&BLOBS.replace("spread = 2.0", "spread = 4.0"));
    let words = "run trial.toml -q --predictive --seeds=3 --out=group";
    desk.vgrad(words.split(' ')).fine();
    let told: Value = serde_json::from_str(&desk.read("group/seeds.json")).unwrap();
    let told = &told["predictive"];
    assert_eq!(told["method"], "ensemble");
    let compare = |arguments: &str| {
        let words = format!("compare group group {arguments}");
        desk.vgrad(words.split_whitespace()).fine().stdout
    };
    let whole: Value = serde_json::from_str(&compare("--format json")).unwrap();
    let text = compare("");
    for (name, key, words) in [
        (
            "calibration_error",
            "calibration_error",
            "calibration error",
        ),
        ("predictive_entropy", "entropy", "predictive entropy"),
        (
            "errors_in_most_uncertain_tenth",
            "errors_in_most_uncertain_tenth",
            "errors in the most uncertain tenth",
        ),
    ] {
        let of_each = (0..3).map(|seed| {
            let summary = desk.summary(&format!("group/seed-{seed}"));
            summary["predictive"][key].as_f64().unwrap()
        });
        let mean = of_each.sum::<f64>() / 3.0;
        let outcome = &whole["targets"][1]["outcome"];
        let own = outcome[name]["mean"].as_f64().unwrap();
        assert!((own - mean).abs() < 1e-12, "{name}: {own} {mean}");
        let together = format!("ensemble_{name}");
        assert_eq!(outcome[&*together]["mean"], told[key], "{name}");
        for whose in ["single networks", "ensemble"] {
            // A long name takes two lines.
            let is_named = text.contains(&format!("{words}, {whose}"))
                || text.contains(&format!("{words},")) && text.lines().any(|it| it.trim() == whose);
            assert!(is_named, "{words}, {whose}: {text}");
        }

        let figure = told[key].as_f64().unwrap();
        let check = |run: &str, name: &str, max: f64| {
            let text = format!("[[check]]\nquantity = \"{name}\"\nat = \"final\"\nmax = {max}\n");
            desk.write("rule.toml", text);
            desk.vgrad(["check", run, "--rules", "rule.toml"])
        };
        assert_eq!(check("group", &together, figure + 1e-9).code, Some(0));
        let beyond = check("group", &together, figure - 1e-9);
        assert_eq!(beyond.code, Some(1), "{}", beyond.stdout);
        assert!(!beyond.stdout.contains("single"), "{}", beyond.stdout);
        let single = check("group", name, 9.0).fine().stdout;
        assert!(single.contains("of single networks"), "{single}");
        let lone = check("group/seed-0", &together, 9.0);
        assert_eq!(lone.code, Some(2), "{}", lone.stdout);
        assert!(lone.stderr.contains("a folder of seeds"), "{}", lone.stderr);
    }
}
