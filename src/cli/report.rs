//! `vgrad report`: one self-contained HTML page about one or several runs.

use std::path::PathBuf;

use clap::Args;

use super::reading_args::ReadingArgs;
use super::suggested::{Suggested, quantities};
use super::{Failure, Global, Outcome, Threads, output};
use crate::base::Problem;
use crate::lab::remedies::RankedCures;
use crate::lab::report::{PageFile, Report, Request, of_cures};

/// Write one HTML page about runs, with charts that work offline
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// Run folders, folders of seeds, CSV files or logs of other programs; or folders of remedies
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
    #[arg(long, value_name = "COLUMN", value_parser = Suggested { words: quantities }, hide_possible_values = true)]
    quantity: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    threads: Threads,
}

impl ReportArgs {
    fn report(&self) -> Result<Report, Failure> {
        let (ranked, runs) = RankedCures::open_among(&self.runs)?;
        let title = self.title.as_deref();
        if ranked.is_empty() {
            let targets = self.reading.open_all(&runs)?;
            return Ok(Report::of(&Request {
                targets: &targets,
                title,
                quantity: self.quantity.as_deref(),
                threads: self.threads.get(),
            })?);
        }
        let wrong = |what: String, help: &str| Failure::from(Problem::new(what).help(help));
        if let Some(run) = runs.first() {
            let what = format!("{}: a page is about runs or about remedies", run.display());
            return Err(wrong(what, "write a page for each"));
        }
        if let Some(quantity) = &self.quantity {
            let what = format!("--quantity {quantity}: there is no run that has columns");
            return Err(wrong(
                what,
                "leave it out: a page of remedies has all of its numbers",
            ));
        }
        Ok(of_cures(&ranked, title)?)
    }

    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        // Before a gigabyte is read for nothing.
        let destination = PageFile::new(&self.out)?;
        let report = self.report()?;
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
