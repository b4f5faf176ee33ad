//! Norms, means and standard deviations whose squares leave f64's range.

use crate::desk::Desk;

/// A desk with one of the specs of `tests/fixtures/cases/range` as its trial.
fn with_case(name: &str) -> Desk {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cases/range");
    Desk::with(&std::fs::read_to_string(format!("{folder}/{name}.toml")).unwrap())
}

#[test]
fn gradients_far_below_the_root_of_the_smallest_number_are_measured() {
    let desk = with_case("deep");
    desk.run("--set precision=f64").fine();
    let gradients = desk.table("runs/trial/gradients.csv");
    // Layer l is row l − 1.
    let norms = gradients.numbers("activation_grad_norm");
    let decades = |layer: usize| (norms[layer - 1] / norms[399]).log10();
    // From the same network in extended precision, layer 400 being 0.
    for (layer, expected) in [(150, -159.69), (100, -192.2), (1, -255.2)] {
        let found = decades(layer);
        assert!((found - expected).abs() < 0.05, "layer {layer}: {found}");
    }
    for name in ["delta_norm", "weight_grad_norm", "bias_grad_norm"] {
        assert!(gradients.numbers(name).iter().all(|norm| *norm > 0.0));
    }
    assert_eq!(desk.summary("runs/trial")["status"], "completed");
}

#[test]
fn values_beyond_the_root_of_the_largest_number_are_no_divergence() {
    let desk = with_case("big");
    // Each layer is 8 times larger than the one before: 8^266 = 1.7e240.
    let size = "--set precision=f64 --set network.width=64 --set network.depth=266";
    desk.run(size).fine();
    let summary = desk.summary("runs/trial");
    assert_eq!(summary["status"], "completed");
    let gradients = desk.table("runs/trial/gradients.csv");
    for name in ["activation_grad_norm", "delta_norm", "activation_std"] {
        let column = gradients.column(name);
        // The output has no activation.
        let cells = gradients.rows.iter().map(|row| row[column].as_str());
        let values: Vec<f64> = cells
            .filter(|cell| !cell.is_empty())
            .map(|cell| cell.parse().unwrap())
            .collect();
        assert!(values.iter().all(|value| value.is_finite()), "{name}");
        let largest = values.iter().copied().fold(0.0, f64::max);
        assert!((1e236..1e245).contains(&largest), "{name}: {largest:e}");
    }
    let grad_norm = desk.table("runs/trial/training.csv").numbers("grad_norm");
    assert!(
        grad_norm
            .iter()
            .all(|norm| norm.is_finite() && *norm > 1e230)
    );
}
