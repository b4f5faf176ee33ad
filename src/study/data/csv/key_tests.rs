//! The keys of the CSV source: delimiter, missing, categorical, ignore.

use std::fs;

use super::*;
use crate::data::synthetic::tests::rows;
use crate::data::{Dataset, LoadOptions, load};
use crate::nn::loss::{TargetKind, Targets};

/// `csv` over a training file, and a test file if there is one.
fn read(csv: Csv, train: &str, test: Option<&str>) -> Result<RawTable, Problem> {
    let folder = tempfile::tempdir().unwrap();
    let csv = on_files(csv, folder.path(), train, test);
    csv.load(&LoadContext {
        seed: 0,
        base_dir: folder.path(),
        targets: Some(TargetKind::Classes),
    })
}

fn on_files(csv: Csv, folder: &Path, train: &str, test: Option<&str>) -> Csv {
    fs::write(folder.join("train.csv"), train).unwrap();
    if let Some(test) = test {
        fs::write(folder.join("test.csv"), test).unwrap();
    }
    Csv {
        test_path: test.map(|_| "test.csv".into()),
        ..csv
    }
}

fn csv() -> Csv {
    Csv::new("train.csv", "y")
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[track_caller]
fn refused(csv: Csv, train: &str, test: Option<&str>, words: &[&str]) {
    let message = read(csv, train, test).unwrap_err().to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message}");
    }
    assert!(message.contains("help: "), "{message}");
}

#[test]
fn the_delimiter_is_recognised_from_the_header() {
    for (mark, other) in [(',', ';'), (';', ','), ('\t', ','), ('|', ';')] {
        // A name in quotes may hold any of the others.
        let text = format!("\"a{other}b{other}c\"{mark}y\n1{mark}0\n2{mark}1\n");
        let raw = read(csv(), &text, None).unwrap();
        assert_eq!(rows(&raw), [[1.0], [2.0]], "{mark:?}");
        assert_eq!(raw.reading.feature_names, [format!("a{other}b{other}c")]);
    }
    // Each file its own.
    let raw = read(csv(), "a;y\n1;0\n2;1\n", Some("y\ta\n1\t3\n")).unwrap();
    assert_eq!(rows(&raw), [[1.0], [2.0], [3.0]]);
}

#[test]
fn a_delimiter_that_is_given_is_taken() {
    let given = |delimiter| Csv {
        delimiter: Some(delimiter),
        ..csv()
    };
    // By the header alone a semicolon would part "y" off, too.
    let text = "a;b,y\n1,0\n2,1\n";
    let raw = read(given(Delimiter::Comma), text, None).unwrap();
    assert_eq!(raw.reading.feature_names, ["a;b"]);
    refused(
        given(Delimiter::Tab),
        "a,y\n1,0\n",
        None,
        &[
            "train.csv:1: ",
            "a tab parts the columns",
            "without delimiter",
        ],
    );
}

const GAPS: &str = "a,b,y\n1,2,u\n?,3,v\n4,NA,u\n5,6,\n7,8,v\n";

#[test]
fn rows_with_gaps_are_dropped() {
    let drop = Csv {
        missing: Missing::Drop,
        ..csv()
    };
    let raw = read(drop.clone(), GAPS, None).unwrap();
    assert_eq!(rows(&raw), [[1.0, 2.0], [7.0, 8.0]]);
    assert_eq!(raw.targets, Targets::Classes(vec![0, 1]));
    assert_eq!((raw.reading.dropped, raw.reading.missing), (3, 0));
    // Gaps of columns that are not read are none.
    let ignoring = Csv {
        ignore: named(&["b"]),
        ..drop.clone()
    };
    assert_eq!(
        rows(&read(ignoring, GAPS, None).unwrap()),
        [[1.0], [4.0], [7.0]]
    );
    // A class that only dropped rows have is no class.
    let raw = read(drop.clone(), "a,y\n1,u\n2,v\n,w\n", None).unwrap();
    assert_eq!(raw.class_names, ["u", "v"]);
    refused(
        drop,
        "a,y\n,u\nNaN,v\n",
        None,
        &["train.csv: every row has a missing cell"],
    );
}

