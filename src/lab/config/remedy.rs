//! `[[remedy]]`: a cure of the user's own, tried beside the built-in ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::changes::changes;
use super::key_path::KeyPath;

/// A change to the spec that `vgrad remedies` tries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What the change is called in the table.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Keys of the spec and their new values: `{ "network.width" = 256 }`.
    #[schemars(schema_with = "schema_of_set")]
    pub set: Table,
}

/// The schema of `set`: any key, with any value.
fn schema_of_set(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "additionalProperties": {} })
}

impl Remedy {
    /// The changes as `--set` takes them: `network.width=256`.
    pub fn sets(&self) -> Vec<String> {
        let (changes, _) = changes(&self.set, &KeyPath::default());
        let changes = changes.into_iter();
        changes
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }
}
