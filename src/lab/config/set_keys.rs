//! The keys of a `set`: of a sweep's variant, of a remedy.

use toml::{Table, Value};

/// The keys that `set` changes, each as it is written, with their new values.
///
/// A section within it (`set = { network.norm = "batch" }`, which to TOML is a table in a
/// table) changes the keys it has and leaves the section's others as they are: it is written
/// in two parts, which a dot joins to the key.
pub fn set_keys(set: &Table) -> Vec<(Vec<&str>, &Value)> {
    let keys = set.iter().flat_map(|(key, value)| match value {
        Value::Table(section) if !key.contains('.') => section
            .iter()
            .map(|(inner, value)| (vec![&**key, &**inner], value))
            .collect(),
        _ => vec![(vec![&**key], value)],
    });
    keys.collect()
}
