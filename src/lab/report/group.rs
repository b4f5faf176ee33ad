//! A target as the page shows it: a run, or the seeds of one taken together.

use crate::lab::plot::PlotData;
use crate::lab::predictive::Predictions;
use crate::lab::records::{Estimate, RunData, Target, mean};
use crate::lab::text::{self, Findings, Tone};

/// A run, or the seeds of one.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The target's name on the page.
    pub label: &'a str,
    /// Its place among the targets, which decides its colour, dash and marker.
    pub place: usize,
    /// Its runs, at least one.
    pub entries: &'a [RunData],
    /// The probabilities of several seeds together, where they were judged.
    pub ensemble: Option<&'a Predictions>,
}

/// The targets, each with its runs.
pub fn groups<'a>(targets: &'a [Target], data: &'a PlotData) -> Vec<Group<'a>> {
    let chunks = data.runs.chunk_by(|a, b| a.target == b.target);
    let groups = chunks.zip(targets).enumerate();
    groups
        .map(|(place, (entries, target))| Group {
            label: &target.label,
            place,
            entries,
            ensemble: data.ensembles[place].as_ref(),
        })
        .collect()
}

impl Group<'_> {
    /// How many seeds it has; `None` of a single run.
    pub fn seeds(&self) -> Option<usize> {
        (self.entries.len() > 1).then_some(self.entries.len())
    }

    /// A figure of the run, or its mean over the seeds with the 95 % interval. Of
    /// seeds without a finite value it says how many there are. `None` where no
    /// run has a value.
    pub fn figure(
        &self,
        get: impl Fn(&RunData) -> Option<f64>,
        show: fn(f64) -> String,
    ) -> Option<String> {
        let values: Vec<f64> = self.entries.iter().filter_map(get).collect();
        let (finite, other): (Vec<f64>, Vec<f64>) = values.iter().partition(|v| v.is_finite());
        let mean = (!finite.is_empty()).then(|| {
            let spread = Estimate::of(&finite);
            let interval = spread.has_interval().then_some([spread.low, spread.high]);
            // The interval stays in one line.
            text::estimate(spread.mean, interval, show).replace(", ", ",\u{a0}")
        });
        let n = self.entries.len();
        if finite.len() == n || values.is_empty() {
            return mean;
        }
        if let [value] = other[..]
            && n == 1
        {
            return Some(show(value));
        }
        let mut parts: Vec<(String, usize)> = mean.map(|m| (m, finite.len())).into_iter().collect();
        for value in other.into_iter().map(show) {
            match parts.iter_mut().find(|(known, _)| *known == value) {
                Some((_, count)) => *count += 1,
                None => parts.push((value, 1)),
            }
        }
        let parts: Vec<String> = parts
            .iter()
            .map(|(text, count)| format!("{text} in {count} of {n} seeds"))
            .collect();
        Some(parts.join(", "))
    }

    /// The peak signal-to-noise ratio of what was held out.
    pub fn psnr(&self) -> Option<String> {
        let psnr = |entry: &RunData| entry.run.summary.as_ref()?.test_psnr;
        self.figure(psnr, |psnr| format!("{psnr:.2} dB"))
    }

    /// What its probabilities on the test set are worth by the measure of this name, and whose
    /// they are: of several seeds those of the ensemble and those of its networks.
    pub fn probabilities(&self, name: &str) -> Vec<(&'static str, String)> {
        let show: fn(f64) -> String = |value| format!("{value:.3}");
        let own = |entry: &RunData| {
            let judged = entry.run.summary.as_ref()?.predictive.as_ref()?;
            judged.measures.named(name)
        };
        let together = self.ensemble.and_then(|own| own.measures.named(name));
        let together = together.map(|value| (", ensemble", show(value)));
        let whose = match together {
            Some(_) => ", single networks",
            None => "",
        };
        let single = self.figure(own, show).map(|figure| (whose, figure));
        together.into_iter().chain(single).collect()
    }

    /// Decades lost at the start (0) or the end (1), and what a generator's loss takes.
    pub fn lost(&self, end: usize) -> Option<String> {
        let layers = self.figure(|entry| entry.lost()[end], lost)?;
        let by_loss = self.entries.iter().filter_map(|entry| entry.by_loss()[end]);
        let by_loss: Vec<f64> = by_loss.collect();
        let by_loss = (!by_loss.is_empty()).then(|| mean(&by_loss));
        Some(text::with_loss(layers, by_loss))
    }

    /// What there is to say of its runs, of those that have a norm on the path.
    fn findings(&self) -> Vec<Findings<'_>> {
        self.entries.iter().filter_map(RunData::findings).collect()
    }

    /// How it is shown: as its worst run.
    pub fn tone(&self) -> Tone {
        let tones = self.findings().into_iter().map(|findings| findings.tone());
        tones.max().unwrap_or(Tone::Open)
    }

    /// The verdict.
    pub fn verdict(&self) -> String {
        text::group_verdict(&self.findings())
    }

    /// Whether it learned anything, in a word or two; empty where nothing tells.
    pub fn learned(&self) -> String {
        let known: Vec<bool> = self
            .entries
            .iter()
            .filter_map(|entry| entry.stats.learned)
            .collect();
        let learned = known.iter().filter(|learned| **learned).count();
        if known.is_empty() {
            let is_untrained = |entry: &RunData| entry.stats.last_step == 0;
            return match self.entries.iter().all(is_untrained) {
                true => "not trained".to_owned(),
                false => String::new(),
            };
        }
        let findings = self.findings();
        if !findings.is_empty() && findings.iter().all(Findings::is_undecided) {
            return "too few samples to tell".to_owned();
        }
        match known.len() {
            of if of == learned => "learned".to_owned(),
            _ if learned == 0 => "learned nothing".to_owned(),
            of => format!("{learned} of {of} learned"),
        }
    }

    /// The verdict in a sentence.
    pub fn sentence(&self) -> String {
        let findings = self.findings();
        if findings.is_empty() {
            let headline = &self.entries[0].stats.headline;
            return format!("no layer on the main path has a {headline}");
        }
        text::group_sentence(&findings)
    }
}

/// Decades lost, as people read them: a true minus for what is gained.
pub fn lost(decades: f64) -> String {
    match decades {
        f64::INFINITY => "all".to_owned(),
        finite if finite.is_finite() => text::fixed(finite, 2).replace('-', "−"),
        _ => "not finite".to_owned(),
    }
}
