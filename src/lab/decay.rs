//! How gradients decay over the layers of one step.

use serde::{Deserialize, Serialize};

use crate::lab::json::{number, read_number};
use crate::lab::line::fit;

/// Total loss from the last hidden layer to the first, in decades, from which
/// on gradients count as vanishing. Training success lines up with it: below
/// 2.5 decades everything trained, above 3.9 nothing did.
pub const VANISHING_DECADES: f64 = 4.0;
/// From here to [`VANISHING_DECADES`] a network is at risk; as much growth
/// counts as exploding.
pub const AT_RISK_DECADES: f64 = 3.0;

/// Decades from which on the slope of a generator's loss is worth a word of its own.
pub const LOSS_DECADES: f64 = 1.0;

/// What the gradients of one step do on their way to the first layer, or those
/// of a whole run. The order is that of severity, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Less than three decades are lost or gained.
    Healthy,
    /// Between three and four decades are lost.
    AtRisk,
    /// Three decades or more are gained.
    Exploding,
    /// Four decades or more are lost.
    Vanishing,
    /// A norm is NaN or infinite.
    Diverged,
}

impl Verdict {
    /// Its name in `summary.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::AtRisk => "at_risk",
            Self::Exploding => "exploding",
            Self::Vanishing => "vanishing",
            Self::Diverged => "diverged",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Healthy,
            Self::AtRisk,
            Self::Exploding,
            Self::Vanishing,
            Self::Diverged,
        ];
        all.into_iter().find(|verdict| verdict.name() == name)
    }

    /// That of so many decades lost, which is not NaN.
    pub fn of_attenuation(decades: f64) -> Self {
        if decades >= VANISHING_DECADES {
            Self::Vanishing
        } else if decades >= AT_RISK_DECADES {
            Self::AtRisk
        } else if decades > -AT_RISK_DECADES {
            Self::Healthy
        } else {
            Self::Exploding
        }
    }

    /// That of a whole run: `diverged` if it diverged, else the worse of the
    /// initial and the final one. `None` where neither step has a norm.
    pub fn of_run(
        has_diverged: bool,
        initial: Option<&Decay>,
        last: Option<&Decay>,
    ) -> Option<Self> {
        if has_diverged {
            return Some(Self::Diverged);
        }
        let verdict = |decay: &Decay| decay.verdict;
        initial.map(verdict).max(last.map(verdict))
    }
}

