//! What is known of gradients through time, through attention and over images at the start:
//! exact laws, and means over seeds where theory or a simulation by another program (PyTorch in
//! f64) gives a number and its scatter.

mod attention;
mod images;
mod recurrent;

use crate::desk::Desk;
use crate::table::Table;

/// A network at its start over Gaussian data, all samples at once.
struct Start<'a> {
    /// Samples and features of each.
    shape: [usize; 2],
    /// How a sample's features are read, a key of `[data]`.
    reading: String,
    /// The keys of `[network]`.
    network: &'a str,
    /// `--set` arguments.
    changes: Vec<String>,
}

impl Start<'_> {
    fn desk(&self) -> Desk {
        let [samples, features] = self.shape;
        Desk::with(&format!(
            "precision = \"f64\"\n[data]\nsource = {{ gaussian = {{ samples = {samples}, \
             features = {features}, classes = 10 }} }}\ntest_fraction = 0.0\n{}\n\
             [network]\n{}\n[train]\nsteps = 0\nbatch_size = \"full\"\nlearning_rate = 0.1\n\
             [log]\nparameters = true\n",
            self.reading, self.network
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

    /// Mean slope and attenuation over so many seeds.
    fn means(&self, seeds: u64) -> [f64; 2] {
        let desk = self.desk();
        let of_seeds: Vec<[f64; 2]> = (0..seeds).map(|seed| self.decay(&desk, seed)).collect();
        let mean = |which: usize| of_seeds.iter().map(|it| it[which]).sum::<f64>() / seeds as f64;
        [0, 1].map(mean)
    }

    /// Mean slope over so many seeds.
    fn slope(&self, seeds: u64) -> f64 {
        self.means(seeds)[0]
    }
}

/// Over sequences of so many positions with so many features each.
fn start<'a>([positions, features, samples]: [usize; 3], network: &'a str) -> Start<'a> {
    Start {
        shape: [samples, positions * features],
        reading: format!("positions = {positions}"),
        network,
        changes: Vec::new(),
    }
}

/// Over square images of so many channels and pixels a side.
fn over_images<'a>([channels, side, samples]: [usize; 3], network: &'a str) -> Start<'a> {
    Start {
        shape: [samples, channels * side * side],
        reading: format!("image = [{channels}, {side}, {side}]"),
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
