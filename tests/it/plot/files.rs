//! What the files are: their size, their figures, their text.

use super::snapshot::SMALL_CSV;
use crate::desk::{Desk, Ended, SMALL};

/// Width and height from a PNG's header (PNG specification, 11.2.1).
fn png_size(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(bytes[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(bytes[12..16], *b"IHDR");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn sizes_are_those_asked_for() {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    let line = "plot small.csv --figure layers --width 640 --height 400 -o";
    let plot = |file: &str, more: &[&str]| {
        let words = line.split(' ').chain([file]).chain(more.iter().copied());
        desk.vgrad(words).fine()
    };
    plot("a.png", &[]);
    assert_eq!(png_size(&desk.bytes("a.png")), (640, 400));
    let scaled = plot("a.png", &["--scale", "3"]);
    assert_eq!(scaled.stdout, "a.png: layers (1920 × 1200 pixels)\n");
    assert_eq!(png_size(&desk.bytes("a.png")), (1920, 1200));
    let ended = plot("a.svg", &[]);
    assert_eq!(ended.stdout, "a.svg: layers (640 × 400 pixels)\n");
    assert!(
        desk.read("a.svg")
            .starts_with("<svg width=\"640\" height=\"400\"")
    );
}

/// Text must appear on a machine without fonts and without an environment.
#[test]
fn a_png_has_text_without_the_machines_fonts() {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    let plot = |file: &str, title: &str| {
        let mut program = desk.program();
        let arguments = ["plot", "small.csv", "--title", title, "-o", file];
        program.env_clear().args(arguments);
        Ended::of(program.output().unwrap()).fine();
        desk.bytes(file)
    };
    assert_ne!(plot("a.png", "one"), plot("b.png", "two"));
}

#[test]
fn each_figure_and_all_of_them() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 3 --out trial").fine();
    for (figure, title) in [
        ("layers", "‖∂L/∂h‖ over the layers"),
        ("training", "‖∂L/∂h‖ over training: trial/seed-1"),
        ("heatmap", "‖∂L/∂h‖: trial/seed-2"),
        ("curves", "Accuracy over training"),
        ("seeds", "spread over the seeds"),
    ] {
        desk.vgrad(["plot", "trial", "--figure", figure, "-o", "a.svg"])
            .fine();
        let svg = desk.read("a.svg");
        assert!(svg.contains(title), "{figure}");
        assert_eq!(
            svg.contains("<image"),
            matches!(figure, "heatmap" | "training")
        );
    }
    for more in [&["--figure", "all"][..], &[]] {
        let words = ["plot", "trial", "-o", "a.svg"];
        let ended = desk
            .vgrad(words.into_iter().chain(more.iter().copied()))
            .fine();
        let figures = "layers, training, heatmap, curves, seeds";
        assert!(ended.stdout.contains(figures), "{}", ended.stdout);
    }
    // Files hold no curves and no seeds; the sheet has what there is.
    let file = "trial/seed-0/gradients.csv";
    let ended = desk.vgrad(["plot", file, "-o", "a.svg"]).fine();
    assert!(ended.stdout.contains("layers, training, heatmap ("));
}

#[test]
fn another_quantity_may_be_drawn() {
    let desk = Desk::with(SMALL);
    desk.run("--out trial").fine();
    for (quantity, text) in [
        ("weight_norm", "‖W‖ over the layers"),
        // Empty at the last step, as it makes no update.
        ("update_ratio", "‖ΔW‖/‖W‖ over the layers"),
        // Below 0 too, on a linear axis.
        ("activation_mean", "activation_mean over the layers"),
        ("saturated_fraction", "saturated_fraction over the layers"),
    ] {
        desk.vgrad(["plot", "trial", "--quantity", quantity, "-o", "a.svg"])
            .fine();
        assert!(desk.read("a.svg").contains(text), "{quantity}");
        let shown = desk.vgrad(["plot", "trial", "--quantity", quantity]).fine();
        assert!(
            !shown.stdout.contains("NaN"),
            "{quantity}: {}",
            shown.stdout
        );
    }
}

#[test]
fn names_are_escaped_and_shortened() {
    let desk = Desk::empty();
    let odd = "a<b&\"c'd>.csv";
    let long = "a_name_that_is_much_too_long_for_a_legend.csv";
    desk.write(odd, SMALL_CSV);
    desk.write(long, SMALL_CSV);
    for file in ["a.svg", "a.png"] {
        desk.vgrad(["plot", odd, long, "--title", "<&>", "-o", file])
            .fine();
    }
    let svg = desk.read("a.svg");
    assert!(svg.contains("a&lt;b&amp;&quot;c&apos;d&gt;.csv"));
    assert!(svg.contains("&lt;&amp;&gt;") && !svg.contains("<&"));
    assert!(svg.contains("a_name_that_…_legend.csv") && !svg.contains(long));
}

#[test]
fn a_figure_may_be_replaced_and_a_temporary_file_never_stays() {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    for _ in 0..2 {
        desk.vgrad(["plot", "small.csv", "-o", "a.PNG", "-q"])
            .fine();
    }
    assert_eq!(desk.list(""), ["a.PNG", "small.csv"]);
}

#[test]
fn a_cut_file_is_read_to_its_last_whole_step_with_a_warning() {
    let desk = Desk::empty();
    desk.write("cut.csv", &SMALL_CSV[..SMALL_CSV.len() - 5]);
    let ended = desk.vgrad(["plot", "cut.csv", "-o", "a.svg"]).fine();
    assert!(
        ended
            .stderr
            .contains("warning: cut.csv: step 30 has 2 of 3 layers")
    );
    assert!(desk.read("a.svg").contains("step 20"));
}

#[test]
fn a_sheet_of_many_runs_and_layers_stays_small() {
    let desk = Desk::empty();
    let mut text = "step,layer,x_norm\n".to_owned();
    for step in 0..400 {
        for layer in 1..=100 {
            // Restless without chance.
            let wave = f64::from((step * 7919 + layer * 104_729) % 1000) / 500.0;
            text += &format!(
                "{step},{layer},{}\n",
                10f64.powf(wave - f64::from(layer) / 10.0)
            );
        }
    }
    let names: Vec<String> = (0..13).map(|i| format!("run-{i}.csv")).collect();
    for name in &names {
        desk.write(name, &text);
    }
    let plot = |figure: &str| {
        let words = ["plot", "--figure", figure, "-o", "a.svg"].into_iter();
        desk.vgrad(words.chain(names.iter().map(String::as_str)))
            .fine();
        desk.read("a.svg")
    };
    for figure in ["layers", "training", "heatmap"] {
        let svg = plot(figure);
        assert!(svg.len() < 2_000_000, "{figure}: {}", svg.len());
        if figure != "layers" {
            assert!(svg.contains("12 of 13"));
        }
    }
}