#[test]
fn a_gap_is_refused_unless_told_otherwise() {
    let help = ["missing = \"drop\"", "missing = \"mean\""];
    refused(
        csv(),
        GAPS,
        None,
        &["train.csv:3: column \"a\": found \"?\"", help[0], help[1]],
    );
    let mean = Csv {
        missing: Missing::Mean,
        ..csv()
    };
    // A target has no mean to be learned.
    refused(
        mean,
        GAPS,
        None,
        &["train.csv:5: column \"y\": found an empty cell", help[0]],
    );
}

fn load_f64(csv: Csv, train: &str, test: Option<&str>, standardize: bool) -> Dataset<f64> {
    let folder = tempfile::tempdir().unwrap();
    let source = on_files(csv, folder.path(), train, test).into();
    let options = LoadOptions {
        seed: 0,
        base_dir: folder.path(),
        test_fraction: test.is_none().then_some(0.0),
        standardize,
        standardize_target: false,
        targets: Some(TargetKind::Classes),
    };
    load(&source, &options).unwrap()
}

#[test]
fn means_are_those_of_the_training_file() {
    let mean = Csv {
        missing: Missing::Mean,
        categorical: named(&["c"]),
        ..csv()
    };
    let train = "a,c,y\n1,red,0\n,red,1\n5,blue,0\n6,,1\n";
    let test = "a,c,y\n100,blue,0\nnull,?,1\n";
    let data = load_f64(mean.clone(), train, Some(test), false);
    // (1 + 5 + 6)/3 = 4; of the words that are there, 1/3 are blue and 2/3 red.
    let third = 1.0 / 3.0;
    let expected = ndarray::array![
        [1.0, 0.0, 1.0],
        [4.0, 0.0, 1.0],
        [5.0, 1.0, 0.0],
        [6.0, third, 2.0 * third]
    ];
    let close = |a: &ndarray::Array2<f64>, b: &ndarray::Array2<f64>| {
        a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-15)
    };
    assert!(
        close(&data.train.inputs, &expected),
        "{:?}",
        data.train.inputs
    );
    let expected = ndarray::array![[100.0, 1.0, 0.0], [4.0, third, 2.0 * third]];
    assert!(
        close(&data.test.inputs, &expected),
        "{:?}",
        data.test.inputs
    );
    assert_eq!(data.summary.filled, 4);
    // Standardised, a filled cell is 0.
    let data = load_f64(mean, train, Some(test), true);
    assert!(
        data.test
            .inputs
            .row(1)
            .iter()
            .all(|value| value.abs() < 1e-15)
    );
}

#[test]
fn words_become_a_feature_each_in_their_order() {
    let csv = Csv {
        categorical: named(&["c", "n"]),
        ..csv()
    };
    let text = "c,x,n,y\nred,1,10,0\nblue,2,9,1\nred,3,10.0,0\n";
    let raw = read(csv.clone(), text, None).unwrap();
    assert_eq!(
        raw.reading.feature_names,
        ["c=blue", "c=red", "x", "n=9", "n=10"]
    );
    assert_eq!(
        rows(&raw),
        [
            [0.0, 1.0, 1.0, 0.0, 1.0],
            [1.0, 0.0, 2.0, 1.0, 0.0],
            [0.0, 1.0, 3.0, 0.0, 1.0]
        ]
    );
    refused(
        csv,
        "c,x,n,y\n,1,2,0\n",
        None,
        &["train.csv:2: column \"c\": found an empty cell, expected a word"],
    );
}

#[test]
fn ignored_columns_may_hold_anything_and_be_absent_from_the_test_file() {
    let csv = Csv {
        ignore: named(&["id"]),
        ..csv()
    };
    let raw = read(csv, "id,a,y\nx-1,1,0\n,2,1\n", Some("a,y\n3,1\n")).unwrap();
    assert_eq!(raw.reading.feature_names, ["a"]);
    assert_eq!(rows(&raw), [[1.0], [2.0], [3.0]]);
}

