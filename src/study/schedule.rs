//! Learning-rate schedules, one block each.

use crate::base::family::{family, member};

family! {
    /// How the learning rate changes over the steps.
    pub enum Schedule {
        Constant = "constant",
        Cosine = "cosine",
        Step = "step",
    }
    /// The rate at each step.
    fn learning_rate -> LearningRate;
}

/// The learning rate as a function of the step.
pub trait LearningRate: Sync {
    /// The rate at step t of `steps`, `base` being `train.learning_rate`.
    fn rate(&self, base: f64, t: u64, steps: u64) -> f64;
}

member! {
    /// The same learning rate throughout.
    pub struct Constant {}
}
impl LearningRate for Constant {
    fn rate(&self, base: f64, _t: u64, _steps: u64) -> f64 {
        base
    }
}

member! {
    /// Linear warm-up, then half a cosine down to `min`. Loshchilov & Hutter 2017, arXiv:1608.03983.
    pub struct Cosine {
        /// Steps of linear warm-up.
        warmup_steps: u64 = 100,
        /// The rate at the last step.
        #[schemars(range(min = 0))]
        min: f64 = 0.0,
    }
}
impl LearningRate for Cosine {
    fn rate(&self, base: f64, t: u64, steps: u64) -> f64 {
        let warmup = self.warmup_steps;
        if t < warmup {
            return base * (t + 1) as f64 / warmup as f64;
        }
        if t >= steps {
            return self.min;
        }
        let progress = (t - warmup) as f64 / (steps - warmup) as f64;
        self.min + 0.5 * (base - self.min) * (1.0 + (std::f64::consts::PI * progress).cos())
    }
}

member! {
    /// The rate times `factor` after every `every` steps.
    pub struct Step {
        /// Steps between two cuts.
        #[schemars(range(min = 1))]
        every: u64 = 500,
        /// Factor at each cut.
        #[schemars(extend("exclusiveMinimum" = 0))]
        factor: f64 = 0.1,
    }
}
impl LearningRate for Step {
    fn rate(&self, base: f64, t: u64, _steps: u64) -> f64 {
        base * self
            .factor
            .powi((t / self.every).min(i32::MAX as u64) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_follows_its_formula() {
        let rule = Cosine {
            warmup_steps: 4,
            min: 0.1,
        };
        let rates: Vec<f64> = (0..=8).map(|t| rule.rate(1.0, t, 8)).collect();
        assert_eq!(&rates[..4], &[0.25, 0.5, 0.75, 1.0]);
        // min + ½(lr − min)(1 + cos π(t − w)/(N − w)): t = w gives lr, the middle the mean.
        assert!((rates[4] - 1.0).abs() < 1e-15);
        assert!((rates[6] - 0.55).abs() < 1e-15);
        assert_eq!(rates[8], 0.1);
        assert_eq!(
            Cosine {
                warmup_steps: 0,
                min: 0.0
            }
            .rate(1.0, 0, 0),
            0.0
        );
    }

    #[test]
    fn step_cuts_at_multiples() {
        let rule = Step {
            every: 2,
            factor: 0.5,
        };
        let rates: Vec<f64> = (0..5).map(|t| rule.rate(8.0, t, 9)).collect();
        assert_eq!(rates, [8.0, 8.0, 4.0, 4.0, 2.0]);
    }
}
