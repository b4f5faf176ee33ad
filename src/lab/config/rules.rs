//! A file of rules: the `[[check]]` tables of a spec, alone.

use std::fs::File;
use std::path::Path;

use toml::{Table, Value};

use super::check::Check;
use super::constraints::{one_check, too_early};
use super::error::SpecError;
use super::key_path::KeyPath;
use super::load::{Source, read};
use super::message::Message;
use super::overrides::Overrides;
use super::shape::Shape;
use super::validate::{ValueKind, faults};
use crate::base::nearest::nearest;
use crate::study::columns::is_coordinate;

/// The only key of such a file.
const KEY: &str = "check";

/// Quantities that are worked out of any log.
const DERIVED: [&str; 4] = [
    "attenuation_decades",
    "decay_decades_per_layer",
    "r2",
    "diverged",
];

/// Reads the rules in the file at `path`; at least one. A quantity is one of
/// those that every run has, or one of `columns`, those of a foreign log.
///
/// # Errors
/// Whatever is wrong with the file or its content, one error at a time.
pub fn load_rules(path: &Path, columns: &LoggedColumns) -> Result<Vec<Check>, SpecError> {
    let mut source = Source {
        path: path.to_owned(),
        text: String::new(),
        overrides: Overrides::default(),
    };
    const EXAMPLE: &str =
        "name a TOML file of [[check]] tables, each with quantity, at, and min or max";
    let fault = match File::open(path).and_then(|file| file.metadata()) {
        Err(error) => Some(format!("the rules cannot be read: {error}")),
        Ok(about) if about.is_file() && about.len() == 0 => {
            Some("the file of rules is empty, expected [[check]] tables".to_owned())
        }
        Ok(_) => None,
    };
    if let Some(fault) = fault {
        return Err(SpecError::new(
            Message::new(fault, "").help(EXAMPLE),
            source.whole(),
        ));
    }
    source.text = read(path)?;
    let table: Table = toml::from_str(&source.text).map_err(|e| source.syntax(&e))?;
    let root = KeyPath::default();
    if let Some(key) = table.keys().find(|key| *key != KEY) {
        let message = Message::new(
            format!("unknown key `{key}` in a file of rules"),
            "not a rule",
        )
        .help("keep the [[check]] tables alone; the rules of a spec are read from the spec itself");
        return Err(SpecError::new(
            message,
            source.location(&root.child(key), true),
        ));
    }
    let path = root.child(KEY);
    let none = || {
        let message = Message::new("the file holds no rule", "expected [[check]] tables")
            .help("add [[check]] with quantity, at, and min or max; `vgrad list quantities` explains each quantity");
        SpecError::new(message, source.whole())
    };
    let value = table.get(KEY).ok_or_else(none)?;
    if let Some(shape) = Shape::root().property(KEY) {
        let mut found = faults(value, &shape, &path);
        found.retain(|fault| !is_foreign(&fault.path, value, columns));
        if let Some(fault) = found.into_iter().min_by_key(|fault| fault.kind) {
            let location = source.location(&fault.path, fault.kind != ValueKind::Value);
            let message = match named_at(&fault.path, value) {
                Some(name) if columns.is_lone => columns.unknown(name, fault.message),
                _ => fault.message,
            };
            return Err(SpecError::new(message, location));
        }
    }
    let checks: Vec<Check> = Value::try_into(value.clone()).map_err(|error: toml::de::Error| {
        let message = Message::new(error.message(), "").help("see `vgrad list quantities`");
        SpecError::new(message, source.whole())
    })?;
    // How many layers the network has is known once a run is at hand.
    let conflict = (checks.iter().enumerate()).find_map(|(i, check)| {
        // What the log itself calls so is a number of any step.
        let is_logged = columns.all().any(|own| own == check.quantity.name());
        let early = || too_early(i, check).filter(|_| !is_logged);
        one_check(i, check, usize::MAX, &columns.layers).or_else(early)
    });
    match conflict {
        Some(conflict) => Err(source.conflict(conflict)),
        None if checks.is_empty() => Err(none()),
        None => Ok(checks),
    }
}

