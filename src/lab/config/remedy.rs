//! `[[remedy]]`: a cure of the user's own, tried beside the built-in ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::set_keys::set_keys;

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
        let keys = set_keys(&self.set).into_iter();
        keys.map(|(written, value)| format!("{}={value}", written.join(".")))
            .collect()
    }
}
