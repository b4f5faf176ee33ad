//! Generators and discriminators through the real program.

use crate::desk::Desk;
use crate::tensors::tensors;

/// Both networks small, with all that draws numbers, sums over the batch or is kept.
const GAN: &str = r#"
[data]
source = { ring = { samples = 400 } }
[network]
depth = 2
width = 8
activation = "tanh"
norm = "batch"
[train]
steps = 6
batch_size = 64
optimizer = { sgd = { momentum = 0.9 } }
learning_rate = 0.05
[gan]
noise = 3
discriminator_steps = 3
[gan.discriminator]
depth = 3
width = 8
activation = { leaky_relu = { slope = 0.2 } }
norm = "batch"
[gan.train]
optimizer = "adam"
[log]
parameters = true
save_weights = true
evaluate_every = 2
"#;

const FILES: [&str; 5] = [
    "gradients.csv",
    "training.csv",
    "parameters.csv",
    "weights/initial.safetensors",
    "weights/final.safetensors",
];

fn files(desk: &Desk, run: &str) -> Vec<Vec<u8>> {
    FILES
        .map(|file| desk.bytes(&format!("{run}/{file}")))
        .to_vec()
}

#[test]
fn threads_change_no_byte() {
    let desk = Desk::with(GAN);
    desk.run("--threads 1 --out one").fine();
    for threads in [2, 3] {
        let out = format!("with-{threads}");
        desk.run(&format!("--threads {threads} --out {out}")).fine();
        assert!(
            files(&desk, "one") == files(&desk, &out),
            "{threads} threads"
        );
    }
}

#[test]
fn a_run_that_was_killed_goes_on_with_the_same_bytes() {
    let desk = Desk::with(GAN);
    let flags = "--set train.steps=60 --set log.checkpoint_every=1 --set log.every=20";
    desk.run(&format!("{flags} --out whole")).fine();
    let words = format!("run trial.toml {flags} --out killed --resume -q");
    for _ in 0..3 {
        let earlier = desk.list("killed/checkpoints");
        let is_due = |_| desk.list("killed/checkpoints").last() > earlier.last();
        assert!(
            desk.kill_when(words.split_whitespace(), is_due),
            "it was over"
        );
    }
    desk.vgrad(words.split_whitespace()).fine();
    assert!(files(&desk, "killed") == files(&desk, "whole"));
}

/// The saved spec and weights give the same run.
#[test]
fn a_run_repeats_from_what_it_saved() {
    let desk = Desk::with(GAN);
    desk.run("--out a").fine();
    desk.vgrad("run a/spec.toml --out b".split_whitespace())
        .fine();
    assert!(files(&desk, "a") == files(&desk, "b"));
    let weights = "--set network.weights=\"a/weights/initial.safetensors\" --out c";
    desk.run(weights).fine();
    assert!(files(&desk, "a") == files(&desk, "c"));
    let names = tensors(&desk.bytes("a/weights/final.safetensors"));
    for name in [
        "generator.layers.3.weight",
        "generator.layers.1.norm.running_var",
        "discriminator.layers.4.bias",
        "discriminator.layers.2.norm.weight",
    ] {
        assert!(names.contains_key(name), "{name}: {:?}", names.keys());
    }
}

#[test]
fn the_log_is_of_the_composed_path() {
    let desk = Desk::with(GAN);
    desk.run("--out a").fine();
    let table = desk.table("a/gradients.csv");
    let first = table.only("step", "0");
    let names = [
        "generator_1",
        "generator_2",
        "generator_output",
        "discriminator_1",
        "discriminator_2",
        "discriminator_3",
        "discriminator_output",
    ];
    assert_eq!(first.cells("name"), names);
    assert_eq!(first.cells("position"), ["1", "2", "3", "4", "5", "6", ""]);
    assert_eq!(first.cells("layer"), ["1", "2", "3", "4", "5", "6", "7"]);
    // 320 samples to train on are five batches, and a step takes three.
    assert_eq!(
        desk.table("a/training.csv").cells("epoch"),
        ["0", "0", "1", "1", "2", "3", "3"]
    );
    let header = desk
        .read("a/training.csv")
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let end = "grad_norm,clipped,discriminator_loss,real_score,fake_score,loss_slope";
    assert!(header.ends_with(end), "{header}");
    // Two names per tensor of the weights that are trained, each once a step.
    let trained = tensors(&desk.bytes("a/weights/final.safetensors"));
    let trained = trained.keys().filter(|name| !name.contains("running"));
    let parameters = desk.table("a/parameters.csv").only("step", "0");
    let mut told = parameters.cells("tensor");
    told.sort_unstable();
    assert!(told.iter().eq(trained), "{told:?}");
}

