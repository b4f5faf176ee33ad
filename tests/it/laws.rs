//! What is known of gradients through time and through attention at the start: exact laws,
//! and means over seeds where theory or a simulation by another program (PyTorch in f64)
//! gives a number and its scatter.

use crate::desk::Desk;
use crate::table::Table;

/// A network at its start over Gaussian sequences, all samples at once.
struct Start<'a> {
    /// Positions, features at each, samples.
    shape: [usize; 3],
    /// The keys of `[network]`.
    network: &'a str,
    /// `--set` arguments.
    changes: Vec<String>,
}

impl Start<'_> {
    fn desk(&self) -> Desk {
        let [positions, features, samples] = self.shape;
        Desk::with(&format!(
            "precision = \"f64\"\n[data]\nsource = {{ gaussian = {{ samples = {samples}, \
             features = {}, classes = 10 }} }}\ntest_fraction = 0.0\npositions = {positions}\n\
             [network]\n{}\n[train]\nsteps = 0\nbatch_size = \"full\"\nlearning_rate = 0.1\n\
             [log]\nparameters = true\n",
            positions * features,
            self.network
        ))
    }

    /// `gradients.csv` of a seed.
    fn table(&self, desk: &Desk, seed: u64) -> Table {
        let mut arguments = vec![
            "run".to_owned(),
            "trial.toml".to_owned(),
            format!("--seed={seed}"),
            "--out=out".to_owned(),
            "--force".to_owned(),
            "-q".to_owned(),
        ];
        let changes = self.changes.iter().map(|change| format!("--set={change}"));
        arguments.extend(changes);
        let ended = desk.vgrad(arguments.iter().map(String::as_str));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        desk.table("out/gradients.csv")
    }

    /// Slope and attenuation of a seed, as the summary has them.
    fn decay(&self, desk: &Desk, seed: u64) -> [f64; 2] {
        self.table(desk, seed);
        let initial = &desk.summary("out")["initial"];
        ["decay_decades_per_layer", "attenuation_decades"].map(|key| initial[key].as_f64().unwrap())
    }

    /// Mean slope over so many seeds.
    fn slope(&self, seeds: u64) -> f64 {
        let desk = self.desk();
        let slopes = (0..seeds).map(|seed| self.decay(&desk, seed)[0]);
        slopes.sum::<f64>() / seeds as f64
    }
}

fn start<'a>(shape: [usize; 3], network: &'a str) -> Start<'a> {
    Start {
        shape,
        network,
        changes: Vec::new(),
    }
}

/// A mean over `seeds` against a value with its scatter over single seeds: 3.5 standard
/// errors and 3 % of the value.
#[track_caller]
fn assert_mean(found: f64, expected: f64, scatter: f64, seeds: u64) {
    let tolerance = 3.5 * scatter / (seeds as f64).sqrt() + 0.03 * expected.abs();
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected} ± {tolerance}"
    );
}

/// A linear recurrent map of singular values g loses −log10 g per time step, whatever else.
#[test]
fn an_orthogonal_recurrent_map_loses_exactly_its_gain() {
    for gain in [0.9, 1.0, 1.05] {
        let network = format!(
            "architecture = {{ recurrent = {{ cell = \"rnn\", recurrent_init = {{ orthogonal = \
             {{ gain = {gain} }} }} }} }}\ndepth = 1\nwidth = 32\nactivation = \"identity\""
        );
        let this = start([20, 2, 16], &network);
        let [slope, attenuation] = this.decay(&this.desk(), 3);
        assert!((slope + f64::log10(gain)).abs() < 1e-9, "{gain}: {slope}");
        let expected = -19.0 * f64::log10(gain);
        assert!(
            (attenuation - expected).abs() < 1e-9,
            "{gain}: {attenuation}"
        );
    }
}

