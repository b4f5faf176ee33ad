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
