//! `[sweep]`: each axis names a key of the spec and lists values for it.

use toml::Table;

use super::key_path::KeyPath;
use super::message::{Message, unknown_key, unknown_word};
use super::shape::{Shape, list};
use super::validate::{Fault, ValueKind, faults};

/// What a cell of the grid cannot change.
const NOT_SWEPT: [&str; 4] = ["name", "check", "sweep", "remedy"];

/// Everything wrong with the axes: keys that do not exist, values that their
/// key does not take.
pub fn axis_faults(axes: &Table) -> Vec<Fault> {
    let section = KeyPath::default().child("sweep");
    let mut found = Vec::new();
    for (key, values) in axes {
        let path = section.child(key);
        match shape_of(key) {
            Err(message) => found.push(Fault {
                path,
                kind: ValueKind::UnknownKey,
                message,
            }),
            Ok(shape) => {
                let values = values.as_array().into_iter().flatten().enumerate();
                found.extend(values.flat_map(|(i, value)| faults(value, &shape, &path.child(i))));
            }
        }
    }
    found
}

/// The shape of the values that the key of this path takes.
pub(super) fn shape_of(axis: &str) -> Result<Shape, Message> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(axes: &str) -> Vec<String> {
        let found = axis_faults(&toml::from_str(axes).unwrap());
        let told = found
            .iter()
            .map(|fault| format!("{}: {}", fault.path, fault.message.what));
        told.collect()
    }

    #[test]
    fn axes_are_keys_of_the_spec_with_values_they_take() {
        let fine = r#"
            "network.activation" = ["relu", { leaky_relu = { slope = 0.2 } }]
            "train.optimizer.sgd.momentum" = [0, 0.9]
            "network.width" = [8, [8, 4]]
            seed = [0, 1]
        "#;
        assert_eq!(told(fine), [""; 0]);
    }

    #[test]
    fn wrong_axes_are_named() {
        let wrong =
            |axes: &str, expected: &str| assert!(told(axes)[0].contains(expected), "{axes}");
        wrong(
            "\"network.dpeth\" = [1]",
            "unknown key `dpeth` in [network]",
        );
        wrong(
            "\"network.depth\" = [1, 0]",
            "`sweep.\"network.depth\".1` is 0",
        );
        wrong(
            "\"network.activation\" = [\"rleu\"]",
            "\"rleu\", which does not exist",
        );
        wrong(
            "\"train.optimizer.sdg.momentum\" = [0.9]",
            "\"sdg\", which does not exist",
        );
        wrong(
            "\"train.optimizer.sgd.momentum\" = [1.0]",
            "is 1.0, out of range",
        );
        wrong("name = [\"a\"]", "`name` cannot be an axis");
        wrong("\"a b\" = [1]", "not the path of a key");
    }
}
