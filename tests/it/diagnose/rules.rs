//! The published rules replayed over a run.

use serde_json::Value;

use crate::desk::Desk;

use super::{SPEC, diagnosis, names, sets};

fn run_and_diagnose(desk: &Desk, changes: &[&str]) -> Value {
    let words = ["run", "trial.toml", "-q", "--force", "--out", "run"];
    desk.vgrad(words.into_iter().chain(sets(changes))).fine();
    diagnosis(desk, "run")
}

fn rule<'a>(found: &'a Value, name: &str) -> &'a Value {
    let rules = found["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == name).unwrap()
}

/// N(0, 0.01²) over 64 units shrinks gradient and activations by √(64/2)/100 = 0.057 a layer
/// each: ∂L/∂W is their product and the same in every layer, so that its ratios show nothing,
/// and with five layers no norm of it is below 1e-7 either.
#[test]
fn rules_about_weight_gradients_pass_a_dead_network() {
    let desk = Desk::with(SPEC);
    let changes = [
        "network.init.normal.std=0.01",
        "network.width=64",
        "network.depth=5",
        "train.steps=10",
    ];
    let found = run_and_diagnose(&desk, &changes);
    assert_eq!(
        (&found["verdict"], &found["learned"]),
        (&"vanishing".into(), &false.into())
    );
    for name in [
        "gradient vanish",
        "gradient explode",
        "norm per layer",
        "norm over all",
    ] {
        assert_eq!(rule(&found, name)["fires"], false, "{name}");
    }
    assert_eq!(names(&found)[0], "contraction");
    let sentence = found["mechanisms"][0]["sentence"].as_str().unwrap();
    assert!(sentence.contains("activations shrink"), "{sentence}");
}

/// The gallery's example of the same: large targets keep ∂L/∂W far from every limit, of its
/// means too, to the last step.
#[test]
fn rules_about_weight_gradients_pass_the_dead_network_of_the_gallery() {
    let spec = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/experiments/relu_normal_001.toml"
    );
    let desk = Desk::empty();
    desk.vgrad(["run", spec, "-q", "--out", "run"]).fine();
    let found = diagnosis(&desk, "run");
    assert_eq!(
        (&found["verdict"], &found["learned"]),
        (&"vanishing".into(), &false.into())
    );
    for name in [
        "VanishingGradient",
        "gradient vanish",
        "gradient explode",
        "dying ReLU",
        "vanishing gradient",
        "shrinking gradient",
        "norm per layer",
        "norm over all",
    ] {
        assert_eq!(rule(&found, name)["fires"], false, "{name}");
    }
    assert_eq!(names(&found)[0], "contraction");
    // −½ log10 χ with χ = 32·0.01²/2 over three layers: 4.19 decades; 4.12 were measured.
    let lost = found["mechanisms"][0]["sentence"].as_str().unwrap();
    assert!(lost.contains("4.1 decades are lost"), "{lost}");
}

/// 20 sigmoid layers lose 12 decades, and their activations stay at ½: ∂L/∂W goes with δ.
#[test]
fn rules_fire_from_the_first_step_on_for_deep_sigmoids() {
    let desk = Desk::with(SPEC);
    let changes = [
        "network.activation=sigmoid",
        "network.init=xavier_normal",
        "network.depth=20",
        "train.steps=5",
    ];
    let found = run_and_diagnose(&desk, &changes);
    for name in [
        "VanishingGradient",
        "gradient vanish",
        "vanishing gradient",
        "norm per layer",
    ] {
        let rule = rule(&found, name);
        assert_eq!(
            (&rule["fires"], &rule["step"]),
            (&true.into(), &0.into()),
            "{rule:#}"
        );
        assert!(
            rule["layers"].as_array().unwrap().contains(&1.into()),
            "{rule:#}"
        );
    }
    // The output layer dominates.
    assert_eq!(rule(&found, "norm over all")["fires"], false);
    assert_eq!(rule(&found, "gradient explode")["fires"], false);
    for rule in found["rules"].as_array().unwrap() {
        for key in ["source", "fires_when", "blind_spot"] {
            assert_ne!(rule[key].as_str(), Some(""), "{rule:#}");
        }
        assert!(
            rule["fires"].is_boolean(),
            "every column is there: {rule:#}"
        );
    }
}

/// Saturation by biases is what these two look for.
#[test]
fn rules_about_saturation_fire_on_saturated_tanh() {
    let desk = Desk::with(SPEC);
    // |z| > 5 for more than half: P(|Z| > 5/12) = 0.68; beyond 9.5: P(|Z| > 0.79) = 0.43.
    let init = "network.init={mean_field={weight_variance=1.0,bias_variance=144.0}}";
    let found = run_and_diagnose(
        &desk,
        &[
            "network.activation=tanh",
            init,
            "train.steps=0",
            "network.width=64",
        ],
    );
    assert_eq!(rule(&found, "saturated tanh")["fires"], true);
    assert_eq!(rule(&found, "saturated activation")["fires"], true);
    let relu = run_and_diagnose(&desk, &["train.steps=0"]);
    assert_eq!(rule(&relu, "saturated tanh")["fires"], false);
}

/// A gradient that is cut to a third at every step halves four times in a row.
#[test]
fn a_gradient_that_shrinks_over_time_is_seen() {
    let desk = Desk::empty();
    let rows = (0..8).flat_map(|step| {
        let size = 3f64.powi(-step);
        (1..=2).map(move |layer| {
            format!(
                "{step},{layer},1.0,{}\n",
                if layer == 1 { size } else { 1.0 }
            )
        })
    });
    let rows: String = rows.collect();
    desk.write(
        "log.csv",
        format!("step,layer,weight_grad_norm,weight_grad_mean_abs\n{rows}"),
    );
    let found = diagnosis(&desk, "log.csv");
    let rule = rule(&found, "shrinking gradient");
    // Four ratios need five steps.
    assert_eq!(
        (&rule["fires"], &rule["step"], &rule["layers"]),
        (&true.into(), &4.into(), &vec![1].into())
    );
}
