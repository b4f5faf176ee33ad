//! What is wrong with the changes of `[[remedy]]`.

use super::key_path::KeyPath;
use super::sweep::shape_of;
use super::validate::{Fault, ValueKind, faults};

/// Everything wrong with the changes of a spec's remedies: keys that do not
/// exist, values that their key does not take.
pub fn remedy_faults(remedies: &[toml::Value]) -> Vec<Fault> {
    let mut found = Vec::new();
    for (i, remedy) in remedies.iter().enumerate() {
        let path = KeyPath::default().child("remedy").child(i).child("set");
        let changes = remedy.get("set").and_then(toml::Value::as_table);
        for (key, value) in changes.into_iter().flatten() {
            let path = path.child(key);
            match shape_of(key) {
                Ok(shape) => found.extend(faults(value, &shape, &path)),
                Err(message) => found.push(Fault {
                    path,
                    kind: ValueKind::UnknownKey,
                    message,
                }),
            }
        }
    }
    found
}
