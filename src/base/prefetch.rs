//! Asking the processor to fetch what will soon be read.
//!
//! A network walks through thousands of buffers, and the processor's own
//! prefetching starts anew at each: without this, a step of the reference
//! workloads W1, W3 and W4 takes 6, 16 and 25 % longer on Zen 3 (one thread, in
//! turn in one process). While a matrix product computes, memory is idle; so
//! whoever knows what comes next [`plan`]s it, and the product fetches some of it
//! per tile. To fetch much at once would keep the product waiting instead.
//!
//! Nothing of this has an effect on results. Its twin is to do nothing, which
//! is what it does on other processors.

use std::cell::Cell;

/// Bytes of a cache line.
const LINE: usize = 64;

/// The most lines fetched per tile of a product: more would keep it waiting.
const PER_TILE: usize = 24;

/// The longest stretch that is fetched, in bytes, as much as a small second-level
/// cache: a longer one would push out what the product at hand works with. W2,
/// whose weights take 4 MiB, is 5 % slower with them.
const LONGEST: usize = 512 << 10;

/// How much can be planned.
const STRETCHES: usize = 6;

/// Addresses from … to.
type Stretch = Cell<(usize, usize)>;

thread_local! {
    /// What this thread's next product shall fetch.
    static PLAN: [Stretch; STRETCHES] = const { [const { Cell::new((0, 0)) }; STRETCHES] };
}

/// The calling thread's next product shall fetch these, first things first,
/// instead of what was planned before. What is too long for the cache is left out.
#[inline]
pub fn plan<T, const N: usize>(wanted: [&[T]; N]) {
    const { assert!(N <= STRETCHES) }
    PLAN.with(|plan| {
        let mut slots = plan.iter();
        for (slot, values) in slots.by_ref().zip(wanted) {
            let range = values.as_ptr_range();
            let (from, to) = (range.start.addr(), range.end.addr());
            slot.set(if to - from <= LONGEST {
                (from, to)
            } else {
                (0, 0)
            });
        }
        slots.for_each(|slot| slot.set((0, 0)));
    });
}

/// How many lines to fetch per tile so that a product of `tiles` tiles fetches
/// what is planned evenly.
#[inline]
pub fn lines_per_tile(tiles: usize) -> usize {
    let bytes: usize = PLAN.with(|plan| {
        let lengths = plan.iter().map(|stretch| {
            let (from, to) = stretch.get();
            to.saturating_sub(from)
        });
        lengths.sum()
    });
    bytes.div_ceil(LINE).div_ceil(tiles).min(PER_TILE)
}

/// Begins to fetch the next `lines` lines of what was planned.
#[inline]
pub fn fetch(lines: usize) {
    PLAN.with(|plan| {
        let mut left = lines;
        for stretch in plan {
            let (mut from, to) = stretch.get();
            if from < to {
                while from < to && left > 0 {
                    hint(from as *const u8);
                    from += LINE;
                    left -= 1;
                }
                stretch.set((from, to));
                if left == 0 {
                    return;
                }
            }
        }
    });
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[allow(unsafe_code)]
fn hint(place: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    // SAFETY: a hint, which reads and writes nothing and may name any address,
    // even of what is no more; its instruction belongs to every x86-64
    // processor.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(place.cast()) }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn hint(_place: *const u8) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_fetched_bit_by_bit_and_then_no_more() {
        let (first, second) = ([0f32; 1000], [0f32; 200]);
        plan([&first, &[], &second]);
        let left = || {
            PLAN.with(|plan| {
                let [a, b, c, d, ..] = plan;
                [a, b, c, d].map(|stretch| {
                    let (from, to) = stretch.get();
                    to.saturating_sub(from)
                })
            })
        };
        assert_eq!(left(), [4000, 0, 800, 0]);
        // 4800 bytes are 75 lines.
        assert_eq!([3, 4, 75, 100].map(lines_per_tile), [24, 19, 1, 1]);
        fetch(32);
        assert_eq!(left(), [4000 - 32 * 64, 0, 800, 0]);
        fetch(32);
        // 31 lines hold the rest of the first, one more is of the second.
        assert_eq!(left(), [0, 0, 800 - 64, 0]);
        (0..3).for_each(|_| fetch(32));
        assert_eq!(left(), [0; 4]);
        let long = vec![0f32; LONGEST / 4 + 1];
        plan([&long, &second]);
        assert_eq!(left(), [0, 800, 0, 0]);
    }
}
