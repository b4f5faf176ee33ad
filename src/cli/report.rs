//! `vgrad report`: one self-contained HTML page about one or several runs.

use std::path::PathBuf;

use clap::Args;

use super::reading_args::ReadingArgs;
use super::{Failure, Global, Outcome, Threads, output};
use crate::lab::report::{PageFile, Report, Request};

/// Write one HTML page about runs, with charts that work offline
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// Run folders, folders of seeds or CSV files
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The page; an earlier page is replaced, another file is not
    #[arg(
        short,
        long,
        visible_alias = "output",
        value_name = "FILE.html",
        default_value = "report.html"
    )]
    out: PathBuf,
    /// The page's heading [default: the runs' names]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The column of norms to look at [default: activation_grad_norm, else the first ending in _norm]
    #[arg(long, value_name = "COLUMN")]
    quantity: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    threads: Threads,
}

impl ReportArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        // Before a gigabyte is read for nothing.
        let destination = PageFile::new(&self.out)?;
        let targets = self.reading.open(&self.runs)?;
        let report = Report::of(&Request {
            targets: &targets,
            title: self.title.as_deref(),
            quantity: self.quantity.as_deref(),
            threads: self.threads.get(),
        })?;
        for warning in &report.warnings {
            output::remark(&format!("warning: {warning}"));
        }
        destination.write(&report.html)?;
        let path = destination.path().display();
        output::result(&if global.quiet {
            format!("{path}\n")
        } else {
            format!("{path}  {:.1} MB\n", report.html.len() as f64 / 1e6)
        })?;
        Ok(Outcome::Done)
    }
}