/// tanh only adds to the loss; the value is a simulation's.
#[test]
fn tanh_loses_more_than_its_recurrent_map() {
    let this = start(
        [20, 2, 16],
        "architecture = { recurrent = { cell = \"rnn\", recurrent_init = { orthogonal = { gain = \
         0.9 } } } }\ndepth = 1\nwidth = 32\nactivation = \"tanh\"",
    );
    let desk = this.desk();
    let mut slopes = 0.0;
    for seed in 0..4 {
        let norms = this.table(&desk, seed).numbers("activation_grad_norm");
        // Every step is bounded by the map's gain times the largest slope, 1.
        for pair in norms[..20].windows(2) {
            assert!(pair[0] <= 0.9 * pair[1] * (1.0 + 1e-12), "{pair:?}");
        }
        slopes += this.decay(&desk, seed)[0] / 4.0;
    }
    assert_mean(slopes, 0.1106, 0.0036, 4);
}

/// Growth follows the spectral radius g of a Gaussian map, and not its largest singular
/// value, 2g.
#[test]
fn a_gaussian_recurrent_map_loses_by_its_spectral_radius() {
    for gain in [0.9, 1.1] {
        let network = format!(
            "architecture = {{ recurrent = {{ cell = \"rnn\", recurrent_init = {{ lecun_normal = \
             {{ gain = {gain} }} }} }} }}\ndepth = 1\nwidth = 128\nactivation = \"identity\""
        );
        let slope = start([20, 2, 8], &network).slope(6);
        assert_mean(slope, -f64::log10(gain), 0.0075, 6);
    }
}

/// Mean field with inputs; Chen, Pennington & Schoenholz 2018, arXiv:1806.05394.
#[test]
fn tanh_through_time_follows_mean_field_theory() {
    for (gain, slope, scatter) in [
        (0.8, 0.2846, 0.0026),
        (1.5, 0.0613, 0.0045),
        (2.5, -0.0759, 0.0016),
    ] {
        let network = format!(
            "architecture = {{ recurrent = {{ cell = \"rnn\", recurrent_init = {{ lecun_normal = \
             {{ gain = {gain} }} }} }} }}\ndepth = 1\nwidth = 128\nactivation = \"tanh\"\n\
             init = \"lecun_normal\""
        );
        let found = start([20, 32, 16], &network).slope(3);
        assert_mean(found, slope, scatter, 3);
    }
}

/// Zeros as inputs, and a recurrent map of zeros: the path through h is cut.
fn cut(cell: &str) -> Desk {
    let desk = Desk::with(&format!(
        "precision = \"f64\"\n[data]\nsource = {{ csv = {{ path = \"zeros.csv\", target = \"y\" }} \
         }}\ntest_fraction = 0.0\nstandardize = false\npositions = 6\n[network]\narchitecture = {{ \
         recurrent = {{ cell = \"{cell}\", recurrent_init = {{ normal = {{ std = 0.0 }} }} }} \
         }}\ndepth = 1\nwidth = 5\n[train]\nsteps = 0\nbatch_size = \"full\"\nlearning_rate = 0.1\n"
    ));
    let header: Vec<String> = (0..6).map(|t| format!("x{t}")).collect();
    let rows = (0..4).map(|row| format!("0,0,0,0,0,0,{}\n", row % 2));
    let rows: String = rows.collect();
    desk.write("zeros.csv", format!("{},y\n{rows}", header.join(",")));
    desk
}

/// With the path through h cut, an LSTM's state loses σ(b) per time step, b being the
/// forget gate's bias.
#[test]
fn an_lstm_state_loses_what_its_forget_gate_lets_go() {
    let desk = cut("lstm");
    for bias in [0.0, 1.0, 3.0] {
        let change =
            format!("--set network.architecture.recurrent.forget_bias={bias:?} --out out --force");
        assert_eq!(desk.run(&change).code, Some(0));
        let table = desk.table("out/gradients.csv");
        let hidden: Vec<f64> = table.cells("cell_grad_norm")[..6]
            .iter()
            .map(|cell| cell.parse().unwrap())
            .collect();
        let kept = 1.0 / (1.0 + f64::exp(-bias));
        for pair in hidden.windows(2) {
            assert!((pair[0] / pair[1] - kept).abs() < 1e-14, "{bias}: {pair:?}");
        }
        // Nobody reads the h before the last.
        assert_eq!(table.numbers("activation_grad_norm")[..5], [0.0; 5]);
        assert_eq!(desk.summary("out")["initial"]["attenuation_decades"], "inf");
    }
}