/// The row of a layer's weight in parameters.csv says the same as that in gradients.csv,
/// also where the weights are clipped.
#[test]
fn clipped_weights_lie_within_their_bounds() {
    let desk = Desk::with(GAN);
    desk.run("--set gan.loss=wasserstein --set gan.weight_clip=0.05 --set precision=f64 --out a")
        .fine();
    let weights = tensors(&desk.bytes("a/weights/final.safetensors"));
    let mut seen = 0;
    for (name, tensor) in &weights {
        if name.starts_with("discriminator") && !name.contains("running") {
            let largest = tensor
                .values
                .iter()
                .map(|value| value.abs())
                .fold(0.0, f64::max);
            assert!(largest <= 0.05, "{name}: {largest}");
            seen += 1;
        }
    }
    assert!(seen > 8);
    let layers = desk.table("a/gradients.csv").only("step", "0");
    let tensors = desk.table("a/parameters.csv").only("step", "0");
    for (layer, number) in [("discriminator_2", "5"), ("discriminator_output", "7")] {
        let of_layer = layers.only("name", layer);
        let own = tensors.only("layer", number);
        let at = own
            .cells("tensor")
            .iter()
            .position(|name| name.ends_with(".weight") && !name.contains("norm"));
        let ratio = own.numbers("update_ratio")[at.unwrap()];
        let expected = of_layer.numbers("update_ratio")[0];
        assert!(
            (ratio / expected - 1.0).abs() < 1e-12,
            "{layer}: {ratio} {expected}"
        );
    }
}

/// With a discriminator that has been trained 200 times the saturating loss is flat where
/// the generator's samples lie, and scales all layers alike: on the path itself less than
/// two decades are lost.
const RING: &str = r#"
[data]
source = { ring = { std = 0.035 } }
[network]
depth = 3
width = 64
activation = "relu"
[train]
steps = 1
learning_rate = 0.002
[gan]
noise = 2
discriminator_steps = 200
[gan.discriminator]
depth = 3
width = 64
activation = { leaky_relu = { slope = 0.2 } }
[gan.train]
optimizer = "adam"
learning_rate = 0.01
"#;

/// A discriminator that takes all for noise leaves the loss a slope of ½, 0.3 decades: they
/// may tip the verdict, and still it has not won.
#[test]
fn an_undecided_discriminator_has_not_won() {
    let spec = "[data]\nsource = \"ring\"\n[network]\ndepth = 3\nwidth = 1\nactivation = \"relu\"\n\
        [train]\nsteps = 5\nbatch_size = 32\nlearning_rate = 0.01\n[gan]\nloss = \"saturating\"\n\
        [gan.discriminator]\ndepth = 3\nwidth = 1\nactivation = { leaky_relu = { slope = 0.2 } }\n";
    let desk = Desk::with(spec);
    desk.run("--out run").fine();
    let summary = desk.summary("run");
    let slope = summary["loss_slope"].as_f64().unwrap();
    assert!((slope - 0.5).abs() < 0.01, "{summary}");
    assert_eq!(summary["verdict"], "at_risk", "{summary}");
    let ended = desk.vgrad(["diagnose", "run", "--no-advice"]);
    assert!(!ended.stdout.contains("the discriminator won"), "{ended:?}");
    assert!(ended.stdout.contains("contraction"), "{ended:?}");
}

/// What a clipping constant next to nothing makes of gradients is 0, whatever they were.
#[test]
fn weights_next_to_nothing_make_gradients_underflow() {
    let spec = "[data]\nsource = \"ring\"\n[network]\ndepth = 3\nwidth = 16\nactivation = \"relu\"\n\
        [train]\nsteps = 5\nbatch_size = 32\nlearning_rate = 0.01\n[gan]\nloss = \"wasserstein\"\n\
        weight_clip = 1e-30\n[gan.discriminator]\ndepth = 10\nwidth = 16\n\
        activation = { leaky_relu = { slope = 0.2 } }\n";
    let desk = Desk::with(spec);
    desk.run("--out run").fine();
    let ended = desk.vgrad(["diagnose", "run", "--no-advice"]);
    let words = ended
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        words.contains("the gradients of layers 1–13 read 0 below"),
        "{words}"
    );
    assert!(!words.contains("numerical underflow (0 %"), "{words}");
}

#[test]
fn a_starved_generator_is_called_vanishing_by_every_reader() {
    let desk = Desk::with(RING);
    desk.run("--out saturating").fine();
    desk.run("--set gan.loss=non_saturating --out other").fine();
    for (run, verdict) in [("saturating", "vanishing"), ("other", "healthy")] {
        let summary = desk.summary(run);
        assert_eq!(summary["initial"]["verdict"], verdict, "{summary}");
        assert_eq!(summary["verdict"], verdict, "{summary}");
        assert_eq!(summary["loss_slope"], summary["final"]["loss_slope"]);
        let lost = summary["initial"]["attenuation_decades"].as_f64().unwrap();
        assert!(lost.abs() < 2.0, "{lost}");
        // And those who read the log say the same as the run.
        let json = |command: &str| {
            let words = format!("{command} {run} --format json");
            let ended = desk.vgrad(words.split_whitespace());
            let read = serde_json::from_str(&ended.stdout);
            read.unwrap_or_else(|_| -> serde_json::Value { panic!("{ended:?}") })
        };
        let diagnosis = json("diagnose --no-advice");
        assert_eq!(diagnosis["verdict"], verdict, "{diagnosis}");
        let first = &diagnosis["mechanisms"][0]["name"];
        assert_eq!(
            first == "starved_generator",
            run == "saturating",
            "{diagnosis}"
        );
    }
}
