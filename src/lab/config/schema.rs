//! The JSON Schema of a spec.
//!
//! It is read off the types, so it is the one place that knows which keys
//! exist, what type each has and in which range it lies; the checker and
//! `--set` ask it through [`super::shape::Shape`].

use std::sync::LazyLock;

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, generate::SchemaSettings};
use serde_json::Value;

use super::sections::Spec;

/// Where the catalogue that editors ask keeps it, for files called `*.vgrad.toml`.
const ID: &str = "https://json.schemastore.org/vgrad.json";

/// The schema as `vgrad schema` prints it.
pub fn schema_json() -> String {
    let mut text = serde_json::to_string_pretty(&*ROOT).expect("a schema is JSON");
    text.push('\n');
    text
}

/// The whole schema.
pub static ROOT: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Spec>();
    RecursiveTransform(tidy).transform(&mut schema);
    schema.insert("$id".to_owned(), ID.into());
    schema.insert("title".to_owned(), "vgrad experiment".into());
    schema.to_value()
});

/// Takes out what Rust's types say but TOML cannot: `null`, number formats,
/// and defaults of whole sections (each key has its own).
fn tidy(schema: &mut Schema) {
    schema.remove("format");
    let default = schema.get("default");
    if matches!(default, Some(Value::Null | Value::Object(_))) || default == Some(&"".into()) {
        schema.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        branches.retain(|branch| branch["type"] != "null");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vgrad.schema.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == super::schema_json(),
            "vgrad.schema.json is out of date; renew it with\n  cargo run -- schema > vgrad.schema.json"
        );
    }
}
