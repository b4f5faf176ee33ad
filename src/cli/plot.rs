//! `vgrad plot`: figures of runs, in a file or on the terminal.

use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

use super::reading_args::ReadingArgs;
use super::suggested::{Suggested, quantities};
use super::{Failure, Global, Outcome, Threads, output};
use crate::base::Problem;
use crate::lab::plot::{
    AxisLimits, Colors, FIGURES, FigureFile, LegendPlace, Look, PanelStyle, PlotData, Sheet, rename,
};
use crate::lab::records::Target;
use crate::lab::remedies::RankedCures;
use crate::lab::sweep::SweepView;

/// Stands for every figure that applies.
const ALL: &str = "all";
/// The figure that a network has to be run for.
const VIEW: &str = "view";
/// The figure that shows sweeps and nothing else.
const SWEEP: &str = "sweep";
/// The figure that shows no layers, and so takes logs that have none.
const TOTAL: &str = "total";
/// The width of a terminal that does not tell its own.
const WIDTH: usize = 80;
/// The bounds of a width that can be drawn to.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=400;

/// Draw gradients over layers and training: SVG, PNG, PDF, or on the terminal
#[derive(Args, Debug)]
pub struct PlotArgs {
    /// Run folders, folders of seeds, of remedies or of sweeps, CSV files or logs of other programs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The file to draw into, .svg, .png or .pdf, where only an earlier figure is replaced; without it, draw on the terminal
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What to draw into the file; repeatable [default: all that apply]
    #[arg(long, value_name = "FIGURE", requires = "out", value_parser = names())]
    figure: Vec<String>,
    /// The column to draw [default: the norm that tells of decay]
    #[arg(long, value_name = "COLUMN", value_parser = Suggested { words: quantities }, hide_possible_values = true)]
    quantity: Option<String>,
    /// Of a sweep: the axis from left to right, a key of its spec [default with --figure sweep: its first axis of numbers]
    #[arg(long, value_name = "KEY")]
    x: Option<String>,
    /// Of a sweep: the axis from bottom to top; without it, lines are drawn
    #[arg(long, value_name = "KEY", requires = "x")]
    y: Option<String>,
    /// Call a run something else, for example --label run-2="with batch norm"; repeatable
    #[arg(long, value_name = "RUN=TEXT")]
    label: Vec<String>,
    /// The title, "" for none [default: the names of the runs]
    #[arg(long, value_name = "TEXT", requires = "out")]
    title: Option<String>,
    /// Leave out the captions below the panels
    #[arg(long, requires = "out")]
    no_captions: bool,
    /// Where the legend goes; colour bars always stand beside their panel
    #[arg(
        long,
        value_name = "PLACE",
        requires = "out",
        default_value = "outside"
    )]
    legend: Legend,
    /// The ends of the axis of steps or layers, one of which may be left out: 0:500, 100:, :500; with a single --figure
    #[arg(
        long,
        value_name = "LOW:HIGH",
        requires = "out",
        allow_hyphen_values = true
    )]
    xlim: Option<AxisLimits>,
    /// The ends of the axis of values (of layers in a heat map, of the loss in curves), such as 1e-9:1; with a single --figure
    #[arg(
        long,
        value_name = "LOW:HIGH",
        requires = "out",
        allow_hyphen_values = true
    )]
    ylim: Option<AxisLimits>,
    /// Width in pixels, in a PDF in points (1/72 inch): 240 is a column of a journal in small type
    #[arg(long, value_name = "PIXELS", requires = "out", value_parser = clap::value_parser!(u32).range(200..=8000))]
    width: Option<u32>,
    /// Height in pixels, in a PDF in points
    #[arg(long, value_name = "PIXELS", requires = "out", value_parser = clap::value_parser!(u32).range(100..=8000))]
    height: Option<u32>,
    /// The size of the text of axes and legends in pixels, in a PDF in points, from 5 to 48
    #[arg(long, value_name = "PIXELS", requires = "out", default_value = "12", value_parser = font_size)]
    font_size: f64,
    /// Dots per pixel of a PNG, 2 or more for print [default: 1]
    #[arg(long, value_name = "N", requires = "out", value_parser = clap::value_parser!(u8).range(1..=8))]
    scale: Option<u8>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    threads: Threads,
}

/// Where `--legend` puts it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Legend {
    /// beside the data, below them where a panel is narrow
    Outside,
    /// over the data, in the corner with the fewest
    Inside,
    /// nowhere
    None,
}

/// What `--font-size` takes.
fn font_size(text: &str) -> Result<f64, String> {
    let size: Option<f64> = text.parse().ok();
    size.filter(|size| (5.0..=48.0).contains(size))
        .ok_or_else(|| "a number from 5 to 48 was expected".to_owned())
}

