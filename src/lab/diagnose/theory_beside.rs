//! Theory beside measurement: what was expected of the initial step, what was measured
//! there, and what training made of it.

use std::f64::consts::LN_10;

use serde::Serialize;

use super::case::Case;
use crate::lab::json::Real;

/// What theory expects and what was measured; null where there is no theory or no norm.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TheoryBeside {
    /// Decades lost at step 0 by theory.
    pub predicted_attenuation: Option<Real>,
    /// Where 19 draws in 20 of this width lie.
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
    /// Half the width of what counts as agreement, in decades.
    #[serde(skip)]
    pub tolerance: f64,
    /// Whether single draws may lie far off, so that nothing can be said.
    pub finite_width_dominates: bool,
}

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
        let [low, high] = theory.attenuation_interval.map(|end| end.0);
        // 3.5 standard deviations where the interval is 2 to either side; 3 % of the value,
        // and 0.05 of the logarithm of the squared ratio.
        beside.tolerance = 1.75 * (high - low) / 2.0 + 0.03 * expected.abs() + 0.025 / LN_10;
        beside.predicted_attenuation = Some(theory.attenuation_decades);
        beside.predicted_interval = Some(theory.attenuation_interval);
        beside.predicted_slope = theory.decay_decades_per_layer;
        beside.finite_width_dominates = theory.finite_width_dominates;
        if !case.is_of_activations() {
            beside.reason = Some(format!("the log is of {}, not of ∂L/∂h", stats.headline));
            return beside;
        }
        let is_near = |lost: f64| beside.is_near(lost);
        let is_told =
            !theory.finite_width_dominates && stats.initial.as_ref().is_some_and(|it| it.step == 0);
        // NaN is for the verdict to tell.
        let told = lost.map(|lost| lost.filter(|lost| is_told && !lost.is_nan()));
        let [agrees, stays] = told.map(|lost| lost.map(is_near));
        beside.agrees = agrees;
        beside.has_moved = stays.filter(|_| stats.last_step > 0).map(|stays| !stays);
        beside
    }

    /// Whether so many decades are what theory expects.
    fn is_near(&self, lost: f64) -> bool {
        let (Some(expected), Some([low, high])) =
            (self.predicted_attenuation, self.predicted_interval)
        else {
            return false;
        };
        let middle = (low.0 + high.0) / 2.0;
        // Where both are infinite there is nothing to subtract.
        lost == expected.0 || (lost - middle).abs() <= self.tolerance
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
        let half = |interval: [Real; 2]| 1.75 * (interval[1].0 - interval[0].0) / 2.0;
        let scatter = whole.predicted_interval.map_or(0.0, half);
        whole.tolerance -= scatter * (1.0 - 1.0 / (seeds.len() as f64).sqrt());
        let ends = [whole.initial_attenuation, whole.final_attenuation];
        let [agrees, stays] = ends.map(|lost| lost.map(|lost| whole.is_near(lost.0)));
        whole.agrees = seeds[0].agrees.and(agrees);
        whole.has_moved = seeds[0].has_moved.and(stays).map(|stays| !stays);
        whole
    }
}