/// A GRU's update gate is half open at the start.
#[test]
fn a_gru_loses_half_per_time_step() {
    let desk = cut("gru");
    assert_eq!(desk.run("--out out").code, Some(0));
    let norms = desk
        .table("out/gradients.csv")
        .numbers("activation_grad_norm");
    for pair in norms[..6].windows(2) {
        assert_eq!(2.0 * pair[0], pair[1]);
    }
}

/// The values are a simulation's.
#[test]
fn an_lstm_keeps_more_the_wider_its_forget_gate_is_open() {
    for (bias, slope, scatter) in [
        (0.0, 0.1456, 0.0021),
        (1.0, 0.0314, 0.002),
        (3.0, -0.0287, 0.0012),
    ] {
        let network = format!(
            "architecture = {{ recurrent = {{ cell = \"lstm\", recurrent_init = \"orthogonal\", \
             forget_bias = {bias:?} }} }}\ndepth = 1\nwidth = 64"
        );
        let found = start([40, 2, 16], &network).slope(3);
        assert_mean(found, slope, scatter, 3);
    }
}

/// Units that stay active pass all of a gradient through an identity map. Le, Jaitly &
/// Hinton 2015, arXiv:1504.00941.
#[test]
fn an_irnn_over_positive_inputs_loses_nothing() {
    let desk = Desk::with(
        "precision = \"f64\"\n[data]\nsource = { csv = { path = \"positive.csv\", target = \"y\" } \
         }\ntest_fraction = 0.0\nstandardize = false\npositions = 5\n[network]\narchitecture = { \
         recurrent = { cell = \"rnn\", recurrent_init = \"identity\" } }\ndepth = 1\nwidth = 3\n\
         activation = \"relu\"\ninit = \"identity\"\n[train]\nsteps = 0\nbatch_size = \"full\"\n\
         learning_rate = 0.1\n",
    );
    let header: Vec<String> = (0..15).map(|i| format!("x{i}")).collect();
    let row = |r: usize| {
        let cells = (0..15).map(|i| format!("{}", 0.1 + (7 * r + 3 * i) as f64 % 5.0));
        format!("{},{}\n", cells.collect::<Vec<_>>().join(","), r % 2)
    };
    let rows: String = (0..6).map(row).collect();
    desk.write("positive.csv", format!("{},y\n{rows}", header.join(",")));
    assert_eq!(desk.run("--out out").code, Some(0));
    let norms = desk
        .table("out/gradients.csv")
        .numbers("activation_grad_norm");
    assert_eq!(norms[..5], [norms[4]; 5]);
}

const TRANSFORMER: &str =
    "width = 32\nactivation = \"relu\"\nnorm = \"layer\"\nskip = \"identity\"";

fn transformer(norm_position: &str, depth: usize, keys: &str) -> String {
    format!(
        "architecture = {{ transformer = {{ norm_position = \"{norm_position}\" }} }}\n\
         depth = {depth}\n{keys}"
    )
}

/// Xiong et al. 2020, arXiv:2002.04745: with the norm inside the skip the last weight
/// gradient falls like 1/√depth, with the norm after it it does not. The bounds hold a
/// simulation's scatter.
#[test]
fn the_last_gradient_falls_with_depth_where_the_norm_stands_inside() {
    let mean_of_last = |norm_position: &str, depth: usize| {
        let network = transformer(norm_position, depth, TRANSFORMER);
        let this = start([8, 16, 8], &network);
        let desk = this.desk();
        let norm = |seed| {
            let table = this.table(&desk, seed);
            let last = table.only("name", &format!("feedforward_{depth}"));
            last.numbers("weight_grad_norm")[0]
        };
        (0..8).map(norm).sum::<f64>() / 8.0
    };
    let ratio = |norm_position| mean_of_last(norm_position, 8) / mean_of_last(norm_position, 32);
    let (pre, post) = (ratio("pre"), ratio("post"));
    assert!((1.5..2.6).contains(&pre), "{pre}");
    assert!((0.5..1.4).contains(&post), "{post}");
}

