//! Sequences made for recurrent networks and transformers: problems that only a long
//! memory solves, and text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files;
use super::raw_table::{Inputs, RawTable, Reading, reserve};
use super::{DataSource, LoadContext, Source};
use crate::base::Problem;
use crate::base::family::member;
use crate::base::rng::stream;
use crate::nn::loss::{TargetKind, Targets};

member! {
    /// The adding problem: at every position a number in [0, 1) and a marker, which is 1 at one place of each half; the target is the sum of the two marked numbers. Predicting 1 gives an mse of 1/6. Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735.
    pub struct Adding {
        /// Positions.
        #[schemars(range(min = 2))]
        length: usize = 60,
        /// Sequences.
        #[schemars(range(min = 1))]
        samples: usize = 4000,
    }
}

impl DataSource for Adding {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        if context.targets == Some(TargetKind::Classes) {
            return Err(Problem::at_key(
                "train.loss",
                "the adding problem is a regression: its targets are numbers, not classes",
            )
            .help("set train.loss = \"mse\""));
        }
        let features = 2 * self.length;
        let mut inputs = reserve("adding", self.samples, features, 1)?;
        let mut rng = stream(context.seed, "data", 0);
        let half = self.length / 2;
        let mut sums = Vec::with_capacity(self.samples);
        for _ in 0..self.samples {
            let marked = [
                rng.random_range(0..half),
                rng.random_range(half..self.length),
            ];
            let mut sum = 0.0;
            for t in 0..self.length {
                let number: f64 = rng.random();
                let is_marked = marked.contains(&t);
                sum += if is_marked { number } else { 0.0 };
                inputs.extend([number, f64::from(u8::from(is_marked))]);
            }
            sums.push(sum);
        }
        let targets = Array2::from_shape_vec((self.samples, 1), sums);
        Ok(RawTable {
            inputs: Inputs::Numbers(inputs),
            features,
            targets: Targets::Numbers(targets.expect("one sum per sample")),
            targets_each: 1,
            class_names: Vec::new(),
            test_rows: None,
            reading: Reading::default(),
        })
    }

    fn gives(&self) -> Option<TargetKind> {
        Some(TargetKind::Numbers)
    }

    fn positions(&self) -> Option<usize> {
        Some(self.length)
    }

    fn is_encoded(&self) -> bool {
        true
    }
}

/// The copy problem: random symbols, blanks, a cue to go, blanks; the targets are blanks up to the cue, then the symbols. Without memory the best loss is remember·ln(symbols)/P nats over P = delay + 2·remember positions. Hochreiter & Schmidhuber 1997; in this form Arjovsky et al. 2016, arXiv:1511.06464.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// Distinct symbols; of one there is nothing to remember.
    #[serde(default = "eight")]
    #[schemars(range(min = 2))]
    pub symbols: u32,
    /// Symbols to remember.
    #[serde(default = "ten")]
    #[schemars(range(min = 1))]
    pub remember: usize,
    /// Positions between the last symbol and the first that is asked for.
    #[schemars(range(min = 1))]
    pub delay: usize,
    /// Sequences.
    #[schemars(range(min = 1))]
    pub samples: usize,
}

fn eight() -> u32 {
    8
}

fn ten() -> usize {
    10
}

impl Copy {
    fn length(&self) -> usize {
        self.remember.saturating_mul(2).saturating_add(self.delay)
    }
}

impl DataSource for Copy {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let (symbols, length) = (self.symbols, self.length());
        let width = symbols as usize + 2;
        let features = width.saturating_mul(length);
        let mut inputs: Vec<f64> = reserve("copy", self.samples, features, 1)?;
        let mut rng = stream(context.seed, "data", 0);
        let (blank, go) = (symbols, symbols + 1);
        let mut classes = Vec::with_capacity(self.samples * length);
        for _ in 0..self.samples {
            let secret: Vec<u32> = (0..self.remember)
                .map(|_| rng.random_range(0..symbols))
                .collect();
            let shown = (0..length).map(|t| match t {
                t if t < self.remember => secret[t],
                t if t + 1 == self.remember + self.delay => go,
                _ => blank,
            });
            for symbol in shown {
                let first = inputs.len();
                inputs.resize(first + width, 0.0);
                inputs[first + symbol as usize] = 1.0;
            }
            classes.resize(classes.len() + length - self.remember, blank);
            classes.extend(secret);
        }
        let names = (0..symbols).map(|symbol| symbol.to_string());
        Ok(RawTable {
            inputs: Inputs::Numbers(inputs),
            features,
            targets: Targets::Classes(classes),
            targets_each: length,
            class_names: names.chain(["blank".to_owned()]).collect(),
            test_rows: None,
            reading: Reading::default(),
        })
    }

    fn positions(&self) -> Option<usize> {
        Some(self.length())
    }

    fn is_encoded(&self) -> bool {
        true
    }
}

/// A UTF-8 text cut into pieces of `length` characters, one-hot over the characters that occur in it; each position's target is the next character.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The file, relative to the spec.
    pub path: PathBuf,
    /// Characters in a piece.
    #[schemars(range(min = 1))]
    pub length: usize,
}

const TEXT_PATH: &str = "data.source.text.path";

