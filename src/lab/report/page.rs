//! The page around the charts. The template escapes whatever comes from files.

use askama::Template;

use super::card::{Card, card};
use super::charts;
use super::facts::{Facts, facts};
use super::figure::figure;
use super::group::groups;
use super::library;
use super::overview::{Overview, overview};
use crate::base::Problem;
use crate::lab::plot::PlotData;
use crate::lab::records::{RunData, Target, specs};
use crate::lab::text::symbol;
use crate::nn::architecture::Along;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = concat!(
    include_str!("kit.js"),
    include_str!("table.js"),
    include_str!("page.js")
);

#[derive(Template)]
#[template(path = "page.html", config = "src/lab/report/askama.toml")]
struct Page<'a> {
    title: &'a str,
    version: &'a str,
    overview: Overview,
    /// What was left out, each with its run.
    warnings: Vec<String>,
    cautions: Vec<String>,
    /// What the charts show, as an axis says it.
    symbol: String,
    /// What the path is made of that decay is measured along: one of it, and its last one.
    one: &'static str,
    last: &'static str,
    cards: Vec<Card>,
    facts: Option<Facts>,
    /// What networks render, as SVG.
    view: Option<String>,
    /// What that is: "view held out".
    rendered: String,
    /// Each rendered view's run and quality.
    view_titles: Vec<String>,
    /// How right networks are against how sure, as SVG.
    reliability: Option<String>,
    /// How steps are taken together, one sentence per run that needs one.
    sampling: Vec<String>,
    has_seeds: bool,
    /// Whether the first chart has a line of theory.
    has_theory: bool,
    has_curves: bool,
    has_accuracy: bool,
    /// Whether a run is a generator's.
    has_generator: bool,
    /// Trusted texts, which the template does not escape.
    style: &'a str,
    library: String,
    script: &'a str,
    data: String,
}

/// The whole page.
///
/// # Errors
/// None that a user could cause.
pub fn render(title: &str, targets: &[Target], data: &PlotData) -> Result<String, Problem> {
    let entries = &data.runs;
    let curves = || entries.iter().map(|entry| &entry.stats.curves);
    let groups = groups(targets, data);
    let changed = specs::changed(targets);
    let mut symbols: Vec<String> = entries
        .iter()
        .map(|entry| symbol(&entry.stats.headline))
        .collect();
    symbols.dedup();
    let along = Along::of_all(entries.iter().map(|entry| entry.run.along()));
    let page = Page {
        title,
        one: along.one(),
        last: along.last(),
        version: env!("CARGO_PKG_VERSION"),
        overview: overview(&groups, specs::settings(targets, &changed)),
        warnings: entries
            .iter()
            .flat_map(|e| e.stats.warnings.clone())
            .chain(data.warnings.clone())
            .collect(),
        cautions: entries
            .iter()
            .filter_map(|entry| entry.run.caution(&entry.stats.headline))
            .take(1)
            .chain(entries.iter().find_map(RunData::rounding))
            .collect(),
        symbol: match &*symbols {
            [symbol] => symbol.clone(),
            _ => "the norm".to_owned(),
        },
        cards: groups.iter().map(card).collect(),
        facts: facts(&groups, &changed),
        sampling: sampling(entries),
        view: match data.views.is_empty() {
            true => None,
            false => Some(figure("view", data)?),
        },
        rendered: data.what_is_rendered(),
        view_titles: data.views.iter().map(|view| view.title()).collect(),
        reliability: match data.has_probabilities() {
            true => Some(figure("reliability", data)?),
            false => None,
        },
        has_seeds: groups.iter().any(|group| group.seeds().is_some()),
        has_theory: targets.len() == 1 && entries.iter().any(|e| !e.expected_norms().is_empty()),
        has_curves: curves().any(|curves| curves.all().iter().any(|curve| !curve.is_empty())),
        has_accuracy: curves().any(|c| !c.train_accuracy.is_empty() || !c.test_accuracy.is_empty()),
        has_generator: entries.iter().any(RunData::is_generator),
        style: STYLE,
        library: library::script()?,
        script: SCRIPT,
        data: charts::json(&groups)?,
    };
    page.render()
        .map_err(|error| Problem::new(format!("the page cannot be put together: {error}")))
}

fn sampling(entries: &[RunData]) -> Vec<String> {
    let mut sentences = Vec::new();
    for entry in entries {
        let label = &entry.label;
        let (steps, rows) = (
            entry.grid.steps_per_bucket(),
            entry.stats.curves.per_point(),
        );
        if steps > 1 {
            sentences.push(format!(
                "{label}: each point is the min–max of {steps} logged steps."
            ));
        }
        if rows > 1 {
            sentences.push(format!(
                "{label}: each point of loss and accuracy is the min–max of up to {rows} rows."
            ));
        }
    }
    sentences
}
