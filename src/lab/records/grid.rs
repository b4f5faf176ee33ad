//! A value per layer and step, kept to a bounded size: where there are too many
//! steps, neighbours share a bucket that keeps the smallest and largest value.

use super::step::Step;

/// Neighbouring steps taken together.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The first of its steps.
    pub first: u64,
    /// The last of its steps.
    pub last: u64,
    /// The smallest value per layer; NaN where no step has one.
    pub low: Vec<f64>,
    /// The largest value per layer; NaN where no step has one, or one is NaN.
    pub high: Vec<f64>,
    /// Whether a step has a value, per layer.
    pub present: Vec<bool>,
}

/// Buckets of neighbouring steps, at most as many as it is made for.
#[derive(Clone, Debug)]
pub struct Grid {
    capacity: usize,
    layers: Vec<usize>,
    buckets: Vec<Bucket>,
    /// Steps per bucket.
    per_bucket: u64,
    /// Steps in the last bucket.
    in_last: u64,
}

impl Grid {
    /// An empty grid of at most `capacity` buckets, an even number from 2 on.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.next_multiple_of(2).max(2),
            layers: Vec::new(),
            buckets: Vec::new(),
            per_bucket: 1,
            in_last: 0,
        }
    }

    /// Adds one column of the next step. A layer that no step before has is
    /// missing in theirs.
    pub fn add(&mut self, step: &Step, column: usize) {
        if self.buckets.is_empty() {
            self.layers.clone_from(&step.layers);
        }
        if step.layers != self.layers {
            self.make_room(&step.layers);
        }
        if self.buckets.len() == self.capacity && self.in_last == self.per_bucket {
            self.halve();
        }
        if self.buckets.is_empty() || self.in_last == self.per_bucket {
            self.in_last = 0;
            let nothing = vec![f64::NAN; self.layers.len()];
            self.buckets.push(Bucket {
                first: step.step,
                last: step.step,
                low: nothing.clone(),
                high: nothing,
                present: vec![false; self.layers.len()],
            });
        }
        self.in_last += 1;
        let Some(bucket) = self.buckets.last_mut() else {
            return;
        };
        bucket.last = step.step;
        let same_layers = step.layers == self.layers;
        for (i, layer) in self.layers.iter().enumerate() {
            let value = if same_layers {
                step.value(i, column)
            } else {
                step.of_layer(*layer, column)
            };
            let Some(value) = value else { continue };
            // NaN stays NaN in `high`, and f64::min passes over it in `low`.
            bucket.low[i] = bucket.low[i].min(value);
            bucket.high[i] = if bucket.present[i] {
                larger(bucket.high[i], value)
            } else {
                value
            };
            bucket.present[i] = true;
        }
    }

    /// Makes room for layers that are not there yet.
    fn make_room(&mut self, layers: &[usize]) {
        for &layer in layers {
            let Err(at) = self.layers.binary_search(&layer) else {
                continue;
            };
            self.layers.insert(at, layer);
            for bucket in &mut self.buckets {
                bucket.low.insert(at, f64::NAN);
                bucket.high.insert(at, f64::NAN);
                bucket.present.insert(at, false);
            }
        }
    }

    /// Takes each two neighbouring buckets together.
    fn halve(&mut self) {
        let mut pairs = std::mem::take(&mut self.buckets).into_iter();
        while let (Some(mut left), Some(right)) = (pairs.next(), pairs.next()) {
            left.last = right.last;
            for (low, other) in left.low.iter_mut().zip(right.low) {
                *low = low.min(other);
            }
            for (i, other) in right.high.into_iter().enumerate() {
                left.high[i] = match (left.present[i], right.present[i]) {
                    (true, true) => larger(left.high[i], other),
                    (true, false) => left.high[i],
                    (false, _) => other,
                };
                left.present[i] |= right.present[i];
            }
            self.buckets.push(left);
        }
        self.per_bucket *= 2;
        self.in_last = self.per_bucket;
    }

    /// The layers' numbers, ascending.
    pub fn layers(&self) -> &[usize] {
        &self.layers
    }

    /// The buckets, by ascending step.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Steps that share a bucket; 1 = every step has its own.
    pub fn steps_per_bucket(&self) -> u64 {
        self.per_bucket
    }
}

/// The larger of two, or NaN if one is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::records::Steps;

    /// A grid of a file with the layers 1 and 2, whose values are `value(step, layer)`.
    fn grid(capacity: usize, steps: u64, value: impl Fn(u64, usize) -> String) -> Grid {
        let mut text = "step,layer,x\n".to_owned();
        for step in 0..steps {
            for layer in [1, 2] {
                text += &format!("{step},{layer},{}\n", value(step, layer));
            }
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut steps = Steps::open(file.path(), &["x"], None).unwrap();
        let mut grid = Grid::new(capacity);
        while let Some(step) = steps.next_step().unwrap() {
            grid.add(step, 0);
        }
        grid
    }

    #[test]
    fn few_steps_are_kept_as_they_are() {
        let grid = grid(4, 4, |step, layer| {
            format!("{}", step as usize * 10 + layer)
        });
        assert_eq!((grid.buckets().len(), grid.steps_per_bucket()), (4, 1));
        assert_eq!(grid.layers(), [1, 2]);
        assert_eq!(grid.buckets()[3].low, [31.0, 32.0]);
        assert_eq!(grid.buckets()[3].high, [31.0, 32.0]);
    }

    #[test]
    fn many_steps_keep_their_extremes() {
        for steps in 5..70 {
            let grid = grid(4, steps, |step, layer| format!("{}", step as usize * layer));
            assert!(grid.buckets().len() <= 4 && grid.buckets().len() > 1);
            let mut next = 0;
            for bucket in grid.buckets() {
                assert_eq!(bucket.first, next);
                next = bucket.last + 1;
                for (i, layer) in [1.0, 2.0].into_iter().enumerate() {
                    assert_eq!(bucket.low[i], bucket.first as f64 * layer);
                    assert_eq!(bucket.high[i], bucket.last as f64 * layer);
                }
            }
            assert_eq!(next, steps);
        }
    }

    #[test]
    fn zeros_nans_and_gaps_are_not_lost() {
        let grid = grid(2, 16, |step, layer| match (step, layer) {
            (3, 1) => "0".to_owned(),
            (12, 1) => "NaN".to_owned(),
            (_, 1) => "1".to_owned(),
            _ => String::new(),
        });
        let [first, last] = grid.buckets() else {
            panic!()
        };
        assert_eq!((first.low[0], first.high[0]), (0.0, 1.0));
        assert_eq!(last.low[0], 1.0);
        assert!(last.high[0].is_nan());
        assert!(first.low[1].is_nan() && first.high[1].is_nan());
        assert_eq!(last.present, [true, false]);
    }

    #[test]
    fn a_step_without_a_value_hides_no_other() {
        let grid = grid(2, 16, |step, layer| {
            if step % 4 == 0 && layer == 1 {
                format!("{step}")
            } else {
                String::new()
            }
        });
        let highs: Vec<f64> = grid.buckets().iter().map(|bucket| bucket.high[0]).collect();
        assert_eq!(highs, [4.0, 12.0]);
    }
}
