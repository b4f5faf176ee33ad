//! What a person reads at the end of a run: the layers as bars, the decay, the
//! verdict in a sentence, where and why it fails, and what to try next.

use std::fmt::Write;

use anstyle::{AnsiColor, Color, Style};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::base::counted;
use crate::lab::config::Spec;
use crate::lab::diagnose::{self, Diagnosis};
use crate::lab::experiment::RunOutcome;
use crate::lab::history::LayerProfile;
use crate::lab::seeds::{SeedEstimate, SeedGroup};
use crate::lab::summary::{Status, Summary};
use crate::lab::text::{self, Findings, Tone, bar::bar};
use crate::nn::architecture::Along;

/// The most layers shown; a deeper network shows every k-th.
const MOST_ROWS: usize = 24;
/// The fewest decades that the bars span: what a healthy network differs by
/// over its layers shall look level.
const DECADES: f64 = 4.0;
/// Characters of the longest bar at most.
const LONGEST_BAR: usize = 60;
/// Characters of a column before its bar: a gap, the number, a gap.
const NUMBER: usize = 10;
/// Characters of the layer's column, and of the labels below.
const LAYER: usize = 5;
const LABEL: usize = 10;

/// What a text is made from.
pub struct Told<'a> {
    /// The run.
    pub outcome: &'a RunOutcome,
    /// Its spec.
    pub spec: &'a Spec,
    /// What is wrong with it and what to try next.
    pub diagnosis: Option<&'a Diagnosis>,
    /// Columns of a line.
    pub width: usize,
}

/// The whole text.
pub fn whole(told: &Told) -> String {
    let Told { outcome, width, .. } = told;
    let mut text = bars(&outcome.profile, &outcome.summary, *width);
    if told.spec.gan.is_some() {
        let networks = text::networks(told.spec.network.depth + 1);
        let _ = writeln!(text, "{:LAYER$}  {networks}", "");
    }
    text.push('\n');
    for (label, line) in lines(told) {
        text += &text::labelled(label, &line, [LABEL, *width]);
    }
    if let Some(diagnosis) = told.diagnosis.filter(|diagnosis| !diagnosis.is_fine()) {
        for (label, line) in diagnose::short(diagnosis) {
            text += &text::labelled(label, &line, [LABEL, *width]);
        }
        text += &diagnose::hint_lines(diagnosis, *width);
    }
    text
}

fn lines(told: &Told) -> Vec<(&'static str, String)> {
    let summary = &told.outcome.summary;
    let layers = told.outcome.profile.len();
    let mut lines = vec![(
        "decay",
        text::decay_line(&summary.initial, layers, summary.along),
    )];
    if let Some(forecast) = &summary.predicted {
        lines.push(("", text::forecast_line(forecast, summary.along)));
    }
    if summary.last.step > 0 {
        lines.push(("", text::decay_line(&summary.last, layers, summary.along)));
    }
    lines.push(("verdict", verdict_line(summary, &told.outcome.profile)));
    lines.push(("training", training_line(summary)));
    let looked = match summary.stale_test() {
        Some(step) => format!(" at step {step}, the last look at it"),
        None => String::new(),
    };
    if let Some(accuracy) = summary.test_accuracy {
        let evidence = summary.learned_by.as_ref();
        let guessing = evidence.filter(|evidence| evidence.quantity == "test_accuracy");
        let guessing = guessing.map_or_else(String::new, |evidence| {
            let share = evidence.guessing;
            format!(", {share:.3} by always guessing the commonest class")
        });
        lines.push((
            "accuracy",
            format!("{accuracy:.3} on the test set{looked}{guessing}"),
        ));
    } else if let Some(loss) = summary.test_loss {
        let loss = text::number(loss);
        let what = match told.spec.gan {
            Some(_) => format!(
                "{} of what is made from the test set",
                text::ENERGY_DISTANCE
            ),
            None => told.spec.train.loss.name().to_owned(),
        };
        let mut line = format!("{loss} ({what})");
        if let Some(psnr) = summary.test_psnr {
            let what = match told.spec.data.source.is_rays() {
                true => "view",
                false => "pixels",
            };
            let _ = write!(line, ", {psnr:.2} dB (PSNR of the {what} held out)");
        } else if told.spec.data.source.is_picture() && told.spec.gan.is_none() {
            line += ", no PSNR: data.standardize_target gives the colours another scale";
        }
        lines.push(("test loss", line + &looked));
    }
    if let Some(predictions) = &summary.predictive {
        lines.push(("certainty", text::predictions_line(predictions)));
    } else if told.spec.train.predictive.is_some() {
        lines.push(("certainty", text::not_judged(summary.status).to_owned()));
    }
    lines.push(("files", told.outcome.folder.display().to_string()));
    lines
}

