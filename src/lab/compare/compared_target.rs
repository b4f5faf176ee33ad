//! One target of a comparison: its seeds taken together.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::at::StepChoice;
use super::outcome::OutcomeRow;
use super::profile::{LookedAt, Profile};
use super::reading::Reading;
use crate::base::{Problem, counted};
use crate::lab::records::{Run, Target};
use crate::lab::text::Numbering;

/// A target as it was read.
#[derive(Clone, Debug)]
pub struct ComparedTarget {
    /// Its letter in tables: A is the reference.
    pub letter: String,
    /// A short name, unlike those of the other targets.
    pub label: String,
    /// As it was named.
    pub path: PathBuf,
    /// The network of a log that it is, where the log has several; else empty.
    pub network: String,
    /// The names of its runs: `seed-0` ….
    pub runs: Vec<String>,
    /// Seeds, where a spec tells them.
    pub seeds: Vec<u64>,
    /// The column that is compared.
    pub quantity: String,
    /// What came out.
    pub outcome: OutcomeRow,
    /// A profile per seed.
    pub profiles: Vec<Profile>,
    /// Hidden layers.
    pub depth: usize,
}

impl ComparedTarget {
    /// The `i`-th target.
    ///
    /// # Errors
    /// If its seeds are read for different columns.
    pub fn new(i: usize, target: &Target, profiles: Vec<Profile>) -> Result<Self, Problem> {
        let quantity = profiles[0].quantity.clone();
        if let Some(other) = profiles.iter().find(|profile| profile.quantity != quantity) {
            let what = format!(
                "its seeds have different norms: {quantity} and {}",
                other.quantity
            );
            return Err(
                Problem::in_file(&target.path, what).help("name one that all have with --quantity")
            );
        }
        let specs = target.runs.iter().filter_map(|run| run.spec.as_ref());
        let depth = target
            .spec()
            .map_or_else(|| profiles[0].hidden().len(), |spec| spec.network.depth);
        Ok(Self {
            letter: letter(i),
            label: target.label.clone(),
            path: target.path.clone(),
            network: target.runs[0]
                .foreign()
                .map_or(String::new(), |own| own.part().label()),
            runs: target.runs.iter().map(name).collect(),
            seeds: specs.map(|spec| spec.seed).collect(),
            quantity,
            outcome: OutcomeRow::of(target, &profiles)?,
            profiles,
            depth,
        })
    }

    /// As it was named, and which network of it is meant: `progress.csv:policy`.
    pub fn named(&self) -> String {
        match &*self.network {
            "" => self.path.display().to_string(),
            network => format!("{}:{network}", self.path.display()),
        }
    }

    /// The layers' numbers, ascending.
    pub fn layers(&self) -> Vec<usize> {
        let of_run = |profile: &Profile| {
            let first = profile.stats.layers.iter().map(|info| info.layer);
            // A layer may be there in later steps or in other seeds only.
            first
                .chain(profile.readings.keys().copied())
                .collect::<Vec<_>>()
        };
        let layers: BTreeSet<usize> = self.profiles.iter().flat_map(of_run).collect();
        layers.into_iter().collect()
    }

    /// A layer's name; empty where it has none.
    pub fn name(&self, layer: usize) -> &str {
        self.profiles[0].layer(layer).map_or("", |info| &info.name)
    }

    /// What each seed says of a layer, each run by `reading`.
    pub fn readings(&self, reading: impl Fn(&Profile) -> Reading) -> Vec<Reading> {
        self.profiles.iter().map(reading).collect()
    }

    /// What a figure may be off by at most, where a log's writer rounded.
    pub fn rounding(&self) -> Option<f64> {
        let roundings = self.profiles.iter().filter_map(|profile| profile.rounding);
        roundings.max_by(f64::total_cmp)
    }

    /// Why it cannot be looked at there: the step was not logged.
    pub fn not_logged(&self, at: StepChoice) -> Option<String> {
        let i = self
            .profiles
            .iter()
            .position(|profile| profile.looked_at.is_none())?;
        let nearest: Vec<String> = self.profiles[i]
            .nearest
            .iter()
            .map(u64::to_string)
            .collect();
        let verb = if nearest.len() == 1 {
            "nearest is"
        } else {
            "nearest are"
        };
        let run = match self.profiles.len() {
            1 => String::new(),
            _ => format!(" ({})", self.runs[i]),
        };
        Some(format!(
            "step {at} was not logged in {}{run}; the {verb} {}",
            self.letter,
            nearest.join(" and ")
        ))
    }

    /// Why its last step cannot be looked at: its rows are gone.
    pub fn lost_end(&self) -> Option<String> {
        let i = self.profiles.iter().position(|p| p.stats.is_cut_short)?;
        Some(format!(
            "the last steps of {} ({}) are gone from its file",
            self.letter, self.runs[i]
        ))
    }

    /// What its layers' numbers stand for.
    pub fn numbering(&self) -> Numbering {
        self.profiles[0].numbering
    }

    /// How long the path is that its layers are matched along, in words.
    pub fn path_words(&self) -> String {
        let path = self.profiles[0].path().len();
        let is_hidden = path == self.depth;
        if let Numbering::Time { steps, stacked } = self.numbering() {
            return match stacked {
                1 => counted(steps, "time step"),
                _ => format!("{steps} time steps of {stacked} stacked layers"),
            };
        }
        match path {
            1 => "1 hidden layer".to_owned(),
            _ if is_hidden => format!("{path} hidden layers"),
            _ => format!("{path} layers on the path that decay is measured along"),
        }
    }

    /// What was left out of its files.
    pub fn warnings(&self) -> impl Iterator<Item = &String> {
        let all = self.profiles.iter().map(|profile| &profile.stats);
        all.flat_map(|stats| &stats.warnings)
    }

    /// The steps that were looked at, in words: "step 0", "221 steps from 0 to 220".
    pub fn steps(&self) -> String {
        let words = |looked: &LookedAt| match looked.count {
            1 => format!("step {}", looked.last),
            n => format!("{n} steps from {} to {}", looked.first, looked.last),
        };
        let looked_at = self.profiles.iter().filter_map(|p| p.looked_at.as_ref());
        let mut all: Vec<String> = looked_at.map(words).collect();
        all.dedup();
        all.join(", ")
    }
}

/// The last part of a run's path.
fn name(run: &Run) -> String {
    let name = run.path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// A, B … Z, then A2, B2 …
fn letter(i: usize) -> String {
    let letter = char::from(b'A' + (i % 26) as u8);
    match i / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_do_not_run_out() {
        assert_eq!([0, 1, 25, 26, 53].map(letter), ["A", "B", "Z", "A2", "B3"]);
    }
}
