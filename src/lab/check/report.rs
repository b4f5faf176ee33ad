//! What came of a check.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::finding::{Finding, Source, State};
use super::spec_keys::ChangedKey;
use crate::lab::decay::{self, Decay};
use crate::lab::learned::Evidence;
use crate::lab::text;
use crate::nn::architecture::Along;

/// What rules may ask that does not count what a generator's loss takes, and the quantity
/// that tells it.
const OF_LAYERS: [&str; 2] = ["attenuation_decades", "decay_decades_per_layer"];
const LOSS_SLOPE: &str = "loss_slope";

/// The end of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateVerdict {
    /// Everything holds, or is unclear and that is let pass.
    Pass,
    /// Something fails.
    Fail,
    /// Something could not be answered.
    Cannot,
}

impl GateVerdict {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Cannot => "cannot",
        }
    }
}

/// What one run came to as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeRun {
    /// The cells of a sweep that it is one of; none elsewhere.
    pub cell: Option<String>,
    /// Its seed; none where it is not known.
    pub seed: Option<u64>,
    /// The worse of its two ends; none where no layer has a norm.
    pub verdict: Option<decay::Verdict>,
    /// Whether it beats guessing, where its summary tells.
    pub learned: Option<bool>,
    /// What that was judged by.
    pub learned_by: Option<Evidence>,
}

/// What came of the cells that differ in the seed alone.
#[derive(Clone, Debug)]
pub struct CheckedCells {
    /// What tells them from the others.
    pub label: String,
    /// What came of them.
    pub verdict: GateVerdict,
    /// How many of them came to an end.
    pub runs: usize,
    /// The finding that is worst, or nearest to its limit.
    pub worst: Option<Finding>,
    /// What could not be answered about them.
    pub cannot: Vec<String>,
}

/// The findings and what else there is to tell.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// What was checked, as it was named.
    pub target: PathBuf,
    /// Its seeds; none for a lone file.
    pub seeds: Vec<u64>,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// Questions that could not be answered, each with why and what to do.
    pub cannot: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What the path is made of that decay is measured along.
    pub along: Along,
    /// The keys of the spec that have changed since the baseline.
    pub changed: Vec<ChangedKey>,
    /// Whether unclear and improved count as failed.
    pub strict: bool,
    /// A number is not finite.
    pub has_diverged: bool,
    /// What is measured shall become the baseline, so that nothing need be compared.
    pub accepts: bool,
    /// The baseline that was written, if one was.
    pub accepted: Option<String>,
    /// Decay at the first and the last logged step of each run.
    pub ends: Vec<[Option<Decay>; 2]>,
    /// The verdict of each run.
    pub runs: Vec<WholeRun>,
    /// Of a sweep, what came of each kind of its cells, in the order of its plan.
    pub cells: Vec<CheckedCells>,
}

impl CheckReport {
    /// The verdict. What fails has failed, whatever else could not be answered.
    pub fn verdict(&self) -> GateVerdict {
        // A gate that looked at nothing must not let pass.
        let is_idle = self.findings.is_empty() && !self.accepts;
        let [unclear, improved, fails] =
            [State::Unclear, State::Improved, State::Fails].map(|state| self.count(state));
        if self.has_diverged || fails > 0 || (self.strict && unclear + improved > 0) {
            GateVerdict::Fail
        } else if !self.cannot.is_empty() || is_idle {
            GateVerdict::Cannot
        } else {
            GateVerdict::Pass
        }
    }

    /// What no rule need ask for: runs that end worse than they began, and runs
    /// that learned nothing or have too few samples to tell.
    pub fn about_runs(&self) -> Vec<String> {
        let told = self.runs.iter().zip(&self.ends).filter_map(|(run, ends)| {
            let mut parts = Vec::new();
            if let [Some(initial), Some(last)] = ends
                && last.verdict > initial.verdict
            {
                parts.push(text::ends(initial.verdict, last.verdict));
            }
            if run.learned == Some(false) {
                parts.push(text::not_learned(run.learned_by.as_ref()));
            }
            let who = match run.seed.filter(|_| self.runs.len() > 1) {
                Some(seed) => format!("seed {seed}"),
                None => "the run".to_owned(),
            };
            (!parts.is_empty()).then(|| format!("{who}: {}", parts.join("; ")))
        });
        told.collect()
    }

    /// That what was asked about the layers does not see what a generator's loss takes off all
    /// of them, where a verdict comes of that and no rule is about it.
    pub fn about_loss(&self) -> Option<String> {
        let asked = |name: &str| self.findings.iter().any(|finding| finding.quantity == name);
        let ends = self.ends.iter().flatten().flatten();
        let is_bad = |end: &&Decay| end.verdict > decay::Verdict::Healthy && end.loss_matters();
        let worst = ends.filter(is_bad);
        let worst = worst.max_by(|a, b| a.loss_decades().total_cmp(&b.loss_decades()))?;
        if asked(LOSS_SLOPE) {
            return None;
        }
        let quantity = OF_LAYERS.into_iter().find(|name| asked(name))?;
        Some(format!(
            "{quantity} is about the layers alone; the verdict, {}, counts {:.1} decades that the \
             generator's loss takes off all of them: add a rule with quantity = \"{LOSS_SLOPE}\" \
             and min = {:?}",
            text::word(worst.verdict),
            worst.loss_decades(),
            10f64.powf(-decay::AT_RISK_DECADES)
        ))
    }