fn training_line(summary: &Summary) -> String {
    let loss = summary.train_loss.map_or("none".to_owned(), text::number);
    let how = match summary.status {
        Status::Completed => "",
        Status::Diverged => ", diverged",
        Status::Interrupted => ", interrupted",
    };
    if summary.steps == 0 {
        return format!("no steps{how}; loss of the first batch {loss}");
    }
    format!(
        "{} in {:.1} s ({} steps/s){how}; loss of the last logged batch {loss}",
        counted(summary.steps as usize, "step"),
        summary.times.training_seconds,
        text::significant(summary.times.steps_per_second)
    )
}

/// The verdict and what it means here. Green is only what succeeded.
fn verdict_line(summary: &Summary, profile: &[LayerProfile]) -> String {
    let path: Vec<usize> = profile.iter().map(|layer| layer.layer).collect();
    let findings = Findings::of(summary, &path);
    let color = match findings.tone() {
        Tone::Good => Some(AnsiColor::Green),
        Tone::Open => None,
        Tone::Doubtful => Some(AnsiColor::Yellow),
        Tone::Bad => Some(AnsiColor::Red),
    };
    let style = Style::new().fg_color(color.map(Color::from)).bold();
    let word = text::word(summary.verdict);
    format!("{style}{word}{style:#}: {}", findings.sentence())
}

/// log10 ‖∂L/∂h‖ per layer at both ends of the run, as bars over whole decades;
/// layer 1 stands at the bottom, as in `vgrad plot`.
fn bars(profile: &[LayerProfile], summary: &Summary, width: usize) -> String {
    let log = |norm: f64| (norm > 0.0 && norm.is_finite()).then(|| norm.log10());
    let only_one = summary.initial.step == summary.last.step;
    let ends = |layer: &LayerProfile| match only_one {
        true => vec![layer.initial],
        false => vec![layer.initial, layer.last],
    };
    let all: Vec<f64> = profile.iter().flat_map(ends).filter_map(log).collect();
    let [low, high] = span(&all);
    let columns = if only_one { 1 } else { 2 };
    let room = width.saturating_sub(LAYER) / columns;
    let length = room.saturating_sub(NUMBER).clamp(4, LONGEST_BAR);
    // Time steps are numbered from 1 in whichever stacked layer they are of.
    let is_time = summary.along == Along::Time;
    let mut text = format!("{:>LAYER$}", summary.along.head());
    for (n, step) in [summary.initial.step, summary.last.step]
        .into_iter()
        .take(columns)
        .enumerate()
    {
        let head = if n == 0 {
            format!("log10 ‖∂L/∂h‖, step {step}")
        } else {
            format!("step {step}")
        };
        let column = NUMBER + length;
        let _ = write!(text, "{:column$}", format!("  {head}"));
    }
    end_line(&mut text);
    let every = profile.len().div_ceil(MOST_ROWS).max(1);
    let is_shown =
        |(i, _): &(usize, &LayerProfile)| (profile.len() - 1 - i).is_multiple_of(every) || *i == 0;
    for (i, layer) in profile.iter().enumerate().rev().filter(is_shown) {
        let number = if is_time { i + 1 } else { layer.layer };
        let _ = write!(text, "{number:>LAYER$}");
        for norm in ends(layer) {
            let share = log(norm).map(|log| (log - low) / (high - low));
            let bar = share.map_or(String::new(), |share| bar(share, length as f64));
            let _ = write!(text, "{:>9} {bar:length$}", text::log10(norm));
        }
        end_line(&mut text);
    }
    if !all.is_empty() {
        let decades = high - low;
        let _ = writeln!(
            text,
            "{:LAYER$}  bars: {decades} decades, 10^{low} to 10^{high}",
            ""
        );
    }
    text
}

/// Whole decades that hold all logarithms, at least [`DECADES`].
fn span(logs: &[f64]) -> [f64; 2] {
    let low = logs.iter().copied().fold(f64::INFINITY, f64::min).floor();
    let high = logs
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max)
        .ceil();
    // What lies on the edge would have no bar.
    [low.min(high - DECADES), high].map(|end| end + 0.0)
}

/// Ends a line without blanks at its end.
fn end_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}

/// Decades lost at the start by theory.
fn expected(summary: &Summary) -> Option<f64> {
    let prediction = summary.predicted.as_ref()?.known()?;
    Some(prediction.attenuation_decades.0)
}

/// A figure of a run.
type Figure = fn(&Summary) -> Option<f64>;

/// A column of the table over the seeds.
struct Column {
    head: &'static str,
    figure: Figure,
    /// How the table shows it of a run, and over the runs.
    shown: [fn(f64) -> String; 2],
}

