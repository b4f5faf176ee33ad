//! Advice: tried before it is given, and kept when it is pasted.

use serde_json::Value;

use crate::desk::Desk;

use super::{SPEC, diagnosis, names, sets};

/// Runs the changed [`SPEC`] and gives its diagnosis with advice.
pub fn advised(desk: &Desk, changes: &[&str]) -> Value {
    let words = ["run", "trial.toml", "-q", "--out", "run"];
    desk.vgrad(words.into_iter().chain(sets(changes))).fine();
    let words = "diagnose run --format json --patience 300";
    let told = desk.vgrad(words.split_whitespace()).fine();
    serde_json::from_str(&told.stdout).unwrap()
}

pub fn hints(found: &Value) -> Vec<Value> {
    found["advice"].as_array().unwrap().clone()
}

pub fn changes_of(hint: &Value) -> Vec<String> {
    let set = hint["set"].as_array().unwrap().iter();
    set.map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// Pastes a hint behind the command, and checks that the number is as was told, and better.
#[track_caller]
pub fn keeps_its_promise(desk: &Desk, found: &Value, hint: &Value, out: &str) {
    let command = found["command"].as_str().unwrap();
    let sets = changes_of(hint);
    let is_of_generator = hint["quantity"] == "lost_decades";
    // A discriminator is trained before step 0 where there is a step at all.
    let steps = hint["step"].as_u64().unwrap().max(is_of_generator.into());
    let step = format!("train.steps={steps}");
    let words = command.split_whitespace().skip(1);
    let words = words.chain(sets.iter().flat_map(|set| ["--set", &**set]));
    desk.vgrad(words.chain(["--set", &step, "--out", out, "-q"]))
        .fine();
    let summary = desk.summary(out);
    assert_ne!(summary["verdict"], "diverged", "{hint:#}");
    let [before, after] = ["before", "after"].map(|key| hint[key].as_f64());
    let after = after.unwrap();
    if hint["quantity"] == "token_spread" {
        let found = names(&diagnosis(desk, out));
        assert!(!found.contains(&"rank_collapse".to_owned()), "{hint:#}");
        assert!(after > 100.0 * before.unwrap(), "{hint:#}");
        return;
    }
    if hint["quantity"] == "finite_steps" {
        assert_eq!(after, steps as f64, "{hint:#}");
        assert!(before.unwrap() < after, "{hint:#}");
        return;
    }
    let measured = if hint["quantity"] != "loss_over_guessing" {
        assert!(
            before.is_none_or(|before| after.abs() <= before.abs() - 1.0),
            "{hint:#}"
        );
        let slope = summary["initial"]["loss_slope"].as_f64().unwrap_or(1.0);
        let by_layers = summary["initial"]["attenuation_decades"].as_f64();
        by_layers.unwrap() - slope.min(1.0).log10()
    } else if summary["learned_by"]["quantity"] == "test_loss" {
        assert!(
            before.is_none_or(|before| after <= 0.9 * before),
            "{hint:#}"
        );
        summary["test_loss"].as_f64().unwrap() / summary["learned_by"]["guessing"].as_f64().unwrap()
    } else {
        assert!(
            before.is_none_or(|before| after <= 0.9 * before),
            "{hint:#}"
        );
        // The summary has what guessing loses on the training split's classes, which are not
        // quite those of the test split.
        let reached = summary["test_loss"].as_f64().unwrap();
        let guessing = summary["guessing_loss"].as_f64().unwrap();
        assert!((guessing * after / reached - 1.0).abs() < 0.1, "{hint:#}");
        return;
    };
    assert!(
        (measured - after).abs() <= 1e-9 * after.abs().max(1.0),
        "{measured}: {hint:#}"
    );
}

#[track_caller]
pub fn all_are_kept(desk: &Desk, found: &Value) {
    for (i, hint) in hints(found).iter().enumerate() {
        keeps_its_promise(desk, found, hint, &format!("hint-{i}"));
    }
}

/// Whether a hint changes this key.
pub fn touches(hint: &Value, key: &str) -> bool {
    changes_of(hint).iter().any(|set| set.starts_with(key))
}

#[test]
fn fifty_relu_layers_with_xavier_get_hes_init() {
    let desk = Desk::with(SPEC);
    let found = advised(
        &desk,
        &[
            "network.depth=50",
            "network.width=64",
            "network.init=xavier_normal",
            "train.steps=1",
        ],
    );
    let is_he = |hint: &Value| changes_of(hint) == ["network.init=he_normal"];
    assert!(hints(&found).iter().any(is_he), "{found:#}");
    // An orthogonal map with ReLU's gain does as much: which learns more in a few steps comes first.
    assert!(
        hints(&found)
            .iter()
            .all(|hint| touches(hint, "network.init")),
        "{found:#}"
    );
    // Batch norm makes ReLU explode over so many layers.
    assert!(
        hints(&found)
            .iter()
            .all(|hint| !touches(hint, "network.norm=batch"))
    );
    all_are_kept(&desk, &found);
}

#[test]
fn five_hundred_relu_layers_get_no_batch_norm_either() {
    let desk = Desk::with(SPEC);
    let changes = [
        "network.depth=500",
        "network.init=xavier_normal",
        "train.steps=0",
        "network.width=64",
        "train.batch_size=4",
    ];
    let found = advised(&desk, &changes);
    // The activations end at the smallest number long before the output; no unit died.
    assert_eq!(
        found["mechanisms"][0]["name"], "numerical_underflow",
        "{found:#}"
    );
    assert!(
        hints(&found)
            .iter()
            .any(|hint| touches(hint, "network.init")),
        "{found:#}"
    );
    assert!(
        hints(&found)
            .iter()
            .all(|hint| !touches(hint, "network.norm=batch")),
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

/// That a person is told so of the run.
#[track_caller]
fn says(desk: &Desk, expected: &str) {
    let told = desk.vgrad(["diagnose", "run"]).fine().stdout;
    assert!(told.contains(expected), "{told}");
}

#[test]
fn deep_hes_relu_that_blows_up_gets_a_smaller_rate() {
    let desk = Desk::with(SPEC);
    let found = advised(
        &desk,
        &[
            "network.depth=30",
            "train.learning_rate=3.0",
            "train.steps=20",
        ],
    );
    assert_eq!(found["verdict"], "diverged", "{found:#}");
    let hints = hints(&found);
    assert!(
        touches(&hints[0], "train.learning_rate") || touches(&hints[0], "train.optimizer"),
        "{found:#}"
    );
    assert!(
        hints
            .iter()
            .all(|hint| !touches(hint, "network.norm=batch")),
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

#[test]
fn a_rate_of_a_billion_gets_a_smaller_one() {
    let desk = Desk::with(SPEC);
    let found = advised(&desk, &["train.learning_rate=1e9", "network.depth=4"]);
    let of_rate = hints(&found)
        .into_iter()
        .find(|hint| touches(hint, "train.learning_rate") && !touches(hint, "train.optimizer"));
    let set = changes_of(&of_rate.unwrap_or_else(|| panic!("{found:#}")))[0].clone();
    let rate: f64 = set.split_once('=').unwrap().1.parse().unwrap();
    assert!(rate < 1.0, "{set}");
    // Nothing is healthy of a run that diverged.
    says(&desk, "why       not learning, the rate is too large");
    all_are_kept(&desk, &found);
}

/// Where the gradients vanish too, the rate comes first, and the rest on top of it.
#[test]
fn a_rate_of_a_billion_is_brought_down_before_anything_else() {
    let desk = Desk::with(SPEC);
    let changes = [
        "network.depth=30",
        "network.init=xavier_normal",
        "train.learning_rate=1e9",
    ];
    let found = advised(&desk, &changes);
    let all = hints(&found);
    assert!(all.len() > 1, "{found:#}");
    for hint in &all {
        assert!(touches(hint, "train.learning_rate="), "{hint:#}");
    }
    assert!(
        all.iter().any(|hint| touches(hint, "network.")),
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

#[test]
fn only_an_init_cures_weights_of_zero() {
    let desk = Desk::with(SPEC);
    let found = advised(&desk, &["network.init.normal.std=0.0", "train.steps=10"]);
    let hints = hints(&found);
    assert!(
        !hints.is_empty() && hints.iter().all(|hint| touches(hint, "network.init")),
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

#[test]
fn a_hundred_linear_layers_of_n_0_1_get_an_init_and_no_skip() {
    let desk = Desk::with(SPEC);
    let changes = [
        "network.activation=identity",
        "network.init.normal.std=1.0",
        "network.depth=100",
        "train.steps=3",
    ];
    let found = advised(&desk, &changes);
    let hints = hints(&found);
    assert!(touches(&hints[0], "network.init"), "{found:#}");
    assert!(
        hints
            .iter()
            .all(|hint| !touches(hint, "network.skip.identity")),
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

/// √(1 − ½) of He's gain.
#[test]
fn dropout_gets_its_gain() {
    let desk = Desk::with(SPEC);
    let changes = [
        "network.dropout=0.5",
        "network.depth=30",
        "network.width=32",
        "train.steps=3",
    ];
    let found = advised(&desk, &changes);
    assert_eq!(
        changes_of(&hints(&found)[0]),
        ["network.init.he_normal.gain=0.7071"],
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

#[test]
fn targets_of_1e8_are_standardised() {
    let desk = Desk::with(SPEC);
    let rows = (0..100).map(|i| format!("{},{}e8\n", i - 50, (i * 37) % 100));
    desk.write("data.csv", format!("x,y\n{}", rows.collect::<String>()));
    let source = "data.source={csv={path=\"data.csv\",target=\"y\"}}";
    let found = advised(&desk, &[source, "train.loss=mse", "network.depth=3"]);
    assert_eq!(
        changes_of(&hints(&found)[0]),
        ["data.standardize_target=true"],
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

#[test]
fn a_run_of_no_step_gets_no_hint_about_rates() {
    let desk = Desk::with(SPEC);
    let found = advised(&desk, &["network.init.normal.std=0.05", "train.steps=0"]);
    let hints = hints(&found);
    assert!(
        !hints.is_empty() && hints.iter().all(|hint| !touches(hint, "train.")),
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

#[test]
fn a_rate_that_is_too_small_gets_a_larger_one() {
    let desk = Desk::with(SPEC);
    let found = advised(&desk, &["train.learning_rate=1e-6", "network.depth=4"]);
    says(&desk, "healthy but not learning, the rate is too small");
    assert!(touches(&hints(&found)[0], "train."), "{found:#}");
    all_are_kept(&desk, &found);
}

/// Steps of 10⁻⁷ move no network: what a batch of two happens to cost with another init is luck,
/// and no evidence that anything was learned.
#[test]
fn the_luck_of_a_small_batch_is_no_evidence() {
    let desk = Desk::with(SPEC);
    let changes = [
        "data.source=digits",
        "network.depth=3",
        "train.batch_size=2",
        "train.learning_rate=1e-7",
    ];
    let found = advised(&desk, &changes);
    assert_eq!(found["learned"], false, "{found:#}");
    for hint in hints(&found) {
        let is_of_loss = hint["quantity"] == "loss_over_guessing";
        assert!(!is_of_loss || touches(&hint, "train."), "{hint:#}");
    }
}

#[test]
fn an_eps_that_is_too_large_gets_a_smaller_one() {
    let desk = Desk::with(SPEC);
    let changes = [
        "train.optimizer={adam={eps=100.0}}",
        "train.learning_rate=0.001",
        "network.depth=4",
    ];
    let found = advised(&desk, &changes);
    assert!(
        hints(&found)
            .iter()
            .any(|hint| touches(hint, "train.optimizer.adam.eps")),
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}

/// Xavier's weights multiply the gradients of sines of omega 30 by 30/√2 a layer.
#[test]
fn sines_get_the_init_of_siren_first() {
    let desk = Desk::with(SPEC);
    let changes = [
        "data.source={sine={samples=200,cycles=2.0}}",
        "network.activation={sine={omega=30.0}}",
        "network.init=xavier_normal",
        "network.depth=6",
        "network.width=32",
        "train.optimizer=adam",
        "train.learning_rate=0.001",
        "train.loss=mse",
    ];
    let found = advised(&desk, &changes);
    assert_eq!(
        changes_of(&hints(&found)[0]),
        ["network.init.siren.omega=30.0"],
        "{found:#}"
    );
    all_are_kept(&desk, &found);
}
