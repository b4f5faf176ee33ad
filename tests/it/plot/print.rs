//! Figures for print: PDF, narrow columns, and what the user sets.

use super::snapshot::SMALL_CSV;
use super::values::words;
use crate::desk::{Desk, SMALL};

fn desk() -> Desk {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    desk
}

/// The words of a figure drawn with some options.
fn drawn(desk: &Desk, options: &[&str]) -> Vec<String> {
    let words_of = ["plot", "small.csv", "-o", "a.svg"].into_iter();
    desk.vgrad(words_of.chain(options.iter().copied())).fine();
    words(&desk.read("a.svg"))
}

#[track_caller]
fn has(words: &[String], word: &str) {
    assert!(words.iter().any(|own| own == word), "{word}: {words:?}");
}

#[track_caller]
fn lacks(words: &[String], part: &str) {
    assert!(!words.iter().any(|own| own.contains(part)), "{words:?}");
}

/// ISO 32000-1, 7.5.2 and 7.7.3.3: a header, and a page as large as was asked
/// for in points.
#[test]
fn a_pdf_has_the_size_in_points_and_may_be_replaced() {
    let desk = desk();
    for _ in 0..2 {
        let line = "plot small.csv --figure layers --width 300 --height 240 -o a.pdf";
        let ended = desk.vgrad(line.split(' ')).fine();
        // 300 / 72 · 25.4 = 105.8, 240 / 72 · 25.4 = 84.7
        assert_eq!(
            ended.stdout,
            "a.pdf: layers (300 × 240 points, 106 × 85 mm)\n"
        );
    }
    let bytes = desk.bytes("a.pdf");
    assert!(bytes.starts_with(b"%PDF-1."));
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("/MediaBox [0 0 300 240]"), "{text}");
    // Text stays text, in a font that is within.
    assert!(text.contains("DejaVuSans") && text.contains("/FontFile"));
}

#[test]
fn a_narrow_figure_has_its_legend_below_and_all_its_words() {
    let desk = desk();
    let words = drawn(&desk, &["--figure", "layers", "--width", "300"]);
    for word in [
        "layer",
        "small.csv",
        "step 30",
        "10⁻⁵",
        "0",
        "1 value is exactly 0.",
    ] {
        has(&words, word);
    }
    // Which would be drawn over the band's 0.
    assert!(!words.iter().any(|word| word == "10⁻⁶"), "{words:?}");
    assert!(desk.read("a.svg").starts_with("<svg width=\"300\""));
}

#[test]
fn titles_and_captions_can_be_left_out() {
    let desk = desk();
    let words = drawn(&desk, &["--figure", "layers"]);
    has(&words, "x_norm: small.csv");
    has(&words, "x_norm over the layers");
    let bare = ["--figure", "layers", "--title", "", "--no-captions"];
    let words = drawn(&desk, &bare);
    lacks(&words, "x_norm: ");
    lacks(&words, "over the layers");
    lacks(&words, "exactly 0");
    has(&words, "layer");
    // Several panels are told apart by their titles.
    let words = drawn(&desk, &["--title", ""]);
    has(&words, "x_norm over the layers");
}

#[test]
fn a_target_is_called_what_the_user_says() {
    let desk = desk();
    // As `vgrad run --set` names its folders.
    desk.write("small+norm=batch.csv", desk.read("small.csv"));
    let words = [
        "plot",
        "small.csv",
        "small+norm=batch.csv",
        "--label",
        "small+norm=batch.csv=with = in it",
        "-o",
        "own.svg",
    ];
    desk.vgrad(words).fine();
    assert!(desk.read("own.svg").contains("with = in it"));
    let words = drawn(&desk, &["--label", "small.csv=with batch norm"]);
    has(&words, "with batch norm");
    lacks(&words, "small.csv");
}

