//! Asking the processor to fetch what will soon be read.
//!
//! A network of 1000 narrow layers walks through thousands of short buffers,
//! and the processor's own prefetching starts anew at each: a third of a step
//! went by waiting for the first lines. It has no effect on results, so its
//! twin is to do nothing, which is what it does on other processors.

/// Longest buffer, in bytes, that is asked for: in longer ones the processor's
/// own prefetching has caught up soon.
const SHORT: usize = 8 << 10;

/// Bytes of a cache line.
const LINE: usize = 64;

/// Begins to fetch `values`, if it is short.
#[inline]
pub fn prefetch<T>(values: &[T]) {
    if size_of_val(values) <= SHORT {
        for line in values.chunks((LINE / size_of::<T>()).max(1)) {
            fetch(line.as_ptr());
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[allow(unsafe_code)]
fn fetch<T>(place: *const T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint, which reads and writes nothing and may name any address;
    // its instruction belongs to every x86-64 processor.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn fetch<T>(_place: *const T) {}
