//! The columns of a run's CSV files: one line each, with all that readers, figures and
//! help texts say of it and the way to its cell. Columns are only ever appended.

use crate::nn::graph::LayerInfo;
use crate::nn::loss::psnr;
use crate::nn::measure::{LayerSums, ParamSums, PhiSums, TensorRecord};
use crate::step_record::{AdversaryMetrics, StepRecord};

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A whole number.
    Count(u64),
    /// A layer's name.
    Name(&'a str),
    /// A number with all its digits; `None` = does not apply.
    Number(Option<f64>),
}

impl Cell<'_> {
    /// Appends its text to a line of CSV. No cell holds a character that would
    /// have to be quoted.
    #[inline]
    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        match *self {
            Self::Count(count) => append_count(count, bytes),
            Self::Name(name) => bytes.extend_from_slice(name.as_bytes()),
            Self::Number(Some(number)) => {
                bytes.extend_from_slice(zmij::Buffer::new().format(number).as_bytes());
            }
            Self::Number(None) => {}
        }
    }
}

fn append_count(count: u64, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
}

/// The first line of a table of these columns.
pub fn header<R: ?Sized>(columns: &[Column<R>]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.join(",") + "\n"
}

/// Continues the line that ends `bytes` with a row of further columns.
pub fn append_more<R: ?Sized>(columns: &[Column<R>], row: &R, bytes: &mut Vec<u8>) {
    bytes.pop();
    bytes.push(b',');
    append_row(columns, row, bytes);
}

/// Appends a row: its cells in the order of `columns` and a newline.
pub fn append_row<R: ?Sized>(columns: &[Column<R>], row: &R, bytes: &mut Vec<u8>) {
    // Most cells are numbers of at most 24 characters and a comma.
    bytes.reserve(32 * columns.len());
    for column in columns {
        (column.cell)(row).append_to(bytes);
        bytes.push(b',');
    }
    // Every table has columns, so the last byte is a comma.
    bytes.pop();
    bytes.push(b'\n');
}

/// What the cells of a column are: a reader goes by it where it treats all columns of a
/// kind alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// No measurement: which row it is.
    Coordinate,
    /// A norm, in the units of the loss per unit of what it is the gradient by, or of
    /// the weights.
    Norm,
    /// A quotient of two norms.
    Ratio,
    /// A share, from 0 to 1.
    Fraction,
    /// Any other number.
    Number,
}

/// One column over rows of type `R`.
pub struct Column<R: ?Sized> {
    /// Name in the header.
    pub name: &'static str,
    /// What the axis of a figure says.
    pub symbol: &'static str,
    /// What its cells are.
    pub unit: Unit,
    /// Help text.
    pub doc: &'static str,
    /// Its cell.
    pub cell: fn(&R) -> Cell<'_>,
}

/// One row of `gradients.csv`.
pub struct LayerRow<'a> {
    /// The step.
    pub record: &'a StepRecord<'a>,
    /// The layer's number, from 1.
    pub layer: usize,
    /// What the graph says of it.
    pub info: &'a LayerInfo,
    /// Its sums, which the columns are formulas over.
    pub sums: &'a LayerSums,
}

/// One row of `parameters.csv`.
pub struct TensorRow<'a> {
    /// The step.
    pub step: u64,
    /// The tensor.
    pub tensor: &'a TensorRecord,
}

fn number(value: f64) -> Cell<'static> {
    Cell::Number(Some(value))
}

/// A formula over the sums of a layer's parameters.
fn of_params(row: &LayerRow, formula: fn(&ParamSums) -> Option<f64>) -> Cell<'static> {
    Cell::Number(row.sums.params.as_ref().and_then(formula))
}

/// A formula over the sums of a layer's φ.
fn of_phi(row: &LayerRow, formula: fn(&PhiSums) -> Option<f64>) -> Cell<'static> {
    Cell::Number(row.sums.phi.as_ref().and_then(formula))
}

fn share(part: Option<u64>, whole: f64) -> Option<f64> {
    part.map(|part| part as f64 / whole)
}

fn of_adversary(row: &StepRecord, get: fn(&AdversaryMetrics) -> f64) -> Cell<'static> {
    Cell::Number(row.adversary.as_ref().map(get))
}

