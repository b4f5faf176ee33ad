//! Radiance fields through the program.

use crate::desk::Desk;
use crate::tensors::tensors;

const FIELD: &str = r#"
[data]
source = { nerf = { views = 3, size = 5, samples = 4 } }
[network]
depth = 3
width = 6
activation = "relu"
init = "he_normal"
encoding = { fourier = { bands = 2 } }
skip = { concat = { at = [3] } }
[train]
steps = 8
batch_size = 20
optimizer = "adam"
learning_rate = 0.01
loss = "mse"
[log]
evaluate_every = 4
save_weights = true
"#;

#[test]
fn the_psnr_is_that_of_the_test_loss() {
    let desk = Desk::with(FIELD);
    let told = desk.run("--out a").fine().stdout;
    let training = desk.read("a/training.csv");
    let header = training.lines().next().unwrap();
    assert!(header.ends_with(",clipped,test_psnr"), "{header}");
    let mut last = f64::NAN;
    let mut seen = 0;
    for row in training.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let [loss, psnr] = [cells[5], cells[9]].map(|cell| cell.parse::<f64>().ok());
        assert_eq!(loss.is_some(), psnr.is_some(), "{row}");
        if let (Some(loss), Some(psnr)) = (loss, psnr) {
            assert!((psnr + 10.0 * loss.log10()).abs() < 1e-12, "{row}");
            (last, seen) = (psnr, seen + 1);
        }
    }
    assert_eq!(seen, 3, "{training}");
    assert_eq!(desk.summary("a")["test_psnr"], last);
    assert!(told.contains(&format!("{last:.2} dB")), "{told}");
    // A row per layer: three hidden ones and the four outputs of every point.
    let rows = desk.table("a/gradients.csv").numbers("layer");
    assert_eq!(rows[..4], [1.0, 2.0, 3.0, 4.0]);
    // Of other data there is neither.
    let flags = "--set data.source={sine={samples=50}} --set network.skip=none --out b";
    desk.run(flags).fine();
    assert!(!desk.read("b/training.csv").contains("psnr"));
    assert!(desk.summary("b")["test_psnr"].is_null());
    // A comparison shows it, and a rule about it has an answer where there is one.
    let compared = desk.vgrad(["compare", "a", "b"]);
    assert!(compared.stdout.contains("test PSNR in dB"), "{compared:?}");
    let compared = desk.vgrad(["compare", "a", "b", "--format", "json"]);
    let whole: serde_json::Value = serde_json::from_str(&compared.stdout).unwrap();
    let shown = |i: usize| &whole["targets"][i]["outcome"]["test_psnr"];
    assert_eq!(shown(0)["mean"], last);
    assert!(shown(1).is_null());
    desk.write(
        "rule.toml",
        "[[check]]\nquantity = \"test_psnr\"\nat = \"final\"\nmin = 0\n",
    );
    let check = |run: &str| desk.vgrad(["check", run, "--rules", "rule.toml"]);
    check("a").fine();
    let none = check("b");
    assert_eq!(none.code, Some(2), "{none:?}");
    for words in ["test_psnr", "finds no value", "nerf"] {
        assert!(none.stderr.contains(words), "{words}: {none:?}");
    }
}

/// What was last seen of the view held out was seen before the steps that ruined the weights.
#[test]
fn a_run_that_diverged_says_when_it_looked_and_is_marked_in_its_view() {
    let desk = Desk::with(FIELD);
    let told = desk.run("--set train.learning_rate=1e30 --out a").fine();
    let summary = desk.summary("a");
    assert_eq!(summary["status"], "diverged");
    assert_eq!(summary["test_step"], 0);
    let words: Vec<&str> = told.stdout.split_whitespace().collect();
    let words = words.join(" ");
    assert!(
        words.contains("held out) at step 0, the last look"),
        "{words}"
    );
    desk.vgrad(["plot", "a", "--figure", "view", "-o", "a.svg"])
        .fine();
    assert!(desk.read("a.svg").contains(" dB, diverged"));
    let told = desk.run("--out b").fine().stdout;
    assert!(!told.contains("the last look"), "{told}");
    assert_eq!(desk.summary("b")["test_step"], 8);
}

#[test]
fn a_report_shows_the_view_and_its_psnr() {
    let desk = Desk::with(FIELD);
    desk.run("--out a").fine();
    let page = |arguments: &str| {
        desk.vgrad(format!("report {arguments} -o page.html").split(' '))
            .fine();
        desk.read("page.html")
    };
    let psnr = desk.summary("a")["test_psnr"].as_f64().unwrap();
    let shown = page("a");
    let (_, card) = shown.split_once("PSNR of the view held out").unwrap();
    assert!(
        card[..40].contains(&format!("{psnr:.2} dB")),
        "{}",
        &card[..40]
    );
    let (_, section) = shown.split_once("id=\"view-title\"").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    assert!(section.contains("data:image/png;base64,"), "no picture");
    assert!(
        section.contains(&format!("\na: {psnr:.2} dB\n")),
        "no title in the figure"
    );
    // Without weights there is nothing to render.
    desk.run("--set log.save_weights=false --out b").fine();
    let shown = page("b");
    assert!(!shown.contains("\"view-title\"") && shown.contains("PSNR of the view held out"));
}

