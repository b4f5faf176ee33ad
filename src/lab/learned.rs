//! Whether a network learned anything: what it reaches against the best guess
//! that looks at no input.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::base::Scalar;
use crate::lab::json::{number, read_number};
use crate::nn::loss::{Criterion, RowTarget, TargetKind, Targets};

/// Standard errors by which guessing must be beaten.
const STANDARD_ERRORS: f64 = 3.0;

/// What guessing reaches: always the commonest class, or for numeric targets
/// always their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guessing {
    /// Share of the commonest class.
    Accuracy(f64),
    /// The mean squared error of the training targets' mean.
    Loss {
        /// That error, a mean over the outputs: over the training split the targets' variance.
        error: f64,
        /// Standard deviation of a sample's.
        scatter: f64,
    },
}

/// What a run reached beside what guessing does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// `test_accuracy`, `test_loss`, `train_accuracy` or `train_loss`; the
    /// latter two are means over the last epoch.
    pub quantity: String,
    /// What the run reached.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub value: Option<f64>,
    /// What guessing reaches.
    pub guessing: f64,
    /// By how much guessing must be beaten.
    pub margin: f64,
    /// Samples that `value` was measured on.
    pub samples: u64,
}

impl Guessing {
    /// Of the targets of a training split where a run is judged on it too; `None` without a
    /// sample.
    pub fn of<T: Scalar>(targets: &Targets<T>) -> Option<Self> {
        Self::on(targets, targets)
    }

    /// What is guessed by the targets `known`, those of the training split, beside a run that is
    /// judged on `judged`: numbers there may scatter otherwise. `None` where either has no sample.
    pub fn on<T: Scalar>(known: &Targets<T>, judged: &Targets<T>) -> Option<Self> {
        let (known, judged) = match (known, judged) {
            (Targets::Numbers(known), Targets::Numbers(judged)) => (known, judged),
            (Targets::Classes(known), _) => return commonest(known).map(Self::Accuracy),
            (Targets::Numbers(_), Targets::Classes(_)) => return None,
        };
        let of = known.nrows() as f64;
        let columns = known.columns().into_iter();
        let means = columns.map(|column| column.iter().map(|x| (*x).to_f64()).sum::<f64>() / of);
        let means: Vec<f64> = means.collect();
        let moments = |targets: &Array2<T>| {
            let errors = targets.rows().into_iter().map(|row| {
                let pairs = row.iter().zip(&means);
                let squares = pairs.map(|(x, m)| ((*x).to_f64() - m).powi(2));
                squares.sum::<f64>() / means.len() as f64
            });
            let errors: Vec<f64> = errors.collect();
            let n = errors.len() as f64;
            let error = errors.iter().sum::<f64>() / n;
            let squares = errors.iter().map(|own| (own - error).powi(2));
            (error, (squares.sum::<f64>() / n).sqrt())
        };
        let (error, own) = moments(judged);
        // A few samples that happen to lie alike say nothing of how numbers scatter.
        let scatter = own.max(moments(known).1);
        (known.nrows() > 0 && judged.nrows() > 0).then_some(Self::Loss { error, scatter })
    }

    /// The share of the commonest class.
    pub fn accuracy(self) -> Option<f64> {
        match self {
            Self::Accuracy(share) => Some(share),
            Self::Loss { .. } => None,
        }
    }

    /// Whether it is an accuracy that is beaten from above, and not a loss.
    pub fn is_accuracy(self) -> bool {
        self.accuracy().is_some()
    }

    /// What it takes to beat this guess on `samples` samples, and what was reached.
    pub fn against(self, quantity: &str, value: f64, samples: u64) -> Evidence {
        let (guessing, scatter) = match self {
            Self::Accuracy(share) => (share, (share * (1.0 - share)).sqrt()),
            Self::Loss { error, scatter } => (error, scatter),
        };
        Evidence {
            quantity: quantity.to_owned(),
            value: Some(value),
            guessing,
            margin: STANDARD_ERRORS * scatter / (samples as f64).sqrt(),
            samples,
        }
    }
}

impl Evidence {
    /// Whether guessing is beaten by more than the margin.
    pub fn has_learned(&self) -> bool {
        self.gain(self.reached()) > self.margin
    }

    /// Whether guessing is beaten at all.
    pub fn is_ahead(&self) -> bool {
        self.gain(self.reached()) > 0.0
    }

