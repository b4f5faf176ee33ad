//! Theory beside measurement: what was expected of the initial step, what was measured
//! there, and what training made of it.

use std::f64::consts::LN_10;

use serde::Serialize;

use super::case::Case;
use crate::lab::json::Real;
use crate::nn::architecture::Along;

/// What theory expects and what was measured; null where there is no theory or no norm.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TheoryBeside {
    /// Decades lost at step 0 by theory.
    pub predicted_attenuation: Option<Real>,
    /// Where 19 draws in 20 of this width lie; null through time, where that is not known.
    pub predicted_interval: Option<[Real; 2]>,
    /// Decades per layer by theory.
    pub predicted_slope: Option<Real>,
    /// Decades lost as measured at the initial step; of a group of seeds the mean.
    pub initial_attenuation: Option<Real>,
    /// Decades per layer as measured there.
    pub initial_slope: Option<Real>,
    /// Decades lost at the last logged step.
    pub final_attenuation: Option<Real>,
    /// Decades per layer there.
    pub final_slope: Option<Real>,
    /// Whether the initial step is as predicted, to within what the width leaves open.
    pub agrees: Option<bool>,
    /// Whether the last step no longer is: training has moved it.
    pub has_moved: Option<bool>,
    /// Why there is no theory.
    pub reason: Option<String>,
    /// What the slopes are per.
    #[serde(skip)]
    pub along: Along,
    /// Half the width of what counts as agreement, in decades.
    #[serde(skip)]
    pub tolerance: f64,
    /// Half the width of the interval that 19 draws in 20 lie in, or as many means of the seeds.
    #[serde(skip)]
    pub reach: f64,
    /// Whether the initial step lies outside that and still agrees.
    #[serde(skip)]
    pub is_rare: bool,
    /// Whether single draws may lie far off, so that nothing can be said.
    pub finite_width_dominates: bool,
}

/// Decades that are no difference: 0.05 of the logarithm of the squared ratio.
const LEAST: f64 = 0.025 / LN_10;

impl TheoryBeside {
    /// Of one run.
    pub fn of(case: &Case) -> Self {
        let stats = &case.stats;
        let ends = [&stats.initial, &stats.last].map(|decay| decay.as_ref());
        let lost = ends.map(|decay| decay.and_then(|decay| decay.attenuation_decades));
        let slope = ends.map(|decay| decay.and_then(|decay| decay.decay_decades_per_layer));
        let mut beside = Self {
            initial_attenuation: lost[0].map(Real),
            final_attenuation: lost[1].map(Real),
            initial_slope: slope[0].map(Real),
            final_slope: slope[1].map(Real),
            along: case.along(),
            ..Self::default()
        };
        let theory = match &case.expected.theory {
            Ok(theory) => theory,
            Err(reason) => {
                beside.reason = Some(reason.clone());
                return beside;
            }
        };
        let expected = theory.attenuation_decades.0;
        // 3.5 standard deviations where the interval is 2 to either side; 3 % of the value,
        // and 0.05 of the logarithm of the squared ratio.
        if let Some([low, high]) = theory.attenuation_interval {
            beside.reach = (high.0 - low.0) / 2.0;
        }
        beside.tolerance = 1.75 * beside.reach + 0.03 * expected.abs() + LEAST;
        beside.predicted_attenuation = Some(theory.attenuation_decades);
        beside.predicted_interval = theory.attenuation_interval;
        beside.predicted_slope = theory.decay_decades_per_layer;
        beside.finite_width_dominates = theory.finite_width_dominates;
        if !case.is_of_activations() {
            beside.reason = Some(format!("the log is of {}, not of ∂L/∂h", stats.headline));
            return beside;
        }
        // With one layer there is nothing to lose on the way.
        let is_told = stats
            .layers
            .iter()
            .filter(|it| it.position.is_some())
            .count()
            > 1
            && theory.attenuation_interval.is_some()
            && !theory.finite_width_dominates
            && stats.initial.as_ref().is_some_and(|it| it.step == 0);
        // NaN is for the verdict to tell.
        let told = lost.map(|lost| lost.filter(|lost| is_told && !lost.is_nan()));
        let [first, last] = told;
        let last = last.filter(|_| stats.last_step > 0);
        beside.judge(first, last);
        beside
    }

    /// Holds what was measured at both ends, where that can be told, against theory. A start is
    /// off where hardly any draw can be, for every twentieth lies outside the interval; training
    /// has moved what lies outside.
    fn judge(&mut self, first: Option<f64>, last: Option<f64>) {
        self.agrees = first.map(|lost| self.is_near(lost, self.tolerance));
        self.is_rare = first.is_some_and(|lost| !self.is_near(lost, self.reach));
        self.has_moved = last.map(|lost| !self.is_near(lost, self.reach + LEAST));
    }

    /// Whether so many decades are what theory expects.
    fn is_near(&self, lost: f64, tolerance: f64) -> bool {
        let (Some(expected), Some([low, high])) =
            (self.predicted_attenuation, self.predicted_interval)
        else {
            return false;
        };
        let middle = (low.0 + high.0) / 2.0;
        // Where both are infinite there is nothing to subtract.
        lost == expected.0 || (lost - middle).abs() <= tolerance
    }

    /// The means over the seeds of a group.
    pub fn over(seeds: &[Self]) -> Self {
        let mean = |get: fn(&Self) -> Option<Real>| {
            let values: Option<Vec<f64>> = seeds
                .iter()
                .map(|seed| get(seed).map(|real| real.0))
                .collect();
            let values = values.filter(|values| !values.is_empty())?;
            Some(Real(values.iter().sum::<f64>() / values.len() as f64))
        };
        let mut whole = seeds[0].clone();
        whole.initial_attenuation = mean(|seed| seed.initial_attenuation);
        whole.initial_slope = mean(|seed| seed.initial_slope);
        whole.final_attenuation = mean(|seed| seed.final_attenuation);
        whole.final_slope = mean(|seed| seed.final_slope);
        // A mean of n draws scatters less; what is not scatter stays as it is.
        let reach = whole.reach / (seeds.len() as f64).sqrt();
        whole.tolerance -= 1.75 * (whole.reach - reach);
        whole.reach = reach;
        let first = seeds[0].agrees.and(whole.initial_attenuation);
        let last = seeds[0].has_moved.and(whole.final_attenuation);
        whole.judge(first.map(|lost| lost.0), last.map(|lost| lost.0));
        whole
    }
}
