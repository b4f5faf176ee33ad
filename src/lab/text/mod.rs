//! How numbers, layers and findings are worded, the same in every command and
//! form. Everything takes plain numbers and enums.

pub mod bar;
mod findings;
mod markdown;
mod number;
mod range;
mod wrap;

pub use findings::{
    Findings, decay_line, ends, factor_sentence, non_finite, nothing_learned, onset_sentence,
    receives_nothing, word,
};
pub use markdown::escaped;
pub use number::{bytes, decades, estimate, limit, log10, number, significant, times};
pub use range::{layer_ranges, layers};
pub use wrap::{labelled, wrapped};
