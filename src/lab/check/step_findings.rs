//! One step beside the one that a baseline holds.

use std::collections::BTreeMap;
use std::path::Path;

use super::baseline_step::{BaselineLayer, BaselineStep, span};
use super::change::{About, Change, PathEnd, call_improvements};
use super::extremes::Within;
use super::figure::SeedFigure;
use super::finding::{Finding, State};
use super::moment::Moment;
use crate::base::Problem;
use crate::lab::text::Numbering;

/// What came of a step.
#[derive(Default)]
pub struct StepFindings {
    /// Every layer, and the network as a whole.
    pub findings: Vec<Finding>,
    /// What cannot be told.
    pub open: Untold,
}

/// The quantities that a log's rounding hides, each with its layers; one of the whole network
/// has none.
#[derive(Default)]
pub struct Untold(BTreeMap<String, Vec<usize>>);

impl Untold {
    /// Whether everything could be told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// That it cannot be told, if there is something, beside the baseline in `file`.
    pub fn problem(&self, file: &Path, at: Moment, numbering: Numbering) -> Option<String> {
        let parts = self.0.iter().map(|(quantity, layers)| match &layers[..] {
            [] => quantity.clone(),
            layers => format!("{quantity} of {}", numbering.many(layers)),
        });
        let parts: Vec<String> = parts.collect();
        let what = format!(
            "cannot tell {} whether {} changed: what was measured is below the log's resolution, \
             or its last digit decides",
            at.in_words(),
            parts.join(" and ")
        );
        let problem = Problem::in_file(file, what)
            .help("log more digits, or if the change is meant, add --accept to the command");
        (!self.is_empty()).then(|| problem.to_string())
    }
}

impl StepFindings {
    /// A figure beside another, which fails only where it does wherever a log's rounding may
    /// have taken it from.
    fn beside(
        &mut self,
        change: &Change,
        figures: [&SeedFigure; 2],
        rounded: Option<Within>,
        about: About,
    ) {
        let finding = change.finding(figures, about.clone());
        match rounded.filter(|_| finding.state == State::Fails) {
            Some(new) if change.bound(figures[0], new, &about).is_none() => {
                self.beside_bound(change, figures[0], new, about);
            }
            _ => self.findings.push(finding),
        }
    }

    /// A figure beside what a log's rounding leaves of it: fails, or cannot be told.
    fn beside_bound(&mut self, change: &Change, old: &SeedFigure, new: Within, about: About) {
        match change.bound(old, new, &about) {
            Some(finding) => self.findings.push(finding),
            None => {
                let layers = self.open.0.entry(about.quantity).or_default();
                layers.extend(about.layer.map(|(layer, _)| layer));
            }
        }
    }
}

/// A step, old and new, to be compared.
pub struct StepComparison<'a> {
    /// How figures are put beside each other.
    pub change: Change<'a>,
    /// The norm that decay is measured by.
    pub headline: &'a str,
    /// The run diverged, so that figures may be missing.
    pub has_diverged: bool,
}

impl StepComparison<'_> {
    /// What came of it; the `layers` are those that belong together.
    ///
    /// # Errors
    /// If only one of the two has a value, and no bound is why.
    pub fn findings(
        &self,
        [old, new]: [&BaselineStep; 2],
        layers: &[[&BaselineLayer; 2]],
    ) -> Result<StepFindings, Problem> {
        let change = &self.change;
        let place = old.at.in_words();
        let mut found = StepFindings::default();
        // A change of the slope adds up over the layers.
        let of_path = |step: &BaselineStep| {
            let layers = step.layers.iter();
            let path: Vec<usize> = layers
                .filter(|layer| layer.position.is_some())
                .map(|layer| layer.layer)
                .collect();
            span(path.iter())
        };
        let steepness = of_path(old).max(of_path(new));
        let about = |quantity: &str, layer: Option<&BaselineLayer>| About {
            quantity: quantity.to_owned(),
            at: new.at,
            step: new.step,
            layer: layer.map(|layer| (layer.layer, layer.name.clone())),
            span: 1.0,
        };
        let of_network = about("attenuation_decades", None);
        let attenuations = [old, new].map(|step| step.attenuation_decades.as_ref());
        match (attenuations, new.attenuation_bound) {
            ([Some(old), Some(new)], bound) => {
                found.beside(change, [old, new], bound, of_network);
            }
            _ if self.has_diverged => {}
            ([None, None], _) => {}
            ([Some(old), None], Some(bound)) => {
                found.beside_bound(change, old, bound, of_network);
            }
            _ => {
                return Err(cannot(
                    change.file,
                    &format!("one of the two has no attenuation_decades {place}"),
                ));
            }
        }
        // A slope comes and goes with layers that read 0, which fail, and is another one
        // without those that are bounds.
        let is_lost = |[old, new]: &[&BaselineLayer; 2]| {
            new.position.is_some()
                && old.log10[self.headline].is_some()
                && new.log10[self.headline].is_none()
                && new.bounds.contains_key(self.headline)
        };
        let slope_bound = new.slope_bound;
        let slopes = [old, new].map(|step| step.decay_decades_per_layer.as_ref());
        if let [Some(old), Some(new)] = slopes
            && !layers.iter().any(is_lost)
        {
            let about = About {
                span: steepness,
                ..about("decay_decades_per_layer", None)
            };
            found.beside(change, [old, new], slope_bound, about);
        }
        for [old, new] in layers {
            for (name, figure) in &old.log10 {
                let about = about(name, Some(new));
                let value = new.log10.get(name).and_then(Option::as_ref);
                match (figure, value, new.bounds.get(name)) {
                    (Some(figure), Some(value), bound) => {
                        found.beside(change, [figure, value], bound.copied(), about);
                    }
                    (None, None, _) => {}
                    _ if self.has_diverged => {}
                    (Some(figure), None, Some(bound)) => {
                        found.beside_bound(change, figure, *bound, about);
                    }
                    (had, ..) => {
                        let [a, b] = if had.is_some() {
                            ["has", "has not"]
                        } else {
                            ["has not", "has"]
                        };
                        return Err(cannot(
                            change.file,
                            &format!(
                                "for {} the baseline {a} a value of {name}, the run {b}",
                                change.numbering.named(new.layer, &new.name)
                            ),
                        ));
                    }
                }
            }
        }
        let last = layers.iter().rfind(|pair| pair[1].position.is_some());
        let path = PathEnd {
            last: last.map(|pair| pair[1].layer),
            span: steepness,
        };
        call_improvements(&mut found.findings, path, change.tolerance);
        Ok(found)
    }
}

/// That a run and the baseline in `file` cannot be compared.
pub fn cannot(file: &Path, why: &str) -> Problem {
    Problem::in_file(file, format!("cannot compare: {why}"))
        .help("if the change is meant, accept it: add --accept to the command")
}