macro_rules! columns {
    ($( $name:literal, $symbol:literal, $unit:ident, $doc:literal, $cell:expr; )+) => {
        &[$(Column {
            name: $name,
            symbol: $symbol,
            unit: Unit::$unit,
            doc: $doc,
            cell: $cell,
        }),+]
    };
}

/// `gradients.csv`: a row per logged step and layer.
pub fn gradient_columns<'a>() -> &'a [Column<LayerRow<'a>>] {
    columns! {
    "step", "step", Coordinate, "updates made before this measurement", |row| Cell::Count(row.record.step);
    "epoch", "epoch", Coordinate, "passes over the training data finished before it", |row| Cell::Count(row.record.epoch);
    "layer", "layer", Coordinate, "number of the layer, toward the output, which is the last; in a recurrent network time step t of stacked layer l of P time steps is (l − 1)·P + t", |row| Cell::Count(row.layer as u64);
    "name", "name", Coordinate, "hidden_1 …, output; recurrent: hidden_l.t, stacked layer and time step; transformer: embedding, attention_b, feedforward_b; GAN: generator_1 …, discriminator_1 …", |row| Cell::Name(&row.info.name);
    "activation_grad_norm", "‖∂L/∂h‖", Norm, "‖∂L/∂h_l‖_F over the batch, h_l being what layer l hands on: the headline quantity; recurrent: by h at the time step, with all later ones included", |row| number(row.sums.activation_grad.norm());
    "delta_norm", "‖∂L/∂z‖", Norm, "‖∂L/∂z_l‖_F, z_l the output of layer l's linear map; transformer: the output of attention or feedforward; recurrent: the time step's pre-activations over all gates", |row| number(row.sums.delta.norm());
    "weight_grad_norm", "‖∂L/∂W‖", Norm, "‖∂L/∂W_l‖_F before clipping, without weight decay; transformer: over all weight matrices of attention or feedforward jointly; recurrent: of what the time step adds", |row| of_params(row, |sums| Some(sums.weight_grad_squares.norm()));
    "bias_grad_norm", "‖∂L/∂b‖", Norm, "‖∂L/∂b_l‖ before clipping, likewise; empty without bias", |row| of_params(row, |sums| Some(sums.other_grad_squares?.norm()));
    "weight_norm", "‖W‖", Norm, "‖W_l‖_F; transformer: over all weight matrices jointly; recurrent: of the weights that all time steps share", |row| of_params(row, |sums| Some(sums.weight_squares.norm()));
    "update_ratio", "‖ΔW‖/‖W‖", Ratio, "‖ΔW_l‖/‖W_l‖ of the update made right after; empty where none is made and for time steps, which share their weights (parameters.csv has theirs)", |row| of_params(row, |sums| Some(sums.update_squares?.norm_over(sums.weight_squares)));
    "activation_mean", "activation_mean", Number, "mean of φ's output over batch and units (recurrent: of h at the time step); empty for embedding and attention", |row| of_phi(row, |sums| Some(sums.values.mean));
    "activation_std", "activation_std", Number, "population standard deviation of φ's output, likewise", |row| of_phi(row, |sums| Some(sums.values.std()));
    "saturated_fraction", "saturated_fraction", Fraction, "share of entries with |φ'| < 0.05·max|φ'| on φ's flat side; recurrent: over all gates, each by its own function", |row| of_phi(row, |sums| share(sums.saturated, sums.checked as f64));
    "dead_fraction", "dead_fraction", Fraction, "share of units whose φ' is 0 for the whole batch; of recurrent cells rnn alone has it", |row| of_phi(row, |sums| Some(sums.inactive?.dead as f64 / sums.units as f64));
    "zero_grad_fraction", "zero_grad_fraction", Fraction, "share of entries of ∂L/∂W (recurrent: of what the time step adds to it) that are exactly 0 (underflow or death)", |row| of_params(row, |sums| Some(sums.weight_grads?.zeros as f64 / sums.weights as f64));
    "position", "position", Coordinate, "place on the path that decay is measured along, from 1; empty off the path", |row| row.info.position.map_or(Cell::Number(None), |place| Cell::Count(place.into()));
    "cell_grad_norm", "‖∂L/∂c‖", Norm, "‖∂L/∂c‖_F by an LSTM's cell state at the time step, with all later ones included; empty without one", |row| Cell::Number(row.sums.cell_grad.map(|squares| squares.norm()));
    "activation_correlation", "activation_correlation", Number, "mean over pairs of rows (samples, and their positions or pixels) of h_a·h_b, over the mean of ‖h‖², h being φ's output: 1 where all are the same point", |row| of_phi(row, PhiSums::correlation);
    "weight_grad_mean_abs", "mean |∂L/∂W|", Number, "mean size of an entry of ∂L/∂W_l", |row| of_params(row, |sums| Some(sums.weight_grads?.sizes / sums.weights as f64));
    "saturated_karpathy_fraction", "saturated_karpathy_fraction", Fraction, "share of tanh's outputs beyond ±0.97 (Karpathy 2016)", |row| of_phi(row, |sums| share(sums.beyond.karpathy, sums.checked as f64));
    "saturated_deepdiagnosis_fraction", "saturated_deepdiagnosis_fraction", Fraction, "share of tanh's or sigmoid's inputs beyond ±5 (DeepDiagnosis)", |row| of_phi(row, |sums| share(sums.beyond.deep_diagnosis, sums.checked as f64));
    "saturated_debugger_fraction", "saturated_debugger_fraction", Fraction, "share of inputs beyond SageMaker Debugger's limits: tanh ±9.4999, sigmoid −23 and 16.99999", |row| of_phi(row, |sums| share(sums.beyond.debugger, sums.checked as f64));
    "rarely_active_fraction", "rarely_active_fraction", Fraction, "share of units whose φ' is not 0 in less than 1 % of the batch's rows", |row| of_phi(row, |sums| Some(sums.inactive?.rarely_active as f64 / sums.units as f64));
    }
}

