//! A baseline of a lone file: what it refuses to hold or to compare.

use serde_json::Value;

use super::gate::{cannot, check, csv, ends, rule};
use crate::desk::Desk;

/// A CSV file with a column `x` that is no norm.
fn plain(values: &[&str]) -> String {
    csv(&[values]).replace("activation_grad_norm", "x")
}

#[test]
fn negative_numbers_are_neither_accepted_nor_compared() {
    let desk = Desk::empty();
    desk.write("n.csv", plain(&["-1", "-2", "-4"]));
    let words = ["n.csv", "x of layer 1 is -1", "logarithms", "--quantity"];
    cannot(
        &desk,
        "n.csv --quantity x --baseline n.json --accept",
        &words,
    );
    assert!(!desk.has("n.json"));
    desk.write("p.csv", plain(&["1", "2", "4"]));
    ends(&desk, "p.csv --quantity x --baseline n.json --accept", 0);
    desk.write("n.csv", plain(&["1", "-2e8", "4"]));
    let words = ["x of layer 2 is -200000000", "logarithms"];
    cannot(&desk, "n.csv --quantity x --baseline n.json", &words);
}

#[test]
fn a_column_without_values_compares_as_nothing_and_nothing_is_no_pass() {
    let desk = Desk::empty();
    desk.write("empty.csv", csv(&[&["", ""]]));
    let words = ["b.json", "every cell is empty"];
    cannot(&desk, "empty.csv --baseline b.json --accept", &words);
    assert!(!desk.has("b.json"));
    desk.write("a.csv", csv(&[&["1", "2"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    // Nor does a baseline made by hand hold nothing.
    let mut text: Value = serde_json::from_str(&desk.read("b.json")).unwrap();
    for layer in text["steps"][0]["layers"].as_array_mut().unwrap() {
        layer["log10"]["activation_grad_norm"] = Value::Null;
    }
    desk.write("b.json", text.to_string());
    cannot(&desk, "empty.csv --baseline b.json", &words);
}

#[test]
fn an_empty_cell_stays_empty() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1", "", "2"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    ends(&desk, "a.csv --baseline b.json", 0);
    desk.write("c.csv", csv(&[&["1", "1", "2"]]));
    cannot(&desk, "c.csv --baseline b.json", &["layer 2 (hidden_2)"]);
}

#[test]
fn the_slope_of_a_deep_network_is_not_rounded_into_a_failure() {
    let desk = Desk::empty();
    // log10 of the norm of layer l is l·slope: the slopes differ by 2e-8 a
    // layer, and over 2001 layers by 4e-5 decades.
    let file = |slope: f64| {
        let norms: Vec<String> = (1..=2001)
            .map(|l| format!("{:e}", 10f64.powf(f64::from(l) * slope)))
            .collect();
        let norms: Vec<&str> = norms.iter().map(String::as_str).collect();
        csv(&[&norms])
    };
    desk.write("a.csv", file(4.999e-5));
    desk.write("c.csv", file(5.001e-5));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    ends(&desk, "a.csv --baseline b.json --tolerance 0", 0);
    ends(&desk, "c.csv --baseline b.json", 0);
    ends(&desk, "c.csv --baseline b.json --tolerance 0.001", 0);
    // A change that adds up to 0.2 decades fails, and says so of the slope.
    desk.write("c.csv", file(4.999e-5 + 0.2 / 2000.0));
    let ended = ends(&desk, "c.csv --baseline b.json", 1);
    let slope = ended.stdout.lines().find(|l| l.contains("decay_decades"));
    let slope = slope.unwrap();
    assert!(
        slope.contains("fails") && slope.contains("+0.100"),
        "{slope}"
    );
}

#[test]
fn columns_that_nobody_asked_for_are_not_read() {
    let desk = Desk::empty();
    let text = "step,layer,activation_grad_norm,batch_norm\n0,1,1e-2,off\n0,2,1,off\n";
    desk.write("a.csv", text);
    desk.write("r.toml", rule("quantity = 'attenuation_decades'; max = 3"));
    ends(&desk, "a.csv --rules r.toml --baseline b.json --accept", 0);
    ends(&desk, "a.csv --rules r.toml --baseline b.json", 0);
    let words = ["a.csv:2", "`off`"];
    cannot(&desk, "a.csv --rules r.toml --quantity batch_norm", &words);
    // The norms that a run logs are looked at for NaN all the same.
    desk.write(
        "a.csv",
        text.replace("batch_norm", "delta_norm")
            .replace("off", "NaN"),
    );
    ends(&desk, "a.csv --rules r.toml", 1);
}

#[test]
fn the_largest_difference_is_charted_where_a_layer_is_0() {
    let desk = Desk::empty();
    let far = |norms: &[&str]| {
        desk.write("c.csv", csv(&[norms]));
        let ended = check(&desk, "c.csv --baseline b.json --format benchmark");
        let entries: Value = serde_json::from_str(&ended.stdout).unwrap();
        let entries = entries.as_array().unwrap();
        let far = entries
            .iter()
            .find(|entry| entry["name"] == "largest difference from the baseline");
        let far = far.unwrap_or_else(|| panic!("{entries:#?}"));
        let extra = far["extra"].as_str().unwrap_or("").to_owned();
        (far["value"].as_f64().unwrap(), extra)
    };
    desk.write("a.csv", csv(&[&["0", "1e-4", "1e-2", "1"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    // Layer 1 stays at 0.
    let (value, extra) = far(&["0", "1e-7", "1e-2", "1"]);
    assert!(
        (value - 3.0).abs() < 1e-9 && extra.is_empty(),
        "{value} {extra}"
    );
    // Layer 3 goes to 0, which no chart can show.
    let (value, extra) = far(&["0", "1e-7", "0", "1"]);
    assert!((value - 3.0).abs() < 1e-9, "{value}");
    assert!(extra.starts_with("1 of the differences"), "{extra}");
}
