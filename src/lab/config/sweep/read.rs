//! Reading `[sweep]`, and telling what is wrong with it.

use toml::{Table, Value};

use super::super::changes::{SpecChange, changes, shape_of};
use super::super::key_path::KeyPath;
use super::super::message::Message;
use super::super::shape::Shape;
use super::super::validate::{Fault, ValueKind, faults};
use super::{SweepAxis, SweepGrid, SweepRange};
use crate::base::counted;

/// Keys of `[sweep]` that are no axes.
const ZIP: &str = "zip";
const VARIANT: &str = "variant";

/// Everything wrong with `[sweep]`: keys that do not exist, values that their key does
/// not take.
pub fn sweep_faults(sweep: &Table) -> Vec<Fault> {
    read(sweep).1
}

/// Reads `[sweep]`; of what is wrong, axes are left out.
pub fn read(sweep: &Table) -> (SweepGrid, Vec<Fault>) {
    let section = KeyPath::default().child("sweep");
    let mut reader = Reader::default();
    let plain = sweep
        .iter()
        .filter(|(key, _)| *key != ZIP && *key != VARIANT);
    for (key, value) in plain {
        for leaf in leaves(key, value, &section) {
            reader.axis(leaf);
        }
    }
    let zips = sweep
        .get(ZIP)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for (i, zip) in zips.enumerate() {
        let path = section.child(ZIP).child(i);
        reader.zip(zip.as_table().unwrap_or(&Table::new()), &path);
    }
    if let Some(variants) = sweep.get(VARIANT).and_then(Value::as_array) {
        reader.variants(variants, &section.child(VARIANT));
    }
    (SweepGrid { axes: reader.axes }, reader.faults)
}

/// A key with the values that it takes.
struct Leaf<'a> {
    key: String,
    value: &'a Value,
    /// Where it stands in the spec.
    path: KeyPath,
}

/// The keys below `value`, which stands under `key` at `path`: itself where it is a list or
/// a range, else those of the tables in it.
fn leaves<'a>(key: &str, value: &'a Value, path: &KeyPath) -> Vec<Leaf<'a>> {
    let path = path.child(key);
    match value {
        Value::Table(inner) if !inner.contains_key("from") && !inner.is_empty() => inner
            .iter()
            .flat_map(|(next, value)| {
                let mut found = leaves(next, value, &path);
                for leaf in &mut found {
                    leaf.key = format!("{key}.{}", leaf.key);
                }
                found
            })
            .collect(),
        _ => vec![Leaf {
            key: key.to_owned(),
            value,
            path,
        }],
    }
}

#[derive(Default)]
struct Reader {
    axes: Vec<SweepAxis>,
    faults: Vec<Fault>,
    keys: Vec<String>,
}

impl Reader {
    fn fault(&mut self, path: &KeyPath, message: Message) {
        self.faults.push(Fault {
            path: path.clone(),
            kind: ValueKind::Value,
            message,
        });
    }

    /// The shape of what a key takes, told if there is none or the key varies already.
    fn shape(&mut self, leaf: &Leaf) -> Option<Shape> {
        match shape_of(&leaf.key) {
            Err(message) => {
                self.faults.push(Fault {
                    path: leaf.path.clone(),
                    kind: ValueKind::UnknownKey,
                    message,
                });
                None
            }
            Ok(_) if self.keys.contains(&leaf.key) => {
                let message =
                    Message::new(format!("`{}` is an axis twice", leaf.key), "varies already");
                self.fault(&leaf.path, message.help("keep one of the two"));
                None
            }
            Ok(shape) => {
                self.keys.push(leaf.key.clone());
                Some(shape)
            }
        }
    }

    fn axis(&mut self, leaf: Leaf) {
        let Some(shape) = self.shape(&leaf) else {
            return;
        };
        match leaf.value {
            Value::Table(range) => {
                if let Some(range) = self.range(range, &shape, &leaf) {
                    self.axes.push(SweepAxis::SweepRange(leaf.key, range));
                }
            }
            _ => {
                if let Some(values) = self.values(&leaf, &shape) {
                    self.axes.push(SweepAxis::Keys(vec![(leaf.key, values)]));
                }
            }
        }
    }