#[test]
fn threads_and_a_stop_on_the_way_change_no_byte() {
    let desk = Desk::with(FIELD);
    desk.run("--threads 1 --out one").fine();
    desk.run("--threads 3 --out three").fine();
    assert!(desk.csv_files("one") == desk.csv_files("three"));
    // From its own weights the saved spec gives the same run again.
    let words = ["run", "one/spec.toml", "--out", "again", "--set"];
    let weights = "network.weights=one/weights/initial.safetensors";
    let weights = weights.replace("one/", "");
    desk.vgrad(words.into_iter().chain([&*weights])).fine();
    assert!(desk.csv_files("one") == desk.csv_files("again"));
}

/// The batch is what the layers can be worked out from: here the widths of the stretches,
/// which end at the far end, 2.6 from the eye.
#[test]
fn the_saved_batch_has_points_and_widths() {
    let desk = Desk::with(FIELD);
    desk.run("--set log.save_batch=true --set precision=f64 --out a")
        .fine();
    let batch = tensors(&desk.bytes("a/batch.safetensors"));
    let shapes: Vec<_> = batch
        .iter()
        .map(|(name, it)| (&**name, &*it.shape))
        .collect();
    let expected: [(&str, &[usize]); 3] = [
        ("deltas", &[20, 4]),
        ("inputs", &[20, 12]),
        ("targets", &[20, 3]),
    ];
    assert_eq!(shapes, expected);
    let rays = batch["inputs"].rows().zip(batch["deltas"].rows());
    for (points, deltas) in rays {
        let points: Vec<&[f64]> = points.chunks(3).collect();
        let distance = |a: &[f64], b: &[f64]| -> f64 {
            let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
            squares.sum::<f64>().sqrt()
        };
        for (pair, delta) in points.windows(2).zip(deltas) {
            assert!((distance(pair[0], pair[1]) - delta).abs() < 1e-12);
        }
        // Each stretch is a quarter of 1.2 long, and a point lies somewhere in it.
        assert!((0.0..=0.3).contains(&deltas[3]), "{}", deltas[3]);
    }
}

#[test]
fn the_view_held_out_is_drawn_from_the_weights_of_the_run() {
    let desk = Desk::with(FIELD);
    desk.run("--out a").fine();
    let view = ["plot", "a", "--figure", "view", "-o", "view.svg"];
    desk.vgrad(view).fine();
    let svg = desk.read("view.svg");
    let psnr = desk.summary("a")["test_psnr"].as_f64().unwrap();
    // Rendered in f64 from weights in f32.
    assert!(svg.contains(&format!("{psnr:.2} dB")), "{psnr} {svg}");
    assert_eq!(svg.matches("<image ").count(), 1);
    for file in ["view.png", "view.pdf"] {
        desk.vgrad(["plot", "a", "--figure", "view", "-o", file])
            .fine();
    }
    // Of every figure it is one; a run without weights has the others.
    let drawn = desk.vgrad(["plot", "a", "-o", "all.svg"]).fine().stdout;
    assert!(
        drawn.contains("layers") && drawn.contains("view"),
        "{drawn}"
    );
    std::fs::remove_dir_all(desk.path("a/weights")).unwrap();
    let drawn = desk.vgrad(["plot", "a", "-o", "all.svg"]).fine().stdout;
    assert!(!drawn.contains("view"), "{drawn}");
    desk.vgrad(view)
        .refused(&["kept no weights", "log.save_weights = true"]);
    let flags = "--set data.source={sine={samples=50}} --set network.skip=none --out b";
    desk.run(flags).fine();
    desk.vgrad(["plot", "b", "--figure", "view", "-o", "b.svg"])
        .refused(&["`view` needs", "nerf", "log.save_weights = true"]);
}

#[test]
fn what_does_not_go_with_rays_is_refused() {
    let desk = Desk::with(FIELD);
    for (flags, words) in [
        (
            "network.architecture.recurrent.cell=rnn",
            ["network.architecture", "\"mlp\""],
        ),
        (
            "network.architecture.conv.kernel=3",
            ["network.architecture", "\"mlp\""],
        ),
        (
            "network.architecture=transformer",
            ["network.architecture", "\"mlp\""],
        ),
        (
            "network.readout=last",
            ["network.readout", "remove `readout`"],
        ),
        ("train.loss=cross_entropy", ["train.loss", "\"mse\""]),
        (
            "data.test_fraction=0.2",
            ["data.test_fraction", "last view is the test set"],
        ),
        ("data.positions=2", ["data.positions", "remove `positions`"]),
        (
            "data.standardize=true",
            ["data.standardize", "remove `standardize`"],
        ),
        (
            "data.standardize_target=true",
            ["data.standardize_target", "remove"],
        ),
        ("data.image=[1,2,2]", ["data.image", "remove `image`"]),
        (
            "data.source.nerf.views=1",
            ["data.source.nerf.views", "≥ 2"],
        ),
        (
            "data.source.nerf.scene=cubes",
            ["data.source.nerf.scene", "\"spheres\""],
        ),
        (
            "data.source.nerf.samples=100000000000000",
            ["data.source.nerf.samples", "memory"],
        ),
    ] {
        desk.run(&format!("--set {flags}")).refused(&words);
        assert!(!desk.has("runs"), "{flags}");
    }
}
