//! `--set` and the ranges, over every key that the schema knows.

use serde_json::Value;
use vgrad::lab::config::{Overrides, Spec};

use super::schema_keys::{Key, keys};
use super::{GOOD, Workbench, holds};

fn schema_keys() -> Vec<Key> {
    let printed = Workbench::new().vgrad(&["schema"]).stdout;
    keys(&serde_json::from_slice(&printed).unwrap())
}

/// A value, as TOML, that one of the schemas takes and that is not the default.
fn sample(schemas: &[Value], default: Option<&Value>) -> Option<String> {
    let numbers = [0.5, 2.0, 3.0, 0.25];
    let candidates = schemas
        .iter()
        .flat_map(|schema| match schema["type"].as_str() {
            Some("boolean") => vec!["true".to_owned(), "false".to_owned()],
            Some("string") if schema["const"].is_string() => vec![schema["const"].to_string()],
            Some("string") if schema["pattern"].is_string() => vec!["\"1\"".to_owned()],
            Some("string") => vec!["\"plain\"".to_owned()],
            Some("integer") => vec!["2".to_owned(), "3".to_owned()],
            Some("number") => numbers
                .iter()
                .filter(|number| {
                    schema["exclusiveMaximum"]
                        .as_f64()
                        .is_none_or(|high| **number < high)
                })
                .map(f64::to_string)
                .collect(),
            Some("array") if schema["minItems"] == 3 => vec!["[1, 2, 3]".to_owned()],
            Some("array") if schema["items"]["type"] == "integer" => {
                vec!["[2, 3]".to_owned()]
            }
            _ => Vec::new(),
        });
    let default = default.map(Value::to_string);
    let mut candidates = candidates.filter(|text| Some(text) != default.as_ref());
    candidates.next()
}

/// No spec has a section [gan] without it.
const DISCRIMINATOR: &str = "gan.discriminator={depth=2,width=4,activation=\"tanh\"}";

/// What else must be set for a key to be allowed at all.
fn company(path: &str) -> &'static [&'static str] {
    match path {
        "train.optimizer.sgd.nesterov" => &["train.optimizer.sgd.momentum=0.9"],
        "check.0.layers" => &["check.0.quantity=delta_norm"],
        "check.0.layers.from" => &["check.0.quantity=delta_norm", "check.0.layers.to=9"],
        "check.0.layers.to" => &["check.0.quantity=delta_norm", "check.0.layers.from=1"],
        "data.positions" | "network.readout" => &["network.architecture.recurrent.cell=rnn"],
        "network.architecture.recurrent.forget_bias" => &[
            "network.architecture.recurrent.cell=lstm",
            "network.activation=tanh",
        ],
        path if path.starts_with("network.architecture.recurrent.recurrent_init") => &[
            "network.architecture.recurrent.cell=rnn",
            "network.activation=tanh",
        ],
        // With relu no other than bias_variance = 0.
        path if path.starts_with("network.init.critical") => &["network.activation=tanh"],
        "gan.train.optimizer.sgd.nesterov" => {
            &[DISCRIMINATOR, "gan.train.optimizer.sgd.momentum=0.9"]
        }
        "train.predictive.mc_dropout" => &["network.dropout=0.5"],
        "gan.weight_clip" => &[DISCRIMINATOR, "gan.loss=wasserstein"],
        path if path.starts_with("gan.") => &[DISCRIMINATOR],
        path if path.starts_with("data.source.sine") => &["train.loss=mse"],
        path if path.starts_with("data.source.image") => &["train.loss=mse"],
        path if path.starts_with("data.source.nerf") => &["train.loss=mse"],
        path if path.starts_with("data.source.adding") => &["train.loss=mse"],
        path if path.starts_with("data.source.idx.test_images") => {
            &["data.source.idx.test_labels=l"]
        }
        path if path.starts_with("data.source.idx.test_labels") => {
            &["data.source.idx.test_images=i"]
        }
        _ => &[],
    }
}

/// The value at a dotted path.
fn at<'a>(value: &'a toml::Value, path: &str) -> Option<&'a toml::Value> {
    path.split('.')
        .try_fold(value, |value, key| match key.parse::<usize>() {
            Ok(index) => value.get(index),
            Err(_) => value.get(key),
        })
}

fn same(a: &toml::Value, b: &toml::Value) -> bool {
    let number = |value: &toml::Value| value.as_float().or(value.as_integer().map(|i| i as f64));
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        // A family's member may be written out with its parameters.
        _ if a.is_table() && b.is_str() => a.get(b.as_str().unwrap()).is_some(),
        _ => a == b,
    }
}

