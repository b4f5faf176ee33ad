//! How a family of selectable things (activations, optimizers, data sources …)
//! is named in a spec.
//!
//! A member is a struct whose fields are its parameters. In TOML it is written
//! either by its name alone, `"sgd"` (every parameter at its default), or with
//! parameters, `{ sgd = { momentum = 0.9 } }`. The member's doc comment is its
//! help text everywhere: in the docs, in `vgrad list` and in the JSON Schema.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value, json};

/// What `vgrad list` says about one member.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberInfo {
    /// The name used in a spec.
    pub name: &'static str,
    /// The member's doc comment.
    pub doc: String,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a member.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its key.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Its default; `None` where it must be given or may be absent.
    pub default: Option<Value>,
    /// Whether it must be given.
    pub required: bool,
}

impl MemberInfo {
    /// Reads name, doc comment and parameters off the member's JSON Schema.
    pub fn of<M: JsonSchema>(name: &'static str) -> Self {
        let schema = M::json_schema(&mut SchemaSettings::draft07().into_generator());
        let schema = schema.to_value();
        let doc = |schema: &Value| {
            let text = schema["description"].as_str().unwrap_or("");
            text.replace('\n', " ")
        };
        let required = schema["required"].as_array();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let parameters = properties
            .map(|(key, property)| Parameter {
                name: key.clone(),
                doc: doc(property),
                default: property.get("default").filter(|it| !it.is_null()).cloned(),
                required: required.is_some_and(|names| names.iter().any(|name| name == key)),
            })
            .collect();
        Self {
            name,
            doc: doc(&schema),
            parameters,
        }
    }
}

/// The schema of one member: its bare name (where every parameter has a
/// default) and the table with its parameters.
pub fn member_schemas<M: JsonSchema>(name: &str, generator: &mut SchemaGenerator) -> Vec<Schema> {
    let inner = M::json_schema(generator);
    let description = inner.get("description").cloned().unwrap_or(Value::Null);
    let all_defaulted = inner
        .get("required")
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty);
    let mut schemas = Vec::new();
    let mut push = |mut value: Value| {
        if !description.is_null() {
            value["description"] = description.clone();
        }
        schemas.push(Schema::try_from(value).expect("an object is a schema"));
    };
    if all_defaulted {
        push(json!({ "type": "string", "const": name }));
    }
    let mut properties = Map::new();
    properties.insert(name.to_owned(), inner.to_value());
    push(json!({
        "type": "object",
        "properties": properties,
        "required": [name],
        "additionalProperties": false,
    }));
    schemas
}

/// Reads a member given by its bare name: a table without any key.
pub fn from_bare_name<M: DeserializeOwned, E: serde::de::Error>() -> Result<M, E> {
    let empty = std::iter::empty::<(&str, &str)>();
    M::deserialize(MapDeserializer::<_, E>::new(empty))
}

