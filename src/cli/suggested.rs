//! A word of a known list that completions offer, and that the command itself
//! looks up, since its own error says more than a list of all names would.

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::Error;
use clap::{Arg, Command};

use crate::study::columns::{Unit, gradient_columns};

/// The columns of a run that `--quantity` can name.
pub fn quantities() -> Vec<&'static str> {
    let columns = gradient_columns().iter();
    let measured = columns.filter(|column| column.unit != Unit::Coordinate);
    measured.map(|column| column.name).collect()
}

/// Takes every word, and knows the usual ones.
#[derive(Clone, Copy)]
pub struct Suggested {
    /// The usual words.
    pub words: fn() -> Vec<&'static str>,
}

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.words)().into_iter().map(PossibleValue::new)))
    }
}
