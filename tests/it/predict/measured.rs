//! Networks at their start beside what is predicted of them.

use std::f64::consts::LN_10;
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use rayon::prelude::*;
use vgrad::base::team::Team;
use vgrad::lab::config::{Overrides, Spec, SpecError};
use vgrad::lab::experiment::network;
use vgrad::lab::plan::Plan;
use vgrad::lab::prediction::{Prediction, Unpredictable};
use vgrad::lab::theory::predict;
use vgrad::lab::weights::to_bytes;
use vgrad::nn::architecture::NetworkSpec;
use vgrad::nn::fans::Fans;
use vgrad::nn::init::{IdentityMatrix, Init};
use vgrad::nn::mean_field::Averages;
use vgrad::nn::measure::LayerSums;
use vgrad::nn::train_step::Step;
use vgrad::study::train::Trainer;

use crate::common::{all_sums, mean_and_log_error};

const SEEDS: u64 = 8;

/// A network of `depth` × `width` on as many Gaussian features, with further keys of
/// `[network]`.
#[derive(Clone, Debug)]
pub struct Case {
    pub depth: usize,
    pub width: usize,
    pub batch: usize,
    /// Of the data; as many as units by default.
    pub features: Option<usize>,
    pub keys: String,
    /// One width per layer.
    pub widths: Option<Vec<usize>>,
}

/// One draw of it.
pub struct Draw {
    /// Layers 1 … depth + 1, from index 0.
    pub sums: Vec<LayerSums>,
    /// Layers on the path that decay is measured along.
    path: Vec<usize>,
    network: NetworkSpec,
}

impl Case {
    /// 20 layers of 256 units, 4 samples: what draws differ by, samples have in common.
    pub fn new(keys: impl Into<String>) -> Self {
        Self {
            depth: 20,
            width: 256,
            batch: 4,
            features: None,
            keys: keys.into(),
            widths: None,
        }
    }

    fn spec(&self, seed: u64) -> Result<Spec, SpecError> {
        let Self {
            depth,
            width,
            batch,
            keys,
            ..
        } = self;
        let samples = batch.max(&10);
        let features = self.features.unwrap_or(*width);
        let widths = match &self.widths {
            Some(widths) => format!("{widths:?}"),
            None => width.to_string(),
        };
        let text = format!(
            "seed = {seed}\nprecision = \"f64\"\n[data]\ntest_fraction = 0.0\n\
             source = {{ gaussian = {{ samples = {samples}, features = {features} }} }}\n\
             [network]\ndepth = {depth}\nwidth = {widths}\n{keys}\n\
             [train]\nsteps = 0\nbatch_size = {batch}\nlearning_rate = 0.1\n"
        );
        let loaded = Spec::from_text(Path::new("case.toml"), text, &Overrides::default());
        loaded.map(|loaded| loaded.spec)
    }

    fn plan(&self, seed: u64) -> Plan<f64> {
        let spec = self.spec(seed);
        let spec = spec.unwrap_or_else(|error| panic!("{}: {error}", self.keys));
        Plan::new(&spec, Path::new("")).unwrap()
    }

    pub fn predict(&self) -> Result<Prediction, Unpredictable> {
        predict(&self.plan(0))
    }

    /// The prediction, or why the spec is refused.
    pub fn try_predict(&self) -> Result<Prediction, String> {
        self.spec(0).map_err(|error| error.to_string())?;
        Ok(self.predict().unwrap())
    }

