//! Asking the processor to fetch what will soon be read.
//!
//! A network walks through thousands of buffers, and the processor's own
//! prefetching starts anew at each: without this, a step of the reference
//! workloads W1, W3 and W4 takes 6, 16 and 25 % longer on Zen 3 (one thread, in
//! turn in one process). While a matrix product computes, memory is idle; so
//! whoever knows what comes next [`plan`]s it, and the product fetches some of it
//! per tile. To fetch much at once would keep the product waiting instead.
//!
//! What the network knows of its layers is small, but scattered, and forgotten by
//! the caches from one step to the next: to go from layer to layer takes a seventh of
//! a step of W4 if every pointer is followed when it is needed. So it is [`touch`]ed
//! a few layers ahead.
//!
//! Nothing of this has an effect on results. Its twin is to do nothing, which
//! is what it does on other processors.

use std::cell::Cell;
use std::ops::Range;

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

/// Where the next line is, and how many follow from there on.
#[derive(Clone, Copy, Default)]
struct Stretch {
    address: usize,
    lines: usize,
}

thread_local! {
    /// What this thread's next product shall fetch.
    static PLAN: Cell<[Stretch; STRETCHES]> =
        const { Cell::new([Stretch { address: 0, lines: 0 }; STRETCHES]) };
}

/// The calling thread's next product shall fetch these, first things first,
/// instead of what was planned before. What is too long for the cache is left out.
#[inline]
pub fn plan<T, const N: usize>(wanted: [&[T]; N]) {
    const { assert!(N <= STRETCHES) }
    let mut plan = [Stretch::default(); STRETCHES];
    for (stretch, values) in plan.iter_mut().zip(wanted) {
        if size_of_val(values) <= LONGEST {
            let lines = lines_of(values);
            *stretch = Stretch {
                address: lines.start * LINE,
                lines: lines.len(),
            };
        }
    }
    PLAN.set(plan);
}

/// What a product fetches while it computes.
pub struct Fetching {
    plan: [Stretch; STRETCHES],
    /// The stretch at hand.
    current: usize,
    /// Lines to fetch per tile.
    per_tile: usize,
}

impl Fetching {
    /// What the calling thread has planned, for a product of `tiles` tiles: each
    /// fetches as much. Nothing is planned afterwards.
    #[inline]
    pub fn planned(tiles: usize) -> Self {
        let plan = PLAN.take();
        let lines: usize = plan.iter().map(|stretch| stretch.lines).sum();
        Self {
            plan,
            current: 0,
            per_tile: lines.div_ceil(tiles).min(PER_TILE),
        }
    }

    /// Begins to fetch what is due with a tile.
    #[inline(always)]
    pub fn fetch(&mut self) {
        let mut due = self.per_tile;
        while due > 0 && self.current < STRETCHES {
            let Stretch { address, lines } = &mut self.plan[self.current];
            let count = due.min(*lines);
            let end = *address + count * LINE;
            // Four at a time: what counts them takes as long as the hints do.
            while end - *address >= 4 * LINE {
                (0..4).for_each(|k| hint((*address + k * LINE) as *const u8));
                *address += 4 * LINE;
            }
            while *address < end {
                hint(*address as *const u8);
                *address += LINE;
            }
            *lines -= count;
            due -= count;
            self.current += usize::from(*lines == 0);
        }
    }
}

/// The numbers of the lines in which `value` lies.
#[inline(always)]
fn lines_of<T: ?Sized>(value: &T) -> Range<usize> {
    let first = (&raw const *value).addr();
    match size_of_val(value) {
        0 => 0..0,
        bytes => first / LINE..(first + bytes).div_ceil(LINE),
    }
}

/// Offsets into a value of `bytes` bytes, at least one in each line in which it lies:
/// not the fewest, but for a type of known size a number known to the compiler.
#[inline(always)]
fn offsets(bytes: usize) -> impl Iterator<Item = usize> {
    (0..bytes).step_by(LINE).chain(bytes.checked_sub(1))
}

/// Begins to fetch a small `value`, but not what it points to.
#[inline(always)]
pub fn touch<T: ?Sized>(value: &T) {
    let first = (&raw const *value).cast::<u8>();
    offsets(size_of_val(value)).for_each(|offset| hint(first.wrapping_add(offset)));
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

    /// Something that begins with a cache line.
    #[repr(align(64))]
    struct OnLines<T>(T);

    #[test]
    fn a_plan_is_fetched_bit_by_bit_and_then_no_more() {
        let (OnLines(first), OnLines(second)) = (&OnLines([0f32; 1008]), &OnLines([0f32; 200]));
        // 4032 and 800 bytes are 63 and 13 lines.
        for (tiles, per_tile) in [(3, 24), (4, 19), (75, 2), (100, 1)] {
            plan([&first[..], &[], second]);
            let mut fetching = Fetching::planned(tiles);
            assert_eq!(fetching.per_tile, per_tile);
            let begin = [first.as_ptr().addr(), second.as_ptr().addr()];
            for tile in 1..=100 {
                fetching.fetch();
                let done = (tile * per_tile).min(63 + 13);
                let done = [done.min(63), done.saturating_sub(63)];
                let [a, _, b, ..] = fetching.plan;
                assert_eq!([63 - a.lines, 13 - b.lines], done);
                let ends = [a.address - begin[0], b.address - begin[1]];
                assert_eq!(ends, done.map(|lines| lines * LINE));
            }
            assert_eq!(Fetching::planned(1).per_tile, 0, "a plan is taken once");
        }
    }

    #[test]
    fn a_value_lies_in_the_lines_that_hold_its_bytes() {
        let OnLines(bytes) = &OnLines([0u8; 4 * LINE]);
        let before = bytes.as_ptr().addr() / LINE;
        for (first, length, lines) in [
            (0, 1, 0..1),
            (0, LINE, 0..1),
            (1, LINE, 0..2),
            (LINE - 1, LINE + 2, 0..3),
            (LINE, 2 * LINE, 1..3),
        ] {
            let found = lines_of(&bytes[first..][..length]);
            let expected = before + lines.start..before + lines.end;
            assert_eq!(found, expected, "{first} {length}");
            let mut touched: Vec<_> = offsets(length)
                .map(|offset| (bytes.as_ptr().addr() + first + offset) / LINE)
                .collect();
            touched.dedup();
            assert_eq!(touched, expected.collect::<Vec<_>>(), "{first} {length}");
        }
        assert!(lines_of(&bytes[1..1]).is_empty());
        assert_eq!(offsets(0).count(), 0);
    }

    #[test]
    fn what_is_too_long_for_the_cache_is_left_out() {
        let (long, OnLines(short)) = (vec![0f32; LONGEST / 4 + 1], &OnLines([0f32; 200]));
        plan([&long[..], short]);
        let lines = Fetching::planned(1).plan.map(|stretch| stretch.lines);
        assert_eq!(lines, [0, 13, 0, 0, 0, 0]);
        // Bytes 60 … 800 lie in lines 0 … 12 as well.
        plan([&short[15..]]);
        let [stretch, ..] = Fetching::planned(1).plan;
        let found = (stretch.address, stretch.lines);
        assert_eq!(found, (short.as_ptr().addr(), 13));
    }
}