#[test]
fn text_has_the_size_asked_for() {
    let desk = desk();
    let size = |options: &[&str]| {
        drawn(&desk, options);
        let svg = desk.read("a.svg");
        let label = svg.split(">\n10⁻⁶").next().unwrap();
        let size = label.rsplit("font-size=\"").next().unwrap();
        size.split('"').next().unwrap().parse::<f64>().unwrap()
    };
    let usual = size(&["--figure", "layers"]);
    let small = size(&["--figure", "layers", "--font-size", "6"]);
    assert!((usual / small - 2.0).abs() < 1e-3, "{usual} {small}");
}

#[test]
fn axes_end_where_the_user_says() {
    let desk = desk();
    let layers = ["--figure", "layers"];
    let words = drawn(&desk, &layers);
    has(&words, "10⁻⁶");
    let words = drawn(&desk, &[&layers[..], &["--ylim", "1e-2:10"]].concat());
    has(&words, "10⁻²");
    has(&words, "10¹");
    lacks(&words, "10⁻⁶");
    let steps = ["--figure", "training", "--xlim", ":20"];
    let words = drawn(&desk, &steps);
    has(&words, "20");
    lacks(&words, "30");
    // A heat map's axis of values is that of its layers.
    let words = drawn(&desk, &["--figure", "heatmap", "--ylim", "2:3"]);
    has(&words, "3");
    assert!(!words.iter().any(|word| word == "1"), "{words:?}");
}

#[test]
fn legends_go_outside_inside_or_nowhere() {
    let desk = desk();
    for (place, is_there) in [("outside", true), ("inside", true), ("none", false)] {
        let options = ["--figure", "layers", "--legend", place];
        let words = drawn(&desk, &options);
        let found = words.iter().any(|word| word == "step 30");
        assert_eq!(found, is_there, "{place}");
    }
}

/// What has no way from one step to the next has no panel over the steps.
#[test]
fn a_run_of_no_steps_has_no_empty_panels() {
    let desk = Desk::with(SMALL);
    desk.run("--set train.steps=0 --out start").fine();
    let ended = desk.vgrad(["plot", "start", "-o", "a.svg"]).fine();
    assert!(ended.stdout.starts_with("a.svg: layers ("), "{ended:?}");
    for figure in ["training", "heatmap", "curves"] {
        desk.vgrad(["plot", "start", "--figure", figure, "-o", "b.svg"])
            .refused(&[figure, "more than one"]);
    }
    desk.run("--out whole").fine();
    desk.vgrad([
        "plot", "start", "whole", "--figure", "heatmap", "-o", "a.svg",
    ])
    .fine();
    let words = words(&desk.read("a.svg"));
    lacks(&words, "start:");
}

/// Layer 2 stands as high beside six layers as in a map of its own.
#[test]
fn neighbouring_panels_have_one_scale_of_layers() {
    let desk = Desk::empty();
    for (name, depth) in [("a.csv", 2), ("b.csv", 6)] {
        let mut text = "step,layer,x_norm\n".to_owned();
        for step in 0..3 {
            for layer in 1..=depth {
                text += &format!("{step},{layer},{}\n", 10f64.powi(-layer));
            }
        }
        desk.write(name, text);
    }
    desk.vgrad([
        "plot", "a.csv", "b.csv", "--figure", "heatmap", "-o", "a.svg",
    ])
    .fine();
    let words = words(&desk.read("a.svg"));
    let sixes = words.iter().filter(|word| *word == "6").count();
    assert_eq!(sixes, 2, "{words:?}");
}

#[test]
fn steps_beyond_a_million_have_exponents() {
    let desk = Desk::empty();
    desk.write(
        "long.csv",
        "step,layer,x_norm\n0,1,1\n0,2,2\n1000000000000000000,1,1\n1000000000000000000,2,3\n",
    );
    let line = "plot long.csv --figure training --width 300 -o a.svg";
    desk.vgrad(line.split(' ')).fine();
    let words = words(&desk.read("a.svg"));
    has(&words, "8×10¹⁷");
    // A label takes some 55 of the 160 pixels.
    let steps = words.iter().filter(|word| word.contains("×10¹")).count();
    assert!(steps <= 3, "{words:?}");
}
