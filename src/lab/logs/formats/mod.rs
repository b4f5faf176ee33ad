//! The formats, one file each; the first that recognises a log reads it.

mod event;
mod json_columns;
mod json_lines;
mod keras;
mod lightning;
mod long_csv;
mod mlflow;
mod pairs;
mod poutyne;
mod printed;
mod stable_baselines;
mod subject;
mod tensorboard;
mod tensorboard_export;
mod trainer_state;
mod wandb_export;
mod wandb_history;
mod wandb_offline;
mod wide;

use super::format::LogFormat;

/// All formats, those that others would take for their own first.
pub const FORMATS: &[&dyn LogFormat] = &[
    &wandb_offline::WandbOffline,
    &tensorboard::Tensorboard,
    &trainer_state::TrainerState,
    &tensorboard_export::TensorboardExport,
    &poutyne::Poutyne,
    &mlflow::Mlflow,
    &json_columns::JsonColumns,
    &json_lines::MMENGINE,
    &json_lines::JSON_LINES,
    &long_csv::LongCsv,
    &wandb_export::WandbExport,
    &wandb_history::WandbHistory,
    &stable_baselines::StableBaselines,
    &lightning::Lightning,
    &keras::KerasCsv,
    &wide::WideCsv,
    &printed::MEGATRON,
    &printed::NANOTRON,
    &printed::TORCHTITAN,
    &printed::TRAINER_STDOUT,
    &printed::PRINTED,
];
