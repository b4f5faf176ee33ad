//! A log as a person reads about it, in lines of 80 columns.

use std::fmt::Write;

use super::LogReport;
use super::network::Network;
use super::sentence::verdict;
use super::total::Total;
use crate::base::{Problem, counted};
use crate::lab::form::Detail;
use crate::lab::records::{BLIND_WEIGHTS, LayerInfo, is_output};
use crate::lab::text::{self, bar::bar, labelled, shortened, shortened_layer};

/// Columns of the labels and of a line.
const LABEL: usize = 10;
const WIDTH: usize = 80;
/// The most layers that are shown.
const MOST_ROWS: usize = 24;
/// Columns of a layer's name, of a norm and of the longest bar.
const NAME: usize = 26;
const NUMBER: usize = 8;
const BAR: usize = 22;

/// The whole text.
pub fn human(report: &LogReport, detail: Detail) -> Result<String, Problem> {
    let mut text = String::new();
    let mut line = |label: &str, line: &str| text += &labelled(label, line, [LABEL, WIDTH]);
    if detail != Detail::Quiet {
        line("format", &format(report));
        if let Some(steps) = steps(report) {
            line("steps", &steps);
        }
        for (i, missing) in report.missing().iter().enumerate() {
            line(if i == 0 { "missing" } else { "" }, missing);
        }
        let notes = report.log.as_ref().map_or(&[][..], |log| log.notes());
        for (i, note) in notes.iter().enumerate() {
            line(if i == 0 { "note" } else { "" }, note);
        }
    }
    for network in &report.networks {
        let heading = (report.networks.len() > 1).then_some(&*network.label);
        text += &about(network, heading, detail);
    }
    let is_blind = |network: &Network| network.columns[0].contains("weight");
    if detail != Detail::Quiet && report.networks.iter().any(is_blind) {
        let gap = if report.networks.len() > 1 { "\n" } else { "" };
        text += &format!(
            "{gap}{}",
            labelled("caution", BLIND_WEIGHTS, [LABEL, WIDTH])
        );
    }
    if report.networks.is_empty() {
        for total in &report.totals {
            text += &about_total(total, detail);
        }
        if report.totals.is_empty() {
            text += &labelled(
                "verdict",
                "none: nothing in it tells how training went",
                [LABEL, WIDTH],
            );
        }
    }
    Ok(text)
}

fn format(report: &LogReport) -> String {
    let Some(log) = &report.log else {
        return match report.path.is_dir() {
            true => "run of vgrad".to_owned(),
            false => "CSV in the form of gradients.csv".to_owned(),
        };
    };
    let runs = match log.runs.len() {
        0 | 1 => String::new(),
        count => format!(", {count} runs"),
    };
    let assumed = match log.is_assumed() {
        true => "; its columns are taken for layers' gradient norms, which nothing in it says",
        false => "",
    };
    let clipped = match log.is_clipped() {
        Some(true) => "; norms after clipping",
        Some(false) => "; norms before clipping",
        None => "",
    };
    format!(
        "{}{runs}: {}, {} with numbers{clipped}{assumed}",
        log.format(),
        counted(log.rows() as usize, "row"),
        match log.series_count() {
            1 => "1 column or tag".to_owned(),
            count => format!("{count} columns or tags"),
        }
    )
}

fn steps(report: &LogReport) -> Option<String> {
    let name = report.log.as_ref().and_then(|log| log.step_name());
    let by = name.map_or(String::new(), |name| format!(", by `{name}`"));
    if let Some(network) = report.networks.first() {
        let (first, last) = (network.first.step, network.last.step);
        return Some(format!(
            "{first} to {last}, {} logged{by}",
            network.stats.logged_steps
        ));
    }
    let total = report.totals.first()?;
    let over = total.norm.as_ref().or(total.loss.as_ref())?;
    Some(format!(
        "{} to {}, {} logged{by}",
        over.steps[0], over.steps[1], over.count
    ))
}

/// Layers, decay and verdict of a network.
fn about(network: &Network, heading: Option<&str>, detail: Detail) -> String {
    let mut text = String::new();
    let is_quiet = detail == Detail::Quiet;
    if let Some(heading) = heading {
        let gap = if is_quiet { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}", shortened(heading, WIDTH - 1));
    }
    let mut line = |label: &str, line: &str| text += &labelled(label, line, [LABEL, WIDTH]);
    let on_path = network
        .stats
        .layers
        .iter()
        .filter(|layer| layer.position.is_some())
        .count();
    if !is_quiet {
        line("layers", &layers(network, on_path));
        line("measured", &measured(network));
        if let Some(bound) = network.resolution() {
            line(
                "rounded",
                &format!(
                    "norms that read 0 are below {bound:e}, the log's resolution: neither zero nor dead"
                ),
            );
        }
        text.push('\n');
        if !network.has_negatives {
            text += &bars(network, detail);
            text.push('\n');
        }
    }
    let mut line = |label: &str, line: &str| text += &labelled(label, line, [LABEL, WIDTH]);
    if !is_quiet {
        let decays = [network.stats.initial.as_ref(), network.stats.last.as_ref()];
        let is_one = network.first.step == network.last.step;
        for (i, decay) in decays
            .into_iter()
            .flatten()
            .take(if is_one { 1 } else { 2 })
            .enumerate()
        {
            line(
                if i == 0 { "decay" } else { "" },
                &text::decay_line(decay, on_path, network.run.along()),
            );
        }
    }
    line("verdict", &verdict(network));
    text
}

