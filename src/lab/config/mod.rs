//! The spec: an experiment written down in TOML, its JSON Schema, and the
//! errors that point into it.

mod changes;
mod check;
mod constraints;
mod diff;
mod error;
mod gan;
mod gan_conflicts;
mod key_path;
mod load;
mod locate;
mod message;
mod overrides;
mod rays;
mod remedy;
mod remedy_faults;
mod rules;
mod schema;
mod sections;
mod set_keys;
mod shape;
mod sizes;
mod sweep;
mod validate;
mod warnings;
mod write;

pub use changes::SpecChange;
pub use check::{Check, CheckedSteps, LayerEnds, LayerRange, Quantity};
pub use diff::{Changed, changed_keys, changed_parameters};
pub use error::SpecError;
pub use gan::{Gan, GanTrain};
pub use load::LoadedSpec;
pub use overrides::Overrides;
pub use remedy::Remedy;
pub use rules::{LoggedColumns, load_rules};
pub use schema::schema_json;
pub use sections::{Data, Log, Precision, Spec, Train};
pub use shape::is_choice;
pub use sizes::{BatchSize, CheckpointEvery, Every, Full, LogSpaced, Predictive};
pub use sweep::{SweepAxis, SweepChoice, SweepGrid};
