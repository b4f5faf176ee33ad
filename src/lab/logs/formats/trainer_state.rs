//! trainer_state.json of Hugging Face's Trainer: rows of training, of evaluation and of the
//! end in `log_history`, NaN and infinity bare.

use super::json_lines::ListReader;
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::series::LogReader;
use crate::lab::logs::text::elements::Elements;

/// The state that Hugging Face's Trainer saves.
pub struct TrainerState;

/// The key of its rows.
const ROWS: &str = "log_history";

impl LogFormat for TrainerState {
    fn name(&self) -> &'static str {
        "trainer_state.json of Hugging Face's Trainer"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let Some(file) = &place.file else {
            return false;
        };
        let text = file.text();
        text.starts_with('{') && text.contains(&format!("\"{ROWS}\""))
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(ListReader {
            elements: Elements::of(place.input()?, ROWS)?,
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            is_clipped: Some(false),
            notes: &[
                "grad_norm is that of the last step before each row, before clipping; loss is the mean since the row before",
            ],
            ..Conventions::default()
        }
    }
}
