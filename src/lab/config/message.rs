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
    pub fn or_help(self, help: impl Into<String>) -> Self {
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
    message.help(if let Some(section) = home() {
        format!("`{key}` belongs in [{section}]")
    } else if let Some(example) = within_a_choice(shape, key) {
        format!("`{key}` belongs further in: {example}")
    } else if let Some(near) = nearest(key, keys) {
        format!("did you mean `{near}`?")
    } else {
        "write one of these or remove the line".to_owned()
    })
}

/// The line to write if `key` is a parameter of a member, or a member itself, of
/// one of the choices in a table of this shape: `momentum` of `optimizer = "sgd"`.
fn within_a_choice(shape: &Shape, key: &str) -> Option<String> {
    shape.keys().into_iter().find_map(|choice| {
        let family = shape.property(choice).filter(Shape::is_family)?;
        let found = family.keys().into_iter().find_map(|member| {
            let parameters = family.property(member)?;
            let is_meant = member == key || parameters.keys().contains(&key);
            is_meant.then(|| written_out(member, &parameters, key))
        })?;
        Some(format!("{choice} = {found}"))
    })
}

/// What to write where a member of a choice stands with one value instead of its parameters:
/// `{ csv = { path = "…", target = "…" } }` for `{ csv = "x.csv" }`.
pub fn with_parameters(path: &KeyPath, shape: &Shape) -> Option<String> {
    let member = path.keys().last()?;
    let takes_a_table = shape.of_type("object");
    let is_alone = shape.of_type("string").is_empty() && shape.of_type("number").is_empty();
    let has_parameters = is_alone && !takes_a_table.required().is_empty();
    has_parameters.then(|| format!("write {}", written_out(member, &takes_a_table, "")))
}

/// A member with the parameters it needs and, if it is one, `key`.
fn written_out(member: &str, parameters: &Shape, key: &str) -> String {
    let mut names = parameters.required();
    if parameters.keys().contains(&key) && !names.contains(&key) {
        names.push(
            parameters
                .keys()
                .into_iter()
                .find(|it| *it == key)
                .expect("one of them"),
        );
    }
    let value = |name: &str| match parameters.property(name) {
        Some(shape) if shape.is_free_text() => "\"…\"",
        _ => "…",
    };
    let written: Vec<String> = names
        .iter()
        .map(|name| format!("{name} = {}", value(name)))
        .collect();
    match written.as_slice() {
        [] => format!("\"{member}\""),
        written => format!("{{ {member} = {{ {} }} }}", written.join(", ")),
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
    // A file's name where its kind is to be chosen: "train.csv".
    let kind = word
        .rsplit_once('.')
        .map(|(_, suffix)| suffix.to_lowercase());
    if let Some(kind) = kind
        && let Some(parameters) = shape.of_type("object").property(&kind)
    {
        let example = written_out(&kind, &parameters, "");
        return message.help(format!("for a file write {example}"));
    }
    match nearest(word, choices) {
        Some(near) => message.help(format!("did you mean `{near}`?")),
        None => message.help("write one of these names"),
    }
}
