//! What differs between specs.

use std::collections::BTreeMap;

use toml::Value;

use super::overrides::Overrides;
use super::sections::Spec;

/// A key whose values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The key, e.g. `network.depth`.
    pub key: String,
    /// Its value in each spec as TOML; `None` where a spec does not have it.
    pub values: Vec<Option<String>>,
}

/// The keys in which `specs` differ, in alphabetical order. Defaults are filled
/// in, and a choice such as `{ sgd = { momentum = 0.9 } }` is compared
/// parameter by parameter where all specs choose the same.
pub fn changed_keys(specs: &[&Spec]) -> Vec<Changed> {
    let mut all: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for (i, spec) in specs.iter().enumerate() {
        let mut spec = Spec::clone(spec);
        // A run writes down what a spec may leave out.
        spec.network.fill_in();
        let Ok(value) = Value::try_from(spec) else {
            continue;
        };
        let mut leaves = Vec::new();
        collect(&value, "", &mut leaves);
        for (key, text) in leaves {
            let values = all.entry(key).or_insert_with(|| vec![None; specs.len()]);
            values[i] = Some(text);
        }
    }
    all.into_iter()
        .filter(|(_, values)| values.iter().any(|value| *value != values[0]))
        .map(|(key, values)| Changed { key, values })
        .collect()
}

/// The parameters of a choice that are not at their defaults, by key: of `skip =
/// { identity = { scale = 0.18 } }` that is `network.skip.identity.scale`.
/// `family` is the choice's key, `network.skip`. `None` where the choice has no
/// defaults, because a parameter must be given.
pub fn changed_parameters(spec: &Spec, family: &str, choice: &str) -> Option<Vec<String>> {
    let overrides = Overrides::parse(&[format!("{family}=\"{choice}\"")]).ok()?;
    let text = spec.to_toml("").ok()?;
    let bare = Spec::from_text("spec.toml".as_ref(), text, &overrides).ok()?;
    let changed = changed_keys(&[spec, &bare.spec]);
    Some(changed.into_iter().map(|changed| changed.key).collect())
}

/// The leaves below a value with their keys; lists count as leaves.
fn collect(value: &Value, key: &str, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (name, value) in table {
                let below = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}.{name}")
                };
                collect(value, &below, leaves);
            }
        }
        // 1e-5 is not read where 0.00001 stands.
        Value::Float(number) if (1e-300..1e-4).contains(&number.abs()) => {
            leaves.push((key.to_owned(), format!("{number:e}")));
        }
        other => leaves.push((key.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::config::Overrides;

    const TEXT: &str = "[data]\nsource = 'digits'\n[network]\ndepth = 3\nwidth = 4\nactivation = 'relu'\n\
                        [train]\nsteps = 1\nlearning_rate = 0.1\n";

    fn spec(set: &[&str]) -> Spec {
        let set: Vec<String> = set.iter().map(|text| (*text).to_owned()).collect();
        let overrides = Overrides::parse(&set).unwrap();
        let loaded = Spec::from_text("a.toml".as_ref(), TEXT.to_owned(), &overrides);
        loaded.unwrap().spec
    }

    #[test]
    fn only_changed_keys_are_told() {
        let (a, b) = (
            spec(&[]),
            spec(&[
                "network.depth=5",
                "train.optimizer.sgd.momentum=0.9",
                "train.clip_grad_norm=1",
                "train.learning_rate=0.00001",
            ]),
        );
        assert!(changed_keys(&[&a, &a, &a]).is_empty());
        let changed = changed_keys(&[&a, &b]);
        let told: Vec<String> = changed
            .iter()
            .map(|changed| format!("{}: {:?}", changed.key, changed.values))
            .collect();
        assert_eq!(
            told,
            [
                r#"network.depth: [Some("3"), Some("5")]"#,
                r#"train.clip_grad_norm: [None, Some("1.0")]"#,
                r#"train.learning_rate: [Some("0.1"), Some("1e-5")]"#,
                r#"train.optimizer.sgd.momentum: [Some("0.0"), Some("0.9")]"#,
            ]
        );
    }

    #[test]
    fn what_an_architecture_takes_by_itself_is_no_change() {
        let recurrent = |more: &str| {
            let cell = "network.architecture.recurrent.cell=rnn";
            let sets: Vec<&str> = [cell].into_iter().chain(more.split_whitespace()).collect();
            spec(&sets)
        };
        let left_out = recurrent("network.init=orthogonal");
        let of_state = "network.architecture.recurrent.recurrent_init";
        let all = format!("network.init=orthogonal {of_state}=orthogonal network.readout=last");
        assert!(changed_keys(&[&left_out, &recurrent(&all)]).is_empty());
        let other = recurrent("network.init=orthogonal network.readout=mean");
        let changed = changed_keys(&[&left_out, &other]);
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert_eq!(changed[0].key, "network.readout");
        let values = ["last", "mean"].map(|value| Some(format!("\"{value}\"")));
        assert_eq!(changed[0].values, values);
    }

    #[test]
    fn a_choice_tells_which_parameters_are_not_at_their_defaults() {
        let own = spec(&["network.skip={ identity = { scale = 0.18 } }"]);
        assert_eq!(
            changed_parameters(&own, "network.skip", "identity"),
            Some(vec!["network.skip.identity.scale".to_owned()])
        );
        assert_eq!(
            changed_parameters(&spec(&[]), "train.optimizer", "sgd"),
            Some(Vec::new())
        );
        // Its path and its target must be given.
        let own = spec(&["data.source={ csv = { path = 'a.csv', target = 'y' } }"]);
        assert_eq!(changed_parameters(&own, "data.source", "csv"), None);
    }

    #[test]
    fn another_choice_is_told_by_its_name() {
        let told = changed_keys(&[&spec(&[]), &spec(&["train.optimizer=adam"])]);
        assert!(
            told.iter()
                .any(|changed| changed.key == "train.optimizer.adam.beta1"
                    && changed.values == [None, Some("0.9".to_owned())])
        );
    }
}
