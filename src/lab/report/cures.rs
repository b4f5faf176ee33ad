//! The page of what `vgrad remedies` tried: a ranked table and a figure.

use askama::Template;

use super::figure::figure;
use super::group::lost;
use super::overview::tone;
use crate::base::Problem;
use crate::lab::decay::Verdict;
use crate::lab::json::Real;
use crate::lab::plot::PlotData;
use crate::lab::remedies::{CureRow, RankedCures};
use crate::lab::text::{Tone, number, word};

const STYLE: &str = include_str!("page.css");
/// What a number that there is not is shown as.
const UNKNOWN: &str = "–";

#[derive(Template)]
#[template(path = "cures.html", config = "src/lab/report/askama.toml")]
struct CuresPage<'a> {
    title: &'a str,
    version: &'a str,
    parts: Vec<Part>,
    /// Trusted text, which the template does not escape.
    style: &'a str,
}

/// One folder of remedies.
struct Part {
    label: String,
    conclusion: String,
    /// What the cures are scored by.
    score: &'static str,
    rows: Vec<PageRow>,
    /// Names and reasons.
    inapplicable: Vec<(String, String)>,
    /// SVG, whose texts are escaped.
    figure: String,
}

struct PageRow {
    rank: String,
    name: String,
    set: String,
    lost: String,
    expected: String,
    score: String,
    loss: String,
    steps: String,
    tone: &'static str,
    verdict: &'static str,
    learned: &'static str,
    reason: String,
}

/// The page of some rankings, at least one.
///
/// # Errors
/// If none of the cures has numbers that can be drawn.
pub fn page(ranked: &[RankedCures], title: Option<&str>) -> Result<String, Problem> {
    let names: Vec<&str> = ranked.iter().map(|ranked| &*ranked.label).collect();
    let own = format!("Cures tried: {}", names.join(", "));
    let page = CuresPage {
        title: title.unwrap_or(&own),
        version: env!("CARGO_PKG_VERSION"),
        parts: ranked.iter().map(part).collect::<Result<_, _>>()?,
        style: STYLE,
    };
    page.render()
        .map_err(|error| Problem::new(format!("the page cannot be put together: {error}")))
}

fn part(ranked: &RankedCures) -> Result<Part, Problem> {
    let rows = || [&ranked.baseline].into_iter().chain(&ranked.tried);
    let has_accuracy = rows().any(|row| row.test_accuracy.is_some());
    let rows = rows().enumerate();
    Ok(Part {
        label: ranked.label.clone(),
        conclusion: conclusion(ranked),
        score: match ranked.baseline.loss_decades {
            _ if has_accuracy => "Accuracy",
            Some(_) => "Energy distance",
            None => "Test loss",
        },
        rows: rows
            .map(|(rank, row)| page_row(rank, row, has_accuracy))
            .collect(),
        inapplicable: ranked
            .inapplicable
            .iter()
            .map(|row| (row.name.clone(), row.reason.clone().unwrap_or_default()))
            .collect(),
        figure: figure("cures", &PlotData::of(&[], vec![ranked.clone()], None, 1)?)?,
    })
}

/// What to do, in a sentence.
fn conclusion(ranked: &RankedCures) -> String {
    let mut tried = ranked.tried.iter();
    let Some(best) = tried.find(|row| row.helped == Some(true)) else {
        return "None of the cures helped.".to_owned();
    };
    let reached = match (best.test_accuracy, ranked.baseline.test_accuracy) {
        (Some(after), Some(before)) => {
            format!(": accuracy {:.3} instead of {:.3}", after.0, before.0)
        }
        _ => String::new(),
    };
    format!("The best cure is {}{reached}.", best.name)
}

fn page_row(rank: usize, row: &CureRow, has_accuracy: bool) -> PageRow {
    let shown = |value: Option<Real>, show: &dyn Fn(f64) -> String| {
        value.map_or(UNKNOWN.to_owned(), |value| show(value.0))
    };
    let of_accuracy = |mean: f64| match row.test_accuracy_spread {
        Some(Real(half)) => format!("{mean:.3} ± {half:.3}"),
        None => format!("{mean:.3}"),
    };
    PageRow {
        rank: match rank {
            0 => String::new(),
            rank => format!("{rank}."),
        },
        name: row.name.clone(),
        set: row.set.join(" "),
        lost: row.shown_lost(lost).unwrap_or_else(|| UNKNOWN.to_owned()),
        expected: shown(row.attenuation_predicted, &lost),
        score: match has_accuracy {
            true => shown(row.test_accuracy, &of_accuracy),
            false => shown(row.test_loss, &number),
        },
        loss: shown(row.train_loss, &number),
        steps: shown(row.steps_to_90_percent, &|steps| format!("{steps:.0}")),
        tone: tone(match (row.helped, row.verdict) {
            (Some(true), _) => Tone::Good,
            (None, Some(Verdict::Healthy)) => Tone::Open,
            (Some(false), Some(Verdict::Healthy)) => Tone::Doubtful,
            _ => Tone::Bad,
        }),
        verdict: row.verdict.map_or("", word),
        learned: match row.learned {
            Some(true) => "learned",
            _ => row.unlearned().unwrap_or_default(),
        },
        reason: row.reason.clone().unwrap_or_default(),
    }
}
