//! Runs to report on.

use std::fmt::Write;

use serde_json::Value;

use crate::desk::Desk;

/// A lone CSV file of `layers` layers and `steps` steps, whose norm at a step
/// and layer `norm` writes.
pub fn csv(layers: usize, steps: usize, norm: impl Fn(usize, usize) -> String) -> String {
    let mut text =
        "step,layer,name,activation_grad_norm,weight_grad_norm,dead_fraction\n".to_owned();
    for step in 0..steps {
        for layer in 1..=layers {
            let name = if layer == layers {
                "output".to_owned()
            } else {
                format!("hidden_{layer}")
            };
            let _ = writeln!(text, "{step},{layer},{name},{},2.5,0.25", norm(step, layer));
        }
    }
    text
}

/// A norm that loses half a decade per layer and grows with the step.
pub fn decaying(step: usize, layer: usize) -> String {
    format!("{:e}", 10f64.powf(layer as f64 / 2.0) * (1.0 + step as f64))
}

/// A page's data.
pub fn data(desk: &Desk, page: &str) -> Value {
    let html = desk.read(page);
    let (_, rest) = html
        .split_once(r#"<script type="application/json" id="data">"#)
        .unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

/// A page without its scripts and its data.
pub fn markup(desk: &Desk, page: &str) -> String {
    let html = desk.read(page);
    let mut parts = html.split("<script");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once("</script>").unwrap().1
    })
}
