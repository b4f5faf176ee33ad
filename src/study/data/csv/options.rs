//! How a CSV file is written: its delimiter and its missing cells.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The column to predict, or a list of columns, one for each position of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TargetColumns {
    /// One column: a target per row.
    One(String),
    /// A column per position.
    PerPosition(#[schemars(length(min = 1))] Vec<String>),
}

impl TargetColumns {
    /// Their names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::PerPosition(names) => names,
        }
    }

    /// The place of a column among them.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names().iter().position(|own| own == name)
    }
}

/// The character between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Delimiter {
    /// A comma.
    #[serde(rename = ",")]
    Comma,
    /// A semicolon.
    #[serde(rename = ";")]
    Semicolon,
    /// A tab.
    #[serde(rename = "\t")]
    Tab,
    /// A vertical bar.
    #[serde(rename = "|")]
    Pipe,
}

impl Delimiter {
    /// Every delimiter, the likeliest first.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    /// Its byte in a file.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    /// Its name in a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "vertical bar",
        }
    }
}

/// What becomes of a row with a missing cell: one that is empty, `?`, `NA`, `N/A`, `#N/A`, `<NA>`, `NaN` or `null`, in upper or lower case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// It is an error that names line and column.
    #[default]
    Refuse,
    /// The row is left out, before the split.
    Drop,
    /// The feature's mean over the training split stands in (of a categorical column: the share of each value). A missing target stays an error.
    Mean,
}

impl Missing {
    /// Whether this is the default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a cell, without blanks around it, says that there is no value.
pub fn is_missing(cell: &str) -> bool {
    const SPELLINGS: [&str; 8] = ["", "?", "NA", "N/A", "#N/A", "<NA>", "NaN", "null"];
    cell.len() <= 4 && SPELLINGS.iter().any(|it| it.eq_ignore_ascii_case(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_a_missing_cell() {
        for cell in [
            "", "?", "NA", "na", "n/a", "#N/A", "<NA>", "nan", "NaN", "NULL",
        ] {
            assert!(is_missing(cell), "{cell:?}");
        }
        // Words that are answers of their own.
        for cell in ["0", "-", "none", "no", "nano", "naan", "missing"] {
            assert!(!is_missing(cell), "{cell:?}");
        }
    }
}
