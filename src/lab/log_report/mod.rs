//! What is understood of a log: its networks with their layers and verdicts, and where it has
//! no layers, how the whole gradient goes over training.

mod human;
mod json;
mod network;
mod sentence;
mod tidy;
mod total;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use network::Network;
pub use tidy::TidyFile;
pub use total::Total;

use crate::base::Problem;
use crate::lab::form::Form;
use crate::lab::logs::input::STDIN;
use crate::lab::logs::{ForeignLog, LogOptions};
use crate::lab::records::{Target, specs};

/// All forms; the first is the default.
pub const FORMS: &[Form<LogReport>] = &[
    Form {
        name: "human",
        doc: "Text to read",
        write: human::human,
    },
    Form {
        name: "json",
        doc: "One object for programs",
        write: json::json,
    },
];

/// What is understood of a log.
#[derive(Clone, Debug)]
pub struct LogReport {
    /// As it was named.
    pub path: PathBuf,
    /// The log; `None` for files and folders of this program.
    pub log: Option<Arc<ForeignLog>>,
    /// The networks whose layers it has.
    pub networks: Vec<Network>,
    /// Runs of which it has the whole gradient or a loss.
    pub totals: Vec<Total>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl LogReport {
    /// Reads a log, a run folder or a lone file.
    ///
    /// # Errors
    /// If it cannot be read or understood.
    pub fn of(path: &Path, options: &LogOptions) -> Result<Self, Problem> {
        specs::refuse(path)?;
        let (targets, log) = match Target::open_each(path, options) {
            Ok(targets) => {
                let foreign = targets.first().and_then(|target| target.runs[0].foreign());
                let log = foreign.map(|foreign| foreign.log().clone());
                (targets, log)
            }
            Err(problem) => {
                let is_there = path.exists() || path == Path::new(STDIN);
                match is_there.then(|| ForeignLog::open(path, options)) {
                    // One without layers tells of training.
                    Some(Ok(Some(log))) if log.parts.is_empty() => (Vec::new(), Some(log)),
                    Some(Ok(None)) => return Err(unknown(problem)),
                    _ => return Err(problem),
                }
            }
        };
        let runs = targets.iter().flat_map(|target| {
            let runs = target.runs.iter();
            runs.map(|run| (target.label_of(run), run))
        });
        let networks = runs.map(|(label, run)| Network::read(label, run));
        let is_lone = log.is_none() && !path.is_dir();
        let networks = networks.collect::<Result<Vec<_>, _>>();
        let networks = networks.map_err(|problem| match is_lone {
            true => unknown(problem),
            false => problem,
        })?;
        let totals = match &log {
            Some(log) => {
                let runs = log.runs.iter();
                runs.map(|run| Total::read(log, run))
                    .collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        let mut warnings: Vec<String> = match &log {
            Some(log) => log.warnings.clone(),
            None => Vec::new(),
        };
        for network in &networks {
            for warning in &network.stats.warnings {
                if !warnings.contains(warning) {
                    warnings.push(warning.clone());
                }
            }
        }
        Ok(Self {
            path: path.to_owned(),
            log,
            networks,
            totals,
            warnings,
        })
    }

    /// What was measured and what the log does not have.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let Some(log) = &self.log else { return missing };
        let has_total = self.totals.iter().any(|total| total.norm.is_some());
        if self.networks.is_empty() {
            missing.push(match has_total {
                true => "norms per layer: where in the network gradients vanish cannot be told"
                    .to_owned(),
                false => "norms of gradients".to_owned(),
            });
        } else if !self.networks.iter().any(Network::has_activation_gradients) {
            missing.push("activation gradients (activation_grad_norm)".to_owned());
        }
        if log.histograms() > 0 {
            missing.push(format!("norms of {} histograms", log.histograms()));
        }
        if log.step_name().is_none() {
            missing.push("steps: its rows are counted from 0".to_owned());
        }
        missing
    }
}

/// What to do about a file that nothing understands.
fn unknown(problem: Problem) -> Problem {
    let formats = "CSV (a row or a column per layer), JSON lines, TensorBoard, W&B, MLflow, Keras, \
                   Lightning, Stable-Baselines3, trainer_state.json, printed lines";
    let own = problem
        .help
        .clone()
        .map_or(String::new(), |help| format!("{help}; "));
    problem.help(format!("{own}logs that are understood: {formats}"))
}
