//! Which steps of a run are logged.

/// Which steps are logged; step 0 and the last one always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSteps {
    /// Every so many steps.
    Every(u64),
    /// Log-spaced: ten per decade, 1, 2, …, 8, 10, 13, 16, 20, 25, 32 …
    Log,
}

impl LogSteps {
    /// Whether `step` is logged in any run, however long.
    pub fn contains(self, step: u64) -> bool {
        match self {
            Self::Every(every) => step.is_multiple_of(every),
            Self::Log if step == 0 => true,
            Self::Log => {
                // The k for which 10^(k/10) rounds to `step`, if there is one.
                let k = (10.0 * (step as f64).log10()).round();
                10f64.powf(k / 10.0).round() as u64 == step
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_steps_are_ten_per_decade() {
        let steps: Vec<u64> = (0..=40).filter(|&s| LogSteps::Log.contains(s)).collect();
        // 10^(k/10) rounded, k = 0…16: 1, 1.26, 1.58, 2.00, 2.51, 3.16, 3.98 …
        assert_eq!(steps, [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40]);
        assert!(LogSteps::Every(7).contains(14) && !LogSteps::Every(7).contains(15));
    }
}
