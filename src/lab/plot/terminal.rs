//! The heat map and the profile of a run in block characters.

use std::collections::BTreeSet;
use std::fmt::Write;

use anstyle::{Color, RgbColor, Style};
use anstyle_lossy::rgb_to_xterm;
use plotters::style::RGBColor;

use super::colors;
use super::figures::thinned;
use super::heatmap::{Heatmap, Shade};
use super::plot_data::{PlotData, apart};
use super::scale::{AxisPlace, Scale};
use crate::lab::records::{RunData, ValueRange};
use crate::lab::text::bar::bar;
use crate::lab::text::{fixed, shortened, symbol};

/// The most lines of a heat map and of a profile.
pub(super) const MOST_LINES: usize = 20;
/// Characters left of a heat map: a layer's number, or stacked layer and time step, and the axis.
pub(super) const MARGIN: usize = 8;

/// Which colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// None: shades of block characters.
    None,
    /// 256.
    Palette,
    /// All.
    True,
}

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Characters per line.
    pub width: usize,
    /// Its colours.
    pub colors: Colors,
}

impl Look {
    /// Draws the runs one after the other, then what there is of them over training, the
    /// cures and the sweeps.
    pub fn draw(&self, data: &PlotData) -> String {
        let runs = self.runs(data).into_iter().chain(self.totals(&data.totals));
        let cures = data.ranked.iter().map(|ranked| self.cures(ranked));
        let sweeps = data.sweeps.iter().map(|view| self.sweep(view));
        let drawn: Vec<String> = runs.chain(cures).chain(sweeps).collect();
        drawn.join("\n")
    }

    fn runs(&self, data: &PlotData) -> Vec<String> {
        let extent = super::plot_data::extent_of_grids(&data.runs);
        let scale = data.scale(&extent);
        let runs = data.runs.iter();
        runs.map(|run| {
            let mut text = String::new();
            self.heat_map(&mut text, data, run, &scale);
            text.push('\n');
            self.profile(&mut text, data, run);
            text
        })
        .collect()
    }

    fn heat_map(&self, text: &mut String, data: &PlotData, run: &RunData, scale: &Scale) {
        let layers = run.layers().len();
        // Half blocks hold two rows, if there are colours to tell them apart.
        let halves = self.colors != Colors::None && layers > MOST_LINES;
        let per_line = if halves { 2 } else { 1 };
        let columns = self.width.saturating_sub(MARGIN).max(8);
        let map = Heatmap::new(run, run.layers(), (columns, MOST_LINES * per_line));
        let bold = Style::new().bold();
        let head = format!("{}  {}", run.label, symbol(&data.quantity));
        let _ = writeln!(text, "{bold}{}{bold:#}", shortened(&head, self.width));
        let shades = map.shades(scale);
        let rows: Vec<&[Shade]> = shades.chunks(map.columns()).collect();
        let lines = rows.len().div_ceil(per_line);
        for (n, line) in rows.chunks(per_line).enumerate() {
            let bottom = rows.len() - (n * per_line + line.len());
            let is_named = n == 0 || n + 1 == lines || (lines - 1 - n).is_multiple_of(4);
            let name = if is_named {
                run.numbering().short(map.layer_of_row(bottom))
            } else {
                String::new()
            };
            let _ = write!(text, "{name:>6} │");
            self.cells(
                text,
                line[0],
                if halves { line.get(1).copied() } else { None },
            );
            text.push('\n');
        }
        let (start, end) = (run.first.step, run.last.step);
        let (start, end) = (format!("{start}"), format!("step {end}"));
        let gap = columns.saturating_sub(start.len() + end.len());
        let head = run.run.along().head();
        let _ = writeln!(text, "{head:>6} └{}", "─".repeat(columns));
        let _ = writeln!(text, "{:MARGIN$}{start}{:gap$}{end}", "", "");
        self.legend(text, run, scale);
        let remarks = [map.remark(), apart(&run.values, data.is_log())];
        for remark in remarks.into_iter().flatten() {
            for line in textwrap(&remark, columns) {
                let _ = writeln!(text, "{:MARGIN$}{line}", "");
            }
        }
    }

    /// A line of cells; `below` shares its characters.
    fn cells(&self, text: &mut String, above: &[Shade], below: Option<&[Shade]>) {
        if self.colors == Colors::None {
            text.extend(above.iter().map(|shade| character(*shade)));
            return;
        }
        let mut current = None;
        for (i, shade) in above.iter().enumerate() {
            let style = match below {
                Some(below) => Style::new()
                    .fg_color(self.color(*shade))
                    .bg_color(self.color(below[i])),
                None => Style::new().fg_color(self.color(*shade)),
            };
            if current != Some(style) {
                if let Some(current) = current {
                    let _ = write!(text, "{current:#}");
                }
                let _ = write!(text, "{style}");
                current = Some(style);
            }
            text.push(if below.is_some() { '▀' } else { '█' });
        }
        if let Some(current) = current {
            let _ = write!(text, "{current:#}");
        }
    }

