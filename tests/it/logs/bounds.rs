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
        // 0.000001 is anything from 5e-7 to 1.5e-6; 0.000005 is known to 0.05 decades.
        assert_eq!(pair["unclear"], 1, "{whole:#}");
        assert_eq!(pair["layers"][4]["result"], "unclear", "{whole:#}");
        assert_eq!(pair["layers"][5]["result"], "within", "{whole:#}");
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

/// With three decimals 0.001 is anything from 0.0005 to 0.0015: -0.30 to +0.18 decades.
#[test]
fn what_few_digits_hide_is_neither_equal_nor_different() {
    let desk = Desk::empty();
    let header = "step,grad_norm/fc1.weight,grad_norm/fc2.weight\n";
    for (name, first) in [("a", "0.001"), ("b", "0.002"), ("far", "0.900")] {
        let rows = format!("{header}0,{first},0.100\n1,{first},0.123\n");
        desk.write(&format!("{name}.csv"), rows);
    }
    desk.write("same.csv", desk.read("a.csv"));
    desk.write("zero.csv", desk.read("a.csv").replace("0.001", "0.000"));
    for (other, result) in [
        ("same", "unclear"),
        ("b", "unclear"),
        // 5e-4 or less beside 5e-4 or more.
        ("zero", "unclear"),
        // Almost three decades apart, whatever was rounded.
        ("far", "differs"),
    ] {
        let arguments = format!("compare a.csv {other}.csv --at initial --format json");
        let ended = desk.vgrad(arguments.split_whitespace()).fine();
        let whole: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let pair = &whole["pairs"][0];
        let [first, second] = [0, 1].map(|i| &pair["layers"][i]);
        assert_eq!(first["result"], result, "{other}: {whole:#}");
        let reason = first["reason"].as_str();
        let is_told = reason == Some("cannot tell at the log's resolution");
        assert_eq!(is_told, result == "unclear", "{other}: {whole:#}");
        // 0.100 is known to 0.002 decades.
        assert_eq!(second["result"], "equal", "{other}: {whole:#}");
        assert_eq!(pair["not_comparable_layers"], 0, "{other}: {whole:#}");
    }
    let text = desk.vgrad(["compare", "a.csv", "b.csv"]).fine().stdout;
    assert!(
        text.contains("1 cannot be told at the log's resolution"),
        "{text}"
    );
    assert!(
        text.contains(" ? cannot tell at the log's resolution"),
        "{text}"
    );
    assert!(!text.contains("seed"), "{text}");
    // A tolerance that the rounding does not reach is decided again.
    let wide = ["compare", "a.csv", "same.csv", "--tolerance", "0.5"];
    let text = desk.vgrad(wide).fine().stdout;
    assert!(text.contains("all 2 layers are equal"), "{text}");
}
