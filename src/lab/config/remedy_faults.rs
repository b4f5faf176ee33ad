//! What is wrong with the changes of `[[remedy]]`.

use super::changes::changes;
use super::key_path::KeyPath;
use super::validate::Fault;

/// Everything wrong with the changes of a spec's remedies: keys that do not
/// exist, values that their key does not take.
pub fn remedy_faults(remedies: &[toml::Value]) -> Vec<Fault> {
    let section = KeyPath::default().child("remedy");
    let remedies = remedies.iter().enumerate();
    let found = remedies.filter_map(|(i, remedy)| {
        let set = remedy.get("set")?.as_table()?;
        Some(changes(set, &section.child(i).child("set")).1)
    });
    found.flatten().collect()
}
