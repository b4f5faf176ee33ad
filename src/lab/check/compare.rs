//! A run beside its baseline: what of the two belongs together.

use std::path::Path;

use super::baseline::Baseline;
use super::baseline_step::{BaselineLayer, BaselineStep};
use super::change::Change;
use super::figure::Pairing;
use super::finding::Finding;
use super::moment::Moment;
use super::spec_keys::{ChangedKey, changed, decides, is_alike};
use super::step_findings::{StepComparison, StepFindings, cannot};
use crate::base::{Problem, counted};
use crate::lab::text::Numbering;

/// A comparison to make.
#[derive(Clone, Copy)]
pub struct BaselineComparison<'a> {
    /// The baseline's file.
    pub file: &'a Path,
    /// What it holds.
    pub old: &'a Baseline,
    /// The run, at the same steps.
    pub new: &'a Baseline,
    /// What the numbers of its layers stand for.
    pub numbering: Numbering,
    /// Decades that a layer, and the whole network, may differ by.
    pub tolerance: f64,
    /// Whether another spec is no comparison.
    pub same_spec: bool,
    /// The run diverged, so that figures may be missing.
    pub has_diverged: bool,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Every layer, and the network as a whole.
    pub findings: Vec<Finding>,
    /// What is compared although it is not quite the same.
    pub remarks: Vec<String>,
    /// What a log's rounding leaves untold.
    pub open: Vec<String>,
    /// The keys of the spec that have changed and can touch the norms.
    pub changed: Vec<ChangedKey>,
}