    /// Whether the samples are too few to tell: not even an accuracy of 1 or a loss of 0 would
    /// beat guessing by more than the margin.
    pub fn is_too_small(&self) -> bool {
        let perfect = if self.is_accuracy() { 1.0 } else { 0.0 };
        // Where every guess is right there is nothing to learn, however many the samples are.
        self.margin > 0.0 && self.gain(perfect) <= self.margin
    }

    fn reached(&self) -> f64 {
        self.value.unwrap_or(f64::NAN)
    }

    fn is_accuracy(&self) -> bool {
        self.quantity.ends_with("accuracy")
    }

    /// By how much a value beats guessing.
    fn gain(&self, value: f64) -> f64 {
        match self.is_accuracy() {
            true => value - self.guessing,
            false => self.guessing - value,
        }
    }
}

/// The loss on the targets `judged` of the best guess that looks at no input: each class with
/// its share among the targets `known`, or their mean. `outputs`: how many the network has.
/// Infinite where a class that is judged is not known; `None` without a sample of either.
pub fn guessing_loss<T: Scalar>(
    known: &Targets<T>,
    judged: &Targets<T>,
    outputs: usize,
    criterion: &dyn Criterion<T>,
) -> Option<f64> {
    let [known, judged] = match (known, judged) {
        (Targets::Classes(known), Targets::Classes(judged)) => [known, judged],
        _ => {
            return match Guessing::on(known, judged)? {
                Guessing::Loss { error, .. } => Some(error),
                Guessing::Accuracy(_) => None,
            };
        }
    };
    if known.is_empty() || judged.is_empty() {
        return None;
    }
    let [shares, judged] = [known, judged].map(|classes| {
        let mut shares = vec![0.0; outputs];
        for class in classes {
            shares[*class as usize] += 1.0 / classes.len() as f64;
        }
        shares
    });
    let guess: Vec<f64> = match criterion.wants() {
        // Softmax makes the shares of their logarithms.
        TargetKind::Classes => shares.iter().map(|share| share.ln()).collect(),
        TargetKind::Numbers => shares.clone(),
    };
    let mut gradient = vec![0.0; outputs];
    let of_class = judged.iter().enumerate().map(|(class, share)| match share {
        0.0 => 0.0,
        _ => share * criterion.row(&guess, RowTarget::Class(class), &mut gradient),
    });
    Some(of_class.sum::<f64>() / criterion.terms(outputs))
}

