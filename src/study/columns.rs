//! The columns of a run's CSV files: one line each, with its help text and the
//! way to its cell. Columns are only ever appended.

use serde::{Serialize, Serializer};

use crate::nn::measure::LayerFigures;
use crate::study::train::StepRecord;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A whole number.
    Count(u64),
    /// A layer's name.
    Name(LayerName),
    /// A number with all its digits; `None` = does not apply.
    Number(Option<f64>),
}

/// A layer's name: `hidden_1` … or `output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerName {
    /// Number of the layer, from 1.
    pub layer: usize,
    /// Number of layers.
    pub layers: usize,
}

impl std::fmt::Display for LayerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.layer == self.layers {
            f.write_str("output")
        } else {
            write!(f, "hidden_{}", self.layer)
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Name(name) => serializer.collect_str(name),
            Self::Number(number) => number.serialize(serializer),
        }
    }
}

/// One column over rows of type `R`.
pub struct Column<R: ?Sized> {
    /// Name in the header.
    pub name: &'static str,
    /// Help text.
    pub doc: &'static str,
    /// Its cell.
    pub cell: fn(&R) -> Cell,
}

/// One row of `gradients.csv`.
pub struct LayerRow<'a> {
    /// The step.
    pub record: &'a StepRecord<'a>,
    /// The layer.
    pub name: LayerName,
    /// Its figures.
    pub figures: &'a LayerFigures,
}

fn number(value: f64) -> Cell {
    Cell::Number(Some(value))
}

macro_rules! columns {
    ($( $name:literal, $doc:literal, $cell:expr; )+) => {
        &[$( Column { name: $name, doc: $doc, cell: $cell } ),+]
    };
}

/// `gradients.csv`: a row per logged step and layer.
pub fn gradient_columns<'a>() -> &'a [Column<LayerRow<'a>>] {
    columns! {
    "step", "updates made before this measurement", |row| Cell::Count(row.record.step);
    "epoch", "passes over the training data finished before it", |row| Cell::Count(row.record.epoch);
    "layer", "1 … depth for hidden layers, depth + 1 for the output", |row| Cell::Count(row.name.layer as u64);
    "name", "hidden_1 …, output", |row| Cell::Name(row.name);
    "activation_grad_norm", "‖∂L/∂h_l‖_F over the batch, h_l being what layer l hands on: the headline quantity", |row| number(row.figures.activation_grad_norm);
    "delta_norm", "‖∂L/∂z_l‖_F, z_l the output of layer l's linear map", |row| number(row.figures.delta_norm);
    "weight_grad_norm", "‖∂L/∂W_l‖_F before clipping, without weight decay", |row| number(row.figures.weight_grad_norm);
    "bias_grad_norm", "‖∂L/∂b_l‖ before clipping; empty without bias", |row| Cell::Number(row.figures.bias_grad_norm);
    "weight_norm", "‖W_l‖_F", |row| number(row.figures.weight_norm);
    "update_ratio", "‖ΔW_l‖/‖W_l‖ of the update made right after; empty where none is made", |row| Cell::Number(row.figures.update_ratio);
    "activation_mean", "mean of φ's output over batch and units", |row| Cell::Number(row.figures.activation_mean);
    "activation_std", "population standard deviation of φ's output", |row| Cell::Number(row.figures.activation_std);
    "saturated_fraction", "share of entries with |φ'| < 0.05·max|φ'| on φ's flat side", |row| Cell::Number(row.figures.saturated_fraction);
    "dead_fraction", "share of units whose φ' is 0 for the whole batch", |row| Cell::Number(row.figures.dead_fraction);
    "zero_grad_fraction", "share of entries of ∂L/∂W that are exactly 0 (underflow or death)", |row| number(row.figures.zero_grad_fraction);
    }
}

/// `training.csv`: a row per logged or evaluated step.
pub fn training_columns<'a>() -> &'a [Column<StepRecord<'a>>] {
    columns! {
    "step", "updates made before this measurement", |row| Cell::Count(row.step);
    "epoch", "passes over the training data finished before it", |row| Cell::Count(row.epoch);
    "learning_rate", "of the update made right after", |row| number(row.learning_rate);
    "train_loss", "mean loss of this step's batch in training mode, before its update", |row| number(row.figures.loss);
    "train_accuracy", "share of this batch's rows that are classified right", |row| Cell::Number(row.figures.accuracy);
    "test_loss", "mean loss on the test set at the same weights", |row| Cell::Number(row.test.map(|test| test.loss));
    "test_accuracy", "accuracy on the test set at the same weights", |row| Cell::Number(row.test.and_then(|test| test.accuracy));
    "grad_norm", "norm of the gradient over all parameters, before clipping", |row| number(row.figures.grad_norm);
    "clipped", "1 if the gradient was clipped", |row| Cell::Count(u64::from(row.clipped));
    }
}
