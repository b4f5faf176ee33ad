//! The measures of probabilities against the classes that came true.

use serde::{Deserialize, Serialize};

use crate::lab::json::{number, read_number};

/// Bins of confidence, equally wide. Guo et al. 2017, arXiv:1706.04599, take 15.
const BINS: usize = 15;

/// One sample, judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgedSample {
    /// The largest probability.
    pub confidence: f64,
    /// −Σ p ln p, in nats.
    pub entropy: f64,
    /// −ln p of the class that came true.
    pub log_loss: f64,
    /// Whether the most probable class came true.
    pub is_right: bool,
}

impl JudgedSample {
    /// Probabilities that sum to 1, and the class that came true.
    pub fn of(probabilities: &[f64], target: usize) -> Self {
        let mut best = 0;
        for (class, p) in probabilities.iter().enumerate() {
            if *p > probabilities[best] {
                best = class;
            }
        }
        let term = |p: &f64| if *p > 0.0 { -p * p.ln() } else { 0.0 };
        Self {
            confidence: probabilities[best],
            entropy: probabilities.iter().map(term).sum(),
            log_loss: -probabilities[target].ln(),
            is_right: best == target,
        }
    }
}

/// Samples of about the same confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Above this confidence …
    pub from: f64,
    /// … up to this.
    pub to: f64,
    /// Samples.
    pub samples: u64,
    /// Their mean confidence; `None` without a sample.
    pub confidence: Option<f64>,
    /// The share of them that is right; `None` without a sample.
    pub accuracy: Option<f64>,
}

/// What probabilities are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Samples judged; with a target per position, positions.
    pub samples: u64,
    /// The share whose most probable class came true.
    pub accuracy: f64,
    /// Mean −ln p of the class that came true.
    #[serde(serialize_with = "number", deserialize_with = "read_number")]
    pub log_loss: Option<f64>,
    /// Mean predictive entropy −Σ p ln p, in nats.
    pub entropy: f64,
    /// Expected calibration error: the mean of |accuracy − confidence| over the bins,
    /// weighted by their samples.
    pub calibration_error: f64,
    /// Samples whose most probable class did not come true.
    pub errors: u64,
    /// Of those, the share among the tenth of the samples with the largest entropy;
    /// `None` without an error.
    pub errors_in_most_uncertain_tenth: Option<f64>,
    /// The reliability diagram.
    pub bins: Vec<Bin>,
}

impl Measures {
    /// The measure that others call `name`, away from this table.
    pub fn named(&self, name: &str) -> Option<f64> {
        match name {
            "calibration_error" => Some(self.calibration_error),
            "predictive_entropy" => Some(self.entropy),
            "errors_in_most_uncertain_tenth" => self.errors_in_most_uncertain_tenth,
            _ => None,
        }
    }

    /// Of at least one sample.
    pub fn of(samples: impl Iterator<Item = JudgedSample>) -> Self {
        let mut samples: Vec<JudgedSample> = samples.collect();
        let n = samples.len() as f64;
        let mean = |of: fn(&JudgedSample) -> f64| samples.iter().map(of).sum::<f64>() / n;
        let share = |of: &[&JudgedSample]| {
            let right = of.iter().filter(|sample| sample.is_right).count();
            right as f64 / of.len() as f64
        };
        let bin = |i: usize| {
            // Confidence 0 cannot be: the largest of K probabilities is at least 1/K.
            let is_in = |s: &&JudgedSample| {
                ((s.confidence * BINS as f64).ceil() as usize).clamp(1, BINS) == i + 1
            };
            let inside: Vec<&JudgedSample> = samples.iter().filter(is_in).collect();
            let confidence = inside.iter().map(|s| s.confidence).sum::<f64>() / inside.len() as f64;
            let known = !inside.is_empty();
            Bin {
                from: i as f64 / BINS as f64,
                to: (i + 1) as f64 / BINS as f64,
                samples: inside.len() as u64,
                confidence: known.then_some(confidence),
                accuracy: known.then(|| share(&inside)),
            }
        };
        let bins: Vec<Bin> = (0..BINS).map(bin).collect();
        let gap = |bin: &Bin| {
            let gap = bin.accuracy.zip(bin.confidence).map(|(a, c)| (a - c).abs());
            gap.unwrap_or(0.0) * bin.samples as f64 / n
        };
        let errors = samples.iter().filter(|sample| !sample.is_right).count();
        let (accuracy, entropy) = (1.0 - errors as f64 / n, mean(|s| s.entropy));
        let log_loss = mean(|s| s.log_loss);
        samples.sort_by(|a, b| b.entropy.total_cmp(&a.entropy));
        let tenth = &samples[..samples.len().div_ceil(10)];
        let caught = tenth.iter().filter(|sample| !sample.is_right).count();
        Self {
            samples: samples.len() as u64,
            accuracy,
            log_loss: Some(log_loss),
            entropy,
            calibration_error: bins.iter().map(gap).sum(),
            errors: errors as u64,
            errors_in_most_uncertain_tenth: (errors > 0).then(|| caught as f64 / errors as f64),
            bins,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(probabilities: &[f64], target: usize) -> JudgedSample {
        JudgedSample::of(probabilities, target)
    }

    #[test]
    fn a_sample_is_judged_by_its_most_probable_class() {
        let judged = sample(&[0.25, 0.5, 0.25], 0);
        assert_eq!((judged.confidence, judged.is_right), (0.5, false));
        // ½ ln 2 + 2·¼ ln 4 = 1.5 ln 2.
        assert!((judged.entropy - 1.5 * 2f64.ln()).abs() < 1e-15);
        assert!((judged.log_loss - 4f64.ln()).abs() < 1e-15);
        assert_eq!(sample(&[0.0, 1.0], 1).entropy, 0.0);
    }

    #[test]
    fn calibration_is_the_weighted_gap_of_the_bins() {
        // Four samples of confidence 0.75 of which three are right: a gap of 0; one of
        // confidence 0.9 that is wrong: a gap of 0.9. Together 0.9 / 5.
        let quarter = |target| sample(&[0.75, 0.25], target);
        let samples = [
            quarter(0),
            quarter(0),
            quarter(1),
            quarter(0),
            sample(&[0.9, 0.1], 1),
        ];
        let measures = Measures::of(samples.into_iter());
        assert!((measures.calibration_error - 0.18).abs() < 1e-12);
        assert!((measures.accuracy - 0.6).abs() < 1e-12);
        // 0.75 lies in the twelfth bin, 11/15 to 12/15.
        assert_eq!(measures.bins[11].samples, 4);
        assert_eq!(measures.bins[11].accuracy, Some(0.75));
        assert_eq!(measures.bins[0].accuracy, None);
    }

    #[test]
    fn errors_are_sought_among_the_most_uncertain_tenth() {
        // Of 20 samples two are unsure, and one of those is wrong; so is a sure one.
        let mut samples = vec![sample(&[0.99, 0.01], 0); 17];
        samples.push(sample(&[0.99, 0.01], 1));
        samples.push(sample(&[0.6, 0.4], 0));
        samples.push(sample(&[0.6, 0.4], 1));
        let measures = Measures::of(samples.into_iter());
        assert_eq!(measures.errors, 2);
        assert_eq!(measures.errors_in_most_uncertain_tenth, Some(0.5));
        let right = Measures::of([sample(&[0.6, 0.4], 0)].into_iter());
        assert_eq!(right.errors_in_most_uncertain_tenth, None);
    }
}