/// The numbers that describe decay at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// The step.
    pub step: u64,
    /// Least-squares slope of log10 of the activation-gradient norm over the
    /// position: positive where gradients shrink toward the input.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub decay_decades_per_layer: Option<f64>,
    /// Coefficient of determination of that fit.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub r2: Option<f64>,
    /// Standard error of the slope.
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub std_error: Option<f64>,
    /// log10 of (the norm at the last position / that at the first).
    #[serde(serialize_with = "number", deserialize_with = "read_number", default)]
    pub attenuation_decades: Option<f64>,
    /// Layers that the fit leaves out because their norm is 0, not finite or an
    /// empty cell.
    pub layers_left_out: usize,
    /// Layers among those whose norm the log's writer rounded to 0: it is at most half a unit
    /// of the last decimal, which the attenuation counts with as a bound.
    #[serde(skip_serializing_if = "is_none", default)]
    pub layers_below_resolution: usize,
    /// √B·‖∂L/∂D‖ of a generator's loss by the discriminator's logits: below 1 it makes all
    /// layers' gradients smaller alike, which the verdict counts as lost too.
    #[serde(
        serialize_with = "number",
        deserialize_with = "read_number",
        skip_serializing_if = "Option::is_none",
        default
    )]
    pub loss_slope: Option<f64>,
    /// The verdict on these gradients.
    pub verdict: Verdict,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Decay {
    /// Describes the norms along the path, given as (position, ‖∂L/∂h‖) with the
    /// positions ascending; `None` is an empty cell. `None` where no position
    /// has a norm.
    ///
    /// The attenuation runs from the last to the first norm that there is.
    pub fn measure(step: u64, norms: &[(usize, Option<f64>)]) -> Option<Self> {
        Self::measure_above(step, norms, None)
    }

    /// The same of a log whose writer rounded: norms that are `resolution` at most are bounds.
    /// They have no place on the line that is fitted; the attenuation is at least what they
    /// make it. `None` too where all are bounds.
    pub fn measure_above(
        step: u64,
        norms: &[(usize, Option<f64>)],
        resolution: Option<f64>,
    ) -> Option<Self> {
        let is_bound = |norm: f64| resolution.is_some_and(|resolution| norm <= resolution);
        let bounds = norms
            .iter()
            .filter(|(_, norm)| norm.is_some_and(is_bound))
            .count();
        if bounds > 0
            && !norms
                .iter()
                .any(|(_, norm)| norm.is_some_and(|norm| !is_bound(norm)))
        {
            return None;
        }
        let points: Vec<(f64, f64)> = norms
            .iter()
            .filter_map(|(position, norm)| Some((*position as f64, (*norm)?)))
            .filter(|(_, norm)| norm.is_finite() && *norm > 0.0 && !is_bound(*norm))
            .map(|(position, norm)| (position, norm.log10()))
            .collect();
        let mut present = norms.iter().filter_map(|(_, norm)| *norm);
        let first = present.next()?;
        let attenuation = present
            .next_back()
            .map_or(0.0, |last| attenuation(first, last));
        let mut present = norms.iter().filter_map(|(_, norm)| *norm);
        let verdict = if present.any(|norm| !norm.is_finite()) {
            Verdict::Diverged
        } else if points.is_empty() {
            Verdict::Vanishing
        } else {
            Verdict::of_attenuation(attenuation)
        };
        let fit = fit(&points);
        Some(Self {
            step,
            decay_decades_per_layer: fit.map(|fit| fit.slope),
            r2: fit.and_then(|fit| fit.r2),
            std_error: fit.and_then(|fit| fit.std_error),
            attenuation_decades: Some(attenuation),
            layers_left_out: norms.len() - points.len(),
            layers_below_resolution: bounds,
            loss_slope: None,
            verdict,
        })
    }

    /// The same where the loss has this slope, if any, by what the path begins at.
    pub fn with_loss_slope(self, slope: Option<f64>) -> Self {
        let mut scaled = Self {
            loss_slope: slope,
            ..self
        };
        // Norms that are all 0, or not finite, have their verdict.
        if scaled.loss_decades() > 0.0 && scaled.verdict < Verdict::Vanishing {
            scaled.verdict = match scaled.loss_decades() {
                f64::INFINITY => Verdict::Vanishing,
                _ => Verdict::of_attenuation(scaled.lost_decades().unwrap_or(0.0)),
            };
        }
        scaled
    }

    /// Decades by which the slope of a generator's loss makes all gradients smaller:
    /// −log10(min(1, slope)); 0 of any other network.
    pub fn loss_decades(&self) -> f64 {
        let slope = self.loss_slope.filter(|slope| *slope < 1.0);
        slope.map_or(0.0, |slope| -slope.log10())
    }

    /// The same where the loss has a slope to tell of; `None` of any other network.
    pub fn decades_by_loss(&self) -> Option<f64> {
        self.loss_slope.map(|_| self.loss_decades())
    }

    /// Whether the slope of the loss is worth a word: by its size, or since the layers alone
    /// would have another verdict.
    pub fn loss_matters(&self) -> bool {
        let alone = self.attenuation_decades.map(Verdict::of_attenuation);
        let is_other = self.verdict < Verdict::Diverged && alone != Some(self.verdict);
        let by_loss = self.loss_decades();
        by_loss >= LOSS_DECADES || by_loss > 0.0 && is_other
    }

    /// All decades that the verdict goes by: those lost along the path and by the loss.
    pub fn lost_decades(&self) -> Option<f64> {
        Some(self.attenuation_decades? + self.loss_decades())
    }
}