#[test]
fn every_key_can_be_set() {
    let bench = Workbench::new();
    let spec = bench.folder().join("x.toml");
    std::fs::write(&spec, GOOD).unwrap();
    let mut tried = 0;
    for key in schema_keys() {
        // The keys of a network, which are tried there.
        if key.path.starts_with("gan.discriminator.") {
            continue;
        }
        let default = key.schemas.iter().find_map(|schema| schema.get("default"));
        let Some(value) = sample(&key.schemas, default) else {
            continue;
        };
        let path = &key.path;
        let value = match path.as_str() {
            "name" => "\"other\"".to_owned(),
            // Odd, so that it has a centre.
            "network.architecture.conv.kernel" => "5".to_owned(),
            _ => value,
        };
        let mut flags: Vec<String> = company(path).iter().map(|&flag| flag.to_owned()).collect();
        // Required keys of a member that replaces another must come along.
        if path.starts_with("data.source.") {
            let beside = key.siblings.iter();
            flags.extend(
                beside.map(|(path, schemas)| format!("{path}={}", sample(schemas, None).unwrap())),
            );
        }
        flags.push(format!("{path}={value}"));
        let loaded = match Spec::load(&spec, &Overrides::parse(&flags).unwrap()) {
            Ok(loaded) => loaded,
            Err(error) => panic!("{flags:?}\n{error}"),
        };
        let written = loaded.spec.to_toml("s.json").unwrap();
        let resolved: toml::Value = toml::from_str(&written).unwrap();
        let wanted: toml::Table = toml::from_str(&format!("v = {value}")).unwrap();
        let Some(found) = at(&resolved, path) else {
            // Keys younger than the first baselines are left out at their default.
            let left_out = [
                "data.source.csv.missing",
                "data.standardize_target",
                "network.architecture",
                "network.encoding",
                "log.parameters",
                "log.tensorboard",
                "log.save_batch",
            ];
            assert!(
                left_out.contains(&path.as_str()),
                "{path} is not in\n{written}"
            );
            continue;
        };
        assert!(same(found, &wanted["v"]), "{path}: {found} for {value}");
        tried += 1;
    }
    assert!(tried > 60, "only {tried} keys tried");
}

#[test]
fn every_range_is_kept() {
    let bench = Workbench::new();
    let mut tried = 0;
    for key in schema_keys().iter().filter(|key| key.is_numeric()) {
        let below = key
            .limit("minimum")
            .map(|low| low - 1.0)
            .or(key.limit("exclusiveMinimum"));
        let above = key
            .limit("maximum")
            .map(|high| high + 1.0)
            .or(key.limit("exclusiveMaximum"));
        let outside = [below, above]
            .into_iter()
            .flatten()
            .map(|number| number.to_string());
        let not_finite = ["nan", "inf", "-inf"].map(str::to_owned);
        for value in outside.chain(not_finite) {
            let flag = format!("{}={value}", key.path);
            let error = bench.error(GOOD.as_bytes(), &["--set", &flag]);
            // The flag is shown with a caret under the value, and the key is named.
            let caret = format!("\n  | {}^", " ".repeat("--set ".len() + key.path.len() + 1));
            holds(
                &error,
                &[
                    &format!("--set {flag}\n"),
                    &caret,
                    &format!("`{}`", key.path),
                    "expected",
                ],
            );
            tried += 1;
        }
    }
    assert!(tried > 200, "only {tried} values tried");
}

#[test]
fn every_key_refuses_a_value_of_another_type() {
    let bench = Workbench::new();
    for key in schema_keys() {
        // No key takes a date.
        let flag = format!("{}=1979-05-27", key.path);
        let error = bench.error(GOOD.as_bytes(), &["--set", &flag]);
        holds(
            &error,
            &[
                &format!("--set {flag}\n"),
                "^ expected",
                "is the date 1979-05-27",
            ],
        );
    }
}

#[test]
fn every_table_refuses_an_unknown_key() {
    let bench = Workbench::new();
    for key in schema_keys() {
        let table =
            |schema: &Value| schema["type"] == "object" && schema["additionalProperties"] == false;
        if !key.schemas.iter().any(table) {
            continue;
        }
        let flag = format!("{}.no_such_key=1", key.path);
        let error = bench.error(GOOD.as_bytes(), &["--set", &flag]);
        holds(
            &error,
            &[
                &format!("--set {flag}\n"),
                "no_such_key",
                "command line:1:7",
            ],
        );
    }
}

#[test]
fn the_schema_states_the_ranges_of_the_contract() {
    let limits = |key: &Key| {
        ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"].map(|name| key.limit(name))
    };
    let mut seen = 0;
    for key in schema_keys() {
        let name = key.path.rsplit('.').next().unwrap();
        let expected = match name {
            // ELU's alpha is another thing than RMSprop's.
            _ if key.path.contains(".activation.") => continue,
            // A number of entries.
            _ if key.path == "gan.noise" => continue,
            "momentum" | "beta1" | "beta2" | "alpha" | "dropout" | "test_fraction" => {
                [Some(0.0), None, None, Some(1.0)]
            }
            "learning_rate" | "clip_grad_norm" => [None, Some(0.0), None, None],
            "eps" | "weight_variance" | "bias_variance" | "weight_decay" | "noise" => {
                [Some(0.0), None, None, None]
            }
            "depth" | "width" | "batch_size" | "every" | "evaluate_every" => {
                [Some(1.0), None, None, None]
            }
            // 0 = never.
            "checkpoint_every" => [Some(0.0), None, None, None],
            _ => continue,
        };
        assert_eq!(limits(&key), expected, "{}", key.path);
        seen += 1;
    }
    assert!(seen >= 25, "only {seen} keys seen");
}