impl Column {
    fn decades(head: &'static str, figure: Figure) -> Self {
        Self {
            head,
            figure,
            shown: [text::decades, |decades| text::signed(decades, 2)],
        }
    }

    fn score(head: &'static str, figure: Figure) -> Self {
        Self {
            head,
            figure,
            shown: [text::number, text::number],
        }
    }
}

/// The heading of what a generator's loss takes off every layer.
const BY_LOSS: &str = "by loss";
/// What the mean's ends are.
const INTERVAL: &str = "95 % interval";
/// Columns that the table over the seeds takes at most.
const TABLE: u16 = 80;

fn columns(group: &SeedGroup) -> Vec<Column> {
    let is_any = |is: fn(&Summary) -> bool| group.outcomes.iter().any(|run| is(&run.summary));
    let loss: Figure = |run| run.test_loss.or(run.train_loss);
    let score = if is_any(|run| run.test_accuracy.is_some()) {
        Column::score("test accuracy", |run| run.test_accuracy)
    } else if is_any(Summary::is_generator) {
        Column::score(text::ENERGY_DISTANCE, loss)
    } else {
        Column::score("loss", loss)
    };
    let mut columns = vec![
        Column::decades("decades, start", |run| run.initial.attenuation_decades),
        Column::decades(BY_LOSS, |run| run.initial.decades_by_loss()),
        Column::decades("theory", expected),
        Column::decades("end", |run| run.last.attenuation_decades),
        Column::decades(BY_LOSS, |run| run.last.decades_by_loss()),
        score,
    ];
    if !is_any(|run| run.initial.decades_by_loss().is_some()) {
        columns.retain(|column| column.head != BY_LOSS);
    }
    columns
}

/// A table over the seeds of a group, and texts as wide as `width`.
pub fn group(group: &SeedGroup, width: usize) -> String {
    let columns = columns(group);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(TABLE);
    let is_crowded = columns.iter().any(|column| column.head == BY_LOSS);
    let heads = columns.iter().map(|column| match is_crowded {
        true => column.head.replace(' ', "\n"),
        false => column.head.to_owned(),
    });
    let first = ["seed", "verdict"].map(str::to_owned).into_iter();
    table.set_header(first.chain(heads));
    for run in &group.outcomes {
        let summary = &run.summary;
        let how = match summary.status {
            Status::Interrupted => " (interrupted)",
            Status::Completed | Status::Diverged => "",
        };
        let verdict = format!("{}{how}", text::word(summary.verdict));
        let first = [summary.seed.to_string(), verdict].into_iter();
        let figures = columns
            .iter()
            .map(|column| (column.figure)(summary).map_or(String::new(), column.shown[0]));
        table.add_row(first.chain(figures));
    }
    if group.outcomes.len() > 1 {
        let mut add = |name: &str, what: &str, part: fn(&SeedEstimate) -> Option<f64>| {
            let first = [name, what].map(str::to_owned).into_iter();
            let figures = columns.iter().map(|column| {
                let value = part(&group.figure(column.figure));
                value.map_or("–".to_owned(), column.shown[1])
            });
            table.add_row(first.chain(figures));
        };
        // The ends below the mean, for beside it they would make long lines.
        add("mean", "", |over| over.mean.map(|mean| mean.0));
        add("low", INTERVAL, |over| over.interval().map(|ends| ends[0]));
        add("high", INTERVAL, |over| over.interval().map(|ends| ends[1]));
    }
    for column in table.column_iter_mut().filter(|column| column.index != 1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let rows: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    let certainty = certainty(group).map_or(String::new(), |line| {
        text::labelled("certainty", &line, [LABEL, width])
    });
    format!(
        "{}\n\n{certainty}files     {}\n",
        rows.join("\n"),
        group.folder.display()
    )
}

/// What the probabilities of a group's runs are worth, or why there are none.
fn certainty(group: &SeedGroup) -> Option<String> {
    let runs = group.outcomes.len();
    let judged = group.outcomes.iter();
    let judged = judged.filter(|run| run.summary.predictive.is_some());
    let judged = judged.count();
    match (&group.predictive, &group.outcomes[..]) {
        (Some(together), _) => {
            let left_out = text::left_out(judged, runs).map(|who| format!("; {who}"));
            Some(text::predictions_line(together) + &left_out.unwrap_or_default())
        }
        _ if !group.is_to_judge => None,
        (None, [lone]) => Some(text::not_judged(lone.summary.status).to_owned()),
        (None, _) => Some(text::no_ensemble(judged, runs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_span_whole_decades_and_at_least_four() {
        assert_eq!(span(&[-1.2, -1.4]), [-5.0, -1.0]);
        assert_eq!(span(&[-0.3]), [-4.0, 0.0]);
        assert_eq!(span(&[-18.6, -0.1]), [-19.0, 0.0]);
    }
}