    /// Findings of a kind.
    pub fn count(&self, state: State) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    }

    /// The findings by question, in the order of the worst of each. Questions
    /// that read the same are told apart by their number.
    pub fn by_question(&self) -> Vec<(String, Vec<&Finding>)> {
        let mut groups: Vec<(&Finding, Vec<&Finding>)> = Vec::new();
        let mut places = BTreeMap::new();
        let mut alike: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &self.findings {
            let key = (&finding.cell, &finding.rule, &finding.file, finding.place);
            let place = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, group)) => group.push(finding),
                None => {
                    groups.push((finding, vec![finding]));
                    *alike.entry(finding.question()).or_default() += 1;
                }
            }
        }
        let named = groups.into_iter().map(|(first, group)| {
            let name = first.question();
            match alike[&name] {
                1 => (name, group),
                _ => (format!("{name} (rule {})", first.place + 1), group),
            }
        });
        named.collect()
    }

    /// Takes the comparison with a baseline that is about to be replaced out of
    /// the findings, and tells the largest changes.
    pub fn set_aside_changes(&mut self) -> Vec<String> {
        const MOST: usize = 5;
        let is_change = |finding: &mut Finding| finding.source == Source::Baseline;
        let mut changes: Vec<Finding> = self.findings.extract_if(.., is_change).collect();
        changes.sort_by(|a, b| b.change().total_cmp(&a.change()));
        let changed = changes
            .iter()
            .filter(|change| change.change() > 0.0)
            .count();
        let mut lines: Vec<String> = changes
            .iter()
            .take(changed.min(MOST))
            .map(|change| format!("changed: {}", change.change_sentence()))
            .collect();
        if changed > MOST {
            lines.push(format!("and {} smaller changes", changed - MOST));
        }
        lines
    }

    /// Takes in what came of one kind of cells.
    pub fn add_cells(&mut self, label: String, mut report: CheckReport) {
        self.along = match self.cells.is_empty() {
            true => report.along,
            false => Along::of_all([self.along, report.along]),
        };
        self.cells.push(CheckedCells {
            label: label.clone(),
            verdict: report.verdict(),
            runs: report.runs.len(),
            worst: report.findings.first().cloned(),
            cannot: report.cannot.clone(),
        });
        for finding in &mut report.findings {
            finding.cell = Some(label.clone());
        }
        for run in &mut report.runs {
            run.cell = Some(label.clone());
        }
        let named = |told: Vec<String>| {
            let told = told.into_iter();
            let lines: Vec<String> = told.map(|line| format!("{label}: {line}")).collect();
            lines
        };
        self.cannot.extend(named(report.cannot));
        self.warnings.extend(named(report.warnings));
        self.findings.append(&mut report.findings);
        self.runs.append(&mut report.runs);
        self.ends.append(&mut report.ends);
        self.has_diverged |= report.has_diverged;
        for changed in report.changed {
            if !self.changed.contains(&changed) {
                self.changed.push(changed);
            }
        }
        for seed in report.seeds {
            if !self.seeds.contains(&seed) {
                self.seeds.push(seed);
            }
        }
    }

    /// " (2 fail, 4 pass of the sweep's cells)"; empty where it is no sweep.
    fn cells_in_short(&self) -> String {
        let count = |verdict: GateVerdict| {
            let cells = self.cells.iter();
            cells.filter(|cells| cells.verdict == verdict).count()
        };
        let parts = [
            (count(GateVerdict::Fail), "fail"),
            (count(GateVerdict::Cannot), "cannot be checked"),
            (count(GateVerdict::Pass), "pass"),
        ];
        let parts = parts.iter().filter(|(n, _)| *n > 0);
        let parts: Vec<String> = parts.map(|(n, word)| format!("{n} {word}")).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" ({} of the sweep's cells)", parts.join(", ")),
        }
    }

    /// The last line: what a script that cannot see the exit code looks for.
    pub fn last_line(&self) -> String {
        let total = self.findings.len() + self.cannot.len();
        let [holds, improved, unclear, fails] =
            [State::Holds, State::Improved, State::Unclear, State::Fails]
                .map(|state| self.count(state));
        let counts = |parts: &[(usize, &str)]| -> String {
            let parts = parts.iter().filter(|(n, _)| *n > 0);
            let parts: Vec<String> = parts.map(|(n, word)| format!("{n} {word}")).collect();
            parts.join(", ")
        };
        let checks = if total == 1 { "check" } else { "checks" };
        let cells = self.cells_in_short();
        match (self.verdict(), &self.accepted) {
            (GateVerdict::Pass, Some(accepted)) => format!("PASS: accepted, {accepted}"),
            (GateVerdict::Pass, None) => format!(
                "PASS: {} of {total} {checks}{}{cells}",
                counts(&[
                    (holds, "hold"),
                    (improved, "improved"),
                    (unclear, "unclear")
                ]),
                if holds + improved == 0 {
                    ", none is sure to hold"
                } else {
                    ""
                }
            ),
            (GateVerdict::Fail, _) => format!(
                "FAIL: {} of {total} {checks}{cells}",
                counts(&[
                    (fails, "fail"),
                    (unclear, "unclear"),
                    (improved, "improved"),
                    (holds, "hold"),
                    (self.cannot.len(), "could not be made")
                ])
            ),
            (GateVerdict::Cannot, _) if self.findings.is_empty() => {
                "CANNOT check: see the error above".to_owned()
            }
            (GateVerdict::Cannot, _) => format!(
                "CANNOT check: {} of {total} {checks}{cells}, see the error above",
                counts(&[
                    (self.cannot.len(), "could not be made"),
                    (unclear, "unclear"),
                    (improved, "improved"),
                    (holds, "hold")
                ])
            ),
        }
    }
}