/// What `--figure` takes.
fn names() -> PossibleValuesParser {
    let figures = FIGURES.iter();
    let figures = figures.map(|figure| PossibleValue::new(figure.name()).help(figure.help()));
    let all = PossibleValue::new(ALL).help("all that apply");
    PossibleValuesParser::new(figures.chain([all]))
}

impl PlotArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let destination = self.out.as_deref();
        let destination = destination
            .map(|path| FigureFile::open(path, self.scale))
            .transpose()?;
        let mut data = self.data()?;
        if destination.is_some() {
            let is_asked = self.is_asked(VIEW);
            if is_asked || self.figure.is_empty() || self.is_asked(ALL) {
                data.render_views(is_asked, self.threads.get())?;
            }
        }
        for warning in &data.warnings {
            output::remark(&format!("warning: {warning}"));
        }
        match (destination, &self.out) {
            (Some(destination), Some(path)) => {
                let drawn = self.sheet().draw(&data)?;
                let size = destination.write(&drawn.svg, drawn.size)?;
                let path = path.display();
                if global.quiet {
                    output::result(&format!("{path}\n"))?;
                } else {
                    let figures = drawn.figures.join(", ");
                    output::result(&format!("{path}: {figures} ({size})\n"))?;
                }
            }
            _ => output::result(&look().draw(&data))?,
        }
        Ok(Outcome::Done)
    }

    fn data(&self) -> Result<PlotData, Failure> {
        let quantity = self.quantity.as_deref();
        let is_of_sweeps = self.is_asked(SWEEP) && self.figure.iter().all(|name| name == SWEEP);
        if self.x.is_some() || is_of_sweeps {
            let axes = [self.x.as_deref(), self.y.as_deref()];
            let views = self.runs.iter();
            let views: Result<Vec<SweepView>, Problem> = views
                .map(|path| SweepView::open(path, axes, quantity))
                .collect();
            return Ok(PlotData::of_sweeps(views?));
        }
        let (ranked, runs) = RankedCures::open_among(&self.runs)?;
        let mut targets = self.reading.open_all(&runs)?;
        rename(&mut targets, &self.label)?;
        let threads = self.threads.get();
        let is_of_totals = self.is_asked(TOTAL) && self.figure.iter().all(|name| name == TOTAL);
        let (layered, bare): (Vec<Target>, Vec<Target>) =
            targets.iter().cloned().partition(Target::has_layers);
        if is_of_totals || (layered.is_empty() && !bare.is_empty()) {
            if let Some(quantity) = quantity {
                let what = format!("--quantity {quantity}: no column of layers is drawn");
                return Err(Problem::new(what)
                    .help("leave it out: the whole gradient's norm and the loss are drawn")
                    .into());
            }
            let mut data = PlotData::of_totals(&targets, threads)?;
            data.ranked = ranked;
            return Ok(data);
        }
        let mut data = PlotData::of(&layered, ranked, quantity, threads)?;
        if self.is_asked(TOTAL) || !bare.is_empty() {
            data.add_totals(&targets, threads)?;
        }
        let names = bare.iter().map(|target| {
            format!(
                "{} has no norms of layers: no figure but `{TOTAL}` shows it",
                target.label
            )
        });
        data.warnings.extend(names);
        Ok(data)
    }

    /// Whether a figure is named.
    fn is_asked(&self, name: &str) -> bool {
        self.figure.iter().any(|asked| asked == name)
    }

    fn sheet(&self) -> Sheet {
        let figures = FIGURES.iter().copied();
        Sheet {
            title: self.title.clone(),
            width: self.width,
            height: self.height,
            xlim: self.xlim,
            ylim: self.ylim,
            style: PanelStyle {
                font_size: self.font_size,
                has_titles: true,
                has_captions: !self.no_captions,
                legend: match self.legend {
                    Legend::Outside => LegendPlace::Outside,
                    Legend::Inside => LegendPlace::Inside,
                    Legend::None => LegendPlace::None,
                },
            },
            figures: if self.is_asked(ALL) {
                Vec::new()
            } else {
                figures
                    .filter(|figure| self.is_asked(figure.name()))
                    .collect()
            },
        }
    }
}

/// What stdout can show. COLUMNS has its say before the terminal's size.
fn look() -> Look {
    let columns = std::env::var("COLUMNS").ok();
    let columns = columns.and_then(|columns| columns.parse().ok());
    let own = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = columns.filter(|n| *n > 0).or_else(own).unwrap_or(WIDTH);
    let has_all = std::env::var("COLORTERM")
        .is_ok_and(|value| value.contains("truecolor") || value.contains("24bit"));
    Look {
        width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
        colors: match AutoStream::choice(&std::io::stdout()) {
            ColorChoice::Never => Colors::None,
            _ if has_all => Colors::True,
            _ => Colors::Palette,
        },
    }
}
