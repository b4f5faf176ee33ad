//! One logged step, its columns by name.

use serde::Serialize;

use crate::lab::json::Real;
use crate::lab::records::{LayerInfo, Step, is_output};

/// One logged step of a run.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The step's values.
    pub step: &'a Step,
    /// The columns that were read, the headline first.
    pub columns: &'a [String],
    /// The layers of the run.
    pub layers: &'a [LayerInfo],
}

/// What a column says of some layers: what a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnFact {
    /// The column of the log.
    pub column: String,
    /// The step.
    pub step: u64,
    /// The layers.
    pub layers: Vec<usize>,
    /// Its least value over them.
    pub least: Real,
    /// Its largest.
    pub most: Real,
}

impl Frame<'_> {
    /// The value of a layer in a column; `None` where the log has no such column or the
    /// cell is empty.
    pub fn value(&self, layer: usize, column: &str) -> Option<f64> {
        let at = self.columns.iter().position(|own| own == column)?;
        self.step.of_layer(layer, at)
    }

    /// The norm that decay is measured by.
    pub fn headline(&self, layer: usize) -> Option<f64> {
        self.step.of_layer(layer, 0)
    }

    /// The layers on the path that decay is measured along, toward the output.
    pub fn path(&self) -> Vec<usize> {
        let mut layers: Vec<(usize, usize)> = self
            .layers
            .iter()
            .filter_map(|info| Some((info.position?, info.layer)))
            .collect();
        layers.sort_unstable();
        layers.into_iter().map(|(_, layer)| layer).collect()
    }

    /// All layers but the output.
    pub fn hidden(&self) -> Vec<usize> {
        let hidden = self.layers.iter().filter(|info| !is_output(&info.name));
        hidden.map(|info| info.layer).collect()
    }

    /// The hidden layers with a value in a column, and that value.
    pub fn of_hidden(&self, column: &str) -> Vec<(usize, f64)> {
        let hidden = self.hidden().into_iter();
        hidden
            .filter_map(|layer| Some((layer, self.value(layer, column)?)))
            .collect()
    }

    /// Root mean square of φ's output in a layer.
    pub fn activation_size(&self, layer: usize) -> Option<f64> {
        let mean = self.value(layer, "activation_mean")?;
        Some(mean.hypot(self.value(layer, "activation_std")?))
    }

    /// What a column says of some layers; `None` where it says nothing.
    pub fn fact(&self, column: &str, layers: &[usize]) -> Option<ColumnFact> {
        let values = layers.iter().filter_map(|layer| self.value(*layer, column));
        let values: Vec<f64> = values.collect();
        let least = values.iter().copied().reduce(f64::min)?;
        let most = values.iter().copied().reduce(f64::max)?;
        Some(ColumnFact {
            column: column.to_owned(),
            step: self.step.step,
            layers: layers.to_vec(),
            least: Real(least),
            most: Real(most),
        })
    }
}

/// The middle one of some numbers, NaN left out; `None` of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
