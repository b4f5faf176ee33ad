//! A run beside its baseline.

use std::path::Path;

use serde_json::Value;

use super::baseline::Baseline;
use super::figure::Figure;
use super::finding::{Finding, Source, State};
use super::gap::ends;
use super::held::{HeldStep, span};
use super::moment::Moment;
use super::pairing::{Pairing, furthest, pair};
use crate::base::Problem;

/// Rounding that does not count, far below the file's decimals.
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
            let before = findings.len();
            self.one_step(old, new, &pairing, &mut findings)?;
            if findings.len() == before && !self.has_diverged {
                return Err(self.cannot(format!(
                    "{} neither has a value of {}",
                    old.at.in_words(),
                    self.old.quantities.join(" or "),
                )));
            }
        }
        Ok((findings, remarks))
    }

    fn cannot(&self, why: String) -> Problem {
        Problem::in_file(self.file, format!("cannot compare: {why}"))
            .help("if the change is meant, accept it: add --accept to the command")
    }

    fn same_experiment(&self) -> Result<(), Problem> {
        if self.old.spec_hash == self.new.spec_hash {
            return self.same_keys();
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

    /// That the keys beside the same hash are the same, which they are unless
    /// somebody edited them.
    fn same_keys(&self) -> Result<(), Problem> {
        let keys = self.old.spec.keys().chain(self.new.spec.keys());
        let get = |side: &Baseline, key: &str| side.spec.get(key).cloned().unwrap_or_default();
        let differs = |key: &&String| !is_alike(&get(self.old, key), &get(self.new, key));
        match keys.into_iter().find(differs) {
            None => Ok(()),
            Some(key) => Err(self.cannot(format!(
                "its spec_hash is not of its spec, whose `{key}` was cut or edited by hand"
            ))),
        }
    }

    fn pairing(&self, remarks: &mut Vec<String>) -> Result<Pairing, Problem> {
        let (old, new) = (&self.old.seeds, &self.new.seeds);
        if old == new {
            return Ok(Pairing::BySeed(
                (0..old.len().max(1)).map(|i| (i, i)).collect(),
            ));
        }
        // One run beside one, and of a lone file nobody knows the seed.
        if old.len().max(new.len()) == 1 && old.len() != new.len() {
            return Ok(Pairing::BySeed(vec![(0, 0)]));
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
                "{place} the run lacks {}",
                named(gone.layer, &gone.name)
            )));
        }
        if let Some(come) = new.layers.iter().find(|own| !has(old, own.layer)) {
            return Err(self.cannot(format!("{place} {} is new", named(come.layer, &come.name))));
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
        let place = old.at.in_words();
        // A change of the slope adds up over the layers.
        let span = span(old.layers.iter().map(|layer| &layer.layer));
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
            match (old, new) {
                (Some(old), Some(new)) => {
                    findings.push(self.beside((old, new), about(name, None), pairing, span));
                }
                // A slope comes and goes with layers that read 0, which fail.
                _ if name == "decay_decades_per_layer" || self.has_diverged => {}
                (None, None) => {}
                _ => return Err(self.cannot(format!("one of the two has no {name} {place}"))),
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
                            "for {} the baseline {a} a value of {name}, the run {b}",
                            named(old.layer, &old.name)
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
        let [mut low, mut middle, mut high] = paired.interval;
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
        let (mut base, mut new) = (paired.base, paired.new);
        if paired.is_exact && beyond == paired.differences.len() && beyond > 1 {
            // The median of changes in opposite directions says nothing.
            let far = furthest(&paired.differences);
            middle = paired.differences[far];
            [low, _, high] = ends(&paired.differences);
            if let Some(values) = paired.values.get(far) {
                (base, new) = *values;
            }
        }
        let at = |difference: f64| {
            if difference.is_finite() {
                base + difference
            } else {
                new
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
            place: 0,
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

/// Equal but for the last digit of a number, which reading may change.
fn is_alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-14 * a.abs(),
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_alike(a, b))
        }
        _ => a == b,
    }
}

/// "layer 3 (hidden_3)"; a lone file need not have names.
fn named(layer: usize, name: &str) -> String {
    match name {
        "" => format!("layer {layer}"),
        name => format!("layer {layer} ({name})"),
    }
}

/// What a figure is of.
struct About {
    quantity: String,
    at: Moment,
    step: u64,
    layer: Option<(usize, String)>,
}
