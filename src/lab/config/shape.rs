//! What the schema says about one value of the spec.

use serde_json::Value;

use super::schema::ROOT;

/// The forms one value may take: the branches of its schema, with every
/// reference followed. `width` has two (an integer, a list), an optimizer two
/// per member (its name, a table with its name and parameters).
#[derive(Clone, Debug)]
pub struct Shape {
    branches: Vec<&'static Value>,
    /// The key's help text.
    pub doc: Option<&'static str>,
    /// The value it has where the spec does not say.
    pub default: Option<&'static Value>,
}

impl Shape {
    /// The whole spec.
    pub fn root() -> Self {
        Self::of(&ROOT)
    }

    fn of(schema: &'static Value) -> Self {
        let mut branches = Vec::new();
        collect(schema, &mut branches);
        Self {
            branches,
            doc: schema["description"].as_str(),
            default: schema.get("default"),
        }
    }

    /// This shape with the branches of one type only.
    pub fn of_type(&self, name: &str) -> Self {
        let takes = |branch: &Value| match &branch["type"] {
            Value::String(own) => own == name,
            // A schema that says nothing takes everything.
            _ => true,
        };
        let branches = self.branches.iter().copied().filter(|branch| takes(branch));
        Self {
            branches: branches.collect(),
            ..*self
        }
    }

    /// Whether no value has this shape.
    pub fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    /// Whether this is a choice of members, written as a table with one name.
    pub fn is_family(&self) -> bool {
        self.of_type("object").branches.len() > 1
    }

    /// The keys a table of this shape may have; a family's are its members.
    pub fn keys(&self) -> Vec<&'static str> {
        let properties = |branch: &&'static Value| branch["properties"].as_object();
        let keys = self.branches.iter().filter_map(properties);
        keys.flat_map(|map| map.keys().map(String::as_str))
            .collect()
    }

    /// The keys a table of this shape must have.
    pub fn required(&self) -> Vec<&'static str> {
        let required = self
            .branches
            .iter()
            .filter_map(|b| b["required"].as_array());
        required.flatten().filter_map(Value::as_str).collect()
    }

    /// Whether every value fits: what is wrong with it is told by another check.
    pub fn is_any(&self) -> bool {
        self.branches
            .iter()
            .any(|branch| **branch == serde_json::json!({}))
    }

    /// The shape of the value of a key; `None` if there is no such key.
    pub fn property(&self, key: &str) -> Option<Self> {
        self.branches.iter().find_map(|branch| {
            let own = branch["properties"].get(key);
            let other = || {
                branch
                    .get("additionalProperties")
                    .filter(|it| it.is_object())
            };
            own.or_else(other).map(Self::of)
        })
    }

    /// The shape of a list's entries; `None` if this is no list.
    pub fn item(&self) -> Option<Self> {
        let lists = self.of_type("array");
        lists
            .branches
            .iter()
            .find_map(|branch| branch.get("items"))
            .map(Self::of)
    }

    /// The words this may be.
    pub fn words(&self) -> Vec<&'static str> {
        let words = self
            .branches
            .iter()
            .filter_map(|branch| branch["const"].as_str());
        words.collect()
    }

    /// Whether any text will do.
    pub fn is_free_text(&self) -> bool {
        let free = |branch: &&Value| branch["type"] == "string" && branch["const"].is_null();
        self.branches.iter().any(free)
    }

    /// Whether a number lies in the range of one of the branches.
    pub fn has_in_range(&self, number: f64) -> bool {
        let limit = |branch: &Value, name: &str| branch[name].as_f64();
        self.branches.iter().any(|branch| {
            limit(branch, "minimum").is_none_or(|low| number >= low)
                && limit(branch, "exclusiveMinimum").is_none_or(|low| number > low)
                && limit(branch, "maximum").is_none_or(|high| number <= high)
                && limit(branch, "exclusiveMaximum").is_none_or(|high| number < high)
        })
    }

    /// Whether a list may have this many entries.
    pub fn has_length(&self, length: usize) -> bool {
        let limit = |branch: &Value, name: &str| branch[name].as_u64();
        self.branches.iter().any(|branch| {
            limit(branch, "minItems").is_none_or(|low| length as u64 >= low)
                && limit(branch, "maxItems").is_none_or(|high| length as u64 <= high)
        })
    }

    /// What is expected, in words: "an integer ≥ 1 or a list, each an integer ≥ 1".
    pub fn expected(&self) -> String {
        if self.is_family() {
            let mut names = self.keys();
            names.dedup();
            return format!("one of {}", list(&names));
        }
        let words = self.words();
        let others = self
            .branches
            .iter()
            .filter(|branch| branch["const"].is_null());
        let mut parts: Vec<String> = others.map(|branch| describe(branch)).collect();
        parts.extend(words.iter().map(|word| format!("\"{word}\"")));
        parts.join(" or ")
    }
}

/// Whether the value of a key, such as `network.skip`, is a choice of members.
pub fn is_choice(key: &str) -> bool {
    let mut parts = key.split('.');
    let shape = parts.try_fold(Shape::root(), |shape, part| shape.property(part));
    shape.is_some_and(|shape| shape.is_family())
}

/// Names for a message: `a`, `b`, `c`.
pub fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Follows references and alternatives down to plain schemas.
fn collect(schema: &'static Value, branches: &mut Vec<&'static Value>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        collect(
            ROOT.pointer(pointer).expect("a definition of the schema"),
            branches,
        );
        return;
    }
    let alternatives = ["allOf", "anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema[key].as_array());
    match alternatives {
        Some(alternatives) => alternatives
            .iter()
            .for_each(|schema| collect(schema, branches)),
        None => branches.push(schema),
    }
}

/// One branch in words.
fn describe(schema: &Value) -> String {
    match schema["type"].as_str() {
        Some("integer") => format!("an integer{}", range(schema)),
        Some("number") => format!("a finite number{}", range(schema)),
        Some("boolean") => "true or false".to_owned(),
        Some("string") => "a string".to_owned(),
        Some("object") => "a table".to_owned(),
        Some("array") => {
            let length = match (schema["minItems"].as_u64(), schema["maxItems"].as_u64()) {
                (Some(low), Some(high)) if low == high => format!(" of {low}"),
                (Some(low), _) => format!(" of at least {low}"),
                _ => String::new(),
            };
            match schema.get("items") {
                Some(items) if items["type"].is_string() => {
                    format!("a list{length}, each {}", describe(items))
                }
                _ => format!("a list{length}"),
            }
        }
        _ => "a value".to_owned(),
    }
}

/// A range in words: " ≥ 1", " in [0, 1)".
fn range(schema: &Value) -> String {
    let limit = |name: &str| schema[name].as_f64();
    match (
        limit("minimum"),
        limit("exclusiveMinimum"),
        limit("maximum"),
        limit("exclusiveMaximum"),
    ) {
        (Some(low), _, Some(high), _) => format!(" in [{low}, {high}]"),
        (Some(low), _, _, Some(high)) => format!(" in [{low}, {high})"),
        (_, Some(low), Some(high), _) => format!(" in ({low}, {high}]"),
        (_, Some(low), _, Some(high)) => format!(" in ({low}, {high})"),
        (Some(low), ..) => format!(" ≥ {low}"),
        (_, Some(low), ..) => format!(" > {low}"),
        (_, _, Some(high), _) => format!(" ≤ {high}"),
        (_, _, _, Some(high)) => format!(" < {high}"),
        _ => String::new(),
    }
}
