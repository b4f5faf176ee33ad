//! Why a run is as it is: where it begins to fail, the mechanism behind it, what the
//! published rules say of it, theory beside measurement, and what to change.

mod advice;
mod advice_options;
mod balance;
mod candidates;
mod case;
mod diagnosis;
mod expected;
mod forms;
mod frame;
mod hint;
mod hint_lines;
mod mechanism;
mod replay;
mod rules;
mod shared_maps;
mod theory_beside;
mod token_hint;
mod tokens;
mod trial;
mod trouble;

pub use advice_options::AdviceOptions;
pub use diagnosis::{Diagnosis, Examination, diagnose, saved_spec};
pub use forms::{FORMS, short};
pub use hint::Hint;
pub use hint_lines::hint_lines;
pub use mechanism::{Diagnosed, MECHANISMS, Mechanism, RANK_COLLAPSE, Rate};
pub use rules::{PublishedRule, RULES};
