//! Files that are not what they should be: a clear error and exit code 2.

use super::gate::{cannot, check, csv, ends, rule};
use crate::desk::{Desk, SMALL};

#[test]
fn a_csv_file_that_is_none() {
    let desk = Desk::empty();
    desk.write("r.toml", rule("quantity = 'attenuation_decades'; max = 3"));
    for (text, words) in [
        ("", ["a.csv", "empty"]),
        ("step,layer,x_norm\n", ["a.csv", "no whole step"]),
        ("step,x_norm\n0,1\n", ["a.csv:1", "no column `layer`"]),
        ("step,layer,x\n0,1,1\n", ["a.csv:1", "activation_grad_norm"]),
        ("step,layer,x_norm\n0,1,-1\n", ["a.csv:2", "never negative"]),
        ("step,layer,x_norm\n0,1,one\n", ["a.csv:2", "`one`"]),
        (
            "step,layer,x_norm,delta_norm\n0,1,1,-1\n",
            ["a.csv:2", "never negative"],
        ),
        (
            "step,layer,x_norm\n0,1,1\n0,1,1\n",
            ["a.csv", "layer 1 twice"],
        ),
        (
            "step,layer,x_norm\nNaN,1,1\n",
            ["a.csv:2", "`NaN` in the column `step`"],
        ),
        ("\0\u{1}\n\u{2}", ["a.csv", "no text"]),
    ] {
        desk.write("a.csv", text);
        cannot(&desk, "a.csv --rules r.toml", &words);
    }
}

#[test]
fn a_truncated_csv_file_is_checked_with_a_warning() {
    let desk = Desk::empty();
    desk.write(
        "r.toml",
        rule("quantity = 'attenuation_decades'; at = 'final'; max = 3"),
    );
    let whole = csv(&[&["1e-1", "1"], &["1e-9", "1"]]);
    desk.write("a.csv", &whole[..whole.len() - 3]);
    // The second step is not whole, and is left out.
    let ended = ends(&desk, "a.csv --rules r.toml", 0);
    assert!(ended.stderr.contains("warning: a.csv"), "{}", ended.stderr);
    desk.write("a.csv", whole);
    ends(&desk, "a.csv --rules r.toml", 1);
}

#[test]
fn a_folder_without_a_run() {
    let desk = Desk::empty();
    desk.write("r.toml", rule("quantity = 'attenuation_decades'; max = 3"));
    desk.write("folder/notes.txt", "");
    cannot(&desk, "folder --rules r.toml", &["folder", "no run"]);
    cannot(
        &desk,
        "nothing --rules r.toml",
        &["nothing", "does not exist"],
    );
    cannot(
        &desk,
        "nothing.toml --rules r.toml",
        &["nothing.toml", "cannot be read"],
    );
}

#[test]
fn rules_that_are_none() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1", "1"]]));
    for (text, words) in [
        (String::new(), ["r.toml", "empty"]),
        (
            rule("quantity = 'r3'; max = 1"),
            ["r.toml:2", "did you mean `r2`?"],
        ),
        (rule("quantity = 'r2'"), ["r.toml:1", "no limit"]),
        (
            rule("quantity = 'r2'; max = nan"),
            ["r.toml:3", "`check.0.max` is nan"],
        ),
        (
            rule("quantity = 'r2'; min = 2; max = 1"),
            ["r.toml:3", "above max"],
        ),
        (
            rule("quantity = 'r2'; maxi = 1"),
            ["r.toml:3", "did you mean `max`?"],
        ),
        (
            "[network]\n".to_owned(),
            ["r.toml:1", "unknown key `network`"],
        ),
        ("[[check\n".to_owned(), ["r.toml:1", "not valid TOML"]),
    ] {
        desk.write("r.toml", text);
        cannot(&desk, "a.csv --rules r.toml", &words);
    }
    cannot(
        &desk,
        "a.csv --rules none.toml",
        &["none.toml", "cannot be read"],
    );
    desk.write("r.toml", rule("quantity = 'r2'; min = 0"));
    // One step of two equal layers: no variance, no R².
    cannot(&desk, "a.csv --rules r.toml", &["finds no value", "r2"]);
}