/// Whether the column of `gradients.csv` of this name says which row it is.
pub fn is_coordinate(name: &str) -> bool {
    let mut columns = gradient_columns().iter();
    columns.any(|column| column.name == name && column.unit == Unit::Coordinate)
}

/// `training.csv`: a row per logged or evaluated step.
pub fn training_columns<'a>() -> &'a [Column<StepRecord<'a>>] {
    columns! {
    "step", "step", Coordinate, "updates made before this measurement", |row| Cell::Count(row.step);
    "epoch", "epoch", Coordinate, "passes over the training data finished before it", |row| Cell::Count(row.epoch);
    "learning_rate", "learning_rate", Number, "of the update made right after", |row| number(row.learning_rate);
    "train_loss", "train_loss", Number, "mean loss of this step's batch in training mode, before its update", |row| number(row.metrics.loss);
    "train_accuracy", "train_accuracy", Fraction, "share of this batch's rows that are classified right", |row| Cell::Number(row.metrics.accuracy);
    "test_loss", "test_loss", Number, "mean loss on the test set at the same weights", |row| Cell::Number(row.test.map(|test| test.loss));
    "test_accuracy", "test_accuracy", Fraction, "accuracy on the test set at the same weights", |row| Cell::Number(row.test.and_then(|test| test.accuracy));
    "grad_norm", "grad_norm", Norm, "norm of the gradient over all parameters, before clipping", |row| number(row.metrics.grad_norm);
    "clipped", "clipped", Number, "1 if the gradient was clipped", |row| Cell::Count(u64::from(row.metrics.clipped));
    }
}

/// What stands behind them in the `training.csv` of a generator.
pub fn adversary_columns<'a>() -> &'a [Column<StepRecord<'a>>] {
    columns! {
    "discriminator_loss", "L_D", Number, "GAN: mean loss of the discriminator's last update, before it", |row| of_adversary(row, |told| told.discriminator_loss);
    "real_score", "real_score", Number, "GAN: mean of σ(D) over that update's real samples; of D for least_squares and wasserstein", |row| of_adversary(row, |told| told.real_score);
    "fake_score", "fake_score", Number, "GAN: the same over the samples that the generator made", |row| of_adversary(row, |told| told.fake_score);
    "loss_slope", "√B‖∂L_G/∂D‖", Number, "GAN: √B·‖∂L_G/∂D‖, by which the generator's loss scales all layers alike", |row| of_adversary(row, |told| told.loss_slope);
    }
}

