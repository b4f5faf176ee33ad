//! The columns of the two CSV files of a run, in their order. New columns are
//! only ever appended.

/// One column of a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header.
    pub name: &'static str,
    /// What it holds.
    pub doc: &'static str,
}

const fn column(name: &'static str, doc: &'static str) -> Column {
    Column { name, doc }
}

/// `gradients.csv`: one row per logged step and layer.
pub const GRADIENTS: &[Column] = &[
    column("step", "updates already made"),
    column(
        "epoch",
        "passes over the training split already begun, from 0",
    ),
    column(
        "layer",
        "1 … depth for the hidden layers, depth + 1 for the output",
    ),
    column("name", "hidden_1 … or output"),
    column(
        "activation_grad_norm",
        "‖∂L/∂h‖, h being what the layer hands on: the headline quantity",
    ),
    column(
        "delta_norm",
        "‖∂L/∂z‖, z being the output of the layer's linear map",
    ),
    column(
        "weight_grad_norm",
        "‖∂L/∂W‖, before clipping, without weight decay",
    ),
    column(
        "bias_grad_norm",
        "‖∂L/∂b‖, before clipping, without weight decay",
    ),
    column("weight_norm", "‖W‖"),
    column(
        "update_ratio",
        "‖ΔW‖/‖W‖ of the update made right after this measurement",
    ),
    column("activation_mean", "mean of φ's output over batch and units"),
    column(
        "activation_std",
        "population standard deviation of φ's output over batch and units",
    ),
    column(
        "saturated_fraction",
        "share of entries with |φ'| < 0.05·max|φ'| on φ's flat side",
    ),
    column(
        "dead_fraction",
        "share of units whose φ' is 0 for the whole batch",
    ),
    column(
        "zero_grad_fraction",
        "share of entries of ∂L/∂W that are exactly 0",
    ),
];

/// `training.csv`: one row per logged or evaluated step.
pub const TRAINING: &[Column] = &[
    column("step", "updates already made"),
    column(
        "epoch",
        "passes over the training split already begun, from 0",
    ),
    column("learning_rate", "the rate of this step's update"),
    column(
        "train_loss",
        "loss of this step's batch, in training mode, before its update",
    ),
    column(
        "train_accuracy",
        "share of this step's batch classified rightly",
    ),
    column("test_loss", "loss of the test set at the same weights"),
    column("test_accuracy", "share of the test set classified rightly"),
    column(
        "grad_norm",
        "gradient norm over all parameters, before clipping",
    ),
    column("clipped", "1 if this step's gradient was clipped, else 0"),
];
