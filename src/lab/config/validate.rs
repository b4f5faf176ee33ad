//! Checks a parsed spec against the schema: keys, types, ranges.

use toml::{Table, Value};

use super::key_path::KeyPath;
use super::message::{Message, unknown_key, unknown_word, with_parameters};
use super::shape::{Shape, list};
use crate::base::counted;
use crate::nn::architecture::Architecture;

/// How urgent a fault is: of several the first kind is reported, since a
/// misspelt key is also a missing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueKind {
    /// A key that does not exist.
    UnknownKey,
    /// A value of a wrong type or outside its range.
    Value,
    /// A required key that is not there.
    Missing,
}

/// Something wrong with the value, or the key, at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Where; for a missing key, the table that lacks it.
    pub path: KeyPath,
    /// Of which kind.
    pub kind: ValueKind,
    /// What to tell.
    pub message: Message,
}

/// Everything in which `value`, at `path`, departs from `shape`.
pub fn faults(value: &Value, shape: &Shape, path: &KeyPath) -> Vec<Fault> {
    let mut check = Checker { faults: Vec::new() };
    check.value(value, shape, path);
    check.faults
}

/// That a network whose architecture has no φ of its own names none. (A misspelt
/// architecture is told of by another check.)
pub fn missing_activation(value: &Value, section: &[&str]) -> Option<Fault> {
    let inside = |value: &Value, key: &&str| value.get(key).cloned();
    let network = section
        .iter()
        .try_fold(value.clone(), |it, key| inside(&it, key))?;
    let network = network.as_table()?;
    let has_own = |architecture: &Value| {
        let read: Result<Architecture, _> = architecture.clone().try_into();
        read.is_ok_and(|it| !it.blueprint::<f64>().has_activation())
    };
    if network.contains_key("activation") || network.get("architecture").is_some_and(has_own) {
        return None;
    }
    let path = section
        .iter()
        .fold(KeyPath::default(), |path, key| path.child(*key));
    let mut keys = section.iter();
    let table = keys.try_fold(Shape::root(), |shape, key| shape.property(key))?;
    Some(missing("activation", &table, &path))
}

struct Checker {
    faults: Vec<Fault>,
}

impl Checker {
    fn report(&mut self, kind: ValueKind, path: &KeyPath, message: Message) {
        self.faults.push(Fault {
            path: path.clone(),
            kind,
            message,
        });
    }

    fn value(&mut self, value: &Value, shape: &Shape, path: &KeyPath) {
        if shape.is_any() {
            return;
        }
        match value {
            Value::String(word) => self.word(word, value, shape, path),
            Value::Integer(number) => {
                // An integer is also a number: `learning_rate = 1`.
                let integers = shape.of_type("integer");
                let numbers = if integers.is_empty() {
                    shape.of_type("number")
                } else {
                    integers
                };
                self.number(*number as f64, value, numbers, shape, path);
            }
            Value::Float(number) => {
                self.number(*number, value, shape.of_type("number"), shape, path);
            }
            Value::Boolean(_) => self.typed(value, &shape.of_type("boolean"), shape, path),
            Value::Datetime(_) => self.typed(value, &shape.of_type("datetime"), shape, path),
            Value::Array(values) => self.array(values, value, shape, path),
            Value::Table(table) => self.table(table, value, shape, path),
        }
    }

    /// Reports a wrong type if no branch of the value's type is left.
    fn typed(&mut self, value: &Value, branches: &Shape, shape: &Shape, path: &KeyPath) {
        if branches.is_empty() {
            let what = format!("`{path}` is {}", named(value));
            let message = Message::new(what, format!("expected {}", shape.expected()));
            let help = with_parameters(path, shape);
            let help = help.unwrap_or_else(|| "write such a value".to_owned());
            let mut message = message.explain(path, shape).or_help(help);
            if shape.is_free_text() {
                message = message.help(format!("put it in quotes: \"{}\"", shown(value)));
            }
            self.report(ValueKind::Value, path, message);
        }
    }

    fn word(&mut self, word: &str, value: &Value, shape: &Shape, path: &KeyPath) {
        let branches = shape.of_type("string");
        if branches.is_free_text() || branches.words().contains(&word) {
            return;
        }
        let tables = shape.of_type("object");
        if !branches.is_empty() && tables.keys().contains(&word) {
            let member = tables.property(word).expect("one of its keys");
            let required = member.required();
            let needed = required.iter().map(|key| format!("{key} = …"));
            let needed = needed.collect::<Vec<_>>().join(", ");
            let is_value = member.of_type("object").is_empty();
            let (needs, label, example) = match is_value {
                true => (member.expected(), "value", "…".to_owned()),
                false => (list(&required), "parameters", format!("{{ {needed} }}")),
            };
            let what = format!("`{path}` is \"{word}\", which needs {needs}");
            let mut message = Message::new(what, format!("expected a table with its {label}"));
            if is_value {
                message = message.explain(path, shape);
            }
            let message = message.help(format!("write {{ {word} = {example} }}"));
            self.report(ValueKind::Value, path, message);
        } else if branches.is_empty() {
            self.typed(value, &branches, shape, path);
        } else {
            self.report(ValueKind::Value, path, unknown_word(path, shape, word));
        }
    }

