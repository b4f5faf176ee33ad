//! A report: runs on one self-contained HTML page, with charts that answer to
//! the mouse, for a browser without a network.

mod card;
mod charts;
mod cures;
mod curve;
mod decades;
mod facts;
mod figure;
mod group;
mod library;
mod overview;
mod page;
mod read;
mod totals;
mod write;

pub use write::PageFile;

use crate::base::Problem;
use crate::lab::plot::PlotData;
use crate::lab::records::Target;
use crate::lab::remedies::RankedCures;

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The runs, in the order in which they are shown.
    pub targets: &'a [Target],
    /// The page's heading; made from the runs' names by default.
    pub title: Option<&'a str>,
    /// The column of norms to look at; the headline of each file by default.
    pub quantity: Option<&'a str>,
    /// Runs read at the same time.
    pub threads: usize,
}

/// A page and what was left out on the way to it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The whole page.
    pub html: String,
    /// What was left out of the files, for the user to know.
    pub warnings: Vec<String>,
}

impl Report {
    /// Reads the runs, each in one pass, and makes the page.
    ///
    /// # Errors
    /// If a run cannot be read or lacks the column asked for, or some have layers and others
    /// have none.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let mut targets = request.targets.iter();
        if let Some(bare) = targets.find(|target| !target.has_layers()) {
            return Self::without_layers(request, bare);
        }
        let entries = read::read_all(request)?;
        let data = PlotData::of_page(request.targets, entries, request.threads);
        let of_files = data.runs.iter().flat_map(|own| own.stats.warnings.clone());
        let warnings = of_files.chain(data.warnings.clone());
        Ok(Self {
            warnings: warnings.collect(),
            html: page::render(&title(request), request.targets, &data)?,
        })
    }

    /// Of logs that have no layers, as `bare` has none.
    fn without_layers(request: &Request, bare: &Target) -> Result<Self, Problem> {
        if let Some(quantity) = request.quantity {
            let what = format!("has no norms of layers, and so no column `{quantity}` of them");
            return Err(Problem::in_file(&bare.path, what)
                .help("leave --quantity out: the whole gradient's norm and the loss are shown"));
        }
        if request.targets.iter().any(Target::has_layers) {
            let what = "has no norms of layers, as others that are named have";
            return Err(Problem::in_file(&bare.path, what)
                .help("write a page for each of the two kinds: they show other things"));
        }
        totals::page(request.targets, &title(request), request.threads)
    }
}

/// The page of what cures came to.
///
/// # Errors
/// If none of the cures of a folder has numbers that can be drawn.
pub fn of_cures(ranked: &[RankedCures], title: Option<&str>) -> Result<Report, Problem> {
    Ok(Report {
        html: cures::page(ranked, title)?,
        warnings: Vec::new(),
    })
}

fn title(request: &Request) -> String {
    if let Some(title) = request.title {
        return title.to_owned();
    }
    let labels: Vec<&str> = request
        .targets
        .iter()
        .map(|target| &*target.label)
        .collect();
    match labels[..] {
        [] => "Gradients".to_owned(),
        [one] => format!("Gradients of {one}"),
        [a, b] => format!("Gradients of {a} and {b}"),
        [a, b, ..] => format!("Gradients of {a}, {b} and {} more", labels.len() - 2),
    }
}
