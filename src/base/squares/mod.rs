//! Sums of squares, vectorised and accumulated in f64 whatever the precision, in an
//! order that depends neither on the processor nor on threads, and right wherever
//! their root is: a sum that leaves f64's range is done again, scaled (Blue 1978).

use std::ops::{Add, AddAssign};

use super::{Scalar, simd};

/// Number of independent partial sums of a slice: two registers of AVX-512, four of
/// AVX2. An array of 32, over which the inner loop then is not unrolled, is kept in
/// memory instead, and sums take half as long again.
const LANES: usize = 16;

/// The plain sums that are as exact as any: in smaller ones, squares below f64's
/// smallest number may be lacking; larger ones may overflow when they are added.
const SAFE: std::ops::RangeInclusive<f64> = 1e-290..=1e290;

/// 2⁶⁰⁰: the root of a sum below [`SAFE`] is below 1e-145, so that with entries this
/// much larger no square leaves f64's range; above it, with entries this much smaller.
const UP: f64 = f64::from_bits((1023 + 600) << 52);
const DOWN: f64 = 1.0 / UP;

/// By what the entries were multiplied before they were squared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// By 2⁶⁰⁰.
    Up,
    /// By 1.
    #[default]
    One,
    /// By 2⁻⁶⁰⁰.
    Down,
}

impl Scale {
    /// The one for entries whose plain sum of squares is `sum`.
    pub fn for_sum(sum: f64) -> Self {
        if SAFE.contains(&sum) {
            Self::One
        } else if sum < *SAFE.start() {
            Self::Up
        } else {
            Self::Down
        }
    }

    /// a − b, scaled: where the difference itself overflows, too.
    #[inline(always)]
    pub fn difference(self, a: f64, b: f64) -> f64 {
        match self {
            Self::One => a - b,
            // A difference this small is exact.
            Self::Up => (a - b) * UP,
            Self::Down => a * DOWN - b * DOWN,
        }
    }

    /// origin + x, where `x` is scaled.
    pub fn shifted(self, origin: f64, x: f64) -> f64 {
        match self {
            Self::One => origin + x,
            Self::Up => origin + x * DOWN,
            Self::Down => (origin * DOWN + x) * UP,
        }
    }

    /// `x` without the scale.
    fn undo(self, x: f64) -> f64 {
        match self {
            Self::One => x,
            Self::Up => x * DOWN,
            Self::Down => x * UP,
        }
    }
}

/// Σ x², whose root is right wherever it is a number of f64: Σ (scale·x)² with its scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Squares {
    sum: f64,
    scale: Scale,
}

impl Squares {
    /// The sum of squares of scaled entries.
    pub fn scaled(sum: f64, scale: Scale) -> Self {
        Self { sum, scale }
    }

    /// √Σ x².
    pub fn norm(self) -> f64 {
        self.root_of(self.sum)
    }

    /// √(Σ x²/count): the root mean square of `count` entries.
    pub fn root_mean(self, count: f64) -> f64 {
        self.root_of(self.sum / count)
    }

    fn root_of(self, sum: f64) -> f64 {
        self.scale.undo(sum.sqrt())
    }

    /// The quotient of two norms.
    pub fn norm_over(self, other: Self) -> f64 {
        let of_sums = self.sum / other.sum;
        if self.scale == other.scale && SAFE.contains(&of_sums) {
            return of_sums.sqrt();
        }
        let of_roots = self.sum.sqrt() / other.sum.sqrt();
        if self.scale == other.scale {
            return of_roots;
        }
        // The other's scale, which it was divided by, comes back.
        self.scale.undo(match other.scale {
            Scale::One => of_roots,
            Scale::Up => of_roots * UP,
            Scale::Down => of_roots * DOWN,
        })
    }

    /// Σ (factor·x)².
    pub fn times(self, factor: f64) -> Self {
        let sum = self.sum * (factor * factor);
        if self.scale == Scale::One && (SAFE.contains(&sum) || self.sum == 0.0) {
            return Self::scaled(sum, Scale::One);
        }
        sum_of_squares(&[self.scale.undo(self.sum.sqrt() * factor)])
    }

    /// Whether the norm is finite.
    #[inline]
    pub fn is_finite(self) -> bool {
        match self.scale {
            Scale::Down => self.norm().is_finite(),
            Scale::Up | Scale::One => self.sum.is_finite(),
        }
    }

    /// The same sum of entries scaled as `scale` says, which makes them smaller.
    fn lowered_to(mut self, scale: Scale) -> f64 {
        while self.scale < scale {
            self.sum = self.sum * DOWN * DOWN;
            self.scale = match self.scale {
                Scale::Up => Scale::One,
                Scale::One | Scale::Down => Scale::Down,
            };
        }
        self.sum
    }
}

impl AddAssign for Squares {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        if self.scale == other.scale {
            self.sum += other.sum;
        } else if self.sum == 0.0 {
            *self = other;
        } else if other.sum != 0.0 {
            let scale = self.scale.max(other.scale);
            *self = Self::scaled(self.lowered_to(scale) + other.lowered_to(scale), scale);
        }
    }
}

impl Add for Squares {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl std::iter::Sum for Squares {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Self::add)
    }
}

/// Σ x² under way.
#[derive(Clone, Copy, Default)]
pub struct SquareSum {
    lanes: [f64; LANES],
    /// What was added while the plain sum was out of [`SAFE`].
    scaled: Squares,
}

impl SquareSum {
    /// Where slices may be cut without changing a bit of the sum, unless it is scaled:
    /// parts, but for the last, are as long as a multiple of this.
    pub const STEP: usize = 4 * LANES;