/// Deepnorm bounds what depth does. Wang et al. 2022, arXiv:2203.00555; 1.33 to 1.37 in a
/// simulation at depths 4 to 50, where plain post-norm goes from 2.5 to 5.5.
#[test]
fn deepnorm_is_as_flat_at_any_depth() {
    for depth in [4, 24] {
        let keys = TRANSFORMER.replace("identity", "deepnorm");
        let network = transformer("post", depth, &keys);
        let this = start([8, 16, 8], &network);
        let norms = this.table(&this.desk(), 0).numbers("activation_grad_norm");
        let ratio = norms[0] / norms[2 * depth];
        assert!((1.2..1.55).contains(&ratio), "{depth}: {ratio}");
    }
}

/// What deepnorm makes smaller at the start: the value, what follows the heads, and both maps
/// of the feed-forward network, by (8 · depth)^-1/4; queries and keys stay.
#[test]
fn deepnorm_starts_its_branches_smaller() {
    let sums = |skip: &str| {
        let keys = TRANSFORMER.replace("identity", skip);
        let network = transformer("post", 4, &keys);
        let this = start([8, 16, 8], &network);
        this.table(&this.desk(), 0).numbers("weight_norm")
    };
    let (plain, deep) = (sums("identity"), sums("deepnorm"));
    let gain = 32f64.powf(-0.25);
    for l in 1..=8 {
        let ratio = deep[l] / plain[l];
        if l % 2 == 0 {
            assert!(
                (ratio / gain - 1.0).abs() < 1e-9,
                "layer {}: {ratio}",
                l + 1
            );
        } else {
            // Two of four matrices of one size.
            let half = (0.5 + 0.5 * gain * gain).sqrt();
            assert!(
                (ratio / half - 1.0).abs() < 0.05,
                "layer {}: {ratio}",
                l + 1
            );
        }
    }
}

/// Without a norm the skips' sums grow block by block.
#[test]
fn skips_without_a_norm_explode() {
    let keys = TRANSFORMER.replace("layer", "none");
    let network = transformer("pre", 16, &keys);
    let this = start([8, 16, 8], &network);
    let [_, without] = this.decay(&this.desk(), 0);
    let network = transformer("pre", 16, TRANSFORMER);
    let this = start([8, 16, 8], &network);
    let [_, with] = this.decay(&this.desk(), 0);
    assert!(
        without < -5.0 && (-1.6..-0.8).contains(&with),
        "{without} {with}"
    );
}

/// Attention without skips maps all positions to one: queries and keys stop receiving
/// anything, which activations' gradients do not show. Dong, Cordonnier & Loukas 2021,
/// arXiv:2103.03404; the values are a simulation's.
#[test]
fn without_skips_queries_and_keys_receive_nothing_deep_down() {
    let keys = "width = 64\nactivation = \"relu\"\nnorm = \"layer\"\nskip = \"none\"";
    let network = transformer("pre", 6, keys);
    let this = start([16, 16, 8], &network);
    let desk = this.desk();
    let [slope, _] = this.decay(&desk, 0);
    assert!(slope.abs() < 0.06, "{slope}");
    let parameters = desk.table("out/parameters.csv");
    let norm = |block: usize, part: &str| {
        let tensor = format!("layers.{}.in_proj.weight.{part}", 2 * block);
        parameters.only("tensor", &tensor).numbers("grad_norm")[0]
    };
    let queries: Vec<f64> = (1..=4).map(|block| norm(block, "q")).collect();
    assert!(queries[0] > 0.3 && queries[3] < 1e-3, "{queries:?}");
    let values: Vec<f64> = (1..=4).map(|block| norm(block, "v")).collect();
    assert!(values.iter().all(|v| (0.5..10.0).contains(v)), "{values:?}");
}

/// Without norm and skips a feed-forward network of r times the width costs
/// ½ log10((1 + r)²/2r) decades a block by Xavier's init, and attention over positions that
/// have become equal nothing: .1237 a layer for r = 4. A simulation scatters by .0104 a seed.
#[test]
fn without_norm_and_skips_the_feed_forward_networks_cost_what_their_fans_say() {
    let keys = "width = 64\nactivation = \"relu\"\nnorm = \"none\"\nskip = \"none\"";
    let network = transformer("pre", 8, keys);
    let this = start([16, 16, 8], &network);
    let expected = 0.5 * (25.0f64 / 8.0).log10() / 2.0;
    assert_mean(this.slope(12), expected, 0.0104, 12);
}
