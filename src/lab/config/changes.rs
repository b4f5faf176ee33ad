//! Keys of the spec with new values, as a variant of a sweep and a remedy set them.

use toml::{Table, Value};

use super::key_path::KeyPath;
use super::message::{Message, unknown_key, unknown_word};
use super::set_keys::set_keys;
use super::shape::{Shape, list};
use super::validate::{Fault, ValueKind, faults};

/// A change to the spec: a key and its value.
pub type SpecChange = (String, Value);

/// What a cell of the grid cannot change.
const NOT_SWEPT: [&str; 4] = ["name", "check", "sweep", "remedy"];

/// The changes that `set`, which stands at `path`, makes, and what is wrong with them.
pub fn changes(set: &Table, path: &KeyPath) -> (Vec<SpecChange>, Vec<Fault>) {
    let (mut changes, mut wrong) = (Vec::new(), Vec::new());
    for (written, value) in set_keys(set) {
        let key = written.join(".");
        let path = written
            .iter()
            .fold(path.clone(), |path, key| path.child(*key));
        match shape_of(&key) {
            Ok(shape) => wrong.extend(faults(value, &shape, &path)),
            Err(message) => wrong.push(Fault {
                path,
                kind: ValueKind::UnknownKey,
                message,
            }),
        }
        changes.push((key, value.clone()));
    }
    (changes, wrong)
}

/// The shape of the values that the key of this path takes.
pub fn shape_of(axis: &str) -> Result<Shape, Message> {
    let unreadable = || {
        Message::new(
            format!("the axis \"{axis}\" is not the path of a key"),
            "expected keys joined by dots",
        )
        .help("write it as in \"network.activation\" = [\"sigmoid\", \"relu\"]")
    };
    let path = KeyPath::parse(axis).ok_or_else(unreadable)?;
    let mut shape = Shape::root();
    let mut done = KeyPath::default();
    for key in path.keys() {
        if done.keys().is_empty() && NOT_SWEPT.contains(&key.as_str()) {
            let message = Message::new(format!("`{key}` cannot be an axis"), "not an axis").note(
                format!("expected a key of the run; {} are not", list(&NOT_SWEPT)),
            );
            return Err(message.help("remove this axis"));
        }
        shape = match shape.property(key) {
            Some(property) => property,
            None if shape.is_family() => return Err(unknown_word(&done, &shape, key)),
            None => return Err(unknown_key(&done, &shape, key)),
        };
        done = done.child(key);
    }
    Ok(shape)
}