    /// `start`: weights to start from instead of drawing them, as a file's content.
    fn draw(&self, seed: u64, start: Option<&[u8]>) -> Draw {
        let mut plan = self.plan(seed);
        let team = Team::new(1).unwrap();
        let init = plan.network.init.clone();
        let file = start.map(|bytes| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(bytes).unwrap();
            plan.network.init = Init::IdentityMatrix(IdentityMatrix {});
            plan.network.weights = Some(file.path().to_owned());
            file
        });
        let mut drawn = network(&plan, Path::new(""), &team).unwrap();
        drop(file);
        (plan.network.init, plan.network.weights) = (init, None);
        // Scales what is scaled to data.
        Trainer::new(&mut drawn, &plan.data, &plan.training, &team);
        let rows: Vec<usize> = (0..self.batch).collect();
        drawn.load(&plan.data.train.inputs, &plan.data.train.targets, &rows);
        let step = Step {
            observe: true,
            ..Step::default()
        };
        drawn.step(&team, step);
        let path = drawn.layers().iter().enumerate();
        Draw {
            sums: all_sums(&drawn),
            network: plan.network.clone(),
            path: path
                .filter_map(|(i, layer)| layer.position.map(|_| i))
                .collect(),
        }
    }

    /// [`SEEDS`] draws, side by side.
    pub fn draws(&self) -> Vec<Draw> {
        // Most of the time goes into making matrices orthogonal, the same for every activation.
        let is_orthogonal = ["\"orthogonal\"", "\"lsuv\""];
        let is_orthogonal = is_orthogonal.iter().any(|init| self.keys.contains(init));
        let shared = (is_orthogonal && self.widths.is_none()).then(orthogonal_weights);
        let start = |seed: u64| shared.map(|files| &*files[seed as usize]);
        (0..SEEDS)
            .into_par_iter()
            .map(|seed| self.draw(seed, start(seed)))
            .collect()
    }

    /// Asserts that what is lost over the path is as predicted; where finite width
    /// dominates, given the size of the activations that each draw has.
    pub fn check(&self) {
        if let Some(fault) = self.fault() {
            panic!("{fault}");
        }
    }

    /// What [`Self::check`] finds wrong.
    ///
    /// The tolerance on the logarithm of the mean squared ratio: 3.5 standard errors (exceeded
    /// by chance once in 2000 times), 3 % of the logarithm for what finite width does, and 0.05.
    pub fn fault(&self) -> Option<String> {
        let prediction = self.predict().unwrap();
        let runs_away = prediction.finite_width_dominates && !self.keys.contains("skip");
        let draws = if runs_away {
            // Every sample has a q of its own, and those of the largest gradient would
            // count most: one of them, that theory can be asked about.
            let mut single = self.clone();
            single.batch = 1;
            single.draws()
        } else {
            self.draws()
        };
        let theory = -2.0 * LN_10 * prediction.attenuation_decades.0;
        let ratios = draws.iter().map(|draw| match runs_away {
            false => (draw.ln_ratio() - theory).exp(),
            true => (draw.ln_ratio() - draw.ln_ratio_by_own_q()).exp(),
        });
        let (mean, error) = mean_and_log_error(&ratios.collect::<Vec<f64>>());
        let tolerance = 3.5 * error + 0.03 * theory.abs() + 0.05;
        (mean.ln().abs() > tolerance || !mean.is_finite()).then(|| {
            format!(
                "{}: ln of the squared ratio is off its theory {theory:.3} by {:.3}, more than {tolerance:.3}",
                self.keys,
                mean.ln()
            )
        })
    }
}

/// The weights of a plain network of 20 layers of 256 units, orthogonal, for each seed, as files.
fn orthogonal_weights() -> &'static [Vec<u8>] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| {
        let case = Case::new("activation = \"identity\"\ninit = \"orthogonal\"");
        let of_seed = |seed: u64| {
            let team = Team::new(1).unwrap();
            let drawn = network(&case.plan(seed), Path::new(""), &team).unwrap();
            to_bytes(&drawn).unwrap()
        };
        // Threads of its own: those that wait for it may be rayon's.
        thread::scope(|scope| {
            let halves = [0, 1].map(|half| {
                let seeds = (0..SEEDS).filter(move |seed| seed % 2 == half);
                scope.spawn(move || seeds.map(of_seed).collect::<Vec<_>>())
            });
            let [even, odd] = halves.map(|half| half.join().unwrap());
            let pairs = even.into_iter().zip(odd);
            pairs.flat_map(|(even, odd)| [even, odd]).collect()
        })
    })
}

impl Draw {
    /// ln of ‖∂L/∂h_first‖²/‖∂L/∂h_last‖² over the path.
    pub fn ln_ratio(&self) -> f64 {
        let norm = |i: usize| self.sums[i].activation_grad.norm();
        let (first, last) = (self.path[0], self.path[self.path.len() - 1]);
        2.0 * (norm(first) / norm(last)).ln()
    }

    /// What theory says of it where the q of every layer is that of this draw, by the
    /// second moment of the activations before; for plain networks.
    fn ln_ratio_by_own_q(&self) -> f64 {
        let activation = &self.network.activation;
        let scheme = self.network.scheme();
        let before = self.sums[..self.network.depth - 1].iter().zip(1..);
        let chi = before.map(|(layer, l)| {
            let [fan_in, fan_out] = [l, l + 1].map(|l| self.network.width.of(l));
            let fans = Fans::new(fan_in, fan_out);
            let spread = scheme.initializer().spread(fans).unwrap();
            let weight_variance = spread.weight * fan_in as f64;
            let values = layer.phi.unwrap().values;
            let square = values.mean.powi(2) + values.std().powi(2);
            let q = weight_variance * square + spread.bias;
            weight_variance * Averages::over(activation.elementwise(), 0.0, q).slope_square
        });
        chi.map(f64::ln).sum()
    }
}
