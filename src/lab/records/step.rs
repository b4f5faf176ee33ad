//! The figures of one step.

use crate::lab::decay::Decay;
use crate::lab::onset::PathNorm;

/// The figures of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Updates made before.
    pub step: u64,
    /// The epoch, where a log of another program tells it.
    pub epoch: Option<u64>,
    /// √B·‖∂L/∂D‖ of a generator's loss, where `training.csv` tells it.
    pub loss_slope: Option<f64>,
    /// The numbers of its layers, ascending.
    pub layers: Vec<usize>,
    /// Layer by layer a value per column; `None` = does not apply.
    pub(super) values: Vec<Option<f64>>,
    pub(super) columns: usize,
}

impl Step {
    /// The value of the `i`-th layer in the `column`-th of the columns asked for.
    pub fn value(&self, i: usize, column: usize) -> Option<f64> {
        self.values[i * self.columns + column]
    }

    /// One column: a layer's number and value, the layers ascending.
    pub fn column(&self, column: usize) -> impl Iterator<Item = (usize, Option<f64>)> + '_ {
        let values = self.values.iter().skip(column).step_by(self.columns);
        self.layers.iter().copied().zip(values.copied())
    }

    /// The value of a layer, by its number.
    pub fn of_layer(&self, layer: usize, column: usize) -> Option<f64> {
        let i = self.layers.binary_search(&layer).ok()?;
        self.value(i, column)
    }

    /// The norms in `column` along the path, `position` telling a layer's place
    /// on it, the positions ascending.
    pub fn along(&self, column: usize, position: impl Fn(usize) -> Option<usize>) -> Vec<PathNorm> {
        let norms = self.column(column).filter_map(|(layer, norm)| {
            Some(PathNorm {
                layer,
                position: position(layer)?,
                norm,
            })
        });
        norms.collect()
    }

    /// How the norms in `column` decay along the path. `None` where no layer on
    /// it has a value. `resolution` is what a norm is at most that the writer rounded to 0.
    pub fn decay(
        &self,
        column: usize,
        position: impl Fn(usize) -> Option<usize>,
        resolution: Option<f64>,
    ) -> Option<Decay> {
        let norms = self.along(column, position);
        let norms: Vec<_> = norms.iter().map(|at| (at.position, at.norm)).collect();
        let decay = Decay::measure_above(self.step, &norms, resolution)?;
        Some(decay.with_loss_slope(self.loss_slope))
    }

    /// Puts the layers in order, and says which is there twice, if one is.
    pub(super) fn sort(&mut self) -> Option<usize> {
        if !self.layers.is_sorted() {
            // Hooks of a backward pass see the last layer first.
            let mut order: Vec<usize> = (0..self.layers.len()).collect();
            order.sort_by_key(|&i| self.layers[i]);
            let values = order
                .iter()
                .flat_map(|&i| &self.values[i * self.columns..(i + 1) * self.columns]);
            self.values = values.copied().collect();
            self.layers.sort_unstable();
        }
        let mut pairs = self.layers.windows(2);
        pairs.find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }
}
