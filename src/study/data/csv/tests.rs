//! The CSV source, from files to rows or messages.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::table::Table;
use super::text::CsvText;
use super::*;
use crate::data::synthetic::tests::rows;
use crate::nn::loss::{TargetKind, Targets};

const CLASSES: Option<TargetKind> = Some(TargetKind::Classes);
const NUMBERS: Option<TargetKind> = Some(TargetKind::Numbers);

/// Loads a table, and a test table if there is one, with target `y`.
fn load(
    train: &[u8],
    test: Option<&[u8]>,
    targets: Option<TargetKind>,
) -> Result<RawTable, Problem> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.csv"), train).unwrap();
    if let Some(test) = test {
        fs::write(folder.path().join("test.csv"), test).unwrap();
    }
    let csv = Csv {
        test_path: test.map(|_| "test.csv".into()),
        ..Csv::new("train.csv", "y")
    };
    csv.load(&LoadContext {
        seed: 0,
        base_dir: folder.path(),
        targets,
    })
}

#[test]
fn columns_keep_their_order_and_the_target_may_be_anywhere() {
    let raw = load(b"a,y,b\n1, cat ,2\n3,ant,-4e1\n", None, CLASSES).unwrap();
    assert_eq!(rows(&raw), [[1.0, 2.0], [3.0, -40.0]]);
    assert_eq!(raw.targets, Targets::Classes(vec![1, 0]));
    assert_eq!(raw.class_names, ["ant", "cat"]);
    assert_eq!(raw.test_rows, None);
}

#[test]
fn mse_reads_the_target_as_a_number() {
    let raw = load(b"x,y\n1,0.5\n2,-3\n", None, NUMBERS).unwrap();
    let Targets::Numbers(numbers) = &raw.targets else {
        panic!("mse wants numbers");
    };
    assert_eq!(numbers.shape(), [2, 1]);
    assert_eq!(numbers.iter().copied().collect::<Vec<_>>(), [0.5, -3.0]);
    assert!(raw.class_names.is_empty());
}