    fn number(
        &mut self,
        number: f64,
        value: &Value,
        branches: Shape,
        shape: &Shape,
        path: &KeyPath,
    ) {
        if branches.is_empty() {
            self.typed(value, &branches, shape, path);
        } else if !number.is_finite() || !branches.has_in_range(number) {
            let message = Message::new(
                format!("`{path}` is {}, out of range", shown(value)),
                format!("expected {}", shape.expected()),
            );
            let message = message
                .explain(path, shape)
                .or_help("choose a value in that range");
            self.report(ValueKind::Value, path, message);
        }
    }

    fn array(&mut self, values: &[Value], value: &Value, shape: &Shape, path: &KeyPath) {
        let branches = shape.of_type("array");
        if branches.is_empty() {
            return self.typed(value, &branches, shape, path);
        }
        if !branches.has_length(values.len()) {
            let message = Message::new(
                format!("`{path}` has {}", counted(values.len(), "entry")),
                format!("expected {}", shape.expected()),
            );
            let message = message.explain(path, shape).help("add or remove entries");
            self.report(ValueKind::Value, path, message);
        }
        if let Some(item) = branches.item() {
            for (i, value) in values.iter().enumerate() {
                let before = self.faults.len();
                self.value(value, &item, &path.child(i));
                for fault in &mut self.faults[before..] {
                    let note = || format!("entry {} of `{path}`, counted from 1", i + 1);
                    fault.message.note.get_or_insert_with(note);
                }
            }
        }
    }

    fn table(&mut self, table: &Table, value: &Value, shape: &Shape, path: &KeyPath) {
        let branches = shape.of_type("object");
        if branches.is_empty() {
            return self.typed(value, &branches, shape, path);
        }
        for (key, value) in table {
            match branches.property(key) {
                Some(property) => self.value(value, &property, &path.child(key)),
                None if shape.is_family() => {
                    let message = unknown_word(path, shape, key);
                    self.report(ValueKind::UnknownKey, &path.child(key), message);
                }
                None => {
                    let message = unknown_key(path, &branches, key);
                    self.report(ValueKind::UnknownKey, &path.child(key), message);
                }
            }
        }
        if shape.is_family() {
            self.one_name(table, shape, path);
        } else {
            for key in branches.required() {
                if !table.contains_key(key) {
                    self.missing(key, &branches, path);
                }
            }
        }
    }

    /// A family's table holds one name.
    fn one_name(&mut self, table: &Table, shape: &Shape, path: &KeyPath) {
        if table.len() != 1 {
            let names: Vec<&str> = table.keys().map(String::as_str).collect();
            let what = match names.as_slice() {
                [] => format!("`{path}` is an empty table"),
                names => format!("`{path}` has {} names, {}", names.len(), list(names)),
            };
            let message = Message::new(what, "expected a table with one name")
                .note(format!("expected {}", shape.expected()))
                .help("keep one name with its parameters");
            self.report(ValueKind::Value, path, message);
        }
    }

    fn missing(&mut self, key: &str, table: &Shape, path: &KeyPath) {
        self.faults.push(missing(key, table, path));
    }
}

/// That a table of shape `table` at `path` lacks a key it must have.
pub fn missing(key: &str, table: &Shape, path: &KeyPath) -> Fault {
    let property = table.property(key).expect("a required key is a key");
    let full = path.child(key);
    let section = path.keys().is_empty() && !property.of_type("object").is_empty();
    let (what, help) = if section {
        let keys = property.required();
        (
            format!("the section [{key}] is missing"),
            format!("add [{key}] with {}", list(&keys)),
        )
    } else {
        (
            format!("`{key}` is missing {}", path.table()),
            format!("add `{key} = …`: {}", property.expected()),
        )
    };
    let message = Message::new(what, format!("`{key}` is required here"));
    Fault {
        path: path.clone(),
        kind: ValueKind::Missing,
        message: message.explain(&full, &property).help(help),
    }
}

/// A value for a message, cut short.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A value with its type: "the string \"x\"".
fn named(value: &Value) -> String {
    let kind = match value {
        Value::String(_) => "the string",
        Value::Integer(_) => "the integer",
        Value::Float(_) => "the number",
        Value::Boolean(_) => "the boolean",
        Value::Datetime(_) => "the date",
        Value::Array(_) => "a list,",
        Value::Table(_) => "a table,",
    };
    format!("{kind} {}", shown(value))
}
