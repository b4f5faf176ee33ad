//! Floor 2, training and looking: data sources, batches, schedules, probes,
//! the training loop and CSV recording.

pub mod columns;
pub mod data;
pub mod record;
pub mod schedule;
pub mod train;
