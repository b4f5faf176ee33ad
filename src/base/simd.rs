//! Run-time choice of the instruction set: the one place that asks what the
//! processor can do for loops over slices.
//!
//! A loop handed to [`dispatch`] is compiled once per instruction set (AVX-512,
//! AVX2, NEON, and the target's minimum) and left to the compiler to vectorise.
//! It fuses a multiplication and an addition only where `mul_add` says so, which
//! is rounded once on every processor: every instruction set, the remainder of a
//! slice and a single call then give the same bits. (Compiled without FMA,
//! `mul_add` is a library call, so that x86 processors before 2013 are slow at
//! it.) The matrix product, which is nothing but multiply-adds, fuses them where
//! the processor can.

use pulp::{Arch, WithSimd};

/// A loop, as a struct around a closure so that inlining can be insisted on.
struct Loop<F>(F);

impl<R, F: FnOnce() -> R> WithSimd for Loop<F> {
    type Output = R;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> R {
        (self.0)()
    }
}

/// Runs `work` compiled for the best instruction set at hand.
///
/// What it calls must be inlined to be vectorised: mark closures and functions
/// `#[inline(always)]`. The choice costs one load from memory.
#[inline(always)]
pub fn dispatch<R>(work: impl FnOnce() -> R) -> R {
    dispatch_on(Arch::new(), work)
}

/// The same for an instruction set of one's choice.
#[inline(always)]
pub fn dispatch_on<R>(arch: Arch, work: impl FnOnce() -> R) -> R {
    arch.dispatch(Loop(work))
}

/// Writes `values` into `slots` or, if `accumulate`, adds them: an iterator over
/// slices, so that the loop vectorises.
#[inline(always)]
pub fn write_or_add<T: std::ops::AddAssign>(
    slots: &mut [T],
    accumulate: bool,
    values: impl Iterator<Item = T>,
) {
    let slots = slots.iter_mut().zip(values);
    dispatch(
        #[inline(always)]
        || {
            if accumulate {
                slots.for_each(|(slot, value)| *slot += value);
            } else {
                slots.for_each(|(slot, value)| *slot = value);
            }
        },
    );
}

/// All instruction sets that this processor has and the binary has code for,
/// plain code first: the twin that the others are tested against.
pub fn available() -> Vec<Arch> {
    let all = [Arch::Scalar, Arch::new()].into_iter();
    #[cfg(target_arch = "x86_64")]
    let all = all.chain(pulp::x86::V3::try_new().map(Arch::V3));
    all.collect()
}
