//! Recurrent networks and transformers through the commands: what their files look like,
//! that they can be taken up again, and what is refused.

use crate::desk::Desk;

const RECURRENT: &str = r#"
[data]
source = { gaussian = { samples = 40, features = 12, classes = 3 } }
positions = 4
[network]
architecture = { recurrent = { cell = "lstm", forget_bias = 1.0 } }
depth = 2
width = 5
[train]
steps = 4
batch_size = 32
optimizer = "adam"
learning_rate = 0.01
[log]
save_weights = true
parameters = true
"#;

const TRANSFORMER: &str = r#"
[data]
source = { gaussian = { samples = 40, features = 12, classes = 3 } }
positions = 4
[network]
architecture = { transformer = { heads = 2, feedforward = 2 } }
depth = 2
width = 4
activation = "relu"
norm = "layer"
skip = "identity"
[train]
steps = 4
batch_size = 32
optimizer = "adam"
learning_rate = 0.01
[log]
save_weights = true
parameters = true
"#;

#[test]
fn a_recurrent_network_is_logged_position_by_position() {
    let desk = Desk::with(RECURRENT);
    assert_eq!(desk.run("").code, Some(0));
    let start = desk.table("runs/trial/gradients.csv").only("step", "0");
    let names = start.cells("name");
    assert_eq!(
        names[..5],
        [
            "hidden_1.1",
            "hidden_1.2",
            "hidden_1.3",
            "hidden_1.4",
            "hidden_2.1"
        ]
    );
    assert_eq!(names[8], "output");
    assert_eq!(
        start.cells("position"),
        ["", "", "", "", "1", "2", "3", "4", ""]
    );
    assert_eq!(start.cells("update_ratio")[..8], [""; 8]);
    assert_eq!(start.cells("dead_fraction")[..8], [""; 8]);
    assert!(
        start.cells("cell_grad_norm")[..8]
            .iter()
            .all(|cell| !cell.is_empty())
    );
    let tensors = desk.table("runs/trial/parameters.csv").only("step", "0");
    assert_eq!(
        tensors.cells("tensor"),
        [
            "layers.1.weight_ih",
            "layers.1.bias_ih",
            "layers.1.weight_hh",
            "layers.1.bias_hh",
            "layers.2.weight_ih",
            "layers.2.bias_ih",
            "layers.2.weight_hh",
            "layers.2.bias_hh",
            "layers.3.weight",
            "layers.3.bias",
        ]
    );
    let summary = desk.summary("runs/trial");
    assert_eq!(summary["along"], "time");
    assert_eq!(
        summary["predicted"]["unpredictable"]["key"],
        "network.depth"
    );
}

#[test]
fn a_transformer_is_logged_half_block_by_half_block() {
    let desk = Desk::with(TRANSFORMER);
    assert_eq!(desk.run("").code, Some(0));
    let start = desk.table("runs/trial/gradients.csv").only("step", "0");
    assert_eq!(
        start.cells("name"),
        [
            "embedding",
            "attention_1",
            "feedforward_1",
            "attention_2",
            "feedforward_2",
            "output"
        ]
    );
    assert_eq!(start.cells("position"), ["1", "2", "3", "4", "5", ""]);
    // φ stands in the feed-forward networks alone.
    let deviations = start.cells("activation_std");
    let has_phi = deviations.iter().map(|cell| !cell.is_empty());
    assert_eq!(
        has_phi.collect::<Vec<_>>(),
        [false, false, true, false, true, false]
    );
    let tensors = desk.table("runs/trial/parameters.csv").only("step", "0");
    let names = tensors.cells("tensor");
    for name in [
        "layers.1.position",
        "layers.2.in_proj.weight.k",
        "layers.2.in_proj.bias",
        "layers.6.norm.bias",
    ] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(!names.contains(&"layers.2.in_proj.weight"));
}

