//! Numbers in JSON, which has neither NaN nor infinity: they are written as
//! the strings `"NaN"`, `"inf"` and `"-inf"`, and what does not apply as null.

use serde::Serializer;

/// For `#[serde(serialize_with)]`.
pub fn number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        None => serializer.serialize_none(),
        Some(value) if value.is_finite() => serializer.serialize_f64(*value),
        Some(value) if value.is_nan() => serializer.serialize_str("NaN"),
        Some(value) if *value > 0.0 => serializer.serialize_str("inf"),
        Some(_) => serializer.serialize_str("-inf"),
    }
}