    /// Adds the squares of `values`, with the instructions that the caller is compiled
    /// for: call it within [`simd::dispatch`].
    #[inline(always)]
    pub fn add<T: Scalar>(&mut self, values: &[T]) {
        let before = self.lanes;
        self.lanes = with_squares(
            before,
            values,
            #[inline(always)]
            |x| x.to_f64(),
        );
        if !T::SQUARES_ARE_SAFE && !SAFE.contains(&total(self.lanes)) {
            self.add_scaled(total(before), values);
        }
    }

    /// Adds `values`, which come after a plain sum of `before` and leave it too small
    /// or too large.
    #[cold]
    #[inline(never)]
    fn add_scaled<T: Scalar>(&mut self, before: f64, values: &[T]) {
        let scale = Scale::for_sum(total(self.lanes));
        if self.scaled.scale != scale {
            // Too large after less that was not: that was summed plainly.
            self.scaled = Squares::scaled(before, Scale::One);
        }
        self.scaled += scaled_squares(values, scale);
    }

    /// The sum.
    #[inline(always)]
    pub fn total(&self) -> Squares {
        let sum = total(self.lanes);
        if self.scaled.scale == Scale::One || SAFE.contains(&sum) {
            Squares::scaled(sum, Scale::One)
        } else {
            self.scaled
        }
    }
}

/// The lanes, and in them the squares of `values`.
#[inline(always)]
fn with_squares<T: Scalar>(
    mut lanes: [f64; LANES],
    values: &[T],
    wide: impl Fn(T) -> f64,
) -> [f64; LANES] {
    #[inline(always)]
    fn squared<T: Copy>(x: &T, wide: impl Fn(T) -> f64) -> f64 {
        wide(*x) * wide(*x)
    }
    let (chunks, rest) = values.as_chunks::<LANES>();
    let (fours, chunks) = chunks.as_chunks::<4>();
    // Four at a time, since an addition waits for the one before in its lane.
    for [a, b, c, d] in fours {
        for ((((lane, a), b), c), d) in lanes.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *lane +=
                (squared(a, &wide) + squared(b, &wide)) + (squared(c, &wide) + squared(d, &wide));
        }
    }
    // A copy, since the rest's unknown length would else keep the lanes above in
    // memory rather than in registers.
    let mut sums = lanes;
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += squared(x, &wide);
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        *sum += squared(x, &wide);
    }
    sums
}

/// The sum of partial sums: the second half onto the first, and that as a tree.
#[inline(always)]
fn total(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = std::array::from_fn(
        #[inline(always)]
        |k| lanes[k] + lanes[k + LANES / 2],
    );
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Σ x² of scaled entries.
#[cold]
#[inline(never)]
fn scaled_squares<T: Scalar>(values: &[T], scale: Scale) -> Squares {
    let lanes = with_squares([0.0; LANES], values, |x| scale.difference(x.to_f64(), 0.0));
    Squares::scaled(total(lanes), scale)
}

/// Σ x², accumulated in f64 whatever the precision, over a fixed number of lanes: its
/// value does not depend on the processor.
///
/// A sum of squares in f32 reads exactly 0 once the norm falls below 3.7e-23 (the
/// square underflows); in f64 every f32 is safe. Of f64 entries below 1.5e-162 the
/// squares are 0 and above 1.3e154 they are infinite: those sums are scaled.
pub fn sum_of_squares<T: Scalar>(values: &[T]) -> Squares {
    let sum = simd::dispatch(
        #[inline(always)]
        || {
            total(with_squares(
                [0.0; LANES],
                values,
                #[inline(always)]
                |x| x.to_f64(),
            ))
        },
    );
    if T::SQUARES_ARE_SAFE || SAFE.contains(&sum) {
        Squares::scaled(sum, Scale::One)
    } else {
        scaled_squares(values, Scale::for_sum(sum))
    }
}

/// Σ (x − origin) and Σ (x − origin)² in one pass, both of scaled differences, and the
/// scale.
pub fn sums_about<T: Scalar>(values: &[T], origin: f64) -> ([f64; 2], Scale) {
    let sums = simd::dispatch(
        #[inline(always)]
        || {
            sums_of(
                values,
                #[inline(always)]
                |x| x.to_f64() - origin,
            )
        },
    );
    if T::SQUARES_ARE_SAFE || SAFE.contains(&sums[1]) {
        return (sums, Scale::One);
    }
    let scale = Scale::for_sum(sums[1]);
    let sums = sums_of(values, |x| scale.difference(x.to_f64(), origin));
    (sums, scale)
}

/// Σ wide(x) and Σ wide(x)².
#[inline(always)]
fn sums_of<T: Scalar>(values: &[T], wide: impl Fn(T) -> f64) -> [f64; 2] {
    #[inline(always)]
    fn add<T: Copy>(values: &[T], wide: impl Fn(T) -> f64, lanes: &mut [[f64; LANES]; 2]) {
        let [plain, squares] = lanes;
        for ((plain, square), x) in plain.iter_mut().zip(squares).zip(values) {
            let x = wide(*x);
            *plain += x;
            *square = x.mul_add(x, *square);
        }
    }
    let mut lanes = [[0.0; LANES]; 2];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        add(chunk, &wide, &mut lanes);
    }
    // A copy, as in `with_squares`.
    let mut sums = lanes;
    add(rest, &wide, &mut sums);
    sums.map(total)
}

#[cfg(test)]
mod tests;
