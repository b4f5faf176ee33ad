//! Through time.

use super::{assert_mean, start};
use crate::desk::Desk;

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

/// A sigmoid's slope is at most a quarter, so that at least 19·log10(4/0.9) decades are lost.
#[test]
fn a_sigmoid_loses_more_than_its_largest_slope() {
    let this = start(
        [20, 2, 16],
        "architecture = { recurrent = { cell = \"rnn\", recurrent_init = { orthogonal = { gain = \
         0.9 } } } }\ndepth = 1\nwidth = 32\nactivation = \"sigmoid\"\ninit = \"xavier_normal\"",
    );
    let desk = this.desk();
    for seed in 0..4 {
        let norms = this.table(&desk, seed).numbers("activation_grad_norm");
        for pair in norms[..20].windows(2) {
            assert!(pair[0] <= 0.225 * pair[1] * (1.0 + 1e-12), "{pair:?}");
        }
        let lost = (norms[19] / norms[0]).log10();
        assert!(lost >= 12.3085, "{lost}");
    }
    let [slope, attenuation] = this.means(4);
    assert_mean(slope, 0.6772, 0.0011, 4);
    assert_mean(attenuation, 12.87, 0.03, 4);
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
    for (gain, slope, attenuation, scatter) in [
        (0.8, 0.2846, 5.407, 0.0026),
        (1.5, 0.0613, 1.152, 0.0045),
        (2.5, -0.0759, -1.477, 0.0016),
    ] {
        let network = format!(
            "architecture = {{ recurrent = {{ cell = \"rnn\", recurrent_init = {{ lecun_normal = \
             {{ gain = {gain} }} }} }} }}\ndepth = 1\nwidth = 128\nactivation = \"tanh\"\n\
             init = \"lecun_normal\""
        );
        let found = start([20, 32, 16], &network).means(3);
        assert_mean(found[0], slope, scatter, 3);
        assert_mean(found[1], attenuation, 19.0 * scatter, 3);
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
            assert!((pair[0] / pair[1] - kept).abs() < 1e-15, "{bias}: {pair:?}");
        }
        let slope = (hidden[5] / hidden[0]).log10() / 5.0;
        let expected = match bias {
            0.0 => std::f64::consts::LOG10_2,
            1.0 => 0.136_047_822,
            _ => (1.0 / kept).log10(),
        };
        assert!((slope - expected).abs() < 1e-9, "{bias}: {slope}");
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
