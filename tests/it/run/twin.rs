//! A second calculation of the decay, from `gradients.csv` alone.

use serde_json::Value;

use crate::desk::{Desk, SMALL};
use crate::table::Table;

/// Slope, R², standard error, attenuation and the layers left out.
struct Twin {
    slope: f64,
    r2: f64,
    std_error: f64,
    attenuation: f64,
    left_out: usize,
}

/// By the normal equations in raw sums, unlike the program's centred ones.
fn twin(table: &Table, step: &str, every: usize, depth: usize) -> Twin {
    let rows = table.only("step", step);
    let norms = rows.numbers("activation_grad_norm");
    let path: Vec<usize> = (1..=depth).step_by(every).collect();
    let usable: Vec<(f64, f64)> = path
        .iter()
        .map(|&l| (l as f64, norms[l - 1]))
        .filter(|(_, norm)| norm.is_finite() && *norm != 0.0)
        .map(|(l, norm)| (l, norm.ln() / std::f64::consts::LN_10))
        .collect();
    let n = usable.len() as f64;
    let sum = |term: fn(f64, f64) -> f64| usable.iter().map(|(x, y)| term(*x, *y)).sum::<f64>();
    let (x, y) = (sum(|x, _| x), sum(|_, y| y));
    let (xx, xy, yy) = (sum(|x, _| x * x), sum(|x, y| x * y), sum(|_, y| y * y));
    let spread = n * xx - x * x;
    let slope = (n * xy - x * y) / spread;
    let correlation = (n * xy - x * y) / (spread * (n * yy - y * y)).sqrt();
    // The textbook's standard error by way of the correlation.
    let std_error = slope.abs() * ((1.0 / correlation.powi(2) - 1.0) / (n - 2.0)).sqrt();
    Twin {
        slope,
        r2: correlation * correlation,
        std_error,
        attenuation: (norms[depth - 1] / norms[0]).log10(),
        left_out: path.len() - usable.len(),
    }
}

/// The limits, written down a second time.
fn verdict(attenuation: f64) -> &'static str {
    match attenuation {
        a if a >= 4.0 => "vanishing",
        a if a >= 3.0 => "at_risk",
        a if a > -3.0 => "healthy",
        _ => "exploding",
    }
}

#[track_caller]
fn agrees(found: &Value, twin: &Twin) {
    let close = |name: &str, expected: f64, tolerance: f64| {
        let found = found[name].as_f64().unwrap();
        let error = (found - expected).abs() / expected.abs().max(1e-3);
        assert!(error < tolerance, "{name}: {found}, expected {expected}");
    };
    close("decay_decades_per_layer", twin.slope, 1e-9);
    close("r2", twin.r2, 1e-9);
    close("std_error", twin.std_error, 1e-6);
    close("attenuation_decades", twin.attenuation, 1e-12);
    assert_eq!(found["layers_left_out"], twin.left_out);
    assert_eq!(found["verdict"], verdict(twin.attenuation));
}

#[test]
fn the_summary_agrees_with_the_csv() {
    let cases = [
        ("healthy", 1, 9, ""),
        ("vanishing", 1, 12, "--set network.activation=sigmoid"),
        (
            "exploding",
            1,
            9,
            "--set network.activation=identity --set network.init.normal.std=2.0",
        ),
        (
            "healthy",
            2,
            9,
            "--set network.skip.identity.every=2 --set network.activation=relu",
        ),
        (
            "healthy",
            4,
            9,
            "--set network.skip.identity.every=4 --set network.skip.identity.scale=0.3",
        ),
        (
            "healthy",
            2,
            9,
            "--set network.skip.identity.every=2 --set network.order=norm-activation-linear",
        ),
    ];
    for (expected, every, depth, flags) in cases {
        let desk = Desk::with(SMALL);
        desk.run(&format!(
            "{flags} --set network.depth={depth} --set train.learning_rate=1e-30"
        ))
        .fine();
        let table = desk.table("runs/trial/gradients.csv");
        let summary = desk.summary("runs/trial");
        assert_eq!(summary["verdict"], expected, "{flags}");
        agrees(&summary["initial"], &twin(&table, "0", every, depth));
        agrees(&summary["final"], &twin(&table, "6", every, depth));
    }
}

#[test]
fn zeros_are_left_out_and_counted() {
    // Sigmoid with small weights in f32: a factor of about 1/4 · 8 · 1e-4 per
    // layer underflows long before the first of 40.
    let desk = Desk::with(SMALL);
    desk.run(
        "--set network.depth=40 --set network.activation=sigmoid --set network.init.normal.std=1e-4",
    )
    .fine();
    let table = desk.table("runs/trial/gradients.csv").only("step", "0");
    let zeros = table
        .cells("activation_grad_norm")
        .iter()
        .filter(|cell| **cell == "0.0")
        .count();
    assert!(zeros > 10, "{zeros}");
    let initial = &desk.summary("runs/trial")["initial"];
    assert_eq!(initial["layers_left_out"], zeros);
    assert_eq!(initial["attenuation_decades"], "inf");
    assert_eq!(initial["verdict"], "vanishing");
    let slope = twin(&table, "0", 1, 40).slope;
    let found = initial["decay_decades_per_layer"].as_f64().unwrap();
    assert!((found / slope - 1.0).abs() < 1e-9, "{found} {slope}");
}

#[test]
fn nothing_but_zeros_is_vanishing() {
    // In ReLU networks with zero weights nothing gets through at all.
    let desk = Desk::with(SMALL);
    let ended = desk
        .run("--set network.activation=relu --set network.init.normal.std=0.0")
        .fine();
    let initial = &desk.summary("runs/trial")["initial"];
    assert_eq!(initial["verdict"], "vanishing");
    assert_eq!(initial["layers_left_out"], 4);
    assert!(initial["decay_decades_per_layer"].is_null() && initial["r2"].is_null());
    assert!(!ended.stdout.contains("one layer"), "{}", ended.stdout);
}

#[test]
fn one_layer_has_no_slope_and_two_no_error() {
    let desk = Desk::with(SMALL);
    desk.run("--out one --set network.depth=1").fine();
    let one = &desk.summary("one")["initial"];
    assert!(one["decay_decades_per_layer"].is_null() && one["std_error"].is_null());
    assert_eq!(one["attenuation_decades"], 0.0);
    assert_eq!(one["verdict"], "healthy");
    desk.run("--out two --set network.depth=2").fine();
    let two = &desk.summary("two")["initial"];
    assert!(two["decay_decades_per_layer"].is_number() && two["std_error"].is_null());
}
