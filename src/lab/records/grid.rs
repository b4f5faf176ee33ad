//! A value per layer and step, kept to a bounded size: where there are too many
//! steps, neighbours share a bucket that keeps the smallest and largest value.

use super::halving::{Bounds, Halving, Neighbour};
use super::step::Step;

/// Neighbouring steps taken together.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The first of its steps.
    pub first: u64,
    /// The last of its steps.
    pub last: u64,
    /// What each layer holds.
    pub values: Vec<Bounds>,
}

impl Neighbour for Bucket {
    fn join(&mut self, next: Self) {
        self.last = next.last;
        let pairs = self.values.iter_mut().zip(&next.values);
        pairs.for_each(|(own, other)| own.join(other));
    }
}

/// How large a grid may become.
#[derive(Clone, Copy, Debug)]
pub struct GridSize {
    /// The most buckets, an even number from 2 on.
    pub buckets: usize,
    /// The most values, of all layers and buckets.
    pub cells: usize,
}

/// Buckets of neighbouring steps, at most as many as it is made for.
#[derive(Clone, Debug)]
pub struct Grid {
    size: GridSize,
    layers: Vec<usize>,
    buckets: Halving<Bucket>,
}

impl Grid {
    /// An empty grid.
    pub fn new(size: GridSize) -> Self {
        Self {
            size,
            layers: Vec::new(),
            buckets: Halving::new(size.buckets),
        }
    }

    /// Adds one column of the next step. A layer that no step before has is
    /// missing in theirs.
    pub fn add(&mut self, step: &Step, column: usize) {
        if self.buckets.kept.is_empty() {
            self.layers.clone_from(&step.layers);
            let room = self.size.cells / self.layers.len().max(1);
            self.buckets = Halving::new(room.min(self.size.buckets));
        }
        if step.layers != self.layers {
            self.make_room(&step.layers);
        }
        let same_layers = step.layers == self.layers;
        let values = self.layers.iter().enumerate().map(|(i, layer)| {
            let value = if same_layers {
                step.value(i, column)
            } else {
                step.of_layer(*layer, column)
            };
            value.map_or_else(Bounds::default, Bounds::of)
        });
        self.buckets.add(Bucket {
            first: step.step,
            last: step.step,
            values: values.collect(),
        });
    }

    /// Makes room for layers that are not there yet.
    fn make_room(&mut self, layers: &[usize]) {
        for &layer in layers {
            let Err(at) = self.layers.binary_search(&layer) else {
                continue;
            };
            self.layers.insert(at, layer);
            for bucket in &mut self.buckets.kept {
                bucket.values.insert(at, Bounds::default());
            }
        }
    }

    /// The layers' numbers, ascending.
    pub fn layers(&self) -> &[usize] {
        &self.layers
    }

    /// The buckets, by ascending step.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets.kept
    }

    /// Steps that share a bucket; 1 = every step has its own.
    pub fn steps_per_bucket(&self) -> u64 {
        self.buckets.each
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
        let mut grid = Grid::new(GridSize {
            buckets: capacity,
            cells: usize::MAX,
        });
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
        assert_eq!(grid.buckets()[3].values, [31.0, 32.0].map(Bounds::of));
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
                    assert_eq!(bucket.values[i].low, bucket.first as f64 * layer);
                    assert_eq!(bucket.values[i].high, bucket.last as f64 * layer);
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
        assert_eq!((first.values[0].low, first.values[0].high), (0.0, 1.0));
        let odd = last.values[0];
        assert_eq!((odd.low, odd.high, odd.non_finite), (1.0, 1.0, 1));
        assert!(first.values[1].is_absent() && last.values[1].is_absent());
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
        let highs: Vec<f64> = grid
            .buckets()
            .iter()
            .map(|bucket| bucket.values[0].high)
            .collect();
        assert_eq!(highs, [4.0, 12.0]);
    }

    #[test]
    fn more_layers_leave_room_for_fewer_buckets() {
        let step = |step| Step {
            loss_slope: None,
            epoch: None,
            step,
            layers: vec![1, 2, 3],
            values: vec![Some(1.0); 3],
            columns: 1,
        };
        let mut grid = Grid::new(GridSize {
            buckets: 100,
            cells: 12,
        });
        (0..8).for_each(|i| grid.add(&step(i), 0));
        assert_eq!((grid.buckets().len(), grid.steps_per_bucket()), (4, 2));
    }
}
