//! The command and its forms.

use serde_json::Value;

use crate::desk::{Desk, SMALL};

const SIGMOID: &str = r#"# A question?
[data]
source = { gaussian = { samples = 64, features = 16 } }
test_fraction = 0.0
[network]
depth = 30          # layers
width = 16
activation = "sigmoid"
dropout = 0.25
[train]
steps = 1
learning_rate = 0.1
batch_size = 64
"#;

fn json(desk: &Desk, arguments: &str) -> Value {
    let all = format!("predict trial.toml --format json {arguments}");
    let ended = desk.vgrad(all.split_whitespace()).fine();
    serde_json::from_str(&ended.stdout).unwrap()
}

const KEYS: [&str; 17] = [
    "name",
    "layers",
    "q_star",
    "chi_1",
    "phase",
    "q_is_slow",
    "xi",
    "c_star",
    "xi_c",
    "decay_decades_per_layer",
    "attenuation_decades",
    "attenuation_interval",
    "finite_width_dominates",
    "verdict",
    "underflow_depth",
    "input_square",
    "unpredictable",
];

#[test]
fn json_has_the_numbers_that_describe_decay() {
    let desk = Desk::with(SIGMOID);
    let value = json(&desk, "--set network.dropout=0");
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, KEYS);
    assert_eq!(value["name"], "trial");
    let layers = value["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 30);
    let number = |value: &Value| value.as_f64().unwrap();
    let sum: f64 = layers[1..]
        .iter()
        .map(|layer| number(&layer["decades"]))
        .sum();
    assert!((sum - number(&value["attenuation_decades"])).abs() < 1e-9);
    for (i, layer) in layers.iter().enumerate() {
        assert_eq!(layer["layer"], i + 1);
        let of_chi = -0.5 * number(&layer["chi"]).log10();
        assert!((of_chi - number(&layer["decades"])).abs() < 1e-12);
    }
    assert!((number(&layers[29]["q"]) - 0.264687).abs() < 1e-6);
    assert!((number(&value["chi_1"]) - 0.0557207).abs() < 1e-7);
    assert_eq!(value["phase"], "ordered");
    assert_eq!(value["verdict"], "vanishing");
    assert_eq!(value["unpredictable"], Value::Null);
    let [low, high] = [0, 1].map(|i| number(&value["attenuation_interval"][i]));
    assert!(low < sum && sum < high);
}

#[test]
fn q_that_grows_is_inf_and_flags_count() {
    let desk = Desk::with(SIGMOID);
    let value = json(
        &desk,
        "--set network.activation=relu --set network.init.he_normal.gain=1.5 --seed 3",
    );
    assert_eq!(value["q_star"], "inf");
    assert_eq!(value["phase"], "chaotic");
    assert_eq!(value["verdict"], "exploding");
    let none = json(&desk, "--set network.init.normal.std=0");
    assert_eq!(none["attenuation_decades"], "inf");
    assert_eq!(none["decay_decades_per_layer"], Value::Null);
}

#[test]
fn without_a_theory_it_says_why() {
    let desk = Desk::with(SMALL);
    let value = json(&desk, "--set network.init=identity");
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, KEYS);
    assert_eq!(value["attenuation_decades"], Value::Null);
    assert_eq!(value["unpredictable"]["key"], "network.init");
    let arguments = ["predict", "trial.toml", "--set", "network.init=identity"];
    let human = desk.vgrad(arguments).fine().stdout;
    assert!(
        human.starts_with("trial: no prediction, because of `network.init`"),
        "{human}"
    );
}

#[test]
fn a_critical_init_that_does_not_exist_is_refused() {
    let desk = Desk::with(SMALL);
    let flags = [
        "--set",
        "network.activation=relu",
        "--set",
        "network.init.critical.bias_variance=0.05",
    ];
    let words = ["no weight variance for relu", "network.init"];
    desk.vgrad(["predict", "trial.toml"].into_iter().chain(flags))
        .refused(&words);
    desk.vgrad(["run", "trial.toml"].into_iter().chain(flags))
        .refused(&words);
}

#[test]
fn human_text_fits_80_columns_and_merges_layers() {
    let desk = Desk::with(SIGMOID);
    for changes in [
        "",
        "--set network.norm=layer",
        "--set network.skip=identity",
        "--set network.depth=1",
        "--set network.activation=gelu --set network.init=he_normal",
        "--set network.init.normal.std=0",
    ] {
        let all = format!("predict trial.toml {changes}");
        let text = desk.vgrad(all.split_whitespace()).fine().stdout;
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        assert!(text.starts_with("trial: "), "{text}");
        assert!(!text.contains("NaN"), "{text}");
    }
    let text = desk.vgrad(["predict", "trial.toml"]).fine().stdout;
    assert!(
        text.lines().any(|line| line.trim_start().contains("–30 ")),
        "{text}"
    );
    assert!(
        text.contains("Gradients vanish") && text.contains("ordered phase"),
        "{text}"
    );
}

