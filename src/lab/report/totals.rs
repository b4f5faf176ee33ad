//! The page of logs without norms of layers: the whole gradient and the loss over training.

use askama::Template;

use super::Report;
use super::figure::figure;
use crate::base::Problem;
use crate::lab::log_report::Total;
use crate::lab::plot::PlotData;
use crate::lab::records::{ForeignRun, Run, Target};

const STYLE: &str = include_str!("page.css");

#[derive(Template)]
#[template(path = "totals.html", config = "src/lab/report/askama.toml")]
struct TotalsPage<'a> {
    title: &'a str,
    version: &'a str,
    warnings: &'a [String],
    cards: Vec<TotalCard>,
    /// SVG, whose texts are escaped.
    figure: String,
    /// Trusted text, which the template does not escape.
    style: &'a str,
}

/// What is said of a run, as `vgrad read` says it.
struct TotalCard {
    label: String,
    format: &'static str,
    sentence: String,
    loss: Option<String>,
    notes: &'static [&'static str],
}

/// The page of some logs, none of which has layers, read at most `threads` at once.
///
/// # Errors
/// If one cannot be read.
pub fn page(targets: &[Target], title: &str, threads: usize) -> Result<Report, Problem> {
    let data = PlotData::of_totals(targets, threads)?;
    let runs = targets.iter().flat_map(|target| {
        let logs = target.runs.iter().filter_map(Run::foreign);
        logs.map(|log| (target.label.clone(), log))
    });
    let cards = runs.map(|(label, log)| card(label, log));
    let page = TotalsPage {
        title,
        version: env!("CARGO_PKG_VERSION"),
        warnings: &data.warnings,
        cards: cards.collect::<Result<_, _>>()?,
        figure: figure("total", &data)?,
        style: STYLE,
    };
    let html = page
        .render()
        .map_err(|error| Problem::new(format!("the page cannot be put together: {error}")))?;
    Ok(Report {
        html,
        warnings: data.warnings,
    })
}

fn card(label: String, run: &ForeignRun) -> Result<TotalCard, Problem> {
    let log = run.log();
    let series = log.run(&run.part().run).cloned().unwrap_or_default();
    let total = Total::read(log, &series)?;
    Ok(TotalCard {
        label,
        format: log.format(),
        sentence: total.sentence(),
        loss: total.loss_line(),
        notes: log.notes(),
    })
}
