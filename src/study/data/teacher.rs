//! Labels by a random network.

use super::raw_table::{RawTable, reserve};
use super::synthetic::fill_normal;
use super::{DataSource, LoadContext};
use crate::base::family::member;
use crate::base::rng::{ChaCha8Rng, stream};
use crate::base::{Problem, counted};

member! {
    /// Normal inputs labelled by a fixed random tanh network: the index of its largest output. The teacher-student setting of Saad & Solla 1995.
    pub struct Teacher {
        /// Inputs.
        #[schemars(range(min = 1))]
        features: usize = 20,
        /// Hidden units of the teacher.
        #[schemars(range(min = 1))]
        hidden: usize = 32,
        /// Outputs of the teacher.
        #[schemars(range(min = 2))]
        classes: u32 = 4,
        /// Samples.
        #[schemars(range(min = 1))]
        samples: usize = 1500,
    }
}

/// How many teachers are tried until one gives every class.
const TEACHERS: u64 = 20;

impl DataSource for Teacher {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let mut inputs = reserve("teacher", self.samples, self.features, self.classes)?;
        let mut rng = stream(context.seed, "data", 0);
        fill_normal(&mut inputs, self.samples * self.features, &mut rng);
        for teacher in 1..=TEACHERS {
            let mut rng = stream(context.seed, "data", teacher);
            let labels = self.labels(&inputs, &mut rng)?;
            let mut seen = vec![false; self.classes as usize];
            for &label in &labels {
                seen[label as usize] = true;
            }
            if context.targets.is_none() || seen.iter().all(|&seen| seen) {
                return Ok(RawTable::labelled(
                    inputs,
                    self.features,
                    labels,
                    self.classes,
                ));
            }
        }
        Err(Problem::at_key(
            "data.source.teacher.samples",
            format!(
                "no teacher of {} showed all {} classes in {}",
                counted(self.hidden, "hidden unit"),
                self.classes,
                counted(self.samples, "sample")
            ),
        )
        .help("raise samples or hidden, or ask for fewer classes"))
    }
}

impl Teacher {
    /// argmax over k of Σ_j v_jk tanh(w_j·x), with w ~ N(0, 1/features), v ~ N(0, 1).
    fn labels(&self, inputs: &[f64], rng: &mut ChaCha8Rng) -> Result<Vec<u32>, Problem> {
        let classes = self.classes as usize;
        let mut scores = reserve("teacher", self.samples, classes, self.classes)?;
        scores.resize(self.samples * classes, 0.0);
        let deviation = 1.0 / (self.features as f64).sqrt();
        // Unit by unit, so that the teacher itself need not be stored.
        for _ in 0..self.hidden {
            let mut draws = Vec::new();
            fill_normal(&mut draws, self.features + classes, rng);
            let (into, out) = draws.split_at(self.features);
            for (x, scores) in inputs
                .chunks_exact(self.features)
                .zip(scores.chunks_exact_mut(classes))
            {
                let z: f64 = x.iter().zip(into).map(|(x, w)| x * w).sum();
                let h = (deviation * z).tanh();
                for (score, v) in scores.iter_mut().zip(out) {
                    *score += v * h;
                }
            }
        }
        Ok(scores.chunks_exact(classes).map(largest).collect())
    }
}

/// The index of the largest score.
fn largest(scores: &[f64]) -> u32 {
    let mut best = 0;
    for (k, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = k;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::synthetic::tests::{class_counts, context, labels, rows};

    #[test]
    fn a_teacher_shows_every_class() {
        for seed in 0..20 {
            let teacher = Teacher {
                features: 5,
                hidden: 10,
                classes: 10,
                samples: 200,
            };
            let counts = class_counts(&teacher.load(&context(seed)).unwrap());
            assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
        }
    }

    #[test]
    fn a_teacher_labels_by_its_inputs() {
        // tanh(w·x) of one feature is monotonic: the two classes are two intervals of x.
        let teacher = Teacher {
            features: 1,
            hidden: 1,
            classes: 2,
            samples: 200,
        };
        let raw = teacher.load(&context(0)).unwrap();
        let mut pairs: Vec<(f64, u32)> = rows(&raw)
            .iter()
            .map(|row| row[0])
            .zip(labels(&raw).iter().copied())
            .collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let changes = pairs.windows(2).filter(|w| w[0].1 != w[1].1).count();
        assert_eq!(changes, 1);
    }

    #[test]
    fn a_teacher_that_cannot_show_every_class_is_an_error() {
        // Of the lines v·h over one hidden unit's h only the outermost two are ever on top.
        let teacher = Teacher {
            features: 1,
            hidden: 1,
            classes: 3,
            samples: 200,
        };
        let problem = teacher.load(&context(0)).unwrap_err();
        assert!(problem.what.contains("1 hidden unit showed"), "{problem}");
    }
}
