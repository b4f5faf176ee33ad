//! The right mechanism on networks made to fail by one. What each fails by follows from
//! theory, told beside it, and not from what the program looks at.

use crate::desk::Desk;

use super::{SPEC, diagnosis, five_seeds, names};

/// On each of five seeds the mechanism `first` comes first, and all of `beside` follow.
#[track_caller]
fn fails_by(changes: &[&str], first: &str, beside: &[&str]) {
    let desk = Desk::with(SPEC);
    check(&desk, changes, first, beside);
}

#[track_caller]
fn check(desk: &Desk, changes: &[&str], first: &str, beside: &[&str]) {
    for (seed, found) in five_seeds(desk, changes).iter().enumerate() {
        let names = names(found);
        assert_eq!(
            names.first().map(String::as_str),
            Some(first),
            "seed {seed}: {names:?}"
        );
        for other in beside {
            assert!(
                names.iter().any(|name| name == other),
                "seed {seed}: no {other} in {names:?}"
            );
        }
        assert!(!names.iter().any(|name| name == "healthy"));
    }
}

/// With biases of standard deviation 5 nearly every tanh is at ±1, where its slope is 0:
/// E φ'² = (4/3)/(5·√(2π)) = 0.106, half a decade a layer.
#[test]
fn tanh_units_pushed_to_their_ends_saturate() {
    let init = "network.init={mean_field={weight_variance=1.0,bias_variance=25.0}}";
    let changes = [
        "network.activation=tanh",
        init,
        "network.depth=16",
        "train.steps=0",
    ];
    fails_by(&changes, "saturation", &[]);
}

/// Hard tanh with biases of standard deviation 4 is exactly flat beyond ±1, where 0.8 of its
/// units stay for the whole batch: saturated ones, though they read as dead.
#[test]
fn exactly_flat_ends_saturate_too() {
    let init = "network.init={mean_field={weight_variance=1.0,bias_variance=16.0}}";
    let changes = [
        "network.activation=hard_tanh",
        init,
        "network.depth=12",
        "network.width=32",
        "train.steps=0",
    ];
    fails_by(&changes, "saturation", &[]);
}

/// The same with sigmoid: a quarter, its largest slope, costs 0.60 decades a layer, and biases of
/// standard deviation 5 cost 0.34 more, E φ'² being (1/6)/(5·√(2π)) = 0.0133.
#[test]
fn sigmoid_units_pushed_to_their_ends_saturate_and_contract() {
    let init = "network.init={mean_field={weight_variance=1.0,bias_variance=25.0}}";
    let changes = ["network.activation=sigmoid", init, "train.steps=0"];
    fails_by(&changes, "contraction", &["saturation"]);
}

/// ReLU halves the square, and weights of variance 0.0025·16 = 0.04 leave χ = 0.02.
#[test]
fn small_weights_contract() {
    fails_by(&["network.init.normal.std=0.05"], "contraction", &[]);
}

/// A linear network of gain 1/2: log10 2 = 0.3 decades a layer, exactly.
#[test]
fn a_linear_network_of_gain_one_half_contracts() {
    let changes = [
        "network.activation=identity",
        "network.init.orthogonal.gain=0.5",
        "network.depth=20",
        "train.steps=0",
    ];
    fails_by(&changes, "contraction", &[]);
}

/// GELU's slope at 0 is 1/2, so that LeCun's init leaves χ = 1/4.
#[test]
fn gelu_with_lecun_contracts() {
    let changes = [
        "network.activation=gelu",
        "network.init=lecun_normal",
        "network.depth=20",
        "train.steps=0",
    ];
    fails_by(&changes, "contraction", &[]);
}

/// χ = 0.0557 for sigmoid with Xavier's init, and χ_c is about as small: what tells samples
/// apart is lost as fast as the gradient (Schoenholz et al. 2017).
#[test]
fn deep_sigmoids_contract_and_forget() {
    let changes = [
        "network.activation=sigmoid",
        "network.init=xavier_normal",
        "network.depth=10",
    ];
    fails_by(&changes, "contraction", &["information_collapse"]);
}

/// Weights of 0 pass nothing.
#[test]
fn zero_weights_contract() {
    fails_by(&["network.init.normal.std=0.0"], "contraction", &[]);
    fails_by(
        &["network.init.normal.std=0.0", "network.activation=tanh"],
        "contraction",
        &[],
    );
}

/// Twice He's gain doubles the norm at every layer: 0.3 decades over 14 of them.
#[test]
fn large_weights_expand() {
    let changes = [
        "network.init.he_normal.gain=2.0",
        "network.depth=15",
        "train.steps=0",
    ];
    fails_by(&changes, "expansion", &[]);
}

