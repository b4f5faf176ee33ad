//! One step as a baseline holds it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::extremes::Within;
use super::figure::{DECIMALS, SeedFigure};
use super::measure::{Held, Measured};
use super::moment::Moment;
use crate::base::Problem;

/// One step of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineStep {
    /// Which.
    pub at: Moment,
    /// Its number.
    pub step: u64,
    /// Loss from the last hidden layer to the first; null is written out, and
    /// a file that lacks the key was cut.
    #[serde(deserialize_with = "Option::deserialize")]
    pub attenuation_decades: Option<SeedFigure>,
    /// Slope over the layers.
    #[serde(deserialize_with = "Option::deserialize")]
    pub decay_decades_per_layer: Option<SeedFigure>,
    /// The layers, ascending.
    pub layers: Vec<BaselineLayer>,
    /// Where the attenuation of a run lies whose norms were rounded; no file has it.
    #[serde(skip)]
    pub attenuation_bound: Option<Within>,
    /// The same of the slope.
    #[serde(skip)]
    pub slope_bound: Option<Within>,
}

/// One layer of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineLayer {
    /// Its number.
    pub layer: usize,
    /// Its name; empty where the file has none.
    pub name: String,
    /// Its place on the gradient's path, from 1; none off the path, and none in
    /// a file of the first layout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// log10 of its norms by quantity; null where a cell was empty.
    pub log10: BTreeMap<String, Option<SeedFigure>>,
    /// Where log10 of those norms of a run lies that were rounded; no file has them.
    #[serde(skip)]
    pub bounds: BTreeMap<String, Within>,
}

/// One step of a run, or of the seeds of an experiment.
///
/// # Errors
/// If it was not logged, the seeds do not have the same layers, or a number is
/// negative and so has no logarithm.
pub fn baseline_step(runs: &[Measured], moment: Moment) -> Result<BaselineStep, Problem> {
    let mut held = Vec::new();
    for run in runs {
        let found = run.held.iter().find(|held| held.moment == moment);
        held.push(found.ok_or_else(|| {
            Problem::in_file(&run.file, format!("step {moment} was not logged"))
                .help("name a step of gradients.csv, or log it with log.every")
        })?);
    }
    let first = held[0];
    let decimals = DECIMALS + digits_of(span(first.norms.keys()));
    for other in &held {
        let same = other.step == first.step && other.norms.keys().eq(first.norms.keys());
        if !same {
            return Err(Problem::new(format!(
                "{} the seeds do not have the same step and layers",
                moment.in_words()
            ))
            .help("run them anew: `vgrad run SPEC --seeds N`"));
        }
    }
    // A figure needs a value of every seed.
    let figure = |values: Vec<Option<f64>>, decimals: i32| -> Option<SeedFigure> {
        let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
        (!values.iter().any(|value| value.is_nan())).then(|| SeedFigure::of(&values, decimals))
    };
    let mut layers = Vec::new();
    for layer in first.norms.keys() {
        let name = runs[0].names.get(layer).cloned().unwrap_or_default();
        let (mut log10, mut bounds) = (BTreeMap::new(), BTreeMap::new());
        for (i, quantity) in runs[0].quantities.iter().enumerate() {
            for (run, held) in runs.iter().zip(&held) {
                let norm = held.norms[layer][i].map(|norm| norm.low);
                if let Some(negative) = norm.filter(|norm| *norm < 0.0) {
                    return Err(no_logarithm(
                        &run.file,
                        &format!(
                            "{quantity} of layer {layer} is {negative} {}",
                            moment.in_words()
                        ),
                    ));
                }
            }
            let norms = held.iter().map(|held| held.norms[layer][i]);
            let norms: Vec<Option<Within>> = norms.collect();
            let logs = norms
                .iter()
                .map(|norm| Some(norm.as_ref()?.known()?.log10()));
            log10.insert(quantity.clone(), figure(logs.collect(), DECIMALS));
            let rounded = runs.iter().zip(&norms);
            let rounded = rounded.map(|(run, norm)| Some((*norm)?.rounded(run.roundings[i])));
            if let Some(Within { low, high }) = Within::bound(&rounded.collect::<Vec<_>>()) {
                let [low, high] = [low, high].map(f64::log10);
                bounds.insert(quantity.clone(), Within { low, high });
            }
        }
        layers.push(BaselineLayer {
            layer: *layer,
            name,
            position: runs[0]
                .path
                .iter()
                .position(|own| own == layer)
                .map(|i| i + 1),
            log10,
            bounds,
        });
    }
    let attenuations: Vec<Option<Within>> = held.iter().map(|held| held.attenuation).collect();
    let known = attenuations.iter().map(|own| own.and_then(Within::known));
    let slopes = held
        .iter()
        .map(|held| held.decay.as_ref()?.decay_decades_per_layer);
    let rounded = |figure: fn(&[Within]) -> Option<Within>| {
        let of_runs = runs.iter().zip(&held);
        let of_runs = of_runs.map(|(run, held)| figure(&rounded_path(run, held)?));
        Within::bound(&of_runs.collect::<Vec<_>>())
    };
    Ok(BaselineStep {
        at: moment,
        step: first.step,
        attenuation_decades: figure(known.collect(), DECIMALS),
        decay_decades_per_layer: figure(slopes.collect(), decimals),
        layers,
        attenuation_bound: Within::bound(&attenuations).or_else(|| rounded(attenuation)),
        slope_bound: rounded(slope),
    })
}

