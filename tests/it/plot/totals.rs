//! The whole gradient's norm and the loss over training: all that there is to draw of a log
//! without norms of layers.

use super::values::words;
use crate::desk::{Desk, Ended, SMALL};
use crate::logs::sample;

const NORM: &str = "Norm of the whole gradient over training";
const LOSS: &str = "Loss over training";

#[track_caller]
fn has(words: &[String], word: &str) {
    let is_there = words.iter().any(|own| own == word);
    assert!(is_there, "no {word:?} in {words:?}");
}

/// Draws, and gives what was said and the words of the figure.
#[track_caller]
fn drawn(desk: &Desk, arguments: &[&str]) -> (Ended, Vec<String>) {
    let ended = desk.vgrad([&["plot", "-o", "a.svg"][..], arguments].concat());
    let ended = ended.fine();
    (ended, words(&desk.read("a.svg")))
}

/// The samples of the Trainer, Megatron-LM, torchtitan, Lightning and mmengine.
#[test]
fn logs_without_layers_are_drawn_over_training() {
    let desk = Desk::empty();
    for name in [
        "hf_trainer_state.json",
        "torchtitan_stdout.log",
        "lightning_metrics_total.csv",
        "mmengine_scalars.json",
    ] {
        let (ended, words) = drawn(&desk, &[&sample(name)]);
        assert!(ended.stdout.contains("a.svg: total ("), "{}", ended.stdout);
        for word in [NORM, "‖∇L‖", LOSS, "step"] {
            has(&words, word);
        }
        // Nothing is apart, so nothing is said of that.
        assert!(!words.iter().any(|own| own.contains("NaN")), "{words:?}");
    }
    for file in ["a.png", "a.pdf"] {
        desk.vgrad(["plot", &sample("hf_trainer_state.json"), "-o", file])
            .fine();
        assert!(desk.has(file));
    }
}

/// Of the twelve steps of Megatron's one is NaN and two read 0, which is below 5e-4; of the
/// Trainer's other file every norm is NaN.
#[test]
fn what_is_not_finite_or_was_rounded_stands_apart() {
    let desk = Desk::empty();
    let (_, words) = drawn(&desk, &[&sample("megatron_stdout.log")]);
    has(&words, "inf/NaN");
    let caption = words.join(" ");
    assert!(caption.contains("1 value is NaN or infinite"), "{caption}");
    assert!(caption.contains("stand at 0.0005"), "{caption}");
    let (_, words) = drawn(&desk, &[&sample("hf_trainer_state_nan.json")]);
    let caption = words.join(" ");
    assert!(
        caption.contains("6 values are NaN or infinite"),
        "{caption}"
    );
    desk.write(
        "zero.csv",
        "step,grad_norm,loss\n0,1.5,2\n1,0.25,1\n2,0,1\n",
    );
    let (_, words) = drawn(&desk, &["zero.csv"]);
    has(&words, "0");
    let caption = words.join(" ");
    assert!(caption.contains("1 value is exactly 0"), "{caption}");
}

#[test]
fn several_are_in_one_figure_with_a_legend() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 2 --out trial").fine();
    let log = sample("hf_trainer_state.json");
    let other = sample("torchtitan_stdout.log");
    let (_, words) = drawn(&desk, &[&log, &other, "--label", &format!("{log}=mine")]);
    has(&words, "mine");
    has(&words, "torchtitan_stdout.log");
    // A run of this program, where it is asked for.
    let (ended, words) = drawn(&desk, &["trial", &log, "--figure", "total"]);
    assert!(ended.stdout.contains("a.svg: total ("), "{}", ended.stdout);
    for word in [NORM, LOSS, "trial", "hf_trainer_state.json"] {
        has(&words, word);
    }
    assert!(words.join(" ").contains("A line per seed"), "{words:?}");
    drawn(&desk, &["trial/seed-0", "--figure", "total"]);
    // Nobody asked for it here.
    let (ended, _) = drawn(&desk, &["trial/seed-0"]);
    assert!(!ended.stdout.contains("total"), "{}", ended.stdout);
    // Beside a run the figures of layers leave the log out, and say so.
    let (ended, words) = drawn(&desk, &["trial/seed-0", &log]);
    assert!(ended.stdout.contains("total"), "{}", ended.stdout);
    assert!(ended.stdout.contains("layers"), "{}", ended.stdout);
    let said = "hf_trainer_state.json has no norms of layers";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    has(&words, NORM);
}

#[test]
fn what_does_not_apply_is_refused_with_what_does() {
    let desk = Desk::empty();
    let log = sample("hf_trainer_state.json");
    for figure in ["layers", "heatmap", "training"] {
        desk.vgrad(["plot", &log, "--figure", figure, "-o", "a.svg"])
            .refused(&[
                &format!("`{figure}`"),
                "norms of layers",
                "hf_trainer_state.json",
                "--figure total",
            ]);
    }
    desk.vgrad(["plot", &log, "--quantity", "delta_norm"])
        .refused(&["--quantity delta_norm", "leave it out"]);
    desk.write("g.csv", "step,layer,x_norm\n0,1,1\n1,1,1\n");
    desk.vgrad(["plot", "g.csv", "--figure", "total", "-o", "a.svg"])
        .refused(&["`total`", "whole gradient's norm"]);
    assert!(!desk.has("a.svg"));
    // Commands that look at layers name what takes such a log.
    desk.vgrad(["compare", &log, &log])
        .refused(&["one norm for the whole gradient", "vgrad plot"]);
}

#[test]
fn it_fits_the_terminal() {
    let desk = Desk::empty();
    let mut long = "step,grad_norm,loss\n".to_owned();
    for step in 0..5000 {
        long += &format!("{},{:e},{}\n", step * 1000, 1.0 / f64::from(step + 1), 7.5);
    }
    desk.write("long.csv", long);
    for log in ["long.csv", &sample("megatron_stdout.log")] {
        for width in [40, 80, 120] {
            let mut program = desk.program();
            program.env("COLUMNS", width.to_string());
            program.args(["plot", log, "--color", "never"]);
            let text = Ended::of(program.output().unwrap()).fine().stdout;
            assert!(
                text.contains("log10 ‖∇L‖") && text.contains("loss"),
                "{text}"
            );
            assert!((10..40).contains(&text.lines().count()), "{text}");
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
    let ended = desk.vgrad(["plot", &sample("megatron_stdout.log")]).fine();
    assert!(ended.stdout.contains("inf/NaN"), "{}", ended.stdout);
    assert!(ended.stdout.contains("<-3.30"), "{}", ended.stdout);
    // Of a log without any gradient the loss alone.
    let ended = desk.vgrad(["plot", &sample("keras_csvlogger.log")]).fine();
    assert!(
        ended.stdout.contains("loss over training"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains('∇'), "{}", ended.stdout);
}
