//! Zeros, NaN and tiny values are shown as what they are.

use super::snapshot::SMALL_CSV;
use crate::desk::Desk;

/// The words of a figure, in order.
pub fn words(svg: &str) -> Vec<String> {
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
fn a_heat_map_ends_with_the_last_step() {
    let words = figure(SMALL_CSV, "heatmap");
    has(&words, "30");
    assert!(!words.contains(&"40".to_owned()), "{words:?}");
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

/// One colour and one line for the seeds of a target, with a band around it.
#[test]
fn seeds_are_drawn_as_their_mean_with_a_band() {
    let desk = Desk::with(crate::desk::SMALL);
    desk.run("--seeds 3 --out trial").fine();
    for figure in ["layers", "curves"] {
        desk.vgrad(["plot", "trial", "--figure", figure, "-o", "a.svg"])
            .fine();
        let svg = desk.read("a.svg");
        // Lines of the first target's colour.
        let lines = |svg: &str| {
            let marks = svg.split("<polyline ").skip(1);
            marks
                .filter(|mark| mark.split("/>").next().unwrap().contains("#0072B2"))
                .count()
        };
        desk.vgrad(["plot", "trial/seed-0", "--figure", figure, "-o", "b.svg"])
            .fine();
        let of_one = desk.read("b.svg");
        assert!(lines(&svg) > 0, "{figure}");
        // Three seeds drawn apart would have thrice as many.
        assert!(lines(&svg) < 2 * lines(&of_one), "{figure}");
        // The band; a single seed has none.
        assert!(svg.contains("<polygon"), "{figure}");
        assert!(!of_one.contains("<polygon"), "{figure}");
        assert!(svg.contains("95 % interval by Student"), "{figure}");
    }
}

/// The line below is wider, so that both colours show.
#[test]
fn runs_that_coincide_stay_visible() {
    let desk = Desk::empty();
    let csv = "step,layer,x_norm\n0,1,1e-3\n0,2,1\n";
    desk.write("a.csv", csv);
    desk.write("b.csv", csv);
    let widths = |files: &[&str]| -> Vec<String> {
        let words_of = ["plot", "--figure", "layers", "-o", "a.svg"].into_iter();
        desk.vgrad(words_of.chain(files.iter().copied())).fine();
        let svg = desk.read("a.svg");
        // The colours of the first two runs.
        let lines = svg.split("<polyline ").skip(1).filter(|line| {
            let line = line.split("/>").next().unwrap();
            line.contains("#0072B2") || line.contains("#D55E00")
        });
        let width = |line: &str| {
            let rest = line.split("stroke-width=\"").nth(1).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        // Without the samples of the legend, which come first or last.
        lines.map(width).collect()
    };
    let both = widths(&["a.csv", "b.csv"]);
    let alone = widths(&["a.csv"]);
    assert!(
        both.iter().any(|width| !alone.contains(width)),
        "{both:?} {alone:?}"
    );
}
