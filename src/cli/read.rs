//! `vgrad read`: what is understood of a log that another program wrote.

use std::path::PathBuf;

use clap::Args;

use super::form::form;
use super::reading_args::ReadingArgs;
use super::{Failure, Global, Outcome, output};
use crate::base::Problem;
use crate::lab::form::Form;
use crate::lab::log_report::{FORMS, LogReport, TidyFile};
use crate::lab::sweep::SweepFolder;

/// Say what is understood of a log that another program wrote, and the verdict on it
///
/// Understood are, by what is in them: CSV with a row or a column per layer, Lightning's metrics.csv,
/// CSVLogger of Keras, progress.csv of Stable-Baselines3, W&B's exports and offline files,
/// trainer_state.json of Hugging Face, JSON (an object a line, a list of them, a list per metric),
/// TensorBoard's event files and downloads, MLflow's file store, Poutyne's gradients and printed
/// lines (Megatron, nanotron, torchtitan, `name | grad norm: x`); gzip, UTF-16 and pipes too. Layers
/// are put in forward order by the numbers and words in their names, since loggers sort them by
/// alphabet. Every command that takes a run takes such a log; one without a norm per layer is for
/// `read`, `plot`, `report` and the rules of `check`.
#[derive(Args, Debug)]
pub struct ReadArgs {
    /// A file, a folder, or - for stdin
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// Write the rows in the form of gradients.csv: step, layer, name, norms; of several networks
    /// each into a file of its own
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The form of the result on stdout
    #[arg(long, value_parser = form(FORMS), default_value = FORMS[0].name)]
    format: &'static Form<LogReport>,
    #[command(flatten)]
    reading: ReadingArgs,
}

impl ReadArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        if SweepFolder::is_one(&self.log) {
            let what = "is the folder of a sweep, and no log";
            let help = "name a run in its folder `cells`, or give the sweep to `vgrad report` or \
                        `vgrad compare`";
            return Err(Problem::in_file(&self.log, what).help(help).into());
        }
        let file = self.out.as_deref().map(TidyFile::new).transpose()?;
        let report = LogReport::of(&self.log, &self.reading.options())?;
        for warning in &report.warnings {
            output::warn(warning);
        }
        output::result(&(self.format.write)(&report, global.detail())?)?;
        if let Some(file) = file {
            for path in file.write(&report)? {
                output::remark(&format!("written: {}", path.display()));
            }
        }
        Ok(Outcome::Done)
    }
}
