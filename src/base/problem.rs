//! The error a user can act on: what is wrong, where, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a problem lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A key of the spec, e.g. `network.depth`.
    Key(String),
    /// A file, with its line (from 1) where one is to blame.
    File(PathBuf, Option<u64>),
    /// Neither: a command line, the machine.
    Elsewhere,
}

/// One message for the user: place, what is wrong, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What was found and what was expected.
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A problem that lies in no file or key.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            place: Place::Elsewhere,
            what: what.into(),
            help: None,
        }
    }

    /// A problem with a key of the spec, e.g. `network.depth`.
    pub fn at_key(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: Place::Key(key.into()),
            ..Self::new(what)
        }
    }

    /// A problem with a file.
    pub fn in_file(path: &Path, what: impl Into<String>) -> Self {
        Self {
            place: Place::File(path.to_owned(), None),
            ..Self::new(what)
        }
    }

    /// A problem at a line (from 1) of a file.
    pub fn at_line(path: &Path, line: u64, what: impl Into<String>) -> Self {
        Self {
            place: Place::File(path.to_owned(), Some(line)),
            ..Self::new(what)
        }
    }

    /// Adds what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Key(key) => write!(f, "{key}: ")?,
            Place::File(path, None) => write!(f, "{}: ", path.display())?,
            Place::File(path, Some(line)) => write!(f, "{}:{line}: ", path.display())?,
            Place::Elsewhere => {}
        }
        write!(f, "{}", self.what)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}