#[test]
fn names_that_are_no_features_are_told() {
    let text = "colour,a,y\nred,1,0\nblue,2,1\n";
    let categorical = |names: &[&str]| Csv {
        categorical: named(names),
        ..csv()
    };
    let ignore = |names: &[&str]| Csv {
        ignore: named(names),
        ..csv()
    };
    let key = "data.source.csv.";
    refused(
        categorical(&["color"]),
        text,
        None,
        &["train.csv:1: ", "\"color\"", "did you mean \"colour\"?"],
    );
    refused(
        ignore(&["zzz"]),
        text,
        None,
        &[
            "\"zzz\", which data.source.csv.ignore names",
            "the columns are",
        ],
    );
    refused(
        categorical(&["y"]),
        text,
        None,
        &[key, "names \"y\", which is the target"],
    );
    refused(
        ignore(&["colour", "a"]),
        text,
        None,
        &["train.csv:1: there is no column but the target"],
    );
    let both = Csv {
        ignore: named(&["colour"]),
        ..categorical(&["colour"])
    };
    refused(both, text, None, &[key, "\"colour\"", "one of the two"]);
}

#[test]
fn a_column_that_counts_the_rows_is_warned_about() {
    let warnings = |csv: Csv, text: &str| read(csv, text, None).unwrap().reading.warnings;
    let text = "id,a,y\n7,1,0\n8,2,1\n9,4,0\n";
    let [warning] = &warnings(csv(), text)[..] else {
        panic!("expected one warning");
    };
    assert!(
        warning.contains("column \"id\" only counts the rows"),
        "{warning}"
    );
    assert!(warning.contains("ignore = [\"id\"]"), "{warning}");
    let ignored = Csv {
        ignore: named(&["id"]),
        ..csv()
    };
    assert!(warnings(ignored, text).is_empty());
    // Of two rows nothing can be said; halves are no index.
    assert!(warnings(csv(), "a,y\n1,0\n2,1\n").is_empty());
    assert!(warnings(csv(), "a,y\n1.5,0\n2.5,1\n3.5,1\n").is_empty());
    // It still counts where other cells make rows be dropped.
    let drop = Csv {
        missing: Missing::Drop,
        ..csv()
    };
    assert_eq!(warnings(drop, "id,a,y\n1,1,0\n2,,1\n3,4,1\n").len(), 1);
    // Neither is the step always 1 nor the order that of the file.
    let table = |rows: i64, a: fn(i64) -> i64| {
        let lines = (0..rows).map(|i| format!("{},{}\n", a(i), i % 2));
        format!("a,y\n{}", lines.collect::<String>())
    };
    let told = |rows: i64, a: fn(i64) -> i64| warnings(csv(), &table(rows, a)).join("\n");
    for (a, how) in [
        (
            (|i| 1000 + 10 * i) as fn(i64) -> i64,
            "changes by 10 from each row",
        ),
        (|i| 60 - i, "changes by -1 from each row"),
        (
            |i| 1 + i * 7 % 60,
            "holds each whole number from 1 to 60 once",
        ),
    ] {
        let told = told(60, a);
        assert!(
            told.contains(how) && told.contains("ignore = [\"a\"]"),
            "{told}"
        );
    }
    assert_eq!(told(9, |i| 1000 + 10 * i), "");
    assert_eq!(told(9, |i| 1 + i * 7 % 9), "");
    // Ages repeat, and squares leave numbers out.
    assert_eq!(told(60, |i| 20 + i * 7 % 50), "");
    assert_eq!(told(60, |i| i * i), "");
}

#[test]
fn more_classes_than_a_tenth_of_the_rows_are_warned_about() {
    let table = |rows: usize| {
        let lines = (0..rows).map(|i| format!("{},{}\n", i * i, i % 3));
        format!("a,y\n{}", lines.collect::<String>())
    };
    let warnings = |rows| load_f64(csv(), &table(rows), None, true).summary.warnings;
    assert!(warnings(30).is_empty());
    let [warning] = &warnings(29)[..] else {
        panic!("expected one warning");
    };
    assert!(warning.starts_with("3 classes in 29 rows"), "{warning}");
    assert!(warning.contains("train.loss = \"mse\""), "{warning}");
}
