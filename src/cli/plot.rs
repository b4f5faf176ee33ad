//! `vgrad plot`: figures of runs, in a file or on the terminal.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::reading_args::ReadingArgs;
use super::{Failure, Global, Outcome, output};
use crate::lab::machine::cores;
use crate::lab::plot::{Album, Colors, Destination, FIGURES, Look, Sheet};

/// Stands for every figure that applies.
const ALL: &str = "all";
/// The width of a terminal that does not tell its own.
const WIDTH: usize = 80;
/// The bounds of a width that can be drawn to.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=400;

/// Draw gradients over layers and training: SVG, PNG, or on the terminal
#[derive(Args, Debug)]
pub struct PlotArgs {
    /// Run folders, folders of seeds, or CSV files
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The file to draw into, .svg or .png, where only an earlier figure is replaced; without it, draw on the terminal
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What to draw into the file; repeatable [default: all that apply]
    #[arg(long, value_name = "FIGURE", requires = "out", value_parser = names())]
    figure: Vec<String>,
    /// The column to draw [default: the norm that tells of decay]
    #[arg(long, value_name = "COLUMN")]
    quantity: Option<String>,
    /// The title [default: the names of the runs]
    #[arg(long, value_name = "TEXT", requires = "out")]
    title: Option<String>,
    /// Width in pixels
    #[arg(long, value_name = "PIXELS", requires = "out", value_parser = clap::value_parser!(u32).range(420..=8000))]
    width: Option<u32>,
    /// Height in pixels
    #[arg(long, value_name = "PIXELS", requires = "out", value_parser = clap::value_parser!(u32).range(240..=8000))]
    height: Option<u32>,
    /// Dots per pixel of a PNG: 2 for print
    #[arg(long, value_name = "N", requires = "out", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    scale: u8,
    #[command(flatten)]
    reading: ReadingArgs,
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
        let destination = self.out.as_deref().map(Destination::open).transpose()?;
        let targets = self.reading.open(&self.runs)?;
        let threads = global.threads.map_or_else(cores, NonZeroUsize::get);
        let album = Album::of(&targets, self.quantity.as_deref(), threads)?;
        for warning in &album.warnings {
            output::remark(&format!("warning: {warning}"));
        }
        match (destination, &self.out) {
            (Some(destination), Some(path)) => {
                let drawn = self.sheet().draw(&album)?;
                destination.write(&drawn.svg, f32::from(self.scale))?;
                let path = path.display();
                if global.quiet {
                    output::result(&format!("{path}\n"))?;
                } else {
                    let (width, height) = drawn.size;
                    let figures = drawn.figures.join(", ");
                    output::result(&format!("{path}: {figures} ({width} × {height})\n"))?;
                }
            }
            _ => output::result(&look().draw(&album))?,
        }
        Ok(Outcome::Done)
    }

    fn sheet(&self) -> Sheet {
        let is_asked = |name: &str| self.figure.iter().any(|asked| asked == name);
        let figures = FIGURES.iter().copied();
        Sheet {
            title: self.title.clone(),
            width: self.width,
            height: self.height,
            figures: if is_asked(ALL) {
                Vec::new()
            } else {
                figures.filter(|figure| is_asked(figure.name())).collect()
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