impl BaselineComparison<'_> {
    /// Compares the two.
    ///
    /// # Errors
    /// If they cannot be compared: other quantities or steps, single seeds that
    /// differ, a layer that is gone although the spec is the same.
    pub fn make(&self) -> Result<Compared, Problem> {
        let mut compared = Compared {
            changed: self.changed_keys()?,
            ..Compared::default()
        };
        let pairing = self.pairing(&mut compared.remarks)?;
        if self.old.quantities != self.new.quantities {
            return Err(self.cannot(format!(
                "it holds {}, the run has {}",
                self.old.quantities.join(", "),
                self.new.quantities.join(", ")
            )));
        }
        let comparison = StepComparison {
            change: Change {
                file: self.file,
                tolerance: self.tolerance,
                pairing: &pairing,
                seeds: self.new.seeds.len().max(1),
                numbering: self.numbering,
            },
            headline: &self.old.quantities[0],
            has_diverged: self.has_diverged,
        };
        for (old, new) in self.old.steps.iter().zip(&self.new.steps) {
            self.same_step(old, new, &mut compared)?;
            let layers = self.matched(old, new, &mut compared)?;
            let StepFindings { mut findings, open } = comparison.findings([old, new], &layers)?;
            compared
                .open
                .extend(open.problem(self.file, new.at, self.numbering));
            if ends_at_output(old) != ends_at_output(new) && compared.changed.is_empty() {
                // Decay along the one path and along the other are two things.
                findings.retain(|finding| finding.layer.is_some());
                let told = format!(
                    "{} only one of the baseline and the run names its output: layers are held \
                     by number, decay and attenuation are not",
                    old.at.in_words()
                );
                compared.remarks.push(self.numbering.along().speak(&told));
            }
            if findings.is_empty() && open.is_empty() && !self.has_diverged {
                return Err(self.cannot(format!(
                    "{} neither has a value of {}",
                    old.at.in_words(),
                    self.old.quantities.join(" or "),
                )));
            }
            compared.findings.extend(findings);
        }
        Ok(compared)
    }

    /// The seeds that both have, or else how the two are compared; what is not quite the same
    /// is told in `remarks`.
    ///
    /// # Errors
    /// If they have none in common, and one of them has no interval.
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
            "the baseline has {of_old}, the target {of_new}: only their means are compared"
        ));
        Ok(Pairing::Apart)
    }

    fn cannot(&self, why: String) -> Problem {
        cannot(self.file, &why)
    }

    fn changed_keys(&self) -> Result<Vec<ChangedKey>, Problem> {
        if self.old.spec_hash.is_none() != self.new.spec_hash.is_none() {
            let [a, b] = [self.old, self.new].map(|side| match side.spec_hash {
                None => "a lone CSV file, whose spec is unknown",
                Some(_) => "a run with a spec",
            });
            return Err(self.cannot(format!("it is of {a}, the target is {b}")));
        }
        self.same_keys()?;
        let only_at_start = self.old.moments() == [Moment::Initial];
        let changed = changed(&self.old.spec, &self.new.spec, only_at_start);
        if self.same_spec && !changed.is_empty() {
            const MOST: usize = 6;
            let told: Vec<String> = changed
                .iter()
                .take(MOST)
                .map(ChangedKey::in_words)
                .collect();
            let more = match changed.len().saturating_sub(MOST) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            return Err(Problem::in_file(
                self.file,
                format!("cannot compare: it is of another spec: {}{more}", told.join(", ")),
            )
            .help("leave --same-spec out to compare the two all the same, or accept the change with --accept"));
        }
        Ok(changed)
    }

    /// That the keys beside the same hash are the same, which they are unless
    /// somebody edited them.
    fn same_keys(&self) -> Result<(), Problem> {
        if self.old.spec_hash != self.new.spec_hash {
            return Ok(());
        }
        let keys = self.old.spec.keys().chain(self.new.spec.keys());
        let get = |side: &Baseline, key: &str| side.spec.get(key).cloned().unwrap_or_default();
        let differs = |key: &&String| !is_alike(&get(self.old, key), &get(self.new, key));
        match keys.filter(|key| decides(key)).find(differs) {
            None => Ok(()),
            Some(key) => Err(self.cannot(format!(
                "its spec_hash is not of its spec, whose `{key}` was cut or edited by hand"
            ))),
        }
    }

    /// That a step is the same one; the last step of a run that is meant to be
    /// longer or shorter is another, and that is said.
    fn same_step(
        &self,
        old: &BaselineStep,
        new: &BaselineStep,
        compared: &mut Compared,
    ) -> Result<(), Problem> {
        if old.step == new.step {
            return Ok(());
        }
        let told = format!(
            "{} it holds step {}, the run has step {}",
            old.at.in_words(),
            old.step,
            new.step
        );
        let decides_length = ["train.steps", "train.epochs", "train.batch_size", "data."];
        let is_meant = compared.changed.iter().any(|changed| {
            decides_length
                .iter()
                .any(|key| changed.key.starts_with(key))
        });
        if old.at != Moment::Final || !is_meant {
            return Err(self.cannot(told));
        }
        compared.remarks.push(format!("the baseline: {told}"));
        Ok(())
    }

    /// The layers that belong together, old and new.
    fn matched<'a>(
        &self,
        old: &'a BaselineStep,
        new: &'a BaselineStep,
        compared: &mut Compared,
    ) -> Result<Vec<[&'a BaselineLayer; 2]>, Problem> {
        if compared.changed.is_empty() {
            return self.same_layers(old, new);
        }
        let path = |step: &'a BaselineStep| -> Vec<&'a BaselineLayer> {
            let layers = step.layers.iter();
            layers.filter(|layer| layer.position.is_some()).collect()
        };
        let (a, b) = (path(old), path(new));
        let remarks = &mut compared.remarks;
        if a.len() != b.len() {
            let told = format!(
                "{} the baseline's gradient passes {}, the run's {}: held are its decay and \
                 attenuation, and its first and its last layer",
                old.at.in_words(),
                counted(a.len(), "layer"),
                b.len()
            );
            remarks.push(self.numbering.along().speak(&told));
            let ends = [(a.first(), b.first()), (a.last(), b.last())];
            let mut pairs: Vec<_> = ends
                .into_iter()
                .filter_map(|(a, b)| Some([*a?, *b?]))
                .collect();
            pairs.dedup();
            return Ok(pairs);
        }
        let mut pairs: Vec<[&BaselineLayer; 2]> =
            a.into_iter().zip(b).map(<[_; 2]>::from).collect();
        // Off the path, such as the output: by name, without names by number.
        let alike = |a: &BaselineLayer, b: &BaselineLayer| match (&*a.name, &*b.name) {
            ("", _) | (_, "") => a.layer == b.layer,
            (a, b) => a == b,
        };
        let off_path = |step: &'a BaselineStep| step.layers.iter().filter(|l| l.position.is_none());
        for own in off_path(old) {
            pairs.extend(
                off_path(new)
                    .find(|other| alike(own, other))
                    .map(|new| [own, new]),
            );
        }
        let has = |own: &BaselineLayer| pairs.iter().flatten().any(|l| std::ptr::eq(*l, own));
        let sides = [(old, "the baseline"), (new, "the run")];
        let numberings = sides.map(|(step, _)| {
            let on_path = path(step).into_iter().map(|own| own.layer);
            Numbering::of(self.numbering.along(), on_path)
        });
        let left = sides
            .iter()
            .zip(numberings)
            .filter_map(|((step, side), numbering)| {
                let left: Vec<&BaselineLayer> =
                    step.layers.iter().filter(|own| !has(own)).collect();
                let told = match &left[..] {
                    [] => return None,
                    [own] => numbering.named(own.layer, &own.name),
                    _ => numbering.many(&left.iter().map(|own| own.layer).collect::<Vec<_>>()),
                };
                Some(format!("{told} of {side}"))
            });
        let left: Vec<String> = left.collect();
        if !left.is_empty() {
            let by_last = match numberings[0] == numberings[1] {
                true => "",
                false => ": the last stacked layers are held beside each other",
            };
            remarks.push(format!(
                "{} only one of the two has {}, which is not held{by_last}",
                old.at.in_words(),
                left.join(" and ")
            ));
        }
        Ok(pairs)
    }

    fn same_layers<'a>(
        &self,
        old: &'a BaselineStep,
        new: &'a BaselineStep,
    ) -> Result<Vec<[&'a BaselineLayer; 2]>, Problem> {
        let place = old.at.in_words();
        let has =
            |side: &BaselineStep, layer: usize| side.layers.iter().any(|own| own.layer == layer);
        if let Some(gone) = old.layers.iter().find(|own| !has(new, own.layer)) {
            return Err(self.cannot(format!("{place} the run lacks {}", self.named(gone))));
        }
        if let Some(come) = new.layers.iter().find(|own| !has(old, own.layer)) {
            return Err(self.cannot(format!("{place} {} is new", self.named(come))));
        }
        Ok(old
            .layers
            .iter()
            .zip(&new.layers)
            .map(<[_; 2]>::from)
            .collect())
    }

    /// "layer 3 (hidden_3)"; a lone file need not have names.
    fn named(&self, layer: &BaselineLayer) -> String {
        self.numbering.named(layer.layer, &layer.name)
    }
}

/// Whether the last layer is on the gradient's path.
fn ends_at_output(step: &BaselineStep) -> bool {
    step.layers
        .last()
        .is_some_and(|last| last.position.is_some())
}
