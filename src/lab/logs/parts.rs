//! What a log holds of one network: its layers in forward order, and for each the series that
//! its columns are made from.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::chains::{ChainMembers, chains, is_chain};
use super::names::{CurveKind, Meaning};
use super::order::{NameOrder, OrderSource, forward};
use super::parameter::{Kind, ParameterName, is_off_path};
use super::pick::Pick;
use super::quantity::{ACTIVATION_GRAD, WEIGHT_GRAD, column_name, column_of, is_gradient_norm};
use super::steps::LogStep;
use super::survey::{Survey, Writing};
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

/// A column: per layer the series it is made from.
#[derive(Clone, Debug)]
pub struct LogColumn {
    /// Its name here.
    pub name: String,
    /// Its names in the log.
    pub logged: Vec<String>,
    /// Per layer its series.
    pub sources: Vec<Vec<u32>>,
    /// Whether several are taken together by the root of the sum of their squares.
    pub is_norm: bool,
    /// What a value that reads 0 is at most, where the writer rounded.
    pub resolution: Option<f64>,
}

impl LogColumn {
    /// The value of a layer, by its place from 0.
    pub fn value(&self, layer: usize, step: &LogStep) -> Option<f64> {
        let sources = self.sources.get(layer)?;
        let mut values = sources.iter().filter_map(|series| step.value(*series));
        let first = values.next()?;
        let value = if self.is_norm {
            // Scaled, since squares leave the range of f64 before norms do.
            values.fold(first, f64::hypot)
        } else {
            first
        };
        match self.resolution {
            Some(bound) if value == 0.0 => Some(bound),
            _ => Some(value),
        }
    }
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

/// A measured series and what its name says.
struct Source {
    series: u32,
    quantity: String,
    /// Whether the log names the layer beside the parameter.
    is_told: bool,
    module: String,
    kind: Option<Kind>,
    parameter: String,
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
    let sources = sources(survey, run);
    let mut names: Vec<&str> = Vec::new();
    let mut known = HashSet::new();
    for source in &sources {
        if known.insert(&*source.module) {
            names.push(&source.module);
        }
    }
    // `actor/grad_norm` and `critic/grad_norm` are totals of two networks.
    if names.iter().all(|name| is_chain(name)) {
        return Ok(Vec::new());
    }
    let is_path: Vec<bool> = names
        .iter()
        .map(|name| is_on_path(name, &sources))
        .collect();
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
        let part = part(survey, &sources, &own, log, pick.is_order())?;
        found.push(LogPart {
            run: run.to_owned(),
            chain: chain.name,
            ..part
        });
    }
    Ok(found)
}

fn is_on_path(module: &str, sources: &[Source]) -> bool {
    let own = sources.iter().filter(|source| source.module == module);
    let kinds: Vec<Option<Kind>> = own.map(|source| source.kind).collect();
    !is_off_path(&ParameterName::of(module).module, &kinds)
}

/// One chain of layers, `names` in the order of the log.
fn part(
    survey: &Survey,
    sources: &[Source],
    names: &[&str],
    log: NameOrder,
    is_given: bool,
) -> Result<LogPart, Problem> {
    let mut path: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| is_given || is_on_path(name, sources))
        .collect();
    if path.is_empty() {
        path = names.to_vec();
    }
    let (order, source) = match is_given {
        true => ((0..path.len()).collect(), Some(OrderSource::Given)),
        false => forward(&path, log),
    };
    let path: Vec<&str> = order.iter().map(|&i| path[i]).collect();
    let source = source.ok_or_else(|| unordered(&path))?;
    // What is off the path stands among the layers by its name alone.
    let aside: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !path.contains(name))
        .collect();
    let mut all: Vec<&str> = path.clone();
    for name in aside {
        let at = all
            .iter()
            .rposition(|other| forward(&[other, name], NameOrder::Meaningless).0[0] == 0);
        all.insert(at.map_or(0, |at| at + 1), name);
    }
    let columns = columns(survey, sources, &all);
    let mut position = 0;
    let layers = all.iter().map(|name| {
        let own = sources.iter().filter(|source| source.module == **name);
        let mut parameters: Vec<String> = own.map(|source| source.parameter.clone()).collect();
        parameters.dedup();
        LogLayer {
            name: (*name).to_owned(),
            position: path.contains(name).then(|| {
                position += 1;
                position
            }),
            parameters,
        }
    });
    Ok(LogPart {
        run: String::new(),
        chain: String::new(),
        layers: layers.collect(),
        columns,
        order: source,
    })
}

