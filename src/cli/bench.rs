//! `vgrad bench`: how fast a network trains here, with everything logged.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};

use super::spec_args::Changes;
use super::stop::{STOP, listen_for_signals};
use super::{Failure, Format, Global, Outcome, Threads, output};
use crate::lab::bench::workloads::{USUAL, Workload};
use crate::lab::bench::{BenchOptions, BenchReport, bench};
use crate::lab::config::{LoadedSpec, Spec};
use crate::lab::machine::Machine;
use crate::lab::text::significant;

/// Measure training speed, where the time goes and what logging costs
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// The experiment to time: a TOML file; without one, the reference workloads W1 … W5
    #[arg(conflicts_with = "workload")]
    spec: Option<PathBuf>,
    /// A reference workload, W1 … W5 or W1a (repeatable)
    #[arg(long, value_name = "NAME")]
    workload: Vec<String>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    threads: Threads,
    /// Repeats with logging, and as many without, in turn
    #[arg(long, value_name = "K", default_value = "5")]
    repeats: NonZeroU32,
    /// Length of one repeat in seconds
    #[arg(long, value_name = "S", default_value = "2", value_parser = seconds)]
    seconds: f64,
    /// The form of the result on stdout: a table, or one line of JSON per workload
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if seconds > 0.0 && seconds <= 3600.0 => Ok(seconds),
        _ => Err("expected a number of seconds above 0, at most 3600".to_owned()),
    }
}

impl BenchArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let specs = self.specs()?;
        listen_for_signals()?;
        let mut reports = Vec::new();
        for loaded in specs {
            let options = BenchOptions {
                base_dir: &loaded.folder,
                threads: self.threads.get(),
                repeats: self.repeats.get(),
                seconds: self.seconds,
                stop: &STOP,
            };
            if !global.quiet {
                output::remark(&format!(
                    "{}: {} × {} s with every column logged and as long without",
                    loaded.spec.name, self.repeats, self.seconds
                ));
            }
            let report = bench(loaded.spec.clone(), &options);
            let Some(report) = report.map_err(|problem| loaded.explain(problem))? else {
                return Ok(Outcome::Interrupted);
            };
            match self.format {
                // At once, so that what was measured is not lost.
                Format::Json => output::result(&json_line(&report))?,
                Format::Human => reports.push(report),
            }
        }
        if self.format == Format::Human {
            output::result(&human(&reports))?;
        }
        Ok(Outcome::Done)
    }

    /// What to measure, all of it read before the first is measured.
    fn specs(&self) -> Result<Vec<LoadedSpec>, Failure> {
        let changes = self.changes.overrides()?;
        if let Some(path) = &self.spec {
            return Ok(vec![Spec::load(path, &changes)?]);
        }
        let names: Vec<&str> = if self.workload.is_empty() {
            USUAL.to_vec()
        } else {
            self.workload.iter().map(String::as_str).collect()
        };
        let load = |name: &str| -> Result<LoadedSpec, Failure> {
            // The name of a workload has no dot.
            if name.ends_with(".toml") {
                return Ok(Spec::load(name.as_ref(), &changes)?);
            }
            Ok(Workload::named(name)?.spec(&changes)?)
        };
        names.into_iter().map(load).collect()
    }
}

fn json_line(report: &BenchReport) -> String {
    let line = serde_json::to_string(report).expect("a report is plain data");
    line + "\n"
}

/// The table and how to read it.
fn human(reports: &[BenchReport]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let heads = [
        "workload",
        "threads",
        "steps/s",
        "min",
        "max",
        "GFLOP/s",
        "of peak",
        "products",
        "activations",
        "norms",
        "update",
        "logging",
        "other",
        "logging costs",
    ];
    table.set_header(heads);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    for report in reports {
        let (speed, shares) = (significant, &report.shares);
        table.add_row([
            report.workload.clone(),
            report.threads.to_string(),
            speed(report.steps_per_s),
            speed(report.min),
            speed(report.max),
            format!("{:.1}", report.gflops),
            percent(report.share_of_peak),
            percent(shares.products),
            percent(shares.activations),
            percent(shares.norms),
            percent(shares.update),
            percent(shares.logging),
            percent(shares.other),
            percent(report.logging_cost),
        ]);
    }
    let threads = reports.first().map_or(1, |report| report.threads);
    let machine = Machine::here(threads);
    let peak = reports.first().map_or(0.0, |report| report.peak_gflops);
    let table: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    format!(
        "{}\n\n\
         steps/s        median of {} repeats, every column of every layer written to CSV at every step\n\
         GFLOP/s        of the matrix products, per second of the whole step; peak here {peak:.0}\n\
         products …     shares of a logged step's time\n\
         logging costs  1 − time of a step without logging / with\n\
         machine        {}, {} cores\n",
        table.join("\n"),
        reports.first().map_or(0, |report| report.repeats),
        if machine.cpu.is_empty() {
            &machine.arch
        } else {
            &machine.cpu
        },
        machine.cores,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_positive_number() {
        assert_eq!(seconds("0.5"), Ok(0.5));
        for text in ["0", "-1", "NaN", "inf", "soon", "1e9"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
