//! Values over the steps kept to a bounded size: where there are too many,
//! neighbours are taken together, and their extremes are kept.

/// The extremes of some values. Those that are not finite are counted, and
/// hide no other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The smallest finite value; NaN where there is none.
    pub low: f64,
    /// The largest finite value; NaN where there is none.
    pub high: f64,
    /// Values that are NaN or infinite.
    pub non_finite: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            low: f64::NAN,
            high: f64::NAN,
            non_finite: 0,
        }
    }
}

impl Bounds {
    /// Of one value.
    pub fn of(value: f64) -> Self {
        if value.is_finite() {
            Self {
                low: value,
                high: value,
                non_finite: 0,
            }
        } else {
            Self {
                non_finite: 1,
                ..Self::default()
            }
        }
    }

    /// Takes in others.
    pub fn join(&mut self, other: &Self) {
        // Both pass over NaN.
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.non_finite += other.non_finite;
    }

    /// Whether there is no value.
    pub fn is_absent(&self) -> bool {
        self.low.is_nan() && self.non_finite == 0
    }
}

/// What can be taken together with its neighbour.
pub(super) trait Neighbour {
    /// Takes in the one after it.
    fn join(&mut self, next: Self);
}

/// A series of which each two neighbours are taken together whenever there are
/// more than it may keep.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Halving<T> {
    /// The most that are kept, an even number.
    most: usize,
    pub(super) kept: Vec<T>,
    /// Values that one of them stands for.
    pub(super) each: u64,
    /// Values in the last one.
    in_last: u64,
}

impl<T: Neighbour> Halving<T> {
    /// An empty one that keeps `most`, at least 2 and an even number of them.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.next_multiple_of(2).max(2),
            kept: Vec::new(),
            each: 1,
            in_last: 0,
        }
    }

    /// Adds the next one.
    pub fn add(&mut self, next: T) {
        if self.kept.len() == self.most && self.in_last == self.each {
            self.halve();
        }
        match self.kept.last_mut() {
            Some(last) if self.in_last < self.each => {
                last.join(next);
                self.in_last += 1;
            }
            _ => {
                self.kept.push(next);
                self.in_last = 1;
            }
        }
    }

    /// Takes each two neighbours, all of them full, together.
    fn halve(&mut self) {
        let mut pairs = std::mem::take(&mut self.kept).into_iter();
        while let Some(mut left) = pairs.next() {
            if let Some(right) = pairs.next() {
                left.join(right);
            }
            self.kept.push(left);
        }
        self.each *= 2;
        self.in_last = self.each;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_counted_and_hides_no_other() {
        let mut all = Bounds::default();
        assert!(all.is_absent());
        all.join(&Bounds::of(f64::NAN));
        assert!(!all.is_absent() && all.low.is_nan());
        for value in [3.0, f64::INFINITY, -1.0] {
            all.join(&Bounds::of(value));
        }
        assert_eq!((all.low, all.high, all.non_finite), (-1.0, 3.0, 2));
    }
}