/// The error about layers whose order cannot be told.
fn unordered(names: &[&str]) -> Problem {
    const MOST: usize = 40;
    let shown: Vec<&str> = names.iter().copied().take(MOST).collect();
    let more = match names.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let list = crate::lab::text::quoted(&names.join(","));
    Problem::new(format!(
        "the forward order of its {} layers cannot be told from their names: {}{more}",
        names.len(),
        shown.join(", ")
    ))
    .help(format!(
        "give it, from the input to the output: --layers {list}"
    ))
}

/// The measured series of a run that have values.
fn sources(survey: &Survey, run: &str) -> Vec<Source> {
    let all = survey.series.all().iter().zip(&survey.infos);
    let own = (0..)
        .zip(all)
        .filter(|(_, (series, info))| series.run == run && info.count > 0);
    let own = own.filter_map(|(number, (_, info))| match &info.meaning {
        Meaning::Gradient(measured) => {
            let name = ParameterName::of(&measured.target);
            Some(Source {
                series: number,
                quantity: measured.quantity.clone(),
                is_told: measured.layer.is_some(),
                module: measured.layer.clone().unwrap_or(name.module),
                kind: name.kind,
                parameter: measured.target.clone(),
            })
        }
        _ => None,
    });
    let mut own: Vec<Source> = own.collect();
    // A layer of a single parameter is called as that.
    let mut parameters: HashMap<String, Option<String>> = HashMap::new();
    for source in &own {
        let only = parameters
            .entry(source.module.clone())
            .or_insert_with(|| Some(source.parameter.clone()));
        if only.as_ref() != Some(&source.parameter) {
            *only = None;
        }
    }
    for source in own.iter_mut().filter(|source| !source.is_told) {
        if let Some(Some(only)) = parameters.get(&source.module) {
            source.module.clone_from(only);
        }
    }
    own
}

/// The columns of some layers: gradients' norms by this program's names, other quantities by
/// their own.
fn columns(survey: &Survey, sources: &[Source], names: &[&str]) -> Vec<LogColumn> {
    let info = |source: &Source| &survey.infos[source.series as usize];
    let is_norm =
        |source: &Source| is_gradient_norm(&source.quantity) && !info(source).has_negatives;
    // Of several norms of parameters' gradients the one of most of them is meant.
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for source in sources.iter().filter(|source| is_norm(source)) {
        let column = column_of(&source.quantity, source.kind);
        *counts.entry((column, &source.quantity)).or_insert(0) += 1;
    }
    let is_meant = |column: &str, quantity: &str| {
        let own = counts.iter().filter(|((other, _), _)| *other == column);
        let most = own.max_by_key(|(_, count)| **count);
        most.is_some_and(|((_, other), _)| *other == quantity)
    };
    let mut columns: Vec<LogColumn> = Vec::new();
    let mut writings: Vec<(Writing, u64)> = Vec::new();
    for source in sources {
        let Some(layer) = names.iter().position(|name| *name == source.module) else {
            continue;
        };
        let own = column_of(&source.quantity, source.kind);
        let is_norm = is_norm(source);
        let name = match is_norm && is_meant(own, &source.quantity) {
            true => own.to_owned(),
            false => column_name(&source.quantity),
        };
        let at = columns.iter().position(|column| column.name == name);
        let at = at.unwrap_or_else(|| {
            columns.push(LogColumn {
                name,
                logged: Vec::new(),
                sources: vec![Vec::new(); names.len()],
                is_norm,
                resolution: None,
            });
            writings.push((Writing::default(), 0));
            columns.len() - 1
        });
        let column = &mut columns[at];
        if !column.logged.contains(&source.quantity) {
            column.logged.push(source.quantity.clone());
        }
        column.sources[layer].push(source.series);
        writings[at].0.join(&info(source).writing);
        writings[at].1 += info(source).zeros;
    }
    for (column, (writing, zeros)) in columns.iter_mut().zip(&writings) {
        column.resolution = writing
            .resolution()
            .filter(|_| column.is_norm && *zeros > 0);
    }
    // The one that decay is measured by comes first.
    let rank = |column: &LogColumn| match &*column.name {
        ACTIVATION_GRAD => 0,
        WEIGHT_GRAD => 1,
        _ if column.is_norm => 2,
        _ => 3,
    };
    columns.sort_by_key(rank);
    columns
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