/// Where log10 of the norms along the path lies; `None` where one is not there or was not
/// rounded.
fn rounded_path(run: &Measured, held: &Held) -> Option<Vec<Within>> {
    let rounding = *run.roundings.first()?;
    rounding?;
    let norms = run.path.iter().map(|layer| {
        let norm = (*held.norms.get(layer)?.first()?)?;
        let Within { low, high } = norm.rounded(rounding);
        let [low, high] = [low, high].map(f64::log10);
        Some(Within { low, high })
    });
    norms.collect()
}

/// Where what is lost from the last to the first lies.
fn attenuation(path: &[Within]) -> Option<Within> {
    let (first, last) = (path.first()?, path.last()?);
    Some(Within {
        low: last.low - first.high,
        high: last.high - first.low,
    })
}

/// Where the least-squares slope lies: it is a sum of the values, each by its distance from the
/// middle.
fn slope(path: &[Within]) -> Option<Within> {
    let middle = (path.len() as f64 - 1.0) / 2.0;
    let weights = (0..path.len()).map(|i| i as f64 - middle);
    let all: f64 = weights.clone().map(|weight| weight * weight).sum();
    let ends = weights.zip(path).map(|(weight, at)| match weight {
        0.0 => [0.0, 0.0],
        weight if weight < 0.0 => [weight * at.high, weight * at.low],
        weight => [weight * at.low, weight * at.high],
    });
    let [low, high] = ends.fold([0.0, 0.0], |sum, end| [sum[0] + end[0], sum[1] + end[1]]);
    (path.len() > 1).then_some(Within {
        low: low / all,
        high: high / all,
    })
}

/// Layers from the first to the last, at least 1: as often a change of the
/// slope counts.
pub fn span<'a>(mut layers: impl DoubleEndedIterator<Item = &'a usize>) -> f64 {
    let first = layers.next();
    let last = layers.next_back().or(first);
    let span = first.zip(last).map_or(0, |(first, last)| last - first);
    span.max(1) as f64
}

/// Decimals that a slope needs more than a number of decades, so that over
/// all layers it is rounded no more than that.
fn digits_of(span: f64) -> i32 {
    span.log10().ceil() as i32
}

fn no_logarithm(file: &Path, what: &str) -> Problem {
    Problem::in_file(
        file,
        format!("{what}, and a baseline holds logarithms, which negative numbers do not have"),
    )
    .help("name a norm with --quantity, or write a rule about this column")
}
