//! A run beside its baseline.

use std::path::Path;

use super::baseline::{Baseline, HeldStep};
use super::figure::Figure;
use super::finding::{Finding, Source, State};
use super::gap::difference;
use super::moment::Moment;
use crate::base::Problem;
use crate::lab::records::{Spread, difference as apart};

/// Rounding that does not count, far below the file's four decimals.
const SLACK: f64 = 1e-9;

/// A comparison to make.
#[derive(Clone, Copy)]
pub struct Comparison<'a> {
    /// The baseline's file.
    pub file: &'a Path,
    /// What it holds.
    pub old: &'a Baseline,
    /// The run, at the same steps.
    pub new: &'a Baseline,
    /// Decades that a layer, and the whole network, may differ by.
    pub tolerance: f64,
    /// The run diverged, so that figures may be missing.
    pub has_diverged: bool,
}

/// Which values of the two sides belong together.
enum Pairing {
    /// The values of one seed: old and new place. The initialisation's scatter cancels.
    BySeed(Vec<(usize, usize)>),
    /// No seed in common: only the medians can be compared.
    Apart,
}

impl Comparison<'_> {
    /// Every layer and the network as a whole, and remarks.
    ///
    /// # Errors
    /// If the two cannot be compared: another experiment, other layers,
    /// quantities or steps, single seeds that differ.
    pub fn findings(&self) -> Result<(Vec<Finding>, Vec<String>), Problem> {
        self.same_experiment()?;
        let mut remarks = Vec::new();
        let pairing = self.pairing(&mut remarks)?;
        if self.old.quantities != self.new.quantities {
            return Err(self.cannot(format!(
                "it holds {}, the run has {}",
                self.old.quantities.join(", "),
                self.new.quantities.join(", ")
            )));
        }
        let mut findings = Vec::new();
        for (old, new) in self.old.steps.iter().zip(&self.new.steps) {
            self.same_layers(old, new)?;
            self.one_step(old, new, &pairing, &mut findings)?;
        }
        Ok((findings, remarks))
    }

    fn cannot(&self, why: String) -> Problem {
        Problem::in_file(self.file, format!("cannot compare: {why}"))
            .help("if the change is meant, accept it: add --accept to the command")
    }

    fn same_experiment(&self) -> Result<(), Problem> {
        if self.old.spec_hash == self.new.spec_hash {
            return Ok(());
        }
        if self.old.spec_hash.is_none() || self.new.spec_hash.is_none() {
            let [a, b] = [self.old, self.new].map(|side| match side.spec_hash {
                None => "a lone CSV file, whose spec is unknown",
                Some(_) => "a run with a spec",
            });
            return Err(self.cannot(format!("it is of {a}, the target is {b}")));
        }
        let keys = self.old.spec.keys().chain(self.new.spec.keys());
        let mut differing: Vec<&String> = keys
            .filter(|key| self.old.spec.get(*key) != self.new.spec.get(*key))
            .collect();
        differing.sort();
        differing.dedup();
        let shown = |side: &Baseline, key: &String| {
            let value = side.spec.get(key);
            let text = value.map_or("(absent)".to_owned(), ToString::to_string);
            // The end of a hash tells nobody anything.
            match text.char_indices().nth(24) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        };
        let told: Vec<String> = differing
            .iter()
            .take(6)
            .map(|key| format!("{key} {} → {}", shown(self.old, key), shown(self.new, key)))
            .collect();
        let more = match differing.len().saturating_sub(6) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Err(self.cannot(match told.is_empty() {
            true => "it is of another spec: the hashes differ".to_owned(),
            false => format!("it is of another spec: {}{more}", told.join(", ")),
        }))
    }

    fn pairing(&self, remarks: &mut Vec<String>) -> Result<Pairing, Problem> {
        let (old, new) = (&self.old.seeds, &self.new.seeds);
        if old == new {
            return Ok(Pairing::BySeed(
                (0..old.len().max(1)).map(|i| (i, i)).collect(),
            ));
        }
        let list = |seeds: &[u64]| match seeds {
            [] => "no seed".to_owned(),
            [one] => format!("seed {one}"),
            [first, .., last] if last - first == seeds.len() as u64 - 1 => {
                format!("seeds {first} to {last}")
            }
            _ => {
                let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
                format!("seeds {}", seeds.join(", "))
            }
        };
        let common: Vec<(usize, usize)> = old
            .iter()
            .enumerate()
            .filter_map(|(i, seed)| Some((i, new.binary_search(seed).ok()?)))
            .collect();
        let (of_old, of_new) = (list(old), list(new));
        if !common.is_empty() {
            let seeds: Vec<u64> = common.iter().map(|(i, _)| old[*i]).collect();
            remarks.push(format!(
                "the baseline has {of_old}, the target {of_new}; compared are {}",
                list(&seeds)
            ));
            return Ok(Pairing::BySeed(common));
        }
        if old.len() < 2 || new.len() < 2 {
            return Err(Problem::in_file(
                self.file,
                format!("cannot compare: it has {of_old}, the target {of_new}, and two initialisations differ by more than the tolerance"),
            )
            .help(format!(
                "check a run of {of_old}{}",
                old.first().map_or_else(String::new, |seed| format!(
                    " (`vgrad check SPEC --seed {seed}{}`)",
                    if old.len() > 1 { format!(" --seeds {}", old.len()) } else { String::new() }
                ))
            )));
        }
        remarks.push(format!(
            "the baseline has {of_old}, the target {of_new}: only their medians are compared"
        ));
        Ok(Pairing::Apart)
    }

    fn same_layers(&self, old: &HeldStep, new: &HeldStep) -> Result<(), Problem> {
        let place = old.at.in_words();
        if old.step != new.step {
            return Err(self.cannot(format!(
                "{place} it holds step {}, the run has step {}",
                old.step, new.step
            )));
        }
        let has = |side: &HeldStep, layer: usize| side.layers.iter().any(|own| own.layer == layer);
        if let Some(gone) = old.layers.iter().find(|own| !has(new, own.layer)) {
            return Err(self.cannot(format!(
                "{place} the run lacks layer {} ({})",
                gone.layer, gone.name
            )));
        }
        if let Some(come) = new.layers.iter().find(|own| !has(old, own.layer)) {
            return Err(self.cannot(format!(
                "{place} layer {} ({}) is new",
                come.layer, come.name
            )));
        }
        Ok(())
    }

    fn one_step(
        &self,
        old: &HeldStep,
        new: &HeldStep,
        pairing: &Pairing,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Problem> {
        let about = |quantity: &str, layer: Option<(usize, &str)>| About {
            quantity: quantity.to_owned(),
            at: old.at,
            step: old.step,
            layer: layer.map(|(layer, name)| (layer, name.to_owned())),
        };
        // A change of the slope adds up over the layers.
        let ends = (old.layers.first(), old.layers.last());
        let span = match ends {
            (Some(first), Some(last)) => (last.layer - first.layer).max(1) as f64,
            _ => 1.0,
        };
        for (name, old, new, span) in [
            (
                "attenuation_decades",
                &old.attenuation_decades,
                &new.attenuation_decades,
                1.0,
            ),
            (
                "decay_decades_per_layer",
                &old.decay_decades_per_layer,
                &new.decay_decades_per_layer,
                span,
            ),
        ] {
            if let (Some(old), Some(new)) = (old, new) {
                findings.push(self.beside((old, new), about(name, None), pairing, span));
            }
        }
        for (old, new) in old.layers.iter().zip(&new.layers) {
            for (name, figure) in &old.log10 {
                let layer = Some((old.layer, &*old.name));
                match (figure, new.log10.get(name).and_then(Option::as_ref)) {
                    (Some(figure), Some(new)) => {
                        findings.push(self.beside((figure, new), about(name, layer), pairing, 1.0));
                    }
                    (None, None) => {}
                    _ if self.has_diverged => {}
                    (had, _) => {
                        let [a, b] = if had.is_some() {
                            ["has", "has not"]
                        } else {
                            ["has not", "has"]
                        };
                        return Err(self.cannot(format!(
                            "for layer {} ({}) the baseline {a} a value of {name}, the run {b}",
                            old.layer, old.name
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    /// One figure beside its old self. `span`: how many times over it counts
    /// against the tolerance.
    fn beside(
        &self,
        (old, new): (&Figure, &Figure),
        about: About,
        pairing: &Pairing,
        span: f64,
    ) -> Finding {
        let tolerance = self.tolerance / span;
        let paired = pair(old, new, pairing);
        let is_above = |value: f64| value > tolerance + SLACK;
        let is_below = |value: f64| value < -tolerance - SLACK;
        let is_beyond = |value: f64| is_above(value) || is_below(value);
        let beyond = paired.differences.iter().filter(|d| is_beyond(**d)).count();
        let [low, middle, high] = paired.interval;
        // A seed repeats itself, so that each alone says whether something
        // changed; only where they disagree does the interval decide.
        let state = if paired.is_exact && beyond == 0 {
            State::Holds
        } else if paired.is_exact && beyond == paired.differences.len() {
            State::Fails
        } else if !is_beyond(low) && !is_beyond(high) {
            State::Holds
        } else if is_above(low) || is_below(high) {
            State::Fails
        } else {
            State::Unclear
        };
        let base = paired.base;
        let at = |difference: f64| {
            if difference.is_finite() {
                base + difference
            } else {
                paired.new
            }
        };
        let limit = if middle < 0.0 {
            base - tolerance
        } else {
            base + tolerance
        };
        Finding {
            rule: format!("baseline: {} {}", about.quantity, about.at.in_words()),
            source: Source::Baseline,
            file: Some(self.file.display().to_string()),
            quantity: about.quantity,
            at: about.at.to_string(),
            step: Some(about.step),
            layer: about.layer.as_ref().map(|(layer, _)| *layer),
            layer_name: about.layer.map(|(_, name)| name),
            state,
            value: Some(at(middle)),
            low: Some(at(low)),
            high: Some(at(high)),
            baseline: Some(base),
            limit: Some(limit),
            beyond: Some(middle.abs() - tolerance),
            beyond_decades: Some(middle.abs() * span - self.tolerance),
            seeds: paired.seeds,
        }
    }
}

/// What a figure is of.
struct About {
    quantity: String,
    at: Moment,
    step: u64,
    layer: Option<(usize, String)>,
}

/// Old and new values put beside each other.
struct Paired {
    /// New minus old.
    differences: Vec<f64>,
    /// Whether each difference is of one seed, or no interval can be had.
    is_exact: bool,
    /// Lower end, median and upper end of the difference.
    interval: [f64; 3],
    /// The old median.
    base: f64,
    /// The new median.
    new: f64,
    /// New values.
    seeds: usize,
}

fn pair(old: &Figure, new: &Figure, pairing: &Pairing) -> Paired {
    let (mut a, mut b) = (old.values(), new.values());
    if let Pairing::BySeed(pairs) = pairing {
        (a, b) = pairs.iter().map(|&(i, j)| (a[i], b[j])).unzip();
    }
    let is_finite = a.iter().chain(&b).all(|value| value.is_finite());
    let differences: Vec<f64> = match pairing {
        Pairing::BySeed(_) => a.iter().zip(&b).map(|(a, b)| difference(*b, *a)).collect(),
        Pairing::Apart => (b.iter())
            .flat_map(|b| a.iter().map(|a| difference(*b, *a)))
            .collect(),
    };
    let spread = match pairing {
        _ if !is_finite => None,
        Pairing::BySeed(_) => Some(Spread::of(&differences)),
        Pairing::Apart => Some(apart(&Spread::of(&a), &Spread::of(&b))),
    };
    let interval = match spread {
        Some(spread) => [spread.low, spread.median, spread.high],
        None => ends(&differences),
    };
    Paired {
        is_exact: spread.is_none() || matches!(pairing, Pairing::BySeed(_)),
        interval,
        base: ends(&a)[1],
        new: ends(&b)[1],
        seeds: b.len(),
        differences,
    }
}

/// The smallest, the middle and the largest; halfway between the two middle
/// ones where both are finite.
fn ends(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let (below, above) = (sorted[(n - 1) / 2], sorted[n / 2]);
    let halfway = below + (above - below) / 2.0;
    let middle = if halfway.is_nan() { above } else { halfway };
    [sorted[0], middle, sorted[n - 1]]
}
