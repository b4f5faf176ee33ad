//! What an error about the spec says, before it is known where it points.

use super::key_path::KeyPath;
use super::shape::{Shape, list};
use crate::base::nearest::nearest;

/// The text of one error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The first line: what is wrong.
    pub what: String,
    /// Under the caret: what was expected there.
    pub label: String,
    /// More to know.
    pub note: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Message {
    /// What is wrong and, under the caret, what was expected.
    pub fn new(what: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            label: label.into(),
            note: None,
            help: None,
        }
    }

    /// Adds more to know.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Adds what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what the key at `path` means, and the value it has by default.
    pub fn explain(self, path: &KeyPath, shape: &Shape) -> Self {
        let told = match shape.doc {
            Some(doc) => self.note(format!("`{path}`: {}", doc.replace('\n', " "))),
            None => self,
        };
        match shape.default {
            Some(default) => told.help(format!("leave it out for its default, {default}")),
            None => told,
        }
    }

    /// Adds what to do where nothing better is known.
    pub fn or_help(self, help: &str) -> Self {
        match self.help {
            Some(_) => self,
            None => self.help(help),
        }
    }
}

/// A key that the table at `table` does not have.
pub fn unknown_key(table: &KeyPath, shape: &Shape, key: &str) -> Message {
    let keys = shape.keys();
    let message = Message::new(
        format!("unknown key `{key}` {}", table.table()),
        "not a key of this table",
    );
    if keys.is_empty() {
        return message
            .note("it has no parameters")
            .help(format!("remove `{key}`"));
    }
    let message = message.note(format!("expected one of {}", list(&keys)));
    // A key that exists in another section is more likely misplaced than misspelt.
    let home = || {
        let root = Shape::root();
        let sections = ["data", "network", "train", "log"];
        sections.into_iter().find(|section| {
            root.property(section)
                .is_some_and(|s| s.keys().contains(&key))
        })
    };
    match (nearest(key, keys), home()) {
        (_, Some(section)) => message.help(format!("`{key}` belongs in [{section}]")),
        (Some(near), None) => message.help(format!("did you mean `{near}`?")),
        (None, None) => message.help("write one of these or remove the line"),
    }
}

/// A word that is none of the choices of `shape`.
pub fn unknown_word(path: &KeyPath, shape: &Shape, word: &str) -> Message {
    let mut choices = shape.words();
    choices.extend(shape.keys());
    choices.sort_unstable();
    choices.dedup();
    let message = Message::new(
        format!("`{path}` is \"{word}\", which does not exist"),
        "no such name",
    )
    .note(format!("expected {}", shape.expected()));
    match nearest(word, choices) {
        Some(near) => message.help(format!("did you mean `{near}`?")),
        None => message.help("write one of these names"),
    }
}