/// What stands behind them where colours are rendered.
pub fn view_columns<'a>() -> &'a [Column<StepRecord<'a>>] {
    columns! {
    "test_psnr", "test_psnr", Number, "nerf and image: peak signal-to-noise ratio of the view or the pixels to test on at the same weights, -10 log10 test_loss, in dB; not of standardised colours", |row| Cell::Number(row.test.map(|test| psnr(test.loss)));
    }
}

/// `parameters.csv`: a row per logged step and trained tensor.
pub fn parameter_columns<'a>() -> &'a [Column<TensorRow<'a>>] {
    columns! {
    "step", "step", Coordinate, "updates made before this measurement", |row| Cell::Count(row.step);
    "layer", "layer", Coordinate, "the layer that the tensor belongs to", |row| Cell::Count(row.tensor.layer as u64);
    "tensor", "tensor", Coordinate, "its name in a weights file", |row| Cell::Name(&row.tensor.name);
    "grad_norm", "‖∂L/∂p‖", Norm, "norm of the gradient by this tensor, before clipping, without weight decay", |row| number(row.tensor.sums.grad_squares.norm());
    "weight_norm", "‖p‖", Norm, "norm of the tensor", |row| number(row.tensor.sums.squares.norm());
    "update_ratio", "‖Δp‖/‖p‖", Ratio, "‖Δp‖/‖p‖ of the update made right after, infinite for a tensor of zeros, NaN if that stays 0; empty where none is made", |row| Cell::Number(row.tensor.sums.update_squares.map(|update| update.norm_over(row.tensor.sums.squares)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: Cell) -> String {
        let mut bytes = Vec::new();
        cell.append_to(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    /// The cell as the csv crate writes it, quotes and all.
    fn by_csv(value: impl serde::Serialize) -> String {
        let mut writer = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(Vec::new());
        // A first cell, so that an empty second one needs no quotes.
        writer.serialize((1, value)).unwrap();
        let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        line["1,".len()..line.len() - 1].to_owned()
    }

    #[test]
    fn numbers_read_back_as_themselves_and_as_csv_writes_them() {
        let mut values = vec![
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            0.1,
            1e-5,
            9.9e-6,
            1e15,
            1e16,
            123_456_789.0,
            1e-30,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        // Irregular numbers over the whole range of exponents.
        values.extend((-300..300).map(|e| 1.234_567_890_123_4_f64.powi(e) * 10f64.powi(e)));
        for value in values {
            let written = text(Cell::Number(Some(value)));
            // The one difference: 1e+16 where the csv crate writes 1e16.
            assert_eq!(written.replace("e+", "e"), by_csv(value));
            let read: f64 = written.parse().unwrap();
            assert!(
                read == value || (read.is_nan() && value.is_nan()),
                "{written}"
            );
        }
        assert_eq!(text(Cell::Number(None)), "");
        assert_eq!(text(Cell::Count(u64::MAX)), "18446744073709551615");
    }

    #[test]
    fn names_need_no_quotes() {
        for name in ["hidden_1000", "output"] {
            assert_eq!(text(Cell::Name(name)), name);
            assert_eq!(by_csv(name), name);
        }
        let layers = gradient_columns().iter().map(|column| column.name);
        for name in layers.chain(training_columns().iter().map(|column| column.name)) {
            assert_eq!(by_csv(name), name);
        }
    }

    #[test]
    fn a_row_has_a_cell_per_column() {
        let columns: &[Column<[f64]>] = columns! {
            "first", "f", Number, "one", |row| number(row[0]);
            "none", "n", Number, "nothing", |_| Cell::Number(None);
            "last", "l", Number, "none", |_| Cell::Number(None);
        };
        let mut bytes = b"before\n".to_vec();
        append_row(columns, &[2.5], &mut bytes);
        assert_eq!(bytes, b"before\n2.5,,\n");
    }
}
