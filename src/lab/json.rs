//! Numbers in JSON, which has neither NaN nor infinity: they are written as
//! the strings `"NaN"`, `"inf"` and `"-inf"`, and what does not apply as null.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number that may be NaN or infinite. `Option<Real>` is null for `None`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Real(pub f64);

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => serializer.serialize_f64(value),
            value if value.is_nan() => serializer.serialize_str("NaN"),
            value if value > 0.0 => serializer.serialize_str("inf"),
            _ => serializer.serialize_str("-inf"),
        }
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Name(String),
        }
        let value = match Written::deserialize(deserializer)? {
            Written::Number(value) => value,
            Written::Name(name) => match &*name {
                "NaN" => f64::NAN,
                "inf" => f64::INFINITY,
                "-inf" => f64::NEG_INFINITY,
                _ => {
                    return Err(de::Error::custom(format!(
                        "`{name}` where a number, \"NaN\", \"inf\", \"-inf\" or null was expected"
                    )));
                }
            },
        };
        Ok(Self(value))
    }
}

/// For `#[serde(serialize_with)]` on a number that is calculated with.
pub fn number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(Real).serialize(serializer)
}

/// For `#[serde(deserialize_with)]`: reads what [`number`] writes.
pub fn read_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let real = Option::<Real>::deserialize(deserializer)?;
    Ok(real.map(|real| real.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_a_string_and_reads_back() {
        let reals = [
            Some(0.1),
            Some(f64::INFINITY),
            Some(f64::NEG_INFINITY),
            None,
        ];
        let reals = reals.map(|value| value.map(Real));
        let text = serde_json::to_string(&reals).unwrap();
        assert_eq!(text, r#"[0.1,"inf","-inf",null]"#);
        let back: [Option<Real>; 4] = serde_json::from_str(&text).unwrap();
        assert_eq!(back, reals);
        assert_eq!(serde_json::to_string(&Real(f64::NAN)).unwrap(), r#""NaN""#);
        let nan: Real = serde_json::from_str(r#""NaN""#).unwrap();
        assert!(nan.0.is_nan());
        assert!(serde_json::from_str::<Real>(r#""big""#).is_err());
    }
}