impl DataSource for Text {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let path = context.base_dir.join(&self.path);
        let bytes = files::read(TEXT_PATH, &path)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let what = format!("is no UTF-8 text (byte {})", error.valid_up_to());
            let what = format!("{} {what}", path.display());
            Problem::at_key(TEXT_PATH, what).help("save it as UTF-8, or name another file")
        })?;
        let characters: Vec<char> = text.chars().collect();
        let samples = characters.len().saturating_sub(1) / self.length;
        if samples == 0 {
            let what = format!(
                "{} has {} characters, too few for a piece of {} and the character after it",
                path.display(),
                characters.len(),
                self.length
            );
            return Err(Problem::at_key("data.source.text.length", what)
                .help("lower length, or give a longer text"));
        }
        let alphabet: Vec<char> = BTreeSet::from_iter(&characters)
            .into_iter()
            .copied()
            .collect();
        if alphabet.len() < 2 {
            let what = format!(
                "{} has one character only, {:?} again and again: there is nothing to predict",
                path.display(),
                alphabet[0]
            );
            return Err(Problem::at_key(TEXT_PATH, what).help("give a text of several characters"));
        }
        let place = |character: &char| alphabet.binary_search(character).unwrap_or_default();
        let used = samples * self.length;
        let features = self.length * alphabet.len();
        // A byte stands for byte/255.
        let mut inputs = vec![0; used * alphabet.len()];
        for (i, character) in characters[..used].iter().enumerate() {
            inputs[i * alphabet.len() + place(character)] = u8::MAX;
        }
        let next = characters[1..=used].iter();
        Ok(RawTable {
            inputs: Inputs::Bytes(inputs),
            features,
            targets: Targets::Classes(next.map(|character| place(character) as u32).collect()),
            targets_each: self.length,
            class_names: alphabet.iter().map(char::to_string).collect(),
            test_rows: None,
            reading: Reading::default(),
        })
    }

    fn input_files(&self) -> Vec<(&'static str, &Path)> {
        vec![(TEXT_PATH, &self.path)]
    }

    fn with_paths(&self, new: &dyn Fn(&Path) -> PathBuf) -> Option<Source> {
        Some(Source::Text(Self {
            path: new(&self.path),
            ..self.clone()
        }))
    }

    fn positions(&self) -> Option<usize> {
        Some(self.length)
    }

    fn is_encoded(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::synthetic::tests::{context, labels, rows};

    #[test]
    fn the_marked_numbers_add_up() {
        let adding = Adding {
            length: 7,
            samples: 50,
        };
        let numeric = LoadContext {
            targets: Some(TargetKind::Numbers),
            ..context(1)
        };
        let raw = adding.load(&numeric).unwrap();
        let Targets::Numbers(sums) = &raw.targets else {
            panic!("no numbers")
        };
        for (row, sum) in rows(&raw).iter().zip(sums.column(0)) {
            let pairs = row.chunks_exact(2);
            let marked: Vec<usize> = (0..7).filter(|t| row[2 * t + 1] == 1.0).collect();
            assert!(marked.len() == 2 && marked[0] < 3 && marked[1] >= 3);
            let total: f64 = pairs.map(|pair| pair[0] * pair[1]).sum();
            assert_eq!(total, *sum);
        }
        assert!(adding.load(&context(1)).is_err(), "classes");
    }

    #[test]
    fn what_was_shown_is_asked_for_after_the_cue() {
        let copy = Copy {
            symbols: 3,
            remember: 2,
            delay: 4,
            samples: 5,
        };
        let raw = copy.load(&context(0)).unwrap();
        assert_eq!(
            (raw.samples(), raw.targets_each, raw.features),
            (5, 8, 8 * 5)
        );
        for (row, targets) in rows(&raw).iter().zip(labels(&raw).chunks(8)) {
            let shown: Vec<usize> = row
                .chunks_exact(5)
                .map(|one_hot| one_hot.iter().position(|x| *x == 1.0).unwrap())
                .collect();
            assert_eq!(shown[2..], [3, 3, 3, 4, 3, 3]);
            assert_eq!(targets[..6], [3; 6]);
            let asked: Vec<usize> = targets[6..].iter().map(|k| *k as usize).collect();
            assert_eq!(asked, shown[..2]);
        }
    }

    #[test]
    fn the_target_is_the_next_character() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "abcabdé").unwrap();
        let text = |length| Text {
            path: "a.txt".into(),
            length,
        };
        let here = LoadContext {
            base_dir: folder.path(),
            ..context(0)
        };
        let raw = text(3).load(&here).unwrap();
        // a b c | a b d, and é after it; the alphabet is a b c d é.
        assert_eq!(raw.class_names, ["a", "b", "c", "d", "é"]);
        assert_eq!(labels(&raw), [1, 2, 0, 1, 3, 4]);
        let first: Vec<f64> = rows(&raw)[0].clone();
        assert_eq!(first[..10], [1., 0., 0., 0., 0., 0., 1., 0., 0., 0.]);
        let problem = text(7).load(&here).unwrap_err();
        assert!(problem.to_string().contains("7 characters"), "{problem}");
        for (bytes, words) in [
            (&b"aaaaaa"[..], "one character only"),
            (&b"ab\xffab"[..], "is no UTF-8 text (byte 2)"),
        ] {
            std::fs::write(folder.path().join("a.txt"), bytes).unwrap();
            let told = text(2).load(&here).unwrap_err().to_string();
            let has_both = told.contains(words) && told.contains(TEXT_PATH);
            assert!(has_both, "{told}");
        }
    }
}