/// Beside each key what it does; comments left out, changes shown.
#[test]
fn annotations_stand_beside_the_keys() {
    let desk = Desk::with(SIGMOID);
    let text = desk
        .vgrad(["predict", "trial.toml", "--annotate"])
        .fine()
        .stdout;
    let line = |key: &str| {
        let found = text.lines().find(|line| line.starts_with(key));
        found
            .unwrap_or_else(|| panic!("no {key} in {text}"))
            .to_owned()
    };
    assert!(
        line("depth").contains("decades lost") && !line("depth").contains("layers"),
        "{text}"
    );
    assert!(line("dropout").ends_with("→ ×1.33  ← ×1.33"), "{text}");
    assert!(line("activation").contains("← ×0.0"), "{text}");
    assert_eq!(line("width"), "width = 16");
    assert!(
        !text.contains("[train]") && text.contains("[network]"),
        "{text}"
    );
    let changed = [
        "predict",
        "trial.toml",
        "--annotate",
        "--set",
        "network.init=he_normal",
    ];
    let text = desk.vgrad(changed).fine().stdout;
    let init = text.lines().find(|line| line.starts_with("init")).unwrap();
    assert!(
        init.contains("he_normal") && init.ends_with("→ ×2.00  ← ×2.00"),
        "{text}"
    );
}

/// Where no theory tells of decay, what is known of a transformer's start is told.
#[test]
fn what_is_known_of_a_transformer_is_told() {
    let spec = SIGMOID
        .replace("dropout = 0.25\n", "norm = \"layer\"\n")
        .replace("test_fraction = 0.0", "test_fraction = 0.0\npositions = 4")
        .replace(
            "depth = 30",
            "architecture = { transformer = {} }\ndepth = 16",
        );
    let desk = Desk::with(&spec);
    let reason = |arguments: &str| {
        let value = json(&desk, arguments);
        assert_eq!(value["unpredictable"]["key"], "network.architecture");
        value["unpredictable"]["reason"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // 1/√16.
    let pre = reason("--set network.skip=identity");
    assert!(
        pre.contains("1/√depth, here to 0.25") && pre.contains("Xiong"),
        "{pre}"
    );
    const POST: &str = "--set network.architecture.transformer.norm_position=post";
    let post = reason(&format!("--set network.skip=identity {POST}"));
    assert!(post.contains("does not fall with depth"), "{post}");
    // A lone block is no part of that of one block.
    let lone = reason("--set network.skip=identity --set network.depth=1");
    assert!(!lone.contains("one block"), "{lone}");
    // (2·16)^¼ and (8·16)^−¼.
    let deepnorm = reason(&format!("--set network.skip=deepnorm {POST}"));
    assert!(
        deepnorm.contains("2.38 x") && deepnorm.contains("0.30 times"),
        "{deepnorm}"
    );
    assert!(reason("--set network.skip=rezero").contains("same at all layers"));
    let skipless = reason("--set network.skip=none");
    assert!(
        skipless.contains("queries and keys") && skipless.contains("of the usual scale"),
        "{skipless}"
    );
    let lone = reason("--set network.skip=none --set network.depth=1");
    assert!(!lone.contains("queries"), "{lone}");
    // Without a norm inside the skip nothing of the kind is known.
    let none = reason("--set network.skip=identity --set network.norm=none");
    assert!(none.ends_with("the decay of a transformer"), "{none}");
}

#[test]
fn a_recurrent_network_is_told_of_in_time_steps() {
    let spec = SIGMOID
        .replace("dropout = 0.25\n", "")
        .replace("test_fraction = 0.0", "test_fraction = 0.0\npositions = 4")
        .replace(
            "depth = 30",
            "architecture = { recurrent = { cell = \"rnn\" } }\ndepth = 1",
        );
    let told = Desk::with(&spec).vgrad(["predict", "trial.toml"]).fine();
    let words: Vec<&str> = told.stdout.split_whitespace().collect();
    let told = words.join(" ");
    assert!(told.contains("from time step 4 to time step 1"), "{told}");
    assert!(told.contains("decades per time step"), "{told}");
    assert!(!told.contains("layer"), "{told}");
}

/// Inputs that change from time step to time step move every line a little.
#[test]
fn a_hundred_time_steps_that_hardly_differ_share_lines() {
    let desk = Desk::with(
        "[data]\nsource = { gaussian = { samples = 64, features = 200 } }\npositions = 100\n\
         [network]\narchitecture = { recurrent = { cell = \"rnn\" } }\ndepth = 1\nwidth = 32\n\
         activation = \"tanh\"\n[train]\nsteps = 0\nbatch_size = 16\nlearning_rate = 0.1\n",
    );
    let text = desk.vgrad(["predict", "trial.toml"]).fine().stdout;
    let table = text.split("\n\n").nth(1).unwrap();
    let mut next = 1;
    for line in table.lines().skip(1) {
        let range = line.split_whitespace().next().unwrap();
        let (first, last) = range.split_once('–').unwrap_or((range, range));
        assert_eq!(first.parse(), Ok(next), "{text}");
        next = last.parse::<usize>().unwrap() + 1;
    }
    assert_eq!(next, 101, "{text}");
    assert!(table.lines().count() <= 20, "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("A line of several time steps holds their means: they lie within 5 %"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    // The means add up to the whole.
    let found = json(&desk, "");
    let layers = found["layers"].as_array().unwrap();
    let whole: f64 = layers[1..]
        .iter()
        .map(|layer| layer["decades"].as_f64().unwrap())
        .sum();
    let of_lines: f64 = table.lines().skip(1).fold(0.0, |sum, line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let (first, last) = cells[0].split_once('–').unwrap_or((cells[0], cells[0]));
        let count = last.parse::<f64>().unwrap() - first.parse::<f64>().unwrap() + 1.0;
        sum + cells[3].parse().map_or(0.0, |mean: f64| count * mean)
    });
    assert!(
        (of_lines - whole).abs() < 0.05,
        "{of_lines} {whole}: {text}"
    );
}
