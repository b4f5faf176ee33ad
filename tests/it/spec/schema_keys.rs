//! The keys of a spec, read off what `vgrad schema` prints: an account of the
//! schema that shares no code with the program's own.

use serde_json::Value;

/// One key that can be set.
pub struct Key {
    /// Its dotted path; an entry of `check` is entry 0.
    pub path: String,
    /// The schemas its value may have.
    pub schemas: Vec<Value>,
    /// The keys, each with its schemas, that must stand beside it.
    pub siblings: Vec<(String, Vec<Value>)>,
}

impl Key {
    /// Whether a limit of this name applies; its value.
    pub fn limit(&self, name: &str) -> Option<f64> {
        self.schemas.iter().find_map(|schema| schema[name].as_f64())
    }

    /// Whether its value may be a number or an integer.
    pub fn is_numeric(&self) -> bool {
        let numeric = |schema: &Value| schema["type"] == "number" || schema["type"] == "integer";
        self.schemas.iter().any(numeric)
    }
}

/// Every key of the schema, sections and members included.
pub fn keys(root: &Value) -> Vec<Key> {
    let mut keys = Vec::new();
    walk(root, root, "", &mut keys);
    assert!(keys.len() > 60, "only {} keys", keys.len());
    keys
}

fn walk(root: &Value, table: &Value, prefix: &str, keys: &mut Vec<Key>) {
    let Some(properties) = table["properties"].as_object() else {
        return;
    };
    let required = table["required"].as_array().cloned().unwrap_or_default();
    for (name, schema) in properties {
        let path = format!("{prefix}{name}");
        let schemas = alternatives(root, schema);
        for schema in &schemas {
            walk(root, schema, &format!("{path}."), keys);
            for item in alternatives(root, &schema["items"]) {
                walk(root, &item, &format!("{path}.0."), keys);
            }
        }
        let beside = required
            .iter()
            .filter_map(Value::as_str)
            .filter(|key| key != name);
        let siblings = beside
            .map(|key| {
                (
                    format!("{prefix}{key}"),
                    alternatives(root, &properties[key]),
                )
            })
            .collect();
        keys.push(Key {
            path,
            schemas,
            siblings,
        });
    }
}

/// The plain schemas that a schema stands for.
fn alternatives(root: &Value, schema: &Value) -> Vec<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return alternatives(root, root.pointer(&reference[1..]).unwrap());
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(branches) = schema[key].as_array() {
            return branches
                .iter()
                .flat_map(|branch| alternatives(root, branch))
                .collect();
        }
    }
    if schema.is_object() {
        vec![schema.clone()]
    } else {
        Vec::new()
    }
}
