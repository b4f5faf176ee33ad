//! Floor 2: data sources, batches, learning-rate schedules,
//! the training loop and CSV recording.

use vgrad_base as base;
use vgrad_nn as nn;

mod batches;
pub mod columns;
pub mod data;
pub mod log_steps;
pub mod record;
pub mod schedule;
pub mod step_record;
pub mod task;
pub mod train;
pub mod training_plan;
