//! What a row is about that names a layer or a parameter beside its numbers.

use crate::base::Problem;
use crate::lab::logs::bare::is_layer;
use crate::lab::logs::series::{SeriesParts, SeriesTable};
use crate::lab::logs::text::dict::DictValue;
use crate::lab::logs::text::number::number;

/// Names of what names a parameter.
pub const PARAMETERS: [&str; 9] = [
    "param",
    "parameter",
    "parameter_name",
    "param_name",
    "tensor",
    "variable",
    "metric",
    "tag",
    "key",
];
/// Names of what names a layer.
pub const LAYERS: [&str; 5] = ["layer", "layer_name", "module", "module_name", "name"];
/// Names of a number where the row says itself what was measured.
const VALUES: [&str; 2] = ["value", "values"];

/// A layer or a parameter of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    target: String,
    layer: Option<String>,
}

impl Subject {
    /// Of what a row names, either of which may be empty: of the whole network where both are.
    pub fn of(layer: &str, parameter: &str) -> Self {
        let target = if parameter.is_empty() {
            layer.to_owned()
        } else if layer.is_empty() || parameter.contains(['.', '/']) || parameter.contains(layer) {
            parameter.to_owned()
        } else {
            format!("{layer}.{parameter}")
        };
        // A number alone is no name beside a parameter's.
        let is_told = !parameter.is_empty() && !layer.is_empty() && number(layer).is_none();
        Self {
            target,
            layer: is_told.then(|| layer.to_owned()),
        }
    }

    /// What a row of JSON names; `None` where it is about the whole network.
    pub fn of_row(row: &DictValue) -> Option<Self> {
        let DictValue::Dict(pairs) = row else {
            return None;
        };
        let has = |name: &str| pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        let text = |names: &[&str]| {
            let found = pairs
                .iter()
                .find(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)));
            let (key, value) = found?;
            let text = match value {
                DictValue::Text(text) => text.clone(),
                DictValue::Number(value, _) if value.fract() == 0.0 => value.to_string(),
                _ => return None,
            };
            // A run has a name, a key and tags too.
            let is_clear = match &*key.to_ascii_lowercase() {
                "name" => is_layer(&text),
                "metric" | "tag" | "key" => VALUES.iter().any(|value| has(value)),
                _ => true,
            };
            is_clear.then_some(text)
        };
        let (layer, parameter) = (text(&LAYERS), text(&PARAMETERS));
        let is_one = layer.is_some() || parameter.is_some();
        is_one.then(|| Self::of(&layer.unwrap_or_default(), &parameter.unwrap_or_default()))
    }

    /// The name of the series of one of its numbers.
    pub fn series_name(&self, quantity: &str) -> String {
        match VALUES.contains(&&*quantity.to_ascii_lowercase()) {
            true => self.target.clone(),
            false => format!("{quantity}/{}", self.target),
        }
    }

    /// The series of one of its numbers.
    ///
    /// # Errors
    /// If there are too many names.
    pub fn series(&self, quantity: &str, table: &mut SeriesTable) -> Result<u32, Problem> {
        let name = self.series_name(quantity);
        if name == self.target {
            return table.number("", &name);
        }
        table.number_of("", &name, || {
            Some(SeriesParts {
                quantity: quantity.to_owned(),
                target: self.target.clone(),
                layer: self.layer.clone(),
            })
        })
    }
}

/// Whether a name is that of what names the subject, whatever its case.
pub fn names_subject(name: &str) -> bool {
    let mut all = LAYERS.iter().chain(&PARAMETERS);
    all.any(|own| name.eq_ignore_ascii_case(own))
}