/// Share of the commonest class: the accuracy of a constant guess.
pub fn commonest(classes: &[u32]) -> Option<f64> {
    let mut counts = BTreeMap::new();
    classes
        .iter()
        .for_each(|class| *counts.entry(class).or_insert(0u64) += 1);
    let most = counts.values().max()?;
    Some(*most as f64 / classes.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::loss::{CrossEntropy, Mse};
    use ndarray::array;

    #[test]
    fn an_accuracy_must_beat_the_commonest_class_by_three_standard_errors() {
        let guess = Guessing::of(&Targets::<f64>::Classes(vec![0, 1, 1, 2])).unwrap();
        assert_eq!(guess, Guessing::Accuracy(0.5));
        // 3·√(0.5·0.5/100) = 0.15
        let has_learned = |accuracy| guess.against("test_accuracy", accuracy, 100).has_learned();
        assert!(!has_learned(0.6499) && has_learned(0.6501));
        assert!(!has_learned(f64::NAN));
        assert_eq!(Guessing::of(&Targets::<f64>::Classes(Vec::new())), None);
    }

    #[test]
    fn too_few_samples_cannot_tell_however_good_the_result() {
        // 3·√(0.5·0.5/9) = 0.5, all that there is between guessing and 1.
        let of = |samples| Guessing::Accuracy(0.5).against("test_accuracy", 1.0, samples);
        assert!(of(9).is_too_small() && !of(10).is_too_small());
        assert!(of(9).is_ahead() && !of(9).has_learned() && of(10).has_learned());
        // 3·2/√36 = 1.
        let (error, scatter) = (1.0, 2.0);
        let guess = Guessing::Loss { error, scatter };
        let of = |loss, samples| guess.against("test_loss", loss, samples);
        assert!(of(0.01, 36).is_too_small() && !of(0.01, 37).is_too_small());
        assert!(of(0.01, 36).is_ahead() && !of(1.0, 36).is_ahead());
        assert!(!of(f64::NAN, 36).is_ahead() && of(f64::NAN, 36).is_too_small());
        let sure = Guessing::Accuracy(1.0).against("test_accuracy", 1.0, 2);
        assert!(!sure.is_too_small());
    }

    #[test]
    fn the_loss_of_guessing_is_that_of_the_shares_or_of_the_mean() {
        let targets = Targets::<f64>::Classes(vec![0, 1, 1, 0]);
        // The entropy of two halves is ln 2; the third class never comes up.
        let entropy = guessing_loss(&targets, &targets, 3, &CrossEntropy {}).unwrap();
        assert!((entropy - 2f64.ln()).abs() < 1e-15, "{entropy}");
        // One-hot: (¼ + ¼ + 0)/3.
        let squares = guessing_loss(&targets, &targets, 3, &Mse {}).unwrap();
        assert!((squares - 0.5 / 3.0).abs() < 1e-15, "{squares}");
        let numbers = Targets::Numbers(array![[1.0], [-1.0], [3.0], [-3.0]]);
        assert_eq!(guessing_loss(&numbers, &numbers, 1, &Mse {}), Some(5.0));
        // The mean of those is 0; 4² and 6² are off by 16 and 36.
        let judged = Targets::Numbers(array![[4.0], [6.0]]);
        assert_eq!(guessing_loss(&numbers, &judged, 1, &Mse {}), Some(26.0));
        // Known: ¼ and ¾; three of four judged are of the rarer class.
        let known = Targets::<f64>::Classes(vec![1, 0, 1, 1]);
        let judged = Targets::Classes(vec![0, 0, 1, 0]);
        let crossed = guessing_loss(&known, &judged, 2, &CrossEntropy {}).unwrap();
        let expected = 0.75 * 4f64.ln() + 0.25 * (4.0 / 3.0f64).ln();
        assert!((crossed - expected).abs() < 1e-15, "{crossed}");
        let unknown = Targets::Classes(vec![2]);
        let lost = guessing_loss(&targets, &unknown, 3, &CrossEntropy {});
        assert!(lost.is_some_and(|lost| !lost.is_finite()), "{lost:?}");
        let none = Targets::<f64>::Classes(Vec::new());
        assert_eq!(guessing_loss(&none, &none, 3, &CrossEntropy {}), None);
        assert_eq!(guessing_loss(&targets, &none, 3, &CrossEntropy {}), None);
    }

    #[test]
    fn a_loss_must_lie_below_the_variance_by_three_standard_errors() {
        // Mean 0; squares 1, 1, 9, 9: variance 5, their standard deviation 4.
        let targets = Targets::Numbers(array![[1.0], [-1.0], [3.0], [-3.0]]);
        let guess = Guessing::of(&targets).unwrap();
        let Guessing::Loss { error, scatter } = guess else {
            panic!()
        };
        assert_eq!((error, scatter), (5.0, 4.0));
        // 3·4/√64 = 1.5
        let has_learned = |loss| guess.against("test_loss", loss, 64).has_learned();
        assert!(!has_learned(3.51) && has_learned(3.49));
        assert!(!has_learned(f64::NAN) && !has_learned(f64::INFINITY));
        // Samples of another split, judged by the mean of this one: squares 16 and 36; a lone
        // one does not scatter.
        let judged = Targets::Numbers(array![[4.0], [6.0]]);
        let (error, scatter) = (26.0, 10.0);
        let guess = Guessing::on(&targets, &judged);
        assert_eq!(guess, Some(Guessing::Loss { error, scatter }));
        let lone = Guessing::on(&targets, &Targets::Numbers(array![[3.0]]));
        let (error, scatter) = (9.0, 4.0);
        assert_eq!(lone, Some(Guessing::Loss { error, scatter }));
        let none = Targets::Numbers(Array2::<f64>::zeros((0, 1)));
        assert_eq!(Guessing::on(&targets, &none), None);
        assert_eq!(Guessing::on(&none, &judged), None);
        // Two outputs: the mean over both.
        let targets = Targets::Numbers(array![[1.0, 0.0], [-1.0, 0.0]]);
        let guess = Guessing::of(&targets).unwrap();
        assert_eq!(guess.against("test_loss", 0.0, 1).guessing, 0.5);
    }
}
