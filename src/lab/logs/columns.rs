//! The columns of a network in a log: gradients' norms by this program's names, other
//! quantities by their own.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::layer_sources::{LayerSource, LayerSources};
use super::quantity::{ACTIVATION_GRAD, WEIGHT_GRAD, column_name, column_of, is_gradient_norm};
use super::step::LogStep;
use super::survey::{Survey, Writing};

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
    /// What any other value may be off by at most, where the writer rounded.
    pub rounding: Option<f64>,
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

/// The columns of some layers.
pub fn columns(survey: &Survey, layers: &LayerSources, names: &[&str]) -> Vec<LogColumn> {
    let info = |source: &LayerSource| &survey.infos[source.series as usize];
    // What is below 0 in one layer is no norm in any, such as a logarithm.
    let negative = layers.all().iter().filter(|own| info(own).has_negatives);
    let negative: HashSet<&str> = negative.map(|own| &*own.quantity).collect();
    let is_norm = |source: &LayerSource| {
        is_gradient_norm(&source.quantity) && !negative.contains(&*source.quantity)
    };
    // Of several norms of parameters' gradients the one of most of them is meant.
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for source in layers.all().iter().filter(|source| is_norm(source)) {
        let column = column_of(&source.quantity, source.kind);
        *counts.entry((column, &source.quantity)).or_insert(0) += 1;
    }
    let mut meant: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for ((column, quantity), count) in counts {
        let best = meant.entry(column).or_insert((quantity, count));
        if count > best.1 {
            *best = (quantity, count);
        }
    }
    let mut columns: Vec<LogColumn> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut writings: Vec<(Writing, u64)> = Vec::new();
    for (layer, name) in names.iter().enumerate() {
        for source in layers.of_layer(name) {
            let own = column_of(&source.quantity, source.kind);
            let is_norm = is_norm(source);
            let is_meant = meant
                .get(own)
                .is_some_and(|(quantity, _)| *quantity == source.quantity);
            let name = match is_norm && is_meant {
                true => own.to_owned(),
                false => column_name(&source.quantity),
            };
            let at = *places.entry(name.clone()).or_insert_with(|| {
                columns.push(LogColumn {
                    name,
                    logged: Vec::new(),
                    sources: vec![Vec::new(); names.len()],
                    is_norm,
                    resolution: None,
                    rounding: None,
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
    }
    for (column, (writing, zeros)) in columns.iter_mut().zip(&writings) {
        let half_unit = writing.resolution().filter(|_| column.is_norm);
        column.resolution = half_unit.filter(|_| *zeros > 0);
        // The norm of several is off by the norm of what each is off by.
        let most = column.sources.iter().map(Vec::len).max().unwrap_or(1);
        column.rounding = half_unit.map(|half| half * (most as f64).sqrt());
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