#[test]
fn a_run_goes_on_from_its_weights_and_does_not_depend_on_threads() {
    for spec in [RECURRENT, TRANSFORMER] {
        let desk = Desk::with(spec);
        assert_eq!(desk.run("--threads 1").code, Some(0));
        let again =
            "--set network.weights=runs/trial/weights/initial.safetensors --threads 2 --out again";
        let ended = desk.run(again);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        for file in ["gradients.csv", "training.csv", "parameters.csv"] {
            let [first, second] =
                ["runs/trial", "again"].map(|run| desk.bytes(&format!("{run}/{file}")));
            assert!(first == second, "{file}");
        }
    }
}

#[test]
fn a_forget_bias_is_where_pytorch_has_it() {
    let desk = Desk::with(RECURRENT);
    assert_eq!(desk.run("--set train.steps=0").code, Some(0));
    let bytes = desk.bytes("runs/trial/weights/initial.safetensors");
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let read = |name: &str| -> Vec<f32> {
        let tensor = file.tensor(name).unwrap();
        let cells = tensor.data().as_chunks::<4>().0.iter();
        cells.map(|cell| f32::from_le_bytes(*cell)).collect()
    };
    // Gates of 5 units in the order input, forget, candidate, output.
    let bias = read("layers.1.bias_ih");
    assert_eq!(bias.len(), 20);
    for (i, b) in bias.iter().enumerate() {
        assert_eq!(*b, if i / 5 == 1 { 1.0 } else { 0.0 }, "entry {i}");
    }
    assert_eq!(read("layers.1.bias_hh"), [0.0; 20]);
    assert_eq!(file.tensor("layers.2.weight_hh").unwrap().shape(), [20, 5]);
}

#[test]
fn what_does_not_fit_is_refused_with_key_reason_and_what_to_do() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            RECURRENT,
            &["data.positions=5"],
            &["data.positions", "do not divide the 12 features"],
        ),
        (
            RECURRENT,
            &["network.norm=layer"],
            &["recurrent has no use", "no norm stands between them"],
        ),
        (
            RECURRENT,
            &["network.dropout=0.5"],
            &["network.dropout", "remove `dropout`"],
        ),
        (
            RECURRENT,
            &["network.skip=identity"],
            &["network.skip", "an LSTM adds to its state"],
        ),
        (
            TRANSFORMER,
            &[
                "network.width=1",
                "network.architecture.transformer.heads=1",
            ],
            &["network.norm", "0 for every sample"],
        ),
        (
            RECURRENT,
            &["network.activation=relu"],
            &[
                "network.activation",
                "an LSTM has its own",
                "cell = \"rnn\"",
            ],
        ),
        (RECURRENT, &["network.init=lsuv"], &["network.init", "lsuv"]),
        (
            RECURRENT,
            &["network.architecture.recurrent.cell=gru"],
            &["forget_bias", "no forget gate"],
        ),
        (
            RECURRENT,
            &["network.readout=every"],
            &["network.readout", "1 target per sample"],
        ),
        (
            TRANSFORMER,
            &["network.architecture.transformer.heads=3"],
            &["heads", "do not divide"],
        ),
        (
            TRANSFORMER,
            &["network.norm=batch"],
            &["network.norm", "\"layer\"", "one by one"],
        ),
        (
            TRANSFORMER,
            &["network.skip=highway"],
            &["network.skip", "deepnorm", "added to what they read"],
        ),
        (
            TRANSFORMER,
            &["network.skip=deepnorm"],
            &["norm_position", "\"post\""],
        ),
        (
            TRANSFORMER,
            &["network.order=norm-activation-linear"],
            &["network.order", "`norm_position` says"],
        ),
        (
            TRANSFORMER,
            &["network.width=[4, 8]"],
            &["network.width", "one width"],
        ),
        (
            crate::desk::SMALL,
            &["data.positions=2"],
            &["data.positions", "reads all features at once"],
        ),
        (
            crate::desk::SMALL,
            &["network.readout=mean"],
            &["network.readout", "reads all features"],
        ),
        (
            crate::desk::SMALL,
            &["network.skip=deepnorm"],
            &["network.skip", "transformers only"],
        ),
    ];
    for (spec, changes, words) in cases {
        let desk = Desk::with(spec);
        let changes: Vec<String> = changes
            .iter()
            .map(|change| format!("--set={change}"))
            .collect();
        let arguments = ["run", "trial.toml"]
            .into_iter()
            .chain(changes.iter().map(String::as_str));
        let ended = desk.vgrad(arguments);
        assert_eq!(ended.code, Some(2), "{changes:?}: {}", ended.stdout);
        for word in *words {
            assert!(
                ended.stderr.contains(word),
                "{changes:?}: no {word:?} in {}",
                ended.stderr
            );
        }
        assert!(!desk.has("runs"), "{changes:?}");
    }
}

