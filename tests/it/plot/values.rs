//! Zeros, NaN and tiny values are shown as what they are.

use super::snapshot::SMALL_CSV;
use crate::desk::Desk;

/// The words of a figure, in order.
fn words(svg: &str) -> Vec<String> {
    let parts = svg.split("<text ").skip(1);
    let inner = parts.map(|part| part.split_once('>').unwrap().1);
    inner
        .map(|rest| rest.split_once('<').unwrap().0.trim().to_owned())
        .collect()
}

fn figure(csv: &str, figure: &str) -> Vec<String> {
    let desk = Desk::empty();
    desk.write("a.csv", csv);
    desk.vgrad(["plot", "a.csv", "--figure", figure, "-o", "a.svg"])
        .fine();
    words(&desk.read("a.svg"))
}

#[track_caller]
fn has(words: &[String], word: &str) {
    assert!(
        words.iter().any(|own| own == word),
        "no {word:?} in {words:?}"
    );
}

#[test]
fn zeros_and_nan_have_a_place_and_are_counted() {
    for name in ["training", "heatmap"] {
        let words = figure(SMALL_CSV, name);
        has(&words, "0");
        has(&words, "inf/NaN");
        has(
            &words,
            "2 values are exactly 0, 1 value is NaN or infinite.",
        );
    }
    // The profile has the first and the last step alone.
    let words = figure(SMALL_CSV, "layers");
    has(&words, "0");
    has(&words, "1 value is exactly 0.");
    assert!(!words.contains(&"inf/NaN".to_owned()));
}

#[test]
fn without_zeros_nothing_is_said_of_them() {
    let csv = SMALL_CSV.replace(",0\n", ",1e-6\n").replace("NaN", "1");
    for name in ["layers", "training", "heatmap"] {
        let words = figure(&csv, name);
        assert!(
            !words
                .iter()
                .any(|word| word.contains("exactly") || word.contains("NaN"))
        );
    }
}

/// The smallest number of f64 is 4.9e-324; there is no floor.
#[test]
fn the_smallest_values_have_decades() {
    let csv = "step,layer,x_norm\n0,1,5e-324\n0,2,1e-9\n0,3,1e300\n";
    let words = figure(csv, "layers");
    has(&words, "10⁻³⁰⁰");
    has(&words, "10³⁰⁰");
    let decades = words.iter().filter(|word| word.starts_with("10"));
    assert!(decades.count() <= 10, "{words:?}");
}

#[test]
fn nothing_but_zeros_or_nan_can_be_drawn() {
    for value in ["0", "NaN", "inf"] {
        let csv =
            format!("step,layer,x_norm\n0,1,{value}\n0,2,{value}\n1,1,{value}\n1,2,{value}\n");
        for name in ["layers", "training", "heatmap"] {
            let words = figure(&csv, name);
            has(&words, if value == "0" { "0" } else { "inf/NaN" });
            assert!(
                !words.iter().any(|word| word.starts_with("10")),
                "{words:?}"
            );
        }
        let desk = Desk::empty();
        desk.write("a.csv", csv);
        desk.vgrad(["plot", "a.csv"]).fine();
    }
}

#[test]
fn one_step_and_one_layer_can_be_drawn() {
    let desk = Desk::empty();
    desk.write("a.csv", "step,layer,x_norm\n0,1,1\n");
    desk.vgrad(["plot", "a.csv", "-o", "a.png"]).fine();
    desk.vgrad(["plot", "a.csv"]).fine();
}
