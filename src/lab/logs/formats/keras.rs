//! Keras' CSVLogger: a row per epoch, columns sorted behind the epoch's, NA where there is no value.

use super::wide::{WideReader, own_name};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::series::LogReader;

/// Keras' CSVLogger: a row per epoch, columns sorted behind the epoch's, NA where there is no value.
pub struct KerasCsv;

impl LogFormat for KerasCsv {
    fn name(&self) -> &'static str {
        "CSVLogger of Keras"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let header = place.header();
        let is_sorted = header[header.len().min(1)..]
            .windows(2)
            .all(|pair| pair[0] <= pair[1]);
        header.first().is_some_and(|first| first == "epoch") && header.len() > 1 && is_sorted
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(WideReader::open(place.input()?, &own_name)?))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            may_be_bare: true,
            notes: &[
                "a row per epoch, which are its steps; a value is that of the last batch of its epoch",
            ],
            ..Conventions::default()
        }
    }
}
