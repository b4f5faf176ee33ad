//! Advice for generators: what their discriminators are trained with.

use serde_json::Value;

use crate::desk::Desk;
use crate::starved::{FAR, rows};

use super::advice::{advised, all_are_kept, changes_of, hints, touches};
use super::{diagnosis, names};

/// A critic of ten layers, its weights drawn to their clip by a hundred updates before step 0.
const CRITIC: &str = r#"
precision = "f64"
[data]
source = { ring = { samples = 400, std = 0.035 } }
[network]
depth = 2
width = 16
activation = "relu"
[train]
steps = 1
batch_size = 32
optimizer = "rmsprop"
learning_rate = 0.001
[gan]
loss = "wasserstein"
noise = 2
discriminator_steps = 100
weight_clip = 0.01
[gan.discriminator]
depth = 10
width = 16
activation = { leaky_relu = { slope = 0.2 } }
init = "he_normal"
"#;

/// The value that the hint about `key` gives it, and the hint.
#[track_caller]
fn advised_value(found: &Value, key: &str) -> (f64, Value) {
    let hint = hints(found).into_iter().find(|hint| touches(hint, key));
    let hint = hint.unwrap_or_else(|| panic!("nothing about {key}: {found:#}"));
    let set = changes_of(&hint);
    assert_eq!(set.len(), 1, "{hint:#}");
    let value = set[0].split_once('=').unwrap().1.parse();
    (value.unwrap(), hint)
}

/// Weights at ±c multiply the square of a gradient by 16 c² (1 + 0.2²)/2: by 1 at c = 0.347.
/// Those of a trained critic agree in sign and are above that from a smaller clip on.
#[test]
fn a_critic_whose_gradients_vanish_or_explode_gets_a_clip_that_keeps_them() {
    for clip in ["0.01", "1.0"] {
        let desk = Desk::with(CRITIC);
        let found = advised(&desk, &[&format!("gan.weight_clip={clip}")]);
        let (value, hint) = advised_value(&found, "gan.weight_clip=");
        assert!((0.1..0.348).contains(&value), "{clip}: {hint:#}");
        let [before, after] = ["before", "after"].map(|key| hint[key].as_f64().unwrap());
        assert_eq!(hint["quantity"], "lost_decades");
        assert!(before.abs() > 5.0 && after.abs() < 3.0, "{clip}: {hint:#}");
        all_are_kept(&desk, &found);
    }
    // Where a discriminator is not updated nothing is clipped, and nothing promised.
    let desk = Desk::with(CRITIC);
    let found = advised(&desk, &["train.steps=0"]);
    assert!(
        hints(&found).iter().all(|hint| !touches(hint, "gan.")),
        "{found:#}"
    );
}

/// After one update most weights are as they were drawn, N(0, 2/16), and smaller than a clip
/// that theory takes all of them to be at: at 0.347 too little arrives, at twice that enough.
#[test]
fn a_critic_with_weights_below_its_clip_gets_a_larger_one_than_theorys() {
    let desk = Desk::with(CRITIC);
    let young = [
        "gan.discriminator.depth=30",
        "gan.discriminator_steps=1",
        "gan.weight_clip=0.2",
    ];
    let found = advised(&desk, &young);
    let (value, hint) = advised_value(&found, "gan.weight_clip=");
    assert!((0.6..0.75).contains(&value), "{hint:#}");
    let [before, after] = ["before", "after"].map(|key| hint[key].as_f64().unwrap());
    assert!(before > 5.0 && after.abs() < 1.0, "{hint:#}");
    all_are_kept(&desk, &found);
}

/// Samples far from all that the generator makes: at this rate the discriminator is sure of
/// itself before step 0, and at a tenth of it not yet.
#[test]
fn a_discriminator_that_has_won_gets_a_smaller_rate() {
    let desk = Desk::with(FAR);
    desk.write("far.csv", rows(|i| i.to_string()));
    let found = advised(&desk, &[]);
    assert_eq!(found["mechanisms"][0]["name"], "starved_generator");
    let (rate, hint) = advised_value(&found, "gan.train.learning_rate=");
    assert!([0.06, 0.006].contains(&rate), "{hint:#}");
    assert_eq!(hint["name"], "slower discriminator");
    // It is of step 0; what becomes of it stands beside it.
    assert_eq!(hint["later"]["step"], 2, "{hint:#}");
    assert!(!hint["later"]["lost_decades"].is_null(), "{hint:#}");
    all_are_kept(&desk, &found);
}