fn layers(network: &Network, on_path: usize) -> String {
    let all = network.stats.layers.len();
    let is_foreign = network.run.foreign().is_some();
    let is_output = |layer: &&LayerInfo| layer.position.is_none() && is_output(&layer.name);
    let outputs = network.stats.layers.iter().filter(is_output).count();
    let off = match (all - on_path, is_foreign) {
        (0, _) => String::new(),
        (off, true) if off == outputs => "; the output is off the path".to_owned(),
        (off, true) => {
            let (and, be) = match (outputs, off) {
                (0, 1) => ("", "is"),
                (0, _) => ("", "are"),
                _ => ("the output and ", "are"),
            };
            let others = match off - outputs {
                1 => "1 norm, scale or embedding".to_owned(),
                others => format!("{others} norms, scales or embeddings"),
            };
            format!("; {and}{others} {be} off the path")
        }
        (1, false) => "; 1 layer, such as the output, is off the path".to_owned(),
        (off, false) => format!("; {off} layers, such as the output, are off the path"),
    };
    let name = |name: Option<&str>| shortened(name.unwrap_or_default(), 40);
    let mut path = network
        .stats
        .layers
        .iter()
        .filter(|layer| layer.position.is_some());
    let first = name(path.next().map(|layer| &*layer.name));
    let ends = match path.next_back().map(|layer| &*layer.name) {
        Some(last) if !last.is_empty() => format!(", {first} to {}", name(Some(last))),
        _ => String::new(),
    };
    let how = network
        .order()
        .map_or(String::new(), |order| format!("; order: {}", order.text()));
    format!("{on_path} from the input to the output{ends}{how}{off}")
}

fn measured(network: &Network) -> String {
    let columns = network.columns.iter().map(|column| {
        let logged = network.logged(column);
        match logged.iter().any(|own| own != column) {
            true => format!("{column} (the log's {})", logged.join(", ")),
            false => column.clone(),
        }
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// log10 of the norm per layer at both ends, the output at the top; the bar is that of the
/// first step.
fn bars(network: &Network, detail: Detail) -> String {
    let layers = &network.stats.layers;
    let most = if detail == Detail::Verbose {
        usize::MAX
    } else {
        MOST_ROWS
    };
    // Of many layers those on the path are shown, and of many of those every k-th.
    let is_off = |layer: &LayerInfo| layer.position.is_none();
    let on_path: Vec<usize> = (0..layers.len())
        .filter(|&at| !is_off(&layers[at]))
        .collect();
    let is_whole = layers.len() <= most;
    let every = on_path.len().div_ceil(most).max(1);
    let is_shown = |at: usize| match on_path.binary_search(&at) {
        Ok(place) => place == 0 || (on_path.len() - 1 - place).is_multiple_of(every),
        Err(_) => false,
    };
    let value = |at: &crate::lab::records::Step, layer: usize| at.of_layer(layer, 0);
    let log = |norm: Option<f64>| {
        norm.filter(|norm| *norm > 0.0 && norm.is_finite())
            .map(f64::log10)
    };
    let all = layers
        .iter()
        .filter_map(|layer| log(value(&network.first, layer.layer)));
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), log| {
        (low.min(log), high.max(log))
    });
    let (low, high) = ((low.floor()).min(high.ceil() - 4.0), high.ceil());
    let bound = network.resolution();
    let shown = |norm: Option<f64>| match norm {
        None => "–".to_owned(),
        Some(norm) if bound.is_some_and(|bound| norm <= bound) => format!("<{}", text::log10(norm)),
        Some(norm) => text::log10(norm),
    };
    let is_one = network.first.step == network.last.step;
    let mut table = String::new();
    let last = match is_one {
        true => String::new(),
        false => format!("step {}", network.last.step),
    };
    let first = format!("log10, step {}", network.first.step);
    let _ = writeln!(
        table,
        "{:NAME$}  {first:>16}  {:BAR$} {last:>10}",
        "     layer", ""
    );
    let rows = (0..layers.len())
        .rev()
        .filter(|&at| is_whole || is_shown(at));
    for layer in rows.map(|at| &layers[at]) {
        let norm = value(&network.first, layer.layer);
        let share = log(norm).map(|log| ((log - low) / (high - low)).clamp(0.0, 1.0));
        let bar = share.map_or(String::new(), |share| bar(share, BAR as f64));
        let name = format!(
            "{:>4} {}",
            layer.layer,
            shortened_layer(&layer.name, NAME - 5)
        );
        let last = match is_one {
            true => String::new(),
            false => shown(value(&network.last, layer.layer)),
        };
        let off = if layer.position.is_none() { "·" } else { " " };
        let row = format!(
            "{name:NAME$}{off} {:>16}  {bar:BAR$} {last:>10}",
            shown(norm)
        );
        let _ = writeln!(table, "{}", row.trim_end());
    }
    if layers.iter().any(is_off) {
        let told = match is_whole {
            true => "· off the path that decay is measured along",
            false => "layers off the path are not shown; --verbose shows all",
        };
        let _ = writeln!(table, "{:NUMBER$}{told}", "");
    }
    table
}

/// What a total tells.
fn about_total(total: &Total, detail: Detail) -> String {
    let mut text = String::new();
    if !total.run.is_empty() {
        let _ = writeln!(text, "\n{}", shortened(&total.run, WIDTH - 1));
    }
    let mut line = |label: &str, line: &str| text += &labelled(label, line, [LABEL, WIDTH]);
    line("verdict", &format!("none on depth: {}", total.sentence()));
    if let Some(loss) = total.loss_line().filter(|_| detail != Detail::Quiet) {
        line("loss", &loss);
    }
    if detail != Detail::Quiet {
        line(
            "next",
            "log a norm per layer to see where gradients vanish: `vgrad hook` prints the lines",
        );
    }
    text
}
