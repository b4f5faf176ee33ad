//! vgrad says, for a network written down in a TOML file, whether its gradients
//! vanish or explode, where, how fast, and what cures it.
//!
//! Most people use the command `vgrad`; this library is what it is made of,
//! five floors of which each knows only those below it (the lower three are crates):
//!
//! | floor | module | what is in it |
//! |---|---|---|
//! | 4 | [`cli`] | one file per command: arguments in, report out |
//! | 3 | [`lab`] | an experiment from TOML to verdict: [`lab::config`] → [`lab::plan`] → [`lab::experiment`] → [`lab::decay`]; runs read back in [`lab::records`], held against each other in [`lab::compare`], drawn in [`lab::plot`] and [`lab::report`]; speed in [`lab::bench`] |
//! | 2 | [`study`] | [`study::data`], batches and [`study::schedule`], the loop [`study::train`], CSV files in [`study::record`] |
//! | 1 | [`nn`] | the engine: [`nn::activation`], [`nn::init`], [`nn::layer`], [`nn::network`], [`nn::optim`] |
//! | 0 | [`base`] | the two precisions, the one matrix product, random streams, the team of threads |
//!
//! Things that a spec can choose by name come in families
//! ([`Activation`](nn::activation::Activation), [`Init`](nn::init::Init),
//! [`Source`](study::data::Source) …). A member is a struct with a doc comment
//! and an implementation of its family's trait; one line in the family's list
//! gives it its name in TOML, its place in `vgrad list` and the JSON Schema,
//! and a place in the tests that run over the list.
//!
//! # Building and training a network from code
//!
//! ```
//! use std::path::Path;
//! use std::sync::atomic::AtomicBool;
//! use vgrad::base::team::Team;
//! use vgrad::base::Problem;
//! use vgrad::nn::activation::Relu;
//! use vgrad::nn::architecture::{NetworkSpec, Setting};
//! use vgrad::nn::init::HeNormal;
//! use vgrad::nn::loss::{CrossEntropy, Loss, TargetKind};
//! use vgrad::nn::network::{Capacity, Network};
//! use vgrad::nn::optim::{Adam, OptimizerSpec, Optimizer};
//! use vgrad::nn::params::Draw;
//! use vgrad::nn::width::Width;
//! use vgrad::study::data::{Digits, LoadOptions, Source, load};
//! use vgrad::study::schedule::{Constant, Schedule};
//! use vgrad::study::train::{Ending, LogSteps, StepRecord, Trainer, TrainingPlan, Callback};
//!
//! // The 1797 handwritten digits, a fifth of them kept for testing.
//! let options = LoadOptions {
//!     seed: 0,
//!     base_dir: Path::new("."),
//!     test_fraction: Some(0.2),
//!     standardize: true,
//!     standardize_target: false,
//!     targets: Some(TargetKind::Classes),
//! };
//! let digits = load::<f32>(&Source::from(Digits {}), &options)?;
//!
//! // Ten hidden ReLU layers of 32 units.
//! let spec = NetworkSpec {
//!     init: HeNormal { gain: 1.0 }.into(),
//!     ..NetworkSpec::new(10, Width::All(32), Relu {}.into())
//! };
//! let setting = Setting { positions: 1, inputs: digits.features(), image: None, is_ray: false, outputs: digits.outputs(), seed: 0 };
//! let graph = spec.graph(&setting, false);
//! let team = Team::new(2)?;
//! let draw = Draw { init: &spec.scheme(), seed: 0, team: &team };
//! let loss = Loss::from(CrossEntropy {});
//! let capacity = Capacity { rows: 64, classes: true };
//! let mut network = Network::new(graph, &draw, loss, capacity);
//!
//! // Who watches a run sees every step; a logged one with all layers' sums.
//! #[derive(Default)]
//! struct Ends { losses: Vec<f64>, first_layer: Vec<f64> }
//! impl Callback for Ends {
//!     fn on_step(&mut self, record: &StepRecord) -> Result<(), Problem> {
//!         self.losses.push(record.metrics.loss);
//!         if let Some(layers) = record.layers {
//!             self.first_layer.push(layers[0].activation_grad.norm());
//!         }
//!         Ok(())
//!     }
//! }
//! let mut ends = Ends::default();
//! let plan = TrainingPlan {
//!     optimizer: Optimizer::new(&OptimizerSpec::from(Adam::default())),
//!     scales_to_data: false,
//!     steps: 100,
//!     batch_size: 64,
//!     learning_rate: 1e-3,
//!     schedule: Schedule::from(Constant {}),
//!     clip_grad_norm: None,
//!     evaluate_every: 50,
//!     log: LogSteps::Every(25),
//!     log_tensors: false,
//!     seed: 0,
//!     adversary: None,
//! };
//! let team = Team::new(1)?;
//! let stop = AtomicBool::new(false);
//! let mut trainer = Trainer::new(&mut network, &digits, &plan, &team);
//! let ending = trainer.train(&stop, &mut ends)?;
//! assert_eq!(ending, Ending::Completed);
//! assert_eq!(ends.first_layer.len(), 5);
//! assert!(ends.losses.last() < ends.losses.first());
//! # Ok::<(), Problem>(())
//! ```

pub use vgrad_base as base;
pub use vgrad_nn as nn;
pub use vgrad_study as study;

pub mod cli;
pub mod lab;
