//! What a log holds of one network: its layers in forward order, and for each the series that
//! its columns are made from.

use std::collections::{BTreeMap, HashMap};

use super::chains::{ChainMembers, chains, is_chain};
use super::columns::{LogColumn, columns};
use super::layer_sources::LayerSources;
use super::names::{CurveKind, Meaning};
use super::order::{NameOrder, OrderSource, forward};
use super::pick::Pick;
use super::survey::Survey;
use crate::base::Problem;

/// One network of a log: a chain of a run.
#[derive(Clone, Debug)]
pub struct LogPart {
    /// The run, where the log holds several; else empty.
    pub run: String,
    /// The chain, where the run has several; else empty.
    pub chain: String,
    /// The layers in forward order.
    pub layers: Vec<LogLayer>,
    /// What was measured, the norm that decay is measured by first.
    pub columns: Vec<LogColumn>,
    /// How the order was found.
    pub order: OrderSource,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLayer {
    /// Its name.
    pub name: String,
    /// Its place on the path, from 1; none for norms, scales and embeddings.
    pub position: Option<usize>,
    /// The parameters it is made of, as the log names them.
    pub parameters: Vec<String>,
}

/// The series of a run that are no layer's.
#[derive(Clone, Debug, Default)]
pub struct RunSeries {
    /// The run.
    pub run: String,
    /// The norm of the whole gradient.
    pub total: Option<u32>,
    /// What a total that reads 0 is at most, where the writer rounded.
    pub total_resolution: Option<f64>,
    /// Loss and accuracy.
    pub curves: BTreeMap<CurveKind, u32>,
}

/// The runs of a log, in the order of their appearance.
pub fn runs(survey: &Survey) -> Vec<RunSeries> {
    let mut runs: Vec<RunSeries> = Vec::new();
    let all = survey.series.all().iter().zip(&survey.infos);
    let mut most: BTreeMap<(String, Option<CurveKind>), u64> = BTreeMap::new();
    for (number, (series, info)) in (0..).zip(all) {
        let is_own = matches!(
            info.meaning,
            Meaning::Gradient(_) | Meaning::Total | Meaning::Curve(_)
        );
        if info.count == 0 || !is_own {
            continue;
        }
        let at = runs.iter().position(|run| run.run == series.run);
        let at = at.unwrap_or_else(|| {
            runs.push(RunSeries {
                run: series.run.clone(),
                ..RunSeries::default()
            });
            runs.len() - 1
        });
        let kind = match info.meaning {
            Meaning::Total => None,
            Meaning::Curve(kind) => Some(kind),
            _ => continue,
        };
        // Of several the one with the most values.
        let most = most.entry((series.run.clone(), kind)).or_insert(0);
        // Of equals that of steps and not of epochs.
        if info.count > *most || (info.count == *most && series.name.ends_with("_step")) {
            *most = info.count;
            match kind {
                None => {
                    runs[at].total = Some(number);
                    let resolution = info.writing.resolution().filter(|_| info.zeros > 0);
                    runs[at].total_resolution = resolution;
                }
                Some(kind) => {
                    runs[at].curves.insert(kind, number);
                }
            }
        }
    }
    runs
}

impl RunSeries {
    /// It as a network of which no layer is known.
    pub fn without_layers(&self) -> LogPart {
        LogPart {
            run: self.run.clone(),
            chain: String::new(),
            layers: Vec::new(),
            columns: Vec::new(),
            order: OrderSource::Single,
        }
    }
}

/// The networks of a run.
///
/// # Errors
/// If the order of layers cannot be told, or `pick` names what is not there.
pub fn parts(
    survey: &Survey,
    run: &str,
    log: NameOrder,
    pick: &Pick,
) -> Result<Vec<LogPart>, Problem> {
    let layers = LayerSources::of(survey, run);
    let names: Vec<&str> = layers.names().collect();
    // `actor/grad_norm` and `critic/grad_norm` are totals of two networks.
    if names.iter().all(|name| is_chain(name)) {
        return Ok(Vec::new());
    }
    let is_path: Vec<bool> = names.iter().map(|name| layers.is_on_path(name)).collect();
    let chains = match pick.chosen(&names)? {
        Some(members) => vec![ChainMembers {
            name: String::new(),
            members,
        }],
        None => pick.filtered(&names, chains(&names, &is_path))?,
    };
    let mut found = Vec::new();
    for chain in chains {
        let own: Vec<&str> = chain.members.iter().map(|&i| names[i]).collect();
        let part = part(survey, &layers, &own, log, pick.is_order())?;
        found.push(LogPart {
            run: run.to_owned(),
            chain: chain.name,
            ..part
        });
    }
    Ok(found)
}

/// One chain of layers, `names` in the order of the log.
fn part(
    survey: &Survey,
    layers: &LayerSources,
    names: &[&str],
    log: NameOrder,
    is_given: bool,
) -> Result<LogPart, Problem> {
    let mut path: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| is_given || layers.is_on_path(name) || layers.is_output(name))
        .collect();
    if path.is_empty() {
        path = names.to_vec();
    }
    let (order, source) = match is_given {
        true => ((0..path.len()).collect(), Some(OrderSource::Given)),
        false => forward(&path, log),
    };
    let mut path: Vec<&str> = order.iter().map(|&i| path[i]).collect();
    // It tells the order, and is none of those that decay is measured along.
    if !is_given && path.iter().any(|name| !layers.is_output(name)) {
        path.retain(|name| !layers.is_output(name));
    }
    let source = source.ok_or_else(|| unordered(&path))?;
    // What is off the path stands among the layers in the same order.
    let mut all = names.to_vec();
    match source {
        OrderSource::Names | OrderSource::NamesBackward | OrderSource::Single => {
            let (order, _) = forward(names, NameOrder::Meaningless);
            all = order.iter().map(|&i| names[i]).collect();
        }
        OrderSource::LogBackward => all.reverse(),
        OrderSource::LogForward | OrderSource::Appearance | OrderSource::Given => {}
    }
    let columns = columns(survey, layers, &all);
    let places: HashMap<&str, usize> = path.iter().copied().zip(1..).collect();
    let layer = |name: &&str| LogLayer {
        name: (*name).to_owned(),
        position: places.get(name).copied(),
        parameters: layers.parameters(name),
    };
    Ok(LogPart {
        run: String::new(),
        chain: String::new(),
        layers: all.iter().map(layer).collect(),
        columns,
        order: source,
    })
}

/// The error about layers whose order cannot be told.
fn unordered(names: &[&str]) -> Problem {
    const MOST: usize = 200;
    let shown: Vec<&str> = names.iter().copied().take(MOST).collect();
    let more = match names.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let list = crate::lab::text::quoted(&shown.join(","));
    Problem::new(format!(
        "the forward order of its {} layers cannot be told from their names: {}{more}",
        names.len(),
        shown.join(", ")
    ))
    .help(format!(
        "give it, from the input to the output: --layers {list}"
    ))
}

impl LogPart {
    /// The column of this name, or that the log calls so.
    pub fn column(&self, name: &str) -> Option<&LogColumn> {
        let own = self.columns.iter().find(|column| column.name == name);
        own.or_else(|| {
            let mut columns = self.columns.iter();
            columns.find(|column| column.logged.iter().any(|logged| logged == name))
        })
    }

    /// What tells it from the other networks of its log; empty where there is but one.
    pub fn label(&self) -> String {
        match (&*self.run, &*self.chain) {
            ("", chain) => chain.to_owned(),
            (run, "") => run.to_owned(),
            (run, chain) => format!("{run}:{chain}"),
        }
    }
}
