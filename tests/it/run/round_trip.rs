//! What a run saves starts the same run again.

use crate::desk::{Desk, SMALL};

#[test]
fn the_saved_spec_gives_the_same_run() {
    let desk = Desk::with(SMALL);
    desk.run(
        "--seed 7 --set network.activation.leaky_relu.slope=0.2 --set network.norm=batch \
         --set train.epochs=2 --set train.optimizer.sgd.momentum=0.9 \
         --set train.schedule.cosine.warmup_steps=3 --set network.init.he_normal.gain=1.5 \
         --set train.clip_grad_norm=0.3 --set network.width=[8,7,6,5] --set log.every=log \
         --set precision=f64 --set train.batch_size=full --set data.test_fraction=0.3",
    )
    .fine();
    desk.vgrad(["run", "runs/trial/spec.toml", "--out", "again"])
        .fine();
    assert!(desk.csv_files("again") == desk.csv_files("runs/trial"));
    assert_eq!(desk.summary("again")["name"], "trial");
    // The resolved spec resolves to itself, wherever it lies.
    let body = |text: String| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(
        body(desk.read("again/spec.toml")),
        body(desk.read("runs/trial/spec.toml"))
    );
}

#[test]
fn the_saved_spec_finds_its_data() {
    let desk = Desk::empty();
    let rows: String = (0..60)
        .map(|i| format!("{},{},{}\n", i % 7, (i * i) % 11, ["no", "yes"][i % 2]))
        .collect();
    desk.write("lab/data/train.csv", format!("a,b,label\n{rows}"));
    let source = r#"{ csv = { path = "../data/train.csv", target = "label" } }"#;
    let spec = SMALL.replace("{ blobs = { samples = 100, classes = 3 } }", source);
    desk.write("lab/configs/csv.toml", spec);
    desk.vgrad(["run", "lab/configs/csv.toml"]).fine();
    desk.vgrad(["run", "runs/csv/spec.toml", "--out", "deep/down/again"])
        .fine();
    desk.vgrad(["run", "deep/down/again/spec.toml", "--out", "third"])
        .fine();
    assert!(desk.csv_files("deep/down/again") == desk.csv_files("runs/csv"));
    assert!(desk.csv_files("third") == desk.csv_files("runs/csv"));
    // Nor does it matter from where the program is started.
    let ended = desk
        .program()
        .current_dir(desk.path("third"))
        .args(["run", "spec.toml", "--out", "../fourth", "-q"])
        .status();
    assert!(ended.unwrap().success());
    assert!(desk.csv_files("fourth") == desk.csv_files("runs/csv"));
}

/// A network with every kind of tensor.
const TENSORS: [&str; 4] = [
    "",
    "--set network.norm=batch --set network.skip=rezero",
    "--set network.norm=layer --set network.skip=highway",
    "--set network.init.mean_field.bias_variance=0.1 --set network.width=[8,6,5,7]",
];

#[test]
fn initial_weights_read_back_reproduce_the_run() {
    for flags in TENSORS {
        for precision in ["f32", "f64"] {
            let desk = Desk::with(SMALL);
            let flags = format!("{flags} --set precision={precision} --set log.save_weights=true");
            desk.run(&format!("{flags} --out lab/first")).fine();
            let weights = "--set network.weights=lab/first/weights/initial.safetensors";
            // Another init, so that nothing but the file can be what is used.
            desk.run(&format!(
                "{flags} {weights} --set network.init=orthogonal --out second"
            ))
            .fine();
            assert!(
                desk.csv_files("second") == desk.csv_files("lab/first"),
                "{flags}"
            );
            for file in ["weights/initial.safetensors", "weights/final.safetensors"] {
                let both = ["lab/first", "second"].map(|run| desk.bytes(&format!("{run}/{file}")));
                assert!(both[0] == both[1], "{flags} {file}");
            }
            // The saved spec still finds the weights.
            desk.vgrad(["run", "second/spec.toml", "--out", "elsewhere/third"])
                .fine();
            assert!(desk.csv_files("elsewhere/third") == desk.csv_files("lab/first"));
        }
    }
}