/// Plain steps of both networks.
const DIVERGING: &str = r#"
[data]
source = { ring = {} }
[network]
depth = 3
width = 16
activation = "relu"
[train]
steps = 50
batch_size = 32
learning_rate = 0.01
[gan]
loss = "saturating"
[gan.discriminator]
depth = 3
width = 16
activation = { leaky_relu = { slope = 0.2 } }
"#;

/// Rates of either network that it does not stand.
#[test]
fn a_generator_that_diverges_is_told_by_whose_rate() {
    let of_discriminator = ["gan.train.learning_rate=10.0"];
    let of_generator = ["train.learning_rate=1e6", "gan.train.learning_rate=0.01"];
    for (rates, key, other) in [
        (
            &of_discriminator[..],
            "gan.train.learning_rate",
            " train.learning_rate",
        ),
        (
            &of_generator,
            " train.learning_rate",
            "gan.train.learning_rate",
        ),
    ] {
        let desk = Desk::with(DIVERGING);
        let found = advised(&desk, rates);
        assert_eq!(found["verdict"], "diverged", "{found:#}");
        let told = found["mechanisms"].to_string();
        assert!(told.contains(key) && !told.contains(other), "{told}");
        let start = format!("{}=", key.trim());
        let rates = hints(&found).into_iter().filter_map(|hint| {
            assert_eq!(hint["quantity"], "finite_steps", "{hint:#}");
            let sets = changes_of(&hint);
            let rate = sets[0].strip_prefix(&start).filter(|_| sets.len() == 1)?;
            rate.parse::<f64>().ok()
        });
        let rates: Vec<f64> = rates.collect();
        assert!(rates.iter().any(|rate| *rate < 2.0), "{found:#}");
        all_are_kept(&desk, &found);
        // A step before, all is finite still.
        assert!(!told.contains("end as no number"), "{told}");
    }
}

/// At this rate the discriminator leaves the loss no slope two steps before it overflows: all
/// gradients read 0, and none became small on its way.
#[test]
fn a_loss_without_a_slope_is_no_underflow() {
    let desk = Desk::with(DIVERGING);
    let found = advised(&desk, &["gan.train.learning_rate=10.0"]);
    let slopes = desk.table("run/training.csv").numbers("loss_slope");
    let last = slopes.iter().rev().find(|slope| !slope.is_nan());
    assert_eq!(last, Some(&0.0), "{slopes:?}");
    let names = names(&found);
    assert!(
        !names.contains(&"numerical_underflow".to_owned())
            && !names.contains(&"expansion".to_owned()),
        "{found:#}"
    );
    assert!(names.contains(&"starved_generator".to_owned()), "{found:#}");
}

/// Steps of 1e30 leave a generator weights that shrink every gradient: the steps are to blame.
#[test]
fn a_generator_that_its_steps_blow_up_is_a_matter_of_its_rate() {
    let spec = r#"
        precision = "f64"
        data = { source = { ring = { } } }
        network = { depth = 3, width = 16, activation = "relu" }
        train = { steps = 20, learning_rate = 1e30, batch_size = 64, optimizer = "sgd" }
        [gan]
        loss = "least_squares"
        noise = 4
        discriminator_steps = 3
        discriminator = { depth = 3, width = 16, activation = { leaky_relu = { slope = 0.2 } }, norm = "batch" }
        train = { optimizer = "rmsprop", learning_rate = 0.001 }
    "#;
    let desk = Desk::with(spec);
    desk.run("--out blown").fine();
    let found = diagnosis(&desk, "blown");
    assert_eq!(found["verdict"], "vanishing");
    let first = &found["mechanisms"][0];
    assert_eq!(first["name"], "healthy_but_not_learning", "{found:#}");
    assert_eq!(first["rate"], "too_large");
    let sentence = first["sentence"].as_str().unwrap();
    assert!(sentence.contains("train.learning_rate"), "{sentence}");
}