#[test]
fn sequences_are_made_and_read() {
    let sequence = |source: &str, keys: &str, train: &str| {
        format!(
            "[data]\nsource = {source}\n[network]\narchitecture = {{ recurrent = {{ cell = \"gru\" }} \
             }}\ndepth = 1\nwidth = 4\n{keys}\n[train]\nsteps = 2\nbatch_size = 4\n\
             learning_rate = 0.01\n{train}\n"
        )
    };
    let specs = [
        sequence(
            "{ adding = { length = 6, samples = 30 } }",
            "",
            "loss = \"mse\"",
        ),
        sequence(
            "{ copy = { symbols = 3, remember = 2, delay = 3, samples = 30 } }",
            "readout = \"every\"",
            "",
        ),
        sequence(
            "{ text = { path = \"a.txt\", length = 5 } }",
            "readout = \"every\"",
            "",
        ),
    ];
    for spec in &specs {
        let desk = Desk::with(spec);
        desk.write(
            "a.txt",
            "so it goes and so it went, and so it will go on and on and on. ",
        );
        let ended = desk.run("");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // Eleven characters in twelve pieces are no numbers to predict.
        let told = [ended.stdout, ended.stderr].concat();
        assert!(!told.contains("more than one in ten"), "{told}");
        assert!(
            desk.read("runs/trial/spec.toml")
                .contains("standardize = false")
        );
    }
    let last = Desk::with(&specs[1]);
    let ended = last.run("--set network.readout=last");
    assert!(
        ended.code == Some(2) && ended.stderr.contains("readout = \"every\""),
        "{}",
        ended.stderr
    );
    let short = Desk::with(&specs[2]);
    short.write("a.txt", "so it");
    // The key, the file, what is there and what is needed.
    short.run("").refused(&[
        "data.source.text",
        "a.txt has 5 characters",
        "too few for a piece of 5 and the character after it",
    ]);
    assert!(!short.has("runs"));
    // One character more makes one piece.
    short.write("a.txt", "so it ");
    short
        .run("--set data.test_fraction=0 --set train.batch_size=1")
        .fine();
}

#[test]
fn targets_may_stand_in_a_column_for_each_position() {
    let desk = Desk::with(
        "[data]\nsource = { csv = { path = \"a.csv\", target = [\"y1\", \"y2\"] } }\npositions = 2\n\
         test_fraction = 0.0\n[network]\narchitecture = { recurrent = { cell = \"rnn\" } }\ndepth = 1\n\
         width = 3\nactivation = \"tanh\"\nreadout = \"every\"\n[train]\nsteps = 1\nbatch_size = 2\n\
         learning_rate = 0.1\n[log]\nsave_batch = true\n",
    );
    // The targets' columns in another order than the spec names them.
    desk.write(
        "a.csv",
        "a,y2,b,y1\n1,up,2,down\n3,down,4,left\n5,left,6,left\n7,up,8,up\n",
    );
    let ended = desk.run("--set train.batch_size=full");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let bytes = desk.bytes("runs/trial/batch.safetensors");
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let targets = file.tensor("targets").unwrap();
    let cells = targets.data().as_chunks::<8>().0.iter();
    let mut found: Vec<i64> = cells.map(|cell| i64::from_le_bytes(*cell)).collect();
    // Classes in text order: down, left, up; pairs in the rows' order of the batch.
    let mut pairs: Vec<&[i64]> = found.chunks(2).collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [[0, 2], [1, 0], [1, 1], [2, 2]]);
    found.sort_unstable();
    assert_eq!(found, [0, 0, 1, 1, 1, 2, 2, 2]);
}
