//! Floor 2: data sources, batches, learning-rate schedules,
//! the training loop and CSV recording.

pub mod columns;
pub mod data;
pub mod log_steps;
pub mod record;
pub mod schedule;
pub mod train;
