//! How fast this machine multiplies and adds at best.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pulp::{Arch, Simd, WithSimd};

use crate::base::Scalar;

/// Independent chains of multiply-adds: enough to keep two units with a latency
/// of four or five cycles busy, and few enough for sixteen registers.
const CHAINS: usize = 12;
/// Links of each chain between two looks at the clock.
const LINKS: usize = 20_000;
/// How long to try for.
const TIME: Duration = Duration::from_millis(50);

/// Floating-point operations per second, in units of 10⁹, that one thread
/// reaches with multiply-adds on registers alone: the best of many tries within
/// 50 ms, in the precision of `T`.
pub fn peak_gflops<T: Scalar>() -> f64 {
    let arch = Arch::new();
    let in_f32 = T::NAME == f32::NAME;
    let started = Instant::now();
    let mut best = 0.0f64;
    while started.elapsed() < TIME {
        let before = Instant::now();
        let operations = if in_f32 {
            arch.dispatch(Chains32)
        } else {
            arch.dispatch(Chains64)
        };
        best = best.max(operations as f64 / before.elapsed().as_secs_f64());
    }
    best / 1e9
}

macro_rules! chains {
    ($name:ident, $lanes:ident, $splat:ident, $multiply_add:ident) => {
        struct $name;

        impl WithSimd for $name {
            /// Floating-point operations made.
            type Output = usize;

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> usize {
                // Tends to 1, far from numbers that are slow to handle.
                let factor = simd.$splat(black_box(0.5));
                let term = simd.$splat(black_box(0.5));
                let mut chains = [simd.$splat(black_box(2.0)); CHAINS];
                for _ in 0..LINKS {
                    for chain in &mut chains {
                        *chain = simd.$multiply_add(*chain, factor, term);
                    }
                }
                black_box(chains);
                2 * S::$lanes * CHAINS * LINKS
            }
        }
    };
}

chains!(Chains32, F32_LANES, splat_f32s, mul_add_e_f32s);
chains!(Chains64, F64_LANES, splat_f64s, mul_add_e_f64s);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_multiplies_and_adds() {
        // Any core of this century makes 10⁸ operations a second, and none
        // 10¹²: a loop that was optimised away would seem to.
        for peak in [peak_gflops::<f32>(), peak_gflops::<f64>()] {
            assert!((0.1..1000.0).contains(&peak), "{peak}");
        }
    }
}