/// Of a CSV file alone a rule may name its own columns, which are what is listed.
#[test]
fn a_rule_on_a_column_that_a_file_lacks_is_told_what_it_has() {
    let desk = Desk::empty();
    desk.write(
        "a.csv",
        csv(&[&["1", "1"]]).replace("activation_grad_norm", "blk_grad"),
    );
    desk.write("r.toml", rule("quantity = 'blk_gradd'; max = 1"));
    let words = ["there are blk_grad, ", "did you mean `blk_grad`?"];
    cannot(&desk, "a.csv --rules r.toml", &words);
}

#[test]
fn a_baseline_that_is_none() {
    let desk = Desk::empty();
    desk.write("a.csv", csv(&[&["1e-2", "1"]]));
    ends(&desk, "a.csv --baseline b.json --accept", 0);
    let good = desk.read("b.json");
    for (bad, words) in [
        (String::new(), ["b.json:1", "not valid JSON"]),
        ("{}".to_owned(), ["b.json", "no baseline"]),
        ("[1]".to_owned(), ["b.json", "no baseline"]),
        (
            good.replace("\"schema_version\": 2", "\"schema_version\": 3"),
            [
                "schema_version is 3, this program knows 1 and 2",
                "newer vgrad",
            ],
        ),
        (
            good.replace("\"schema_version\": 2", "\"schema_version\": 0"),
            ["schema_version", "--accept"],
        ),
        (
            good.replace("\"schema_version\": 2", "\"schema_version\": \"x\""),
            ["schema_version", "--accept"],
        ),
        (
            good.replacen("-2.0", "\"NaN\"", 1),
            ["b.json:", "expected a number"],
        ),
        (
            good.replacen("-2.0", "null", 1),
            ["b.json:", "expected a number"],
        ),
        (
            good.replace("\"median\"", "\"middle\""),
            ["b.json:", "middle"],
        ),
        (
            good.replace("\"layer\": 2", "\"layer\": 1"),
            ["b.json", "do not ascend"],
        ),
        (
            good.replace("\"seeds\": []", "\"seeds\": [0, 1]"),
            ["b.json", "one value per seed"],
        ),
        (
            good.replace("\"steps\": [", "\"steps\": [], \"more\": ["),
            ["b.json:", "more"],
        ),
        (
            good[..good.len() / 2].to_owned(),
            ["b.json:", "not valid JSON"],
        ),
    ] {
        assert_ne!(bad, good);
        desk.write("b.json", bad);
        cannot(&desk, "a.csv --baseline b.json", &words);
    }
    desk.write("b.json", good);
    ends(&desk, "a.csv --baseline b.json", 0);
    for tolerance in ["nan", "-1", "inf", "x"] {
        let ended = check(
            &desk,
            &format!("a.csv --baseline b.json --tolerance={tolerance}"),
        );
        assert_eq!(ended.code, Some(2), "{tolerance}");
        assert!(ended.stderr.contains("decades"), "{}", ended.stderr);
    }
}

#[test]
fn a_data_file_that_is_gone_or_changed() {
    let desk = Desk::with(&SMALL.replace(
        "{ blobs = { samples = 100, classes = 3 } }",
        "{ csv = { path = \"data.csv\", target = \"y\" } }",
    ));
    let rows: String = (0..40)
        .map(|i| format!("{},{},{}\n", i % 7, (i * i) % 5, i % 2))
        .collect();
    let data = format!("x,z,y\n{rows}");
    desk.write("data.csv", &data);
    desk.run("--out kept").fine();
    ends(&desk, "trial.toml --baseline b.json --accept", 0);
    ends(&desk, "kept --baseline b.json", 0);
    desk.write("other.csv", &data);
    ends(
        &desk,
        "trial.toml --set data.source.csv.path=other.csv --baseline b.json",
        0,
    );
    desk.write("data.csv", data.replacen("0,0,0", "0,1,0", 1));
    cannot(
        &desk,
        "trial.toml --baseline b.json --same-spec",
        &["another spec", "data.source.csv.path"],
    );
    std::fs::remove_file(desk.path("data.csv")).unwrap();
    cannot(
        &desk,
        "kept --baseline b.json",
        &["data.csv", "data.source.csv.path"],
    );
}