/// The columns that the log has which the rules are about.
#[derive(Clone, Debug, Default)]
pub struct LoggedColumns {
    /// Those with a number per layer.
    pub layers: Vec<String>,
    /// Those with one number per step.
    pub steps: Vec<String>,
    /// Whether it is a log alone, no run with a spec: what another program wrote.
    pub is_lone: bool,
}

impl LoggedColumns {
    fn all(&self) -> impl Iterator<Item = &String> {
        self.layers.iter().chain(&self.steps)
    }

    /// What is told of a quantity that a log of another program does not have: what it has.
    fn unknown(&self, name: &str, message: Message) -> Message {
        let mut names: Vec<&str> = Vec::new();
        for own in self.all().map(String::as_str).chain(DERIVED) {
            if !names.contains(&own) && !is_coordinate(own) {
                names.push(own);
            }
        }
        let near = nearest(name, names.iter().copied());
        let message = message.note(format!("of this log there are {}", names.join(", ")));
        match near {
            Some(near) => message.help(format!("did you mean `{near}`?")),
            None => message.help("write one of these names"),
        }
    }
}

/// What is written at `path`, if that is `check.{i}.quantity`.
fn named_at<'a>(path: &KeyPath, checks: &'a Value) -> Option<&'a str> {
    let [_, place, key] = path.keys() else {
        return None;
    };
    let check = checks.get(place.parse::<usize>().ok()?)?;
    check.get(key)?.as_str().filter(|_| key == "quantity")
}