/// Decades lost from `last` to `first`; +∞ where the first reads 0.
fn attenuation(first: f64, last: f64) -> f64 {
    if first == 0.0 {
        f64::INFINITY
    } else {
        last.log10() - first.log10()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decay(norms: &[f64]) -> Decay {
        let norms: Vec<_> = norms
            .iter()
            .enumerate()
            .map(|(i, norm)| (i + 1, Some(*norm)))
            .collect();
        Decay::measure(0, &norms).unwrap()
    }

    #[test]
    fn a_straight_line_is_found_exactly() {
        let norms: Vec<f64> = (1..=10)
            .map(|l| 10f64.powf(0.5 * f64::from(l) - 8.0))
            .collect();
        let decay = decay(&norms);
        assert!((decay.decay_decades_per_layer.unwrap() - 0.5).abs() < 1e-12);
        assert!((decay.attenuation_decades.unwrap() - 4.5).abs() < 1e-12);
        assert!((decay.r2.unwrap() - 1.0).abs() < 1e-12);
        assert!(decay.std_error.unwrap() < 1e-12);
        assert_eq!(decay.verdict, Verdict::Vanishing);
    }

    #[test]
    fn scatter_has_the_textbook_standard_error() {
        // log10 norms 0, 1, 1: slope ½, residuals (−1, 2, −1)/6, so the
        // residual sum is 1/6 and the standard error √(1/6 / 1 / 2) = 1/√12.
        let decay = decay(&[1.0, 10.0, 10.0]);
        assert!((decay.decay_decades_per_layer.unwrap() - 0.5).abs() < 1e-12);
        assert!((decay.std_error.unwrap() - 1.0 / 12f64.sqrt()).abs() < 1e-12);
        assert!((decay.r2.unwrap() - 0.75).abs() < 1e-12);
    }

    #[test]
    fn limits_of_the_verdict() {
        let verdict = |decades: f64| decay(&[10f64.powf(-decades), 1.0]).verdict;
        assert_eq!(verdict(4.0001), Verdict::Vanishing);
        assert_eq!(verdict(3.9999), Verdict::AtRisk);
        assert_eq!(verdict(2.9999), Verdict::Healthy);
        assert_eq!(verdict(-2.9999), Verdict::Healthy);
        assert_eq!(verdict(-3.0001), Verdict::Exploding);
        assert_eq!(decay(&[1.0, f64::NAN]).verdict, Verdict::Diverged);
    }

    #[test]
    fn a_flat_loss_counts_as_decades_lost() {
        // A decade and a half lost on the path, and by the loss.
        let path = [10f64.powf(-1.5), 1.0];
        let with = |slope: f64| decay(&path).with_loss_slope(Some(slope));
        for (by_loss, verdict) in [
            (0.0, Verdict::Healthy),
            (1.4, Verdict::Healthy),
            (1.6, Verdict::AtRisk),
            (2.6, Verdict::Vanishing),
            (f64::INFINITY, Verdict::Vanishing),
        ] {
            let decay = with(10f64.powf(-by_loss));
            assert_eq!(decay.verdict, verdict, "{by_loss}");
            assert!((decay.attenuation_decades.unwrap() - 1.5).abs() < 1e-12);
        }
        // A steep one takes nothing back.
        assert_eq!(with(1e9).lost_decades(), decay(&path).attenuation_decades);
        let diverged = decay(&[1.0, f64::NAN]).with_loss_slope(Some(1e-9));
        assert_eq!(diverged.verdict, Verdict::Diverged);
        let growing = decay(&[1e5, 1.0]).with_loss_slope(Some(1e-3));
        assert_eq!(growing.verdict, Verdict::Healthy);
    }

    #[test]
    fn zeros_are_left_out_and_counted() {
        let zero_first = decay(&[0.0, 1.0, 10.0, 100.0]);
        assert_eq!(zero_first.layers_left_out, 1);
        assert!((zero_first.decay_decades_per_layer.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(zero_first.attenuation_decades, Some(f64::INFINITY));
        assert_eq!(zero_first.verdict, Verdict::Vanishing);
        let all = decay(&[0.0, 0.0]);
        assert_eq!(
            (all.verdict, all.decay_decades_per_layer),
            (Verdict::Vanishing, None)
        );
    }

    #[test]
    fn empty_cells_are_no_zeros() {
        let empty_first = [(1, None), (2, Some(1.0)), (4, Some(100.0))];
        let decay = Decay::measure(7, &empty_first).unwrap();
        assert_eq!((decay.step, decay.layers_left_out), (7, 1));
        // Two decades over two positions.
        assert_eq!(decay.decay_decades_per_layer, Some(1.0));
        assert_eq!(decay.attenuation_decades, Some(2.0));
        assert_eq!(decay.verdict, Verdict::Healthy);
        assert_eq!(Decay::measure(0, &[(1, None), (2, None)]), None);
        assert_eq!(Decay::measure(0, &[]), None);
    }

    #[test]
    fn a_run_is_as_bad_as_its_worse_end() {
        let order = [
            Verdict::Healthy,
            Verdict::AtRisk,
            Verdict::Exploding,
            Verdict::Vanishing,
        ];
        let of = |verdict: Verdict| Decay {
            verdict,
            ..decay(&[1.0])
        };
        for (i, a) in order.into_iter().enumerate() {
            for (j, b) in order.into_iter().enumerate() {
                let (a, b) = (of(a), of(b));
                let run = |has_diverged| Verdict::of_run(has_diverged, Some(&a), Some(&b));
                assert_eq!(run(false), Some(order[i.max(j)]));
                assert_eq!(run(true), Some(Verdict::Diverged));
            }
        }
        assert_eq!(Verdict::of_run(false, None, None), None);
        let healthy = of(Verdict::Healthy);
        assert_eq!(
            Verdict::of_run(false, None, Some(&healthy)),
            Some(Verdict::Healthy)
        );
    }

    #[test]
    fn one_or_two_layers() {
        let one = decay(&[1e-9]);
        assert_eq!(
            (one.decay_decades_per_layer, one.attenuation_decades),
            (None, Some(0.0))
        );
        assert_eq!(one.verdict, Verdict::Healthy);
        let two = decay(&[1.0, 10.0]);
        assert_eq!(
            (two.decay_decades_per_layer, two.std_error),
            (Some(1.0), None)
        );
    }
}