#[test]
fn final_weights_are_those_of_the_last_row() {
    let desk = Desk::with(SMALL);
    desk.run("--set log.save_weights=true --set network.norm=batch --out first")
        .fine();
    desk.run(
        "--set network.weights=first/weights/final.safetensors --set network.norm=batch \
         --set train.steps=0 --out second",
    )
    .fine();
    let last = desk.table("first/gradients.csv").only("step", "6");
    let start = desk.table("second/gradients.csv");
    assert_eq!(last.cells("weight_norm"), start.cells("weight_norm"));
    // The running averages came along: evaluation mode agrees too.
    let loss = |run: &str| desk.summary(run)["test_loss"].clone();
    assert_eq!(loss("first"), loss("second"));
}

#[test]
fn weights_may_be_of_the_other_precision() {
    let desk = Desk::with(SMALL);
    desk.run("--set log.save_weights=true --out first").fine();
    desk.run(
        "--set network.weights=first/weights/initial.safetensors --set precision=f64 \
         --set log.save_weights=true --out second",
    )
    .fine();
    let [narrow, wide] = ["first", "second"].map(|run| {
        let table = desk.table(&format!("{run}/gradients.csv"));
        table.only("step", "0").numbers("activation_grad_norm")
    });
    for (narrow, wide) in narrow.iter().zip(&wide) {
        assert!((narrow / wide - 1.0).abs() < 1e-4, "{narrow} {wide}");
    }
    let [narrow, wide] = ["first", "second"].map(|run| {
        desk.bytes(&format!("{run}/weights/initial.safetensors"))
            .len() as f64
    });
    assert!(wide > 1.5 * narrow);
}

#[test]
fn lsuv_leaves_given_weights_alone() {
    let desk = Desk::with(SMALL);
    desk.run("--set log.save_weights=true --out first").fine();
    desk.run(
        "--set network.weights=first/weights/initial.safetensors --set network.init=lsuv --out second",
    )
    .fine();
    assert!(desk.csv_files("second") == desk.csv_files("first"));
}

/// What an architecture takes where nothing is said is said in what it saves.
#[test]
fn the_saved_spec_says_what_is_read_and_how_states_are_drawn() {
    for (architecture, said) in [
        (
            "{ recurrent = { cell = \"rnn\" } }",
            &[
                "readout = \"last\"",
                "recurrent_init = { orthogonal = { gain = 1.0 } }",
            ][..],
        ),
        ("\"transformer\"", &["readout = \"mean\""][..]),
    ] {
        let desk = Desk::with(&format!(
            "[data]\nsource = {{ gaussian = {{ samples = 40, features = 12 }} }}\npositions = 3\n\
             [network]\narchitecture = {architecture}\ndepth = 2\nwidth = 4\n\
             activation = \"tanh\"\ninit = \"orthogonal\"\n[train]\nsteps = 3\n\
             batch_size = 8\nlearning_rate = 0.1\n"
        ));
        desk.run("--out one").fine();
        let saved = desk.read("one/spec.toml");
        for part in said {
            assert!(saved.contains(part), "{part}: {saved}");
        }
        desk.vgrad(["run", "one/spec.toml", "--out", "two"]).fine();
        assert!(desk.csv_files("one") == desk.csv_files("two"));
        assert_eq!(desk.read("two/spec.toml"), saved);
        // A run from before it was said is of the same spec.
        let kept = |line: &&str| !line.starts_with("readout");
        let earlier = saved.lines().filter(kept).collect::<Vec<_>>().join("\n");
        let of_state = ", recurrent_init = { orthogonal = { gain = 1.0 } }";
        desk.write("one/spec.toml", earlier.replace(of_state, ""));
        let resumed = desk.run("--out one --resume").fine();
        assert!(
            resumed.stderr.contains("nothing is changed"),
            "{}",
            resumed.stderr
        );
        let told = desk.vgrad(["compare", "one", "two", "--format", "json"]);
        assert!(!told.stdout.contains("recurrent_init"), "{}", told.stdout);
        assert!(!told.stdout.contains("readout"), "{}", told.stdout);
    }
}
