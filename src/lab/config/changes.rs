//! Keys of the spec with new values, as a variant of a sweep and a remedy set them.

use toml::{Table, Value};

use super::key_path::KeyPath;
use super::sweep::{SpecChange, shape_of};
use super::validate::{Fault, ValueKind, faults};

/// The changes that `set`, which stands at `path`, makes, and what is wrong with them.
///
/// A section within it (`set = { network.norm = "batch" }`, which to TOML is a table in a
/// table) changes the keys it has and leaves the section's others as they are.
pub fn changes(set: &Table, path: &KeyPath) -> (Vec<SpecChange>, Vec<Fault>) {
    let mut found = (Vec::new(), Vec::new());
    for (key, value) in set {
        let path = path.child(key);
        match value {
            Value::Table(section) if !key.contains('.') => {
                for (inner, value) in section {
                    change(
                        format!("{key}.{inner}"),
                        value,
                        path.child(inner),
                        &mut found,
                    );
                }
            }
            _ => change(key.clone(), value, path, &mut found),
        }
    }
    found
}

fn change(
    key: String,
    value: &Value,
    path: KeyPath,
    (changes, wrong): &mut (Vec<SpecChange>, Vec<Fault>),
) {
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