/// Whether the value at `check.{i}.quantity` is one of `columns`.
fn is_foreign(path: &KeyPath, checks: &Value, columns: &LoggedColumns) -> bool {
    named_at(path, checks).is_some_and(|name| columns.all().any(|own| own == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::config::{CheckedSteps, LayerRange};
    use proptest::prelude::*;

    /// A log with one column of its layers.
    fn layers(name: &str) -> LoggedColumns {
        LoggedColumns {
            layers: vec![name.to_owned()],
            ..LoggedColumns::default()
        }
    }

    fn rules(text: impl AsRef<[u8]>) -> Result<Vec<Check>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, text).unwrap();
        load_rules(&path, &layers("blk_grad")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_column_of_the_log_has_layers_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        let text = "[[check]]\nquantity = 'grad_norm'\nmax = 1\nlayers = [2, 9]\n";
        std::fs::write(&path, text).unwrap();
        let found = load_rules(&path, &layers("grad_norm")).unwrap();
        assert_eq!(found[0].layers.unwrap().ends(), [2, 9]);
        let error = load_rules(&path, &LoggedColumns::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("one number for the whole network"),
            "{error}"
        );
    }

    #[test]
    fn of_another_programs_log_an_error_names_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, "[[check]]\nquantity = 'abs_mx'\nmax = 1\n").unwrap();
        let columns = LoggedColumns {
            steps: vec!["loss".to_owned()],
            is_lone: true,
            ..layers("abs_max")
        };
        let error = load_rules(&path, &columns).unwrap_err().to_string();
        assert!(error.contains("did you mean `abs_max`?"), "{error}");
        assert!(error.contains("abs_max, loss, attenuation"), "{error}");
        assert!(!error.contains("saturated_fraction"), "{error}");
    }

    /// A log may have a column of its own that is called as what vgrad measures at the end.
    #[test]
    fn a_column_of_the_log_is_asked_at_any_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        let text = "[[check]]\nquantity = 'calibration_error'\nat = 'every'\nmax = 1\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(
            load_rules(&path, &layers("calibration_error"))
                .unwrap()
                .len(),
            1
        );
        let steps = LoggedColumns {
            steps: vec!["calibration_error".to_owned()],
            ..layers("abs_max")
        };
        assert_eq!(load_rules(&path, &steps).unwrap().len(), 1);
        let error = load_rules(&path, &layers("abs_max")).unwrap_err();
        assert!(
            error.to_string().contains("once the network is trained"),
            "{error}"
        );
    }

    #[test]
    fn rules_are_read_as_in_a_spec() {
        let rules = rules(
            "# a comment\n[[check]]\nquantity = 'r2'\nmin = 0.5\n\
             [[check]]\nquantity = 'delta_norm'\nat = 'every'\nmax = 1\nlayers = [2, 900]\n",
        )
        .unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(
            (rules[0].at, rules[0].min),
            (CheckedSteps::Initial, Some(0.5))
        );
        let layers = rules[1].layers.map(LayerRange::ends);
        assert_eq!((rules[1].at, layers), (CheckedSteps::Every, Some([2, 900])));
    }

    #[test]
    fn a_column_of_the_log_is_a_quantity_and_a_range_has_two_forms() {
        let rules = rules(
            "[[check]]\nquantity = 'blk_grad'\nmax = 1\nlayers = { from = 2, to = 9 }\n\
             [[check]]\nquantity = 'blk_grad'\nmax = 1\nlayers = [2, 9]\n",
        );
        let rules = rules.unwrap();
        for rule in &rules {
            assert_eq!(rule.layers.map(LayerRange::ends), Some([2, 9]));
        }
        assert!(rules[0].quantity.is_per_layer());
    }

    #[test]
    fn bad_rules_are_refused_with_their_line() {
        let rule = |text: &str| format!("[[check]]\nquantity = 'r2'\n{text}\n");
        for (text, parts) in [
            (String::new(), ["rules.toml", "empty"]),
            ("# nothing\n".to_owned(), ["rules.toml", "no rule"]),
            ("check = []".to_owned(), ["rules.toml", "no rule"]),
            ("check = 3".to_owned(), ["rules.toml:1:9", "`check`"]),
            ("[[check]\n".to_owned(), ["rules.toml:1", "not valid TOML"]),
            (
                rule("max = nan"),
                ["rules.toml:3:7", "`check.0.max` is nan"],
            ),
            (
                rule("max = inf"),
                ["rules.toml:3:7", "`check.0.max` is inf"],
            ),
            (rule("max = '1'"), ["rules.toml:3:7", "`check.0.max`"]),
            (rule("mx = 1"), ["rules.toml:3:1", "did you mean `max`?"]),
            (rule(""), ["rules.toml:1:1", "no limit"]),
            (
                rule("min = 2\nmax = 1"),
                ["rules.toml:3:7", "min = 2 above max = 1"],
            ),
            (
                rule("max = 1\nlayers = [1, 2]"),
                ["rules.toml:4", "one number"],
            ),
            (
                "[[check]]\nquantity = 'delta_norm'\nmax = 1\nlayers = { from = 2 }\n".to_owned(),
                ["rules.toml:4", "to"],
            ),
            (
                "[[check]]\nquantity = 'blk_gra'\nmax = 1\n".to_owned(),
                ["rules.toml:2:12", "`check.0.quantity`"],
            ),
            (
                rule("max = 1\nat = 'end'"),
                ["rules.toml:4:6", "`check.0.at`"],
            ),
            (
                rule("max = 1\n[data]"),
                ["rules.toml:4:2", "unknown key `data`"],
            ),
            (
                "[[check]]\nquantity = 'r3'\nmax = 1\n".to_owned(),
                ["rules.toml:2:12", "did you mean `r2`?"],
            ),
        ] {
            let error = rules(&text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{text}: no {part:?} in {error}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = rules(&bytes);
            let _ = rules([b"[[check]]\nquantity = 'r2'\n".as_slice(), &bytes].concat());
        }

        #[test]
        fn no_text_makes_it_panic(
            key in "(min|max|at|layers|quantity)",
            value in "(-?[0-9]{1,4}|nan|-inf|\"[a-z]{0,4}\"|\\[[0-9, ]{0,6}\\]|\\{\\})",
        ) {
            let _ = rules(format!("[[check]]\nquantity = 'r2'\n{key} = {value}\n"));
            let _ = rules(format!("check = {value}"));
            let _ = rules(format!("check = [{value}]"));
        }
    }
}
