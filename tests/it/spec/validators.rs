//! The schema before two validators that share no code with each other or with the
//! program: Python's jsonschema and JavaScript's Ajv.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::desk::{Desk, Ended};
use crate::python;

/// Every spec of the gallery as JSON, by its name, and some that are wrong in one place.
fn specs() -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let specs = files.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let read = |path: std::path::PathBuf| {
        let spec: toml::Table = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::to_value(spec).unwrap())
    };
    let right: serde_json::Map<String, Value> = specs.map(read).collect();
    assert!(right.len() > 30, "the gallery was not found");
    let spoiled = |path: &str, key: &str, value: Value| {
        let mut spec = right["relu_he_20"].clone();
        let table = spec.pointer_mut(path).unwrap().as_object_mut().unwrap();
        table.insert(key.to_owned(), value);
        spec
    };
    let wrong = [
        spoiled("", "sead", json!(1)),
        spoiled("/network", "activation", json!("rellu")),
        spoiled("/network", "depth", json!("twenty")),
        spoiled("/network", "dropout", json!(1.0)),
        spoiled("/train", "learning_rate", json!(0)),
        spoiled("/train", "optimizer", json!({ "sgd": { "momentun": 0.9 } })),
        spoiled("/log", "every", json!(0)),
    ];
    json!({ "right": right, "wrong": wrong })
}

/// What a validator says must be the names of nothing that is right, and of all that is
/// wrong by their numbers.
#[track_caller]
fn agrees(said: &str) {
    let said: Value = serde_json::from_str(said).unwrap();
    assert_eq!(said["refused"], json!([]), "{said}");
    assert_eq!(said["taken"], json!([]), "{said}");
}

#[test]
fn the_schema_says_what_a_catalogue_needs() {
    let schema: Value =
        serde_json::from_str(&Desk::empty().vgrad(["schema"]).fine().stdout).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(schema["$id"], "https://json.schemastore.org/vgrad.json");
    for key in ["title", "description"] {
        assert!(!schema[key].as_str().unwrap().is_empty(), "{key}");
    }
}

#[test]
#[ignore = "needs a python3 (or VGRAD_PYTHON) with jsonschema"]
fn jsonschema_takes_the_gallery_and_nothing_wrong() {
    let desk = Desk::empty();
    desk.write("specs.json", specs().to_string());
    desk.write("schema.json", desk.vgrad(["schema"]).fine().stdout);
    let script = r#"
import json, sys, jsonschema
schema, specs = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
refused = [[name, str(next(validator.iter_errors(spec)))]
           for name, spec in specs["right"].items() if not validator.is_valid(spec)]
taken = [i for i, spec in enumerate(specs["wrong"]) if validator.is_valid(spec)]
print(json.dumps({"refused": refused, "taken": taken}))
"#;
    let files = ["schema.json", "specs.json"].map(|name| desk.path(name).display().to_string());
    agrees(&python::run(script, &files.each_ref().map(String::as_str)));
}

#[test]
#[ignore = "needs node with ajv (NODE_PATH)"]
fn ajv_takes_the_gallery_and_nothing_wrong() {
    let desk = Desk::empty();
    desk.write("specs.json", specs().to_string());
    desk.write("schema.json", desk.vgrad(["schema"]).fine().stdout);
    // Its strict mode refuses keywords that it does not know, as the catalogue does.
    let script = r#"
const [schema, specs] = ["schema.json", "specs.json"].map((path) => JSON.parse(require("fs").readFileSync(path)));
const validate = new (require("ajv"))({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
const refused = Object.entries(specs.right).filter(([, spec]) => !validate(spec)).map(([name]) => [name, validate.errors]);
const taken = specs.wrong.map((spec, i) => [i, validate(spec)]).filter(([, valid]) => valid);
console.log(JSON.stringify({ refused, taken }));
"#;
    let mut node = Command::new("node");
    let output = node.args(["-e", script]).current_dir(desk.path("."));
    agrees(&Ended::of(output.output().unwrap()).fine().stdout);
}
