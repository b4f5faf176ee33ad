//! Numbers in JSON, which has neither NaN nor infinity: they are written as
//! the strings `"NaN"`, `"inf"` and `"-inf"`, and what does not apply as null.

use serde::{Deserialize, Deserializer, Serializer, de};

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

/// For `#[serde(deserialize_with)]`: reads what [`number`] writes.
pub fn read_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Name(String),
    }
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Number(value)) => Ok(Some(value)),
        Some(Written::Name(name)) => match &*name {
            "NaN" => Ok(Some(f64::NAN)),
            "inf" => Ok(Some(f64::INFINITY)),
            "-inf" => Ok(Some(f64::NEG_INFINITY)),
            _ => Err(de::Error::custom(format!(
                "`{name}` where a number, \"NaN\", \"inf\", \"-inf\" or null was expected"
            ))),
        },
    }
}