    fn color(&self, shade: Shade) -> Option<Color> {
        let RGBColor(r, g, b) = match shade {
            Shade::Absent => return None,
            Shade::NonFinite => colors::NON_FINITE,
            Shade::Zero => colors::ZERO,
            Shade::At(share) => colors::viridis(share),
        };
        let color = RgbColor(r, g, b);
        Some(match self.colors {
            Colors::True => Color::Rgb(color),
            _ => Color::Ansi256(rgb_to_xterm(color)),
        })
    }

    /// What the colours or characters mean.
    fn legend(&self, text: &mut String, run: &RunData, scale: &Scale) {
        let [low, high] = scale.ends();
        let steps = if self.colors == Colors::None { 5 } else { 20 };
        let ramp: Vec<Shade> = (0..steps)
            .map(|i| Shade::At(f64::from(i) / f64::from(steps - 1)))
            .collect();
        let _ = write!(text, "{:MARGIN$}{low} ", "");
        self.cells(text, &ramp, None);
        let _ = write!(text, " {high}");
        let extent = &run.values;
        let zeros = scale.is_log() && extent.zeros > 0;
        let apart = [
            (zeros, Shade::Zero, "0"),
            (extent.non_finite > 0, Shade::NonFinite, "inf/NaN"),
        ];
        for (n, (_, shade, name)) in apart.iter().filter(|(is_there, ..)| *is_there).enumerate() {
            if n == 0 && self.width < 64 {
                let _ = write!(text, "\n{:MARGIN$}", "");
            } else {
                text.push_str("   ");
            }
            self.cells(text, &[*shade], None);
            let _ = write!(text, " = {name}");
        }
        text.push('\n');
    }

    /// Bars per layer at the first and the last step.
    fn profile(&self, text: &mut String, data: &PlotData, run: &RunData) {
        let only_one = !run.moves();
        let mut ends = vec![&run.first];
        if !only_one {
            ends.push(&run.last);
        }
        let values = ends.iter().flat_map(|end| end.column(0));
        let extent = ValueRange::of(values.filter_map(|(_, value)| value));
        let scale = data.scale(&extent);
        let name = symbol(&data.quantity);
        let head = if scale.is_log() {
            format!("log10 {name}")
        } else {
            name
        };
        let each = self.width.saturating_sub(MARGIN) / ends.len();
        let _ = write!(text, "{:>6}  ", run.run.along().head());
        for (i, end) in ends.iter().enumerate() {
            let step = format!("step {}", end.step);
            let words = if i == 0 {
                format!("{head}, {step}")
            } else {
                step
            };
            let words = shortened(&words, each - 1);
            let _ = write!(text, "{words:<each$}");
        }
        end_line(text);
        // A layer may be there at one end alone.
        let layers = ends.iter().flat_map(|end| &end.layers);
        let layers: BTreeSet<usize> = layers.copied().collect();
        let layers: Vec<usize> = layers.into_iter().collect();
        let (kept, _) = thinned(layers.len(), MOST_LINES);
        for i in kept.into_iter().rev() {
            let _ = write!(text, "{:>6}  ", run.numbering().short(layers[i]));
            for end in &ends {
                let value = end.of_layer(layers[i], 0);
                let is_bound = value.is_some_and(|value| run.is_bound(value));
                self.bar(text, value, &scale, is_bound, each);
            }
            end_line(text);
        }
    }

    /// A value as a number, a bar and blanks, in all `each` characters; `is_bound` where it is
    /// below what the number says.
    pub(super) fn bar(
        &self,
        text: &mut String,
        value: Option<f64>,
        scale: &Scale,
        is_bound: bool,
        each: usize,
    ) {
        let width = each.saturating_sub(12).max(4);
        let (mut number, bar) = in_words(value, scale, width);
        if is_bound {
            number.insert(0, '<');
        }
        let fill = each.saturating_sub(9 + bar.chars().count());
        let shade = value.and_then(|value| scale.share(value)).map(Shade::At);
        let style = shade.map_or(Style::new(), |shade| {
            Style::new().fg_color(self.tint(shade))
        });
        let _ = write!(text, "{number:>8} {style}{bar}{style:#}{:fill$}", "");
    }

    fn tint(&self, shade: Shade) -> Option<Color> {
        if self.colors == Colors::None {
            None
        } else {
            self.color(shade)
        }
    }
}

/// A value as a number and a bar of at most `width` characters.
fn in_words(value: Option<f64>, scale: &Scale, width: usize) -> (String, String) {
    let Some(value) = value else {
        return (String::new(), String::new());
    };
    match (scale.place(value), scale.share(value)) {
        (AxisPlace::At(at), Some(share)) => {
            let number = fixed(at, 2);
            // Of what has decimals beyond the second, those would all be 0.
            let is_small = !scale.is_log() && at != 0.0 && at.abs() < 0.005;
            let number = if number.len() > 8 || is_small {
                format!("{at:.1e}")
            } else {
                number
            };
            (number, bar(share, width as f64))
        }
        _ => (format!("{value}"), String::new()),
    }
}

/// Ends a line without blanks at its end.
pub(super) fn end_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}

/// A cell where there are no colours.
fn character(shade: Shade) -> char {
    const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
    match shade {
        Shade::Absent => '.',
        Shade::NonFinite => '!',
        Shade::Zero => '0',
        Shade::At(share) => SHADES[((share * 5.0) as usize).min(4)],
    }
}

/// Words in lines of at most `width` characters.
pub(super) fn textwrap(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
