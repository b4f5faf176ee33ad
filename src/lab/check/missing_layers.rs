//! The layers that a rule looks for and does not find.

/// What one rule lacks in one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MissingLayers {
    /// The layers that had a value at the first step that had any.
    expected: Vec<usize>,
    /// The first step at which layers lack one, and which, as ranges.
    first: Option<(u64, Vec<[usize; 2]>)>,
}

impl MissingLayers {
    /// Shows it the layers, ascending, that have a value at `step`. `range`:
    /// those that the rule names. A step without any value is one that the
    /// quantity does not apply to, such as the update after the last step.
    pub fn look(&mut self, step: u64, layers: &[usize], range: Option<[usize; 2]>) {
        if layers.is_empty() || self.first.is_some() {
            return;
        }
        if self.expected.is_empty() {
            self.expected = layers.to_vec();
        }
        let gaps = match range {
            Some(range) => gaps(layers, range),
            None => {
                let gone = |layer: &&usize| layers.binary_search(layer).is_err();
                let gone = self.expected.iter().filter(gone);
                gone.map(|&layer| [layer, layer]).collect()
            }
        };
        if !gaps.is_empty() {
            self.first = Some((step, gaps));
        }
    }

    /// Shows it the `layers`, ascending, that have a norm at `step`, of all on the `path` that
    /// decay is measured along.
    pub fn look_along(&mut self, step: u64, layers: &[usize], path: impl Iterator<Item = usize>) {
        if self.first.is_none() {
            self.expected = path.collect();
            self.look(step, layers, None);
        }
    }

    /// The first step at which layers lack a value, and which, each range with its first and
    /// last.
    pub fn first(&self) -> Option<(u64, &[[usize; 2]])> {
        let (step, layers) = self.first.as_ref()?;
        Some((*step, layers))
    }
}

/// The parts of a range of numbers that are not among `layers`, which ascend.
fn gaps(layers: &[usize], [first, last]: [usize; 2]) -> Vec<[usize; 2]> {
    let mut gaps = Vec::new();
    let mut next = first;
    for &layer in layers.iter().filter(|layer| (first..=last).contains(layer)) {
        if layer > next {
            gaps.push([next, layer - 1]);
        }
        next = layer + 1;
    }
    if next <= last {
        gaps.push([next, last]);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_searched_for_gaps() {
        for (layers, range, expected) in [
            (&[1, 2, 3][..], [1, 3], &[][..]),
            (&[1, 3], [1, 3], &[[2, 2]]),
            (&[2], [1, 3], &[[1, 1], [3, 3]]),
            (&[5, 9], [1, 3], &[[1, 3]]),
            (&[1], [1, 1 << 52], &[[2, 1 << 52]]),
        ] {
            let mut lack = MissingLayers::default();
            lack.look(7, layers, Some(range));
            let found = lack.first().map_or(&[][..], |(_, layers)| layers);
            assert_eq!(found, expected, "{layers:?} {range:?}");
        }
    }

    #[test]
    fn without_a_range_the_first_step_tells_what_is_expected() {
        let mut lack = MissingLayers::default();
        lack.look(0, &[], None);
        lack.look(1, &[1, 2, 3], None);
        lack.look(2, &[], None);
        lack.look(3, &[1, 2, 3, 4], None);
        assert_eq!(lack.first(), None);
        lack.look(4, &[2], None);
        lack.look(5, &[1], None);
        assert_eq!(lack.first(), Some((4, &[[1, 1], [3, 3]][..])));
    }
}
