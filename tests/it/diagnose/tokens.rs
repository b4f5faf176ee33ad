//! Tokens that attention makes alike.

use crate::desk::Desk;

use super::advice::{advised, all_are_kept, changes_of, hints};
use super::{diagnosis, names, sets};

/// Twelve blocks without skips. In a simulation 1 − token similarity is 1.0 behind the
/// embedding, and .455, .022, 5e-6 and 2e-15 behind the first blocks; with skips .14 at the end.
/// Dong, Cordonnier & Loukas 2021, arXiv:2103.03404.
const SKIPLESS: &str = r#"
precision = "f64"
[data]
source = { gaussian = { samples = 40, features = 256 } }
positions = 16
[network]
architecture = "transformer"
depth = 12
width = 64
activation = "relu"
norm = "layer"
[train]
steps = 0
batch_size = 8
learning_rate = 0.01
"#;

#[test]
fn blocks_without_skips_collapse_and_get_some() {
    let desk = Desk::with(SKIPLESS);
    let found = advised(&desk, &[]);
    assert_eq!(names(&found)[0], "rank_collapse", "{found:#}");
    // Gradients of activations do not show it.
    assert_eq!(found["verdict"], "healthy");
    let told = &found["mechanisms"][0];
    let sentence = told["sentence"].as_str().unwrap();
    for part in ["from block ", "alike", "queries and keys", "2103.03404"] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    // Block b ends with layer 2b + 1.
    let layers = told["layers"].as_array().unwrap();
    let layers: Vec<u64> = layers.iter().map(|layer| layer.as_u64().unwrap()).collect();
    assert!([5, 7, 9].contains(&layers[0]), "{layers:?}");
    assert!(layers.iter().all(|layer| layer % 2 == 1) && layers.last() == Some(&25));
    let fact = &told["evidence"][0];
    assert_eq!(fact["column"], "token_spread");
    let [least, most] = ["least", "most"].map(|key| fact[key].as_f64().unwrap());
    assert!(least < 1e-12 && most < 1e-4, "{fact:#}");

    let hint = &hints(&found)[0];
    assert_eq!(changes_of(hint), ["network.skip=identity"]);
    assert_eq!(
        (&hint["quantity"], &hint["step"]),
        (&"token_spread".into(), &0.into())
    );
    let [before, after] = ["before", "after"].map(|key| hint[key].as_f64().unwrap());
    assert!(before < 1e-12 && (0.05..0.5).contains(&after), "{hint:#}");
    all_are_kept(&desk, &found);
    let told = desk.vgrad(["diagnose", "run"]).fine().stdout;
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("rank collapse: from block") && words.contains("cosine of two tokens"),
        "{told}"
    );
}

/// Neither where skips lead around attention nor where there is one token.
#[test]
fn tokens_that_differ_are_no_collapse() {
    for changes in [
        &["network.skip=identity"][..],
        &["data.positions=1"],
        &["network.depth=1"],
    ] {
        let desk = Desk::with(SKIPLESS);
        let words = ["run", "trial.toml", "-q", "--out", "run"];
        desk.vgrad(words.into_iter().chain(sets(changes))).fine();
        assert_eq!(names(&diagnosis(&desk, "run")), ["healthy"], "{changes:?}");
    }
}

/// Norms behind the sums: tokens become alike, but the same start trains with a warm-up.
const POST: &str = r#"
precision = "f64"
[data]
source = "digits"
positions = 8
[network]
architecture = { transformer = { norm_position = "post" } }
depth = 24
width = 16
activation = "relu"
norm = "layer"
skip = "identity"
[train]
steps = 100
batch_size = 16
optimizer = "adam"
learning_rate = 0.002
schedule = { cosine = { warmup_steps = 0 } }
[log]
every = 10
evaluate_every = 1000
"#;

#[test]
fn where_skips_keep_tokens_the_first_steps_come_before_the_tokens() {
    let desk = Desk::with(POST);
    let told = desk.vgrad(["run", "trial.toml", "--out", "run"]).fine();
    let told = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let place = |words: &str| {
        told.find(words)
            .unwrap_or_else(|| panic!("{words}: {told}"))
    };
    let by_rate = place("the rate is too large at first");
    assert!(by_rate < place("rank collapse: from block"), "{told}");
    let words = "diagnose run --patience 300";
    let told = desk.vgrad(words.split_whitespace()).fine().stdout;
    let pre = "--set network.architecture.transformer.norm_position=pre";
    assert!(told.contains(pre), "{told}");
    // The skip is that already.
    assert!(!told.contains("--set network.skip=identity"), "{told}");
    let found = diagnosis(&desk, "run");
    assert_eq!(
        names(&found)[..2],
        ["healthy_but_not_learning", "rank_collapse"]
    );
}

/// The log alone does not tell, and says so.
#[test]
fn without_the_spec_it_is_unknown_whether_tokens_collapse() {
    let desk = Desk::with(SKIPLESS);
    desk.vgrad(["run", "trial.toml", "-q", "--out", "run"])
        .fine();
    desk.write("lone.csv", desk.read("run/gradients.csv"));
    let open = |target: &str| {
        let found = diagnosis(&desk, target);
        let open = found["unanswered"].as_array().unwrap().clone();
        let mut open = open.into_iter();
        open.find(|one| one["mechanism"] == "rank_collapse")
    };
    assert_eq!(open("run"), None);
    let needs = open("lone.csv").expect("it is open")["needs"].clone();
    assert_eq!(needs, serde_json::json!(["the spec and its data"]));
    let told = desk.vgrad(["diagnose", "lone.csv"]).fine().stdout;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("whether it is rank collapse: that needs the spec and its data"),
        "{told}"
    );
}

/// The gallery's file, shortened; its network learns a little from what its values receive.
#[test]
fn the_skipless_file_of_the_gallery_collapses() {
    let desk = Desk::empty();
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/experiments/transformer_skipless.toml"
    );
    for seed in ["0", "1"] {
        let words = ["run", file, "--force", "--out", "run", "--seed", seed];
        let words = words.into_iter().chain(sets(&["train.steps=60"]));
        let told = desk.vgrad(words).fine().stdout;
        // Healthy gradients and a little that is learned are not all there is to tell.
        assert!(
            told.contains("rank collapse") && told.contains("--set network.skip"),
            "seed {seed}: {told}"
        );
        let found = diagnosis(&desk, "run");
        assert_eq!(names(&found)[0], "rank_collapse", "seed {seed}: {found:#}");
    }
}
