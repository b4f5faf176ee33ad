//! How numbers, layers and findings are worded, the same in every command and
//! form. Everything takes plain numbers and enums.

pub mod bar;
mod decay_line;
mod factor;
mod findings;
mod forecast;
mod group;
mod loss_slope;
mod markdown;
mod name;
mod networks;
mod number;
mod numbering;
mod onset;
mod predictions;
mod shell;
mod tone;
mod wrap;

pub use decay_line::decay_line;
pub use factor::factor_sentence;
pub use findings::{Findings, ends, not_learned, word};
pub use forecast::{NO_INTERVAL, forecast_line};
pub use group::{group_sentence, group_verdict};
pub use loss_slope::{by_loss, with_loss};
pub use markdown::escaped;
pub use name::{shortened, shortened_layer, symbol};
pub use networks::{ENERGY_DISTANCE, networks};
pub use number::{
    bytes, decades, duration, estimate, fixed, limit, log10, number, signed, significant, times,
};
pub use numbering::Numbering;
pub use onset::onset_sentence;
pub use predictions::{left_out, no_ensemble, not_judged, predictions_line};
pub use shell::quoted;
pub use tone::Tone;
pub use wrap::{labelled, wrapped};