/// Batch norm before ReLU multiplies the square by 1.5 a layer and more (Yang et al. 2019):
/// at least 4.3 decades over 49.
#[test]
fn batch_norm_without_skips_expands() {
    let changes = ["network.norm=batch", "network.depth=50", "train.steps=0"];
    fails_by(&changes, "expansion", &[]);
}

/// Linear layers with N(0, 1): a factor 4 in size a layer, 10^60 over 100, more than f32 holds.
#[test]
fn what_overflows_on_the_way_forward_expands() {
    let changes = [
        "network.activation=identity",
        "network.init.normal.std=1.0",
        "network.depth=100",
    ];
    fails_by(&changes, "expansion", &[]);
}

/// Dropout of a half doubles the square at every layer: 0.15 decades over 29.
#[test]
fn dropout_expands() {
    let changes = [
        "network.dropout=0.5",
        "network.depth=30",
        "network.width=32",
        "train.steps=0",
    ];
    fails_by(&changes, "expansion", &[]);
}

/// In the ordered phase of tanh correlations go to 1 as fast as χ to the power of the depth;
/// with 11 layers of χ ≈ 0.3 to 0.4 that is 1e-5, while the gradient has lost 2.5 decades, which
/// is not vanishing yet.
#[test]
fn samples_become_one_point() {
    let init = "network.init={mean_field={weight_variance=1.0,bias_variance=1.0}}";
    let changes = [
        "network.activation=tanh",
        init,
        "network.depth=12",
        "network.width=64",
        "train.steps=0",
    ];
    fails_by(&changes, "information_collapse", &[]);
}

/// Sigmoids lose 0.63 decades a layer: after some 70 of 200 f32 has no smaller number.
#[test]
fn f32_runs_out_of_numbers() {
    let changes = [
        "network.activation=sigmoid",
        "network.init=xavier_normal",
        "network.depth=200",
        "network.width=8",
        "train.steps=0",
    ];
    fails_by(&changes, "numerical_underflow", &["contraction"]);
}

/// An eps of 100 is far above every gradient: Adam's steps are 0.001·g/100.
#[test]
fn adam_stands_on_its_eps() {
    let changes = [
        "train.optimizer={adam={eps=100.0}}",
        "train.learning_rate=0.001",
    ];
    fails_by(&changes, "optimizer_floor", &[]);
}

/// Steps of 1e-9 of the gradient change nothing in 40 of them; 1e9 of it is the end.
#[test]
fn a_rate_is_too_small_or_too_large() {
    for (rate, told) in [("1e-9", "too_small"), ("1e9", "too_large")] {
        let desk = Desk::with(SPEC);
        let change = format!("train.learning_rate={rate}");
        check(&desk, &[&change], "healthy_but_not_learning", &[]);
        let whole = diagnosis(&desk, "five");
        assert_eq!(whole["mechanisms"][0]["rate"], told);
        assert_eq!(whole["mechanisms"][0]["seeds"], 5);
    }
}

/// Targets of 1e8, and features of 1e6: nothing else is wrong with these networks.
/// A rate of 1e9 is the first to be told of, whatever the start is: gradients that lose half of
/// their square a layer, ones that batch norm lets grow, ones that arrive.
#[test]
fn a_rate_of_a_billion_comes_first_whatever_the_start() {
    for changes in [
        &["network.depth=30", "network.init=xavier_normal"][..],
        &["network.depth=45", "network.norm=batch"],
        &[
            "train.optimizer=adam",
            "network.depth=30",
            "network.init=xavier_normal",
        ],
        &["network.depth=4"],
    ] {
        let changes = [changes, &["train.learning_rate=1e9"]].concat();
        let desk = Desk::with(SPEC);
        for found in five_seeds(&desk, &changes) {
            assert_eq!(found["verdict"], "diverged", "{changes:?}");
            let first = &found["mechanisms"][0];
            assert_eq!(first["name"], "healthy_but_not_learning", "{changes:?}");
            assert_eq!(first["rate"], "too_large", "{changes:?}");
        }
        // Of one run the order is the same.
        let words = ["run", "trial.toml", "-q", "--out", "one"];
        desk.vgrad(words.into_iter().chain(super::sets(&changes)))
            .fine();
        assert_eq!(
            diagnosis(&desk, "one")["mechanisms"][0]["rate"],
            "too_large"
        );
    }
}