    /// The values of a list, each of which the key takes.
    fn values(&mut self, leaf: &Leaf, shape: &Shape) -> Option<Vec<Value>> {
        let Some(values) = leaf.value.as_array().filter(|values| !values.is_empty()) else {
            let message = Message::new(
                format!("the axis `{}` has no values", leaf.key),
                "expected a list of values, or { from, to, count }",
            );
            let example = "write it as in \"network.depth\" = [10, 20] or { from = 10, to = 80, count = 4, log = true }";
            self.fault(&leaf.path, message.help(example));
            return None;
        };
        let wrong = values.iter().enumerate();
        let wrong = wrong.flat_map(|(i, value)| faults(value, shape, &leaf.path.child(i)));
        let before = self.faults.len();
        self.faults.extend(wrong);
        (self.faults.len() == before).then(|| values.clone())
    }

    fn range(&mut self, table: &Table, shape: &Shape, leaf: &Leaf) -> Option<SweepRange> {
        match SweepRange::read(table, shape, &leaf.path) {
            Ok(range) => Some(range),
            Err(found) => {
                self.faults.extend(found);
                None
            }
        }
    }

    fn zip(&mut self, zip: &Table, path: &KeyPath) {
        let all = zip.iter().flat_map(|(key, value)| leaves(key, value, path));
        let mut keys: Vec<(String, Vec<Value>)> = Vec::new();
        for leaf in all.collect::<Vec<_>>() {
            let Some(shape) = self.shape(&leaf) else {
                continue;
            };
            let Some(values) = self.values(&leaf, &shape) else {
                continue;
            };
            if let Some((other, first)) = keys.first()
                && first.len() != values.len()
            {
                let message = Message::new(
                    format!(
                        "`{}` has {}, `{other}` beside it {}",
                        leaf.key,
                        counted(values.len(), "value"),
                        first.len()
                    ),
                    "keys that go in step have as many values each",
                );
                self.fault(
                    &leaf.path,
                    message.help("make the lists as long as each other"),
                );
                continue;
            }
            keys.push((leaf.key, values));
        }
        if !keys.is_empty() {
            self.axes.push(SweepAxis::Keys(keys));
        }
    }

    fn variants(&mut self, variants: &[Value], path: &KeyPath) {
        let mut found: Vec<(String, Vec<SpecChange>)> = Vec::new();
        for (i, variant) in variants.iter().enumerate() {
            let path = path.child(i);
            let name = variant.get("name").and_then(Value::as_str);
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                let message = Message::new("a variant without a name", "expected name and set");
                self.fault(&path, message.help("give each [[sweep.variant]] a name"));
                continue;
            };
            if found.iter().any(|(other, _)| other == name) {
                let message = Message::new(format!("two variants named \"{name}\""), "taken");
                self.fault(&path.child("name"), message.help("choose another name"));
            }
            let mut keys = variant.as_table().into_iter().flat_map(Table::keys);
            if let Some(key) = keys.find(|key| !["name", "set"].contains(&key.as_str())) {
                let what = format!("a variant has no key `{key}`");
                let message = Message::new(what, "expected name and set");
                self.fault(
                    &path.child(key),
                    message.help("put keys of the spec into set"),
                );
            }
            let set = variant.get("set").and_then(Value::as_table);
            let (set, wrong) =
                set.map_or_else(Default::default, |set| changes(set, &path.child("set")));
            self.faults.extend(wrong);
            found.push((name.to_owned(), set));
        }
        if !found.is_empty() {
            self.axes.push(SweepAxis::Variants(found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(axes: &str) -> Vec<String> {
        let found = sweep_faults(&toml::from_str(axes).unwrap());
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
