//! Norms that a log's writer rounded to 0: bounds, in every file and view that comes of them.

use super::{near, read, sample};
use crate::desk::Desk;

/// The first four layers read 0.000000: 5e-7 or less.
#[test]
fn a_tidy_file_keeps_bounds_as_bounds() {
    let desk = Desk::empty();
    let log = sample("handmade_stdout.txt");
    let (whole, _) = read(&desk, &format!("{log} -o hs.csv"));
    let text = desk.read("hs.csv");
    assert!(text.lines().nth(1).unwrap().contains(",<5e-7,"), "{text}");
    let (again, _) = read(&desk, "hs.csv");
    for end in ["initial", "final", "verdict"] {
        let of = |json: &serde_json::Value| json["networks"][0][end].clone();
        assert_eq!(of(&again), of(&whole), "{end}");
    }
    assert!(whole["networks"][0]["initial"]["layers_below_resolution"].as_u64() > Some(0));
    near(&again["networks"][0]["columns"][0]["resolution"], 5e-7);
    // Programs see which values are none.
    for json in [&whole, &again] {
        let layers = &json["networks"][0]["layers"];
        assert_eq!(layers[0]["bounds"]["initial"][0], "weight_grad_norm");
        let last = layers.as_array().unwrap().last().unwrap();
        assert_eq!(last["bounds"]["initial"].as_array().unwrap().len(), 0);
    }
    // A picture says so beside the number: log10 of 5e-7 is -6.30.
    let ended = desk.vgrad(["plot", "hs.csv"]).fine();
    assert!(ended.stdout.contains("<-6.30"), "{}", ended.stdout);
}

#[test]
fn a_bound_is_neither_equal_to_another_nor_a_difference() {
    let desk = Desk::empty();
    let [printed, rows] = ["handmade_stdout.txt", "handmade_long.csv"].map(sample);
    // The same run, with six decimals and with all digits.
    let of = |a: &str, b: &str| -> serde_json::Value {
        let arguments = format!("compare {a} {b} --at initial --format json");
        let ended = desk.vgrad(arguments.split_whitespace()).fine();
        serde_json::from_str(&ended.stdout).unwrap()
    };
    for (a, b) in [(&printed, &rows), (&rows, &printed)] {
        let whole = of(a, b);
        let pair = &whole["pairs"][0];
        for layer in &pair["layers"].as_array().unwrap()[..4] {
            assert_eq!(layer["result"], "not_comparable", "{layer:#}");
            assert!(
                layer["reason"].as_str().unwrap().contains("below 5e-7"),
                "{layer:#}"
            );
        }
        assert_eq!(pair["not_comparable_layers"], 4, "{whole:#}");
    }
    let whole = of(&printed, &printed);
    assert_eq!(whole["pairs"][0]["layers"][0]["result"], "not_comparable");
    // Where the other norm is far above the bound, the two differ, at least by so much.
    let row = |step: u32| format!("{step},0.1,0.1\n");
    let header = "step,grad_norm/fc1.weight,grad_norm/fc2.weight\n";
    desk.write("far.csv", header.to_owned() + &row(0) + &row(1));
    let rounded = "0,0.000,0.100\n1,0.000,0.123\n";
    desk.write("rounded.csv", header.to_owned() + rounded);
    let whole = of("far.csv", "rounded.csv");
    let layer = &whole["pairs"][0]["layers"][0];
    assert_eq!(layer["result"], "differs", "{layer:#}");
    // log10(5e-4 / 0.1).
    near(&layer["difference"], -2.301_029_995_663_981);
}