#[test]
fn the_test_file_is_matched_by_name() {
    let raw = load(b"a,b,y\n1,2,0\n3,4,2\n", Some(b"y,b,a\n2.0,6,5\n"), CLASSES).unwrap();
    assert_eq!(rows(&raw), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    assert_eq!(raw.targets, Targets::Classes(vec![0, 1, 1]));
    assert_eq!(raw.class_names, ["0", "2"]);
    assert_eq!(raw.test_rows, Some(1));
}

#[test]
fn a_class_of_the_test_file_alone_is_refused() {
    let test = b"a,y\r\n\r\n1,cat\r\n2,dog\r\n3,eel\r\n4,dog\r\n";
    let problem = load(b"a,y\n1,cat\n2,ant\n", Some(test), CLASSES).unwrap_err();
    let message = problem.to_string();
    assert!(
        message.contains("test.csv:4: column \"y\": no row of "),
        "{message}"
    );
    assert!(
        message.contains("train.csv has the class \"dog\""),
        "{message}"
    );
    // A class of the training file alone is none of its business.
    load(b"a,y\n1,cat\n2,ant\n", Some(b"a,y\n1,cat\n"), CLASSES).unwrap();
}

#[test]
fn quotes_bom_crlf_and_blank_lines_are_read() {
    let raw = load(
        "\u{feff}a,y\r\n\r\n\"1\",\"x, or\ny\"\r\n2,z\r\n".as_bytes(),
        None,
        CLASSES,
    )
    .unwrap();
    assert_eq!(rows(&raw), [[1.0], [2.0]]);
    assert_eq!(raw.class_names, ["x, or\ny", "z"]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let cases: &[(&str, &str)] = &[
        ("", "train.csv: the file is empty"),
        ("\n \n", "train.csv: the file is empty"),
        ("a,y\n", "train.csv: there is a header but no row"),
        (
            "a,b,a,y\n1,2,3,4\n",
            "train.csv:1: columns 1 and 3 are both named \"a\"",
        ),
        (
            "a,Y1\n1,2\n",
            "train.csv:1: no column is named \"y\", the target\n  help: did you mean \"Y1\"?",
        ),
        (
            "height,width\n1,2\n",
            "help: the columns are \"height\", \"width\"",
        ),
        ("1,2\n3,4\n", "help: the first line must be a header"),
        (
            "a/y\n1/2\n",
            "help: columns must be parted by commas, semicolons, tabs or vertical bars",
        ),
        (
            "a;y\n1;0\n2,5;1\n",
            "train.csv:3: column \"a\": found \"2,5\", expected a finite number\n  help: numbers are \
             written with a point",
        ),
        (
            "a,b,y\n1,red,0\n",
            "expected a finite number\n  help: every feature is a number; in data.source.csv set \
             categorical = [\"b\"]",
        ),
        (
            "y\n1\n2\n",
            "train.csv:1: there is no column but the target",
        ),
        ("a,y\n1,0\n2\n", "train.csv:3: 1 cell, expected 2"),
        (
            "a,y\r\n1,0\r\n2,0,1\r\n",
            "train.csv:3: 3 cells, expected 2",
        ),
        (
            "a,y\n\n\n1,0\n\nx,0\n",
            "train.csv:6: column \"a\": found \"x\", expected a finite number",
        ),
        (
            "a,y\n1,0\n,1\n",
            "train.csv:3: column \"a\": found an empty cell",
        ),
        (
            "a,y\nnan,0\n",
            "train.csv:2: column \"a\": found \"nan\", expected a finite number",
        ),
        ("a,y\n-inf,0\n", "train.csv:2: column \"a\": found \"-inf\""),
        (
            "a,y\n1e999,0\n",
            "train.csv:2: column \"a\": found \"1e999\"",
        ),
        (
            "a,y\n1,\n",
            "train.csv:2: column \"y\": found an empty cell, expected a class",
        ),
        (
            "a,y\n1,0\n2,NaN\n3,1\n",
            "train.csv:3: column \"y\": found \"NaN\", expected a class",
        ),
        (
            "a,y\n1,0\n2,inf\n3,1\n",
            "train.csv:3: column \"y\": found \"inf\", expected a finite number",
        ),
        (
            "a,y\n1,0\n2,0.0\n",
            "train.csv: column \"y\" holds one class only, \"0\"",
        ),
    ];
    for (text, expected) in cases {
        let problem = load(text.as_bytes(), None, CLASSES).unwrap_err();
        let message = problem.to_string();
        assert!(message.contains(expected), "{text:?}: {message}");
        assert!(problem.help.is_some(), "{text:?}");
    }
}

#[test]
fn text_that_is_not_utf8_is_named_with_its_line() {
    let latin1 = load(b"a,y\n1,caf\xe9\n", None, CLASSES).unwrap_err();
    assert!(
        latin1.to_string().contains("train.csv:2: byte 0xe9"),
        "{latin1}"
    );
    let utf16 = load(b"\xff\xfea\0,\0y\0", None, CLASSES).unwrap_err();
    assert!(utf16.help.unwrap().contains("UTF-8"));
    let gzip = load(b"\x1f\x8b\x08\0", None, CLASSES).unwrap_err();
    assert!(gzip.help.unwrap().contains("unpack"));
}

#[test]
fn a_word_is_no_number_to_predict() {
    let problem = load(b"a,y\n1,cat\n", None, NUMBERS).unwrap_err();
    assert!(
        problem
            .to_string()
            .contains(":2: column \"y\": found \"cat\"")
    );
    assert!(problem.help.unwrap().contains("cross_entropy"));
}

#[test]
fn other_columns_in_the_test_file_are_named() {
    let problem = load(b"a,b,y\n1,2,0\n3,4,1\n", Some(b"a,c,y\n1,2,0\n"), CLASSES).unwrap_err();
    let message = problem.to_string();
    assert!(message.contains("test.csv:1: "), "{message}");
    assert!(
        message.contains("lacking: \"b\"; not expected: \"c\""),
        "{message}"
    );
}

#[test]
fn a_long_cell_is_cut_in_the_message() {
    let text = format!("a,y\n\"{},0\n2,1\n", "long ".repeat(1000));
    let problem = load(text.as_bytes(), None, CLASSES).unwrap_err();
    assert!(problem.to_string().len() < 300, "{problem}");
}

#[test]
fn a_missing_test_file_is_named_with_its_key() {
    let csv = Csv {
        test_path: Some("test.csv".into()),
        ..Csv::new("none.csv", "y")
    };
    let folder = tempfile::tempdir().unwrap();
    let problem = csv
        .load(&LoadContext {
            seed: 0,
            base_dir: folder.path(),
            targets: Some(TargetKind::Classes),
        })
        .unwrap_err();
    assert!(problem.help.unwrap().contains("data.source.csv.path"));
    assert_eq!(
        csv.input_files(),
        [
            ("data.source.csv.path", Path::new("none.csv")),
            ("data.source.csv.test_path", Path::new("test.csv")),
        ]
    );
}

/// Parses one table in memory.
fn parse(bytes: &[u8], numeric: bool) -> Result<RawTable, Problem> {
    let path = Path::new("any.csv");
    let csv = Csv::new(path, "y");
    let mut table = Table::new(&csv, if numeric { NUMBERS } else { CLASSES });
    let rows = table.append(&CsvText::new(path, bytes)?)?;
    let raw = table.finish(path, None)?;
    assert_eq!(raw.samples(), rows);
    Ok(raw)
}

proptest! {
    #[test]
    fn any_bytes_give_rows_or_a_message(bytes: Vec<u8>, numeric: bool) {
        let _ = parse(&bytes, numeric);
    }

    #[test]
    fn any_text_below_a_header_gives_rows_or_a_message(
        body in "[-0-9a.e,\"\r\n y\u{e9}]{0,60}",
        numeric: bool,
    ) {
        if let Ok(raw) = parse(format!("a,y\n{body}").as_bytes(), numeric) {
            prop_assert!(rows(&raw).concat().iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn numbers_come_back_as_written(values in prop::collection::vec(
        (prop::num::f64::NORMAL, prop::num::f64::NORMAL, prop::num::f64::NORMAL), 1..20,
    )) {
        let mut text = "a,y,b\n".to_owned();
        for (a, y, b) in &values {
            text += &format!("{a:e},{y},{b}\n");
        }
        let raw = parse(text.as_bytes(), true).unwrap();
        let inputs: Vec<Vec<f64>> = values.iter().map(|&(a, _, b)| vec![a, b]).collect();
        prop_assert_eq!(rows(&raw), inputs);
        let Targets::Numbers(targets) = raw.targets else { panic!("numbers") };
        prop_assert!(targets.iter().eq(values.iter().map(|(_, y, _)| y)));
    }
}