#[test]
fn numbers_of_extreme_size_are_told() {
    let desk = Desk::with(SPEC);
    let row = |i: usize| {
        let x = (i * 37 % 101) as f64 / 50.0 - 1.0;
        format!(
            "{x},{},{},{}\n",
            1e6 * x,
            1e8 * (1.0 + x),
            usize::from(x > 0.0)
        )
    };
    let rows: String = (0..101).map(row).collect();
    desk.write("table.csv", format!("x,large,target,class\n{rows}"));
    let source = |target: &str, ignore: &str| {
        format!("data.source={{csv={{path=\"table.csv\",target=\"{target}\",ignore=[{ignore}]}}}}")
    };
    let targets = source("target", "\"large\",\"class\"");
    check(
        &desk,
        &[&targets, "train.loss=mse", "network.depth=4"],
        "data_scale",
        &[],
    );
    let desk_of_features = Desk::with(SPEC);
    desk_of_features.write("table.csv", desk.read("table.csv"));
    let features = source("class", "\"x\",\"target\"");
    let changes = [&*features, "data.standardize=false", "network.depth=4"];
    check(&desk_of_features, &changes, "data_scale", &[]);
}

/// Biases of −1000 in the last of 8 layers switch all of its units off.
#[test]
fn dead_units_are_told() {
    for seed in ["0", "1", "2", "3", "4"] {
        let desk = Desk::with(SPEC);
        let words = [
            "run",
            "trial.toml",
            "-q",
            "--out",
            "first",
            "--set",
            "log.save_weights=true",
        ];
        let changes = ["--set", "train.steps=0", "--seed", seed];
        desk.vgrad(words.into_iter().chain(changes)).fine();
        let file = desk.bytes("first/weights/initial.safetensors");
        desk.write(
            "dead.safetensors",
            with_biases(&file, "layers.8.bias", -1000.0),
        );
        let words = ["run", "trial.toml", "-q", "--out", "dead", "--seed", seed];
        let changes = super::sets(&["train.steps=0", "network.weights=dead.safetensors"]);
        desk.vgrad(words.into_iter().chain(changes)).fine();
        let found = diagnosis(&desk, "dead");
        assert_eq!(names(&found)[0], "dead_units", "{found:#}");
        assert_eq!(found["mechanisms"][0]["share"], 1.0);
        assert!(
            found["mechanisms"][0]["layers"]
                .as_array()
                .unwrap()
                .contains(&8.into())
        );
        // Layer 7 is the first that gets nothing; layer 8 still has ∂L/∂h.
        assert_eq!(
            (&found["onset"]["layer"], &found["onset"]["condition"]),
            (&7.into(), &"zero".into())
        );
    }
}

/// A safetensors file with every number of one F32 tensor replaced.
fn with_biases(file: &[u8], name: &str, value: f32) -> Vec<u8> {
    let mut file = file.to_vec();
    let [start, end] = {
        let tensors = safetensors::SafeTensors::deserialize(&file).unwrap();
        let data = tensors.tensor(name).unwrap().data();
        let start = data.as_ptr() as usize - file.as_ptr() as usize;
        [start, start + data.len()]
    };
    for number in file[start..end].chunks_exact_mut(4) {
        number.copy_from_slice(&value.to_le_bytes());
    }
    file
}

/// A linear recurrent map of gain 0.5 over 24 steps, then one of gain 2: log10 2 a step, and
/// a spectral radius of exactly the gain, as it is orthogonal.
#[test]
fn a_recurrent_map_that_shrinks_contracts_by_its_spectral_radius() {
    for (gain, words) in [
        (
            "0.5",
            ["a time step keeps 0.500 of", "spectral radius 0.500"],
        ),
        (
            "2.0",
            [
                "a time step multiplies the gradient by 2.00",
                "spectral radius 2.00",
            ],
        ),
    ] {
        let desk = Desk::with(&SPEC_OVER_TIME.replace("GAIN", gain));
        desk.vgrad(["run", "trial.toml", "--out=run", "-q"]).fine();
        let ended = desk.vgrad(["diagnose", "run"]).fine();
        let all: Vec<&str> = ended.stdout.split_whitespace().collect();
        let text = all.join(" ");
        assert!(words.iter().all(|told| text.contains(told)), "{text}");
        // The slopes of the theory line are per time step too.
        assert!(text.contains(" per time step)"), "{text}");
        assert!(!text.contains(" per layer)"), "{text}");
    }
}

const SPEC_OVER_TIME: &str = "[data]\nsource = { gaussian = { samples = 16, features = 48 } }\n\
    test_fraction = 0.0\npositions = 24\n[network]\n\
    architecture = { recurrent = { cell = \"rnn\", recurrent_init = { orthogonal = { gain = GAIN } } } }\n\
    depth = 1\nwidth = 32\nactivation = \"identity\"\n[train]\nsteps = 0\n\
    batch_size = \"full\"\nlearning_rate = 0.1\n";
