//! What every activation function is to a layer: a function of one number with
//! its derivative, made into one of slices.

use crate::base::Scalar;
use crate::base::simd;
use crate::base::sums::{count_nonzero_rows, count_where};

/// The sides of the origin on which φ' goes to 0, or nearly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// None: `saturated_fraction` does not apply.
    None,
    /// x < 0.
    Left,
    /// Both.
    Both,
}

/// One value for each published rule that calls a unit saturated by where it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerRule<A> {
    /// Karpathy 2016, "Yes you should understand backprop": tanh beyond ±0.97.
    pub karpathy: A,
    /// Wardat et al. 2022, DeepDiagnosis, arXiv:2112.11078: inputs beyond ±5.
    pub deep_diagnosis: A,
    /// Amazon SageMaker Debugger, rule SaturatedActivation.
    pub debugger: A,
}

impl<A> PerRule<A> {
    /// What `of` makes of each.
    pub fn map<B>(self, of: impl Fn(A) -> B) -> PerRule<B> {
        PerRule {
            karpathy: of(self.karpathy),
            deep_diagnosis: of(self.deep_diagnosis),
            debugger: of(self.debugger),
        }
    }
}

/// Per rule the smallest and the largest input that it does not call saturated; `None`
/// where the rule says nothing of φ.
pub type PublishedLimits = PerRule<Option<[f64; 2]>>;

/// φ as one block states it: a pointwise function and its derivative.
pub trait Pointwise: Clone + Send + Sync {
    /// Where φ is flat.
    const SATURATES: Sides;

    /// φ(x) and φ'(x). At a kink the slope is PyTorch's (0 for ReLU at 0).
    /// Finite input gives finite output, accurate in the tails.
    ///
    /// Made of arithmetic, comparisons and [`Scalar`]'s `fast_…` functions and
    /// marked `#[inline(always)]`, it vectorises.
    fn eval<T: Scalar>(&self, x: T) -> (T, T);

    /// Whether φ'(φ(x)) = φ'(x) for every x. The slope is then read off the
    /// value and need not be kept.
    fn slope_is_of_value(&self) -> bool {
        false
    }

    /// max |φ'|.
    fn max_slope(&self) -> f64 {
        1.0
    }

    /// Inputs at which a derivative of φ jumps.
    fn kinks(&self) -> &'static [f64] {
        &[]
    }

    /// Beyond which inputs published rules call φ saturated.
    fn published_limits(&self) -> PublishedLimits {
        PublishedLimits::default()
    }
}

/// An activation function over slices of one precision: what a layer calls.
pub trait Elementwise<T: Scalar>: Send + Sync {
    /// y ← φ(x), slope ← φ'(x), elementwise; all three of one length, but for
    /// an empty `slope`, which asks for the values alone.
    fn forward(&self, x: &[T], y: &mut [T], slope: &mut [T]);

    /// Whether φ'(φ(x)) = φ'(x) for every x, so that the functions below may be
    /// given an empty `slope`.
    fn slope_is_of_value(&self) -> bool;

    /// out ← grad·φ'(x), added to what is there if `accumulate`; `y` and
    /// `slope` as `forward` left them, all of one length.
    fn backward(&self, grad: &[T], y: &[T], slope: &[T], out: &mut [T], accumulate: bool);

    /// φ(x) and φ'(x) at one point.
    fn at(&self, x: T) -> (T, T);

    /// How many entries are saturated: |φ'| < 0.05·max|φ'| on a flat side.
    /// `None` where φ has no flat side. `y` and `slope` as `forward` left them.
    fn count_saturated(&self, y: &[T], slope: &[T]) -> Option<u64>;

    /// For rows as long as `counts`: counts ← in how many rows a unit's φ' is not 0.
    fn count_active_rows(&self, y: &[T], slope: &[T], counts: &mut [u32]);

    /// Inputs at which a derivative of φ jumps.
    fn kinks(&self) -> &'static [f64];

    /// Beyond which inputs published rules call φ saturated.
    fn published_limits(&self) -> PublishedLimits;
}

impl<T: Scalar, P: Pointwise> Elementwise<T> for P {
    fn forward(&self, x: &[T], y: &mut [T], slope: &mut [T]) {
        simd::dispatch(
            #[inline(always)]
            || {
                // A copy, which writing to `y` cannot change: its parameters
                // stay in registers.
                let curve = self.clone();
                if slope.is_empty() {
                    for (x, y) in x.iter().zip(y) {
                        (*y, _) = curve.eval(*x);
                    }
                } else {
                    for ((x, y), slope) in x.iter().zip(y).zip(slope) {
                        (*y, *slope) = curve.eval(*x);
                    }
                }
            },
        );
    }

    fn slope_is_of_value(&self) -> bool {
        Pointwise::slope_is_of_value(self)
    }

    fn backward(&self, grad: &[T], y: &[T], slope: &[T], out: &mut [T], accumulate: bool) {
        if slope.is_empty() {
            let curve = self.clone();
            let terms = grad.iter().zip(y).map(
                #[inline(always)]
                |(grad, y)| *grad * curve.eval(*y).1,
            );
            simd::write_or_add(out, accumulate, terms);
        } else {
            let terms = grad.iter().zip(slope).map(|(grad, slope)| *grad * *slope);
            simd::write_or_add(out, accumulate, terms);
        }
    }

    fn at(&self, x: T) -> (T, T) {
        self.eval(x)
    }

    fn count_saturated(&self, y: &[T], slope: &[T]) -> Option<u64> {
        let limit = T::from_f64(0.05 * self.max_slope());
        let (middle, _) = self.eval(T::zero());
        (P::SATURATES != Sides::None).then(|| {
            if slope.is_empty() {
                count_where(
                    y,
                    y,
                    #[inline(always)]
                    |y: T, _| is_saturated::<T, P>(y, self.eval(y).1, limit, middle),
                )
            } else {
                count_where(
                    y,
                    slope,
                    #[inline(always)]
                    |y, slope| is_saturated::<T, P>(y, slope, limit, middle),
                )
            }
        })
    }

    fn count_active_rows(&self, y: &[T], slope: &[T], counts: &mut [u32]) {
        if slope.is_empty() {
            count_nonzero_rows(
                y,
                counts,
                #[inline(always)]
                |y| self.eval(y).1,
            )
        } else {
            count_nonzero_rows(
                slope,
                counts,
                #[inline(always)]
                |slope| slope,
            )
        }
    }

    fn kinks(&self) -> &'static [f64] {
        Pointwise::kinks(self)
    }

    fn published_limits(&self) -> PublishedLimits {
        Pointwise::published_limits(self)
    }
}

/// Whether a slope is below `limit` on a flat side. The side is read off the
/// value: every φ here lies above φ(0) = `middle` on the right of 0 and not
/// above it on the left.
#[inline(always)]
fn is_saturated<T: Scalar, P: Pointwise>(y: T, slope: T, limit: T, middle: T) -> bool {
    // `&` and not `&&`: there is nothing to branch about.
    (slope.abs() < limit) & (P::SATURATES == Sides::Both || y <= middle)
}
