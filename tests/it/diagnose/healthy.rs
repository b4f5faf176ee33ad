//! Networks that theory and practice call healthy are told so, and get no advice.

use crate::desk::Desk;

use super::{SPEC, five_seeds, names, sets};

#[track_caller]
fn is_healthy(changes: &[&str]) {
    let desk = Desk::with(SPEC);
    for (seed, found) in five_seeds(&desk, changes).iter().enumerate() {
        assert_eq!(names(found), ["healthy"], "seed {seed}: {found:#}");
        assert_eq!(found["onset"], serde_json::Value::Null);
    }
}

/// He et al. 2015.
#[test]
fn relu_with_he() {
    is_healthy(&["network.depth=4", "train.steps=60"]);
}

/// Glorot & Bengio 2010.
#[test]
fn tanh_with_xavier() {
    let changes = [
        "network.activation=tanh",
        "network.init=xavier_normal",
        "train.learning_rate=0.1",
    ];
    is_healthy(&changes);
}

/// Klambauer et al. 2017.
#[test]
fn selu_with_lecun() {
    is_healthy(&["network.activation=selu", "network.init=lecun_normal"]);
}

/// Ioffe & Szegedy 2015.
#[test]
fn sigmoid_with_batch_norm() {
    let changes = [
        "network.activation=sigmoid",
        "network.norm=batch",
        "train.learning_rate=0.3",
    ];
    is_healthy(&changes);
}

/// Saxe et al. 2014.
#[test]
fn a_deep_orthogonal_network() {
    let init = "network.init.orthogonal.gain=1.1";
    let changes = [
        "network.activation=tanh",
        init,
        "network.depth=30",
        "train.learning_rate=0.05",
    ];
    is_healthy(&changes);
}

/// Bachlechner et al. 2021.
#[test]
fn rezero() {
    is_healthy(&[
        "network.skip=rezero",
        "network.depth=20",
        "train.learning_rate=0.1",
    ]);
}

/// At the start gradients arrive whatever the rate.
#[test]
fn a_run_of_no_step() {
    is_healthy(&["train.steps=0", "train.learning_rate=1e9"]);
}

#[test]
fn what_is_healthy_gets_no_advice() {
    let desk = Desk::with(SPEC);
    let words = ["run", "trial.toml", "--out", "fine"];
    let ran = desk
        .vgrad(words.into_iter().chain(sets(&["train.steps=60"])))
        .fine();
    for text in ["try next", "why", "starts"] {
        assert!(!ran.stdout.contains(text), "{}", ran.stdout);
    }
    let told = desk.vgrad(["diagnose", "fine"]).fine().stdout;
    assert!(
        told.contains("healthy, learned") && !told.contains("try next"),
        "{told}"
    );
}
