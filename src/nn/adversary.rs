//! What a generator and a discriminator that train against each other minimise, one
//! block per pair of losses. D is the discriminator's logit of one sample; the losses are
//! means over a batch.

use crate::base::Scalar;
use crate::base::family::{family, member};
use crate::logistic::{sigmoid, softplus};
use crate::loss::{Criterion, RowTarget, TargetKind};

family! {
    /// What a generator and its discriminator minimise.
    pub enum GanLoss {
        Saturating = "saturating",
        NonSaturating = "non_saturating",
        LeastSquares = "least_squares",
        Wasserstein = "wasserstein",
    }
    /// The losses of both.
    fn losses -> Adversaries;
}

/// The losses of both sides for one sample, each with its derivative by D: [loss, slope].
pub trait Adversaries {
    /// The generator's, of a sample it made.
    fn generator(&self, d: f64) -> [f64; 2];

    /// The discriminator's, of a real sample.
    fn real(&self, d: f64) -> [f64; 2] {
        [softplus(-d), -sigmoid(-d)]
    }

    /// The discriminator's, of a sample that was made.
    fn fake(&self, d: f64) -> [f64; 2] {
        [softplus(d), sigmoid(d)]
    }

    /// How real D calls a sample, as it is logged.
    fn score(&self, d: f64) -> f64 {
        sigmoid(d)
    }

    /// Whether the discriminator's weights are to be clipped.
    fn clips_weights(&self) -> bool {
        false
    }
}

member! {
    /// The generator minimises log(1 − σ(D)): its gradient vanishes where the discriminator wins. Goodfellow et al. 2014, arXiv:1406.2661.
    pub struct Saturating {}
}
impl Adversaries for Saturating {
    fn generator(&self, d: f64) -> [f64; 2] {
        [-softplus(d), -sigmoid(d)]
    }
}

member! {
    /// The generator minimises −log σ(D): its gradient is largest where the discriminator wins. Goodfellow et al. 2014, arXiv:1406.2661.
    pub struct NonSaturating {}
}
impl Adversaries for NonSaturating {
    fn generator(&self, d: f64) -> [f64; 2] {
        [softplus(-d), -sigmoid(-d)]
    }
}

member! {
    /// The discriminator draws D to 1 for real samples and to 0 for made ones, the generator draws it to 1. Mao et al. 2017, arXiv:1611.04076.
    pub struct LeastSquares {}
}
impl Adversaries for LeastSquares {
    fn generator(&self, d: f64) -> [f64; 2] {
        self.real(d)
    }

    fn real(&self, d: f64) -> [f64; 2] {
        [0.5 * (d - 1.0).powi(2), d - 1.0]
    }

    fn fake(&self, d: f64) -> [f64; 2] {
        [0.5 * d.powi(2), d]
    }

    fn score(&self, d: f64) -> f64 {
        d
    }
}

member! {
    /// The generator maximises D, the discriminator the difference of its means; its weights are clipped. Arjovsky et al. 2017, arXiv:1701.07875.
    pub struct Wasserstein {}
}
impl Adversaries for Wasserstein {
    fn generator(&self, d: f64) -> [f64; 2] {
        [-d, -1.0]
    }

    fn real(&self, d: f64) -> [f64; 2] {
        [-d, -1.0]
    }

    fn fake(&self, d: f64) -> [f64; 2] {
        [d, 1.0]
    }

    fn score(&self, d: f64) -> f64 {
        d
    }

    fn clips_weights(&self) -> bool {
        true
    }
}

/// The generator's side as a criterion on D; targets are not looked at.
#[derive(Clone, Debug)]
pub struct GeneratorSide(pub GanLoss);

impl<T: Scalar> Criterion<T> for GeneratorSide {
    fn row(&self, outputs: &[f64], _target: RowTarget<'_, T>, gradient: &mut [f64]) -> f64 {
        let [loss, slope] = self.0.losses().generator(outputs[0]);
        gradient[0] = slope;
        loss
    }

    fn terms(&self, _width: usize) -> f64 {
        1.0
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Numbers
    }
}

/// The discriminator's side as a criterion on D; the target of a real sample is 1, of one
/// that was made 0.
#[derive(Clone, Debug)]
pub struct DiscriminatorSide(pub GanLoss);

impl<T: Scalar> Criterion<T> for DiscriminatorSide {
    fn row(&self, outputs: &[f64], target: RowTarget<'_, T>, gradient: &mut [f64]) -> f64 {
        let losses = self.0.losses();
        let [loss, slope] = if target.at(0) == 1.0 {
            losses.real(outputs[0])
        } else {
            losses.fake(outputs[0])
        };
        gradient[0] = slope;
        loss
    }

    fn terms(&self, _width: usize) -> f64 {
        1.0
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [GanLoss; 4] {
        [
            Saturating {}.into(),
            NonSaturating {}.into(),
            LeastSquares {}.into(),
            Wasserstein {}.into(),
        ]
    }

    #[test]
    fn every_slope_is_the_derivative_of_its_loss() {
        const H: f64 = 1e-5;
        for loss in all() {
            let losses = loss.losses();
            let sides: [&dyn Fn(f64) -> [f64; 2]; 3] =
                [&|d| losses.generator(d), &|d| losses.real(d), &|d| {
                    losses.fake(d)
                }];
            for (side, of) in sides.iter().enumerate() {
                for d in [-30.0, -3.0, -0.5, 0.0, 0.7, 4.0, 30.0] {
                    let difference = (of(d + H)[0] - of(d - H)[0]) / (2.0 * H);
                    let slope = of(d)[1];
                    let name = loss.name();
                    assert!((difference - slope).abs() < 1e-8, "{name} {side} at {d}");
                }
            }
        }
    }

    #[test]
    fn saturating_and_non_saturating_slopes_add_up_to_that_of_minus_d() {
        for d in [-40.0, -1.0, 0.0, 2.0, 40.0] {
            let slopes = [
                Saturating {}.generator(d)[1],
                NonSaturating {}.generator(d)[1],
            ];
            assert!((slopes[0] + slopes[1] + 1.0).abs() < 1e-15, "{d}");
        }
        // σ(−40) = e^−40/(1 + e^−40): nothing is lost to rounding.
        let slope = Saturating {}.generator(-40.0)[1];
        assert!((slope / -(-40f64).exp() - 1.0).abs() < 1e-15, "{slope}");
    }
}
