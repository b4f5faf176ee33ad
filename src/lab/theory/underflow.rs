//! At which depth a network's gradients leave a number format.

use crate::lab::prediction::UnderflowDepth;

/// log10 of the smallest positive number: 2^−149, 2^−133, 2^−24.
const SMALLEST: [f64; 3] = [-44.853, -40.037, -7.225];

impl UnderflowDepth {
    /// `start`: log10 of an entry of ∂L/∂h of the last hidden layer. `losses`: decades
    /// lost by the networks of depth 2, 3, … `rate`: decades lost by each layer more.
    pub fn of(start: f64, losses: &[f64], rate: Option<f64>) -> Self {
        let depth = |smallest: f64| {
            let room = start - smallest;
            if room < 0.0 {
                return Some(1);
            }
            let within = losses.iter().position(|loss| *loss > room);
            let beyond = || {
                let rate = rate.filter(|rate| *rate > 1e-6)?;
                let left = room - losses.last().copied().unwrap_or(0.0);
                Some(losses.len() as u64 + 1 + (left / rate).floor() as u64 + 1)
            };
            within.map(|i| i as u64 + 2).or_else(beyond)
        };
        let [f32, bf16, fp16] = SMALLEST.map(depth);
        Self { f32, bf16, fp16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_numbers() {
        let exact = [-149.0, -133.0, -24.0].map(|power: f64| power * 2f64.log10());
        for (constant, exact) in SMALLEST.iter().zip(exact) {
            assert!((constant - exact).abs() < 1e-3, "{constant} {exact}");
        }
    }

    #[test]
    fn within_the_network_beyond_it_or_never() {
        // 0.5 decades a layer from 10^−3.0: 4.225 decades are left to fp16.
        let losses: Vec<f64> = (1..=5).map(|l| 0.5 * f64::from(l)).collect();
        let depth = UnderflowDepth::of(-3.0, &losses, Some(0.5));
        // 9 losses of 0.5 are the first above 4.225, in a network of 10 layers.
        assert_eq!(depth.fp16, Some(10));
        let long: Vec<f64> = (1..=30).map(|l| 0.5 * f64::from(l)).collect();
        assert_eq!(UnderflowDepth::of(-3.0, &long, None).fp16, Some(10));
        assert_eq!(UnderflowDepth::of(-3.0, &long, None).f32, None);
        assert_eq!(UnderflowDepth::of(-3.0, &long, Some(-0.1)).f32, None);
        assert_eq!(UnderflowDepth::of(-8.0, &[], None).fp16, Some(1));
    }
}