/// Declares a family: an enum over its member structs with the TOML form, the
/// JSON Schema and the list for `vgrad list`. A trailing `fn name -> Trait;`
/// adds the way from the enum to the trait that its members implement, and
/// `fn name<T> -> Trait<T>;` the same for a trait over the scalar type.
#[macro_export]
macro_rules! family {
    (
        $(#[$doc:meta])*
        pub enum $Family:ident { $( $Member:ident = $name:literal ),+ $(,)? }
        $(#[$fn_doc:meta])*
        fn $to_dyn:ident -> $Trait:ident;
    ) => {
        $crate::family! { $(#[$doc])* pub enum $Family { $( $Member = $name ),+ } }

        impl $Family {
            $(#[$fn_doc])*
            pub fn $to_dyn(&self) -> &dyn $Trait {
                match self { $( Self::$Member(member) => member ),+ }
            }
        }
    };
    (
        $(#[$doc:meta])*
        pub enum $Family:ident { $( $Member:ident = $name:literal ),+ $(,)? }
        $(#[$fn_doc:meta])*
        fn $to_dyn:ident<T> -> $Trait:ident<T>;
    ) => {
        $crate::family! { $(#[$doc])* pub enum $Family { $( $Member = $name ),+ } }

        impl $Family {
            $(#[$fn_doc])*
            pub fn $to_dyn<T: $crate::Scalar>(&self) -> &dyn $Trait<T> {
                type Choose<T> = fn(&$Family) -> &dyn $Trait<T>;
                fn choose<T: $crate::Scalar>(family: &$Family) -> &dyn $Trait<T> {
                    match family { $( $Family::$Member(member) => member ),+ }
                }
                $crate::compiled!(Choose<T> = choose)(self)
            }
        }
    };
    (
        $(#[$doc:meta])*
        pub enum $Family:ident { $( $Member:ident = $name:literal ),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $Family {
            $(
                #[doc = concat!("`\"", $name, "\"` in a spec.")]
                $Member($Member)
            ),+
        }

        impl $Family {
            /// The members' names, in the order of `vgrad list`.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// This member's name in a spec.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$Member(_) => $name ),+ }
            }

            /// Name, help text and parameters of every member.
            pub fn members() -> Vec<$crate::family::MemberInfo> {
                vec![$( $crate::family::MemberInfo::of::<$Member>($name) ),+]
            }
        }

        $(
            impl From<$Member> for $Family {
                fn from(member: $Member) -> Self { Self::$Member(member) }
            }
        )+

        impl<'de> serde::Deserialize<'de> for $Family {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $Family;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(f, "a name or a table with one name, one of {}", $Family::NAMES.join(", "))
                    }

                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<$Family, E> {
                        match name {
                            $( $name => $crate::family::from_bare_name::<$Member, E>().map($Family::$Member), )+
                            other => Err(E::unknown_variant(other, $Family::NAMES)),
                        }
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$Family, A::Error> {
                        use serde::de::Error;
                        let Some(name) = map.next_key::<String>()? else {
                            return Err(A::Error::invalid_length(0, &self));
                        };
                        let member = match name.as_str() {
                            $( $name => $Family::$Member(map.next_value()?), )+
                            other => return Err(A::Error::unknown_variant(other, $Family::NAMES)),
                        };
                        match map.next_key::<String>()? {
                            None => Ok(member),
                            Some(second) => Err(A::Error::custom(format!(
                                "two names, `{name}` and `{second}`, where one is expected"
                            ))),
                        }
                    }
                }
                deserializer.deserialize_any(Visitor)
            }
        }

        impl serde::Serialize for $Family {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                match self {
                    // A member without parameters is written by its bare name.
                    $( Self::$Member(_) if std::mem::size_of::<$Member>() == 0 => serializer.serialize_str($name), )+
                    $( Self::$Member(member) => {
                        let mut map = serializer.serialize_map(Some(1))?;
                        map.serialize_entry($name, member)?;
                        map.end()
                    } )+
                }
            }
        }

        impl schemars::JsonSchema for $Family {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($Family).into() }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut any_of: Vec<serde_json::Value> = Vec::new();
                $( any_of.extend(
                    $crate::family::member_schemas::<$Member>($name, generator)
                        .into_iter()
                        .map(schemars::Schema::to_value),
                ); )+
                schemars::json_schema!({ "anyOf": any_of })
            }
        }
    };
}
pub use family;

/// Declares a member struct with defaulted parameters:
/// `member! { /// help pub struct LeakyRelu { /// … slope: f64 = 0.01 } }`.
#[macro_export]
macro_rules! member {
    (
        $(#[$doc:meta])*
        pub struct $Name:ident { $( $(#[$field_doc:meta])* $field:ident : $ty:ty = $default:expr ),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $Name { $( $(#[$field_doc])* pub $field: $ty ),* }

        impl Default for $Name {
            fn default() -> Self { Self { $( $field: $default ),* } }
        }
    };
}
pub use member;
