//! The forms of the result.

use serde_json::Value;

use super::sheet::{compare, json, one_step, sheets};
use crate::desk::{Desk, SMALL};
use crate::table::Table;

#[test]
fn json_has_no_nan_and_keeps_its_keys() {
    let desk = sheets(&[
        &["NaN", "0", "inf", "", "1"],
        &["inf", "NaN", "1", "0", "2"],
    ]);
    let whole = json(&desk, "a.csv b.csv");
    let keys: Vec<_> = whole
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "schema_version",
        "vgrad_version",
        "at",
        "tolerance_decades",
        "holds",
        "targets",
        "spec_changes",
        "pairs",
        "remarks",
        "warnings",
    ];
    assert_eq!(keys, expected);
    let layer = whole["pairs"][0]["layers"][0].as_object().unwrap();
    let keys: Vec<_> = layer.keys().map(String::as_str).collect();
    let expected = [
        "layer",
        "name",
        "other_layer",
        "reference",
        "other",
        "difference",
        "difference_low",
        "difference_high",
        "result",
        "reason",
    ];
    assert_eq!(keys, expected);
    assert_eq!(layer["reference"]["log10"], "NaN");
    assert_eq!(layer["other"]["log10"], "inf");
    assert!(layer["difference"].is_null());
}

#[test]
fn markdown_tables_are_well_formed_and_whole() {
    let desk = Desk::with(SMALL);
    desk.run("--set network.depth=60 --out a").fine();
    desk.run("--set network.depth=60 --set network.activation.leaky_relu.slope=0.1 --out b")
        .fine();
    let odd = "a|b_<c>.csv";
    desk.write(odd, one_step(&["1", "1", "1"]));
    for targets in ["a b", "a b a b", &format!("a {odd} b")] {
        let text = compare(&desk, &format!("{targets} --format markdown"))
            .fine()
            .stdout;
        let mut width = None;
        let mut tables = 0;
        for line in text.lines() {
            let Some(inner) = line.strip_prefix("| ").or(line.strip_prefix("|-")) else {
                assert!(!line.starts_with('|'), "{line}");
                width = None;
                continue;
            };
            let cells = inner.replace("\\|", "").matches('|').count();
            tables += usize::from(width.is_none());
            assert_eq!(*width.get_or_insert(cells), cells, "{line}");
        }
        assert!(tables >= 3, "{text}");
        assert!(text.contains("| 37 |"), "all layers: {text}");
        assert!(!text.contains('\u{1b}'));
    }
}

#[test]
fn csv_has_a_row_per_pair_and_layer() {
    let desk = sheets(&[&["1", "1e-2", "0"], &["1e1", "1e-4", "0"], &["1", "", "1"]]);
    let text = compare(&desk, "a.csv b.csv c.csv --format csv")
        .fine()
        .stdout;
    let table = Table::parse(&text);
    let expected = [
        "reference",
        "other",
        "quantity",
        "other_quantity",
        "at",
        "layer",
        "name",
        "other_layer",
        "reference_log10",
        "reference_low",
        "reference_high",
        "other_log10",
        "other_low",
        "other_high",
        "difference",
        "difference_low",
        "difference_high",
        "result",
        "reason",
    ];
    assert_eq!(table.header, expected);
    assert_eq!(
        table.cells("other"),
        ["b.csv", "b.csv", "b.csv", "c.csv", "c.csv", "c.csv"]
    );
    assert_eq!(table.cells("difference"), ["1", "-2", "0", "0", "", ""]);
    assert_eq!(
        table.cells("reference_log10"),
        ["0", "-2", "-inf", "0", "-2", "-inf"]
    );
    let results = [
        "differs",
        "differs",
        "equal",
        "equal",
        "not_comparable",
        "not_comparable",
    ];
    assert_eq!(table.cells("result"), results);
}

#[test]
fn quiet_is_the_conclusion_alone() {
    let desk = sheets(&[&["1", "1"], &["1", "1e-3"], &["1", "1"]]);
    for form in ["human", "markdown"] {
        let quiet = compare(&desk, &format!("a.csv b.csv --quiet --format {form}")).fine();
        let expected = "1 of 2 layers differs by more than 0.1 decades; largest: layer 2, -3.00\n";
        assert_eq!(quiet.stdout, expected);
    }
    let whole: Value = json(&desk, "a.csv b.csv --quiet");
    assert_eq!(whole["pairs"][0]["layers"].as_array().unwrap().len(), 2);
    let quiet = compare(&desk, "a.csv b.csv c.csv -q").fine().stdout;
    assert_eq!(quiet.lines().count(), 2);
    assert!(
        quiet.ends_with("C (c.csv): all 2 layers are equal, to the last digit\n"),
        "{quiet}"
    );
}

#[test]
fn many_layers_are_thinned_out_but_for_the_worst() {
    let desk = Desk::empty();
    let mut cells = ["1"; 200];
    desk.write("a.csv", one_step(&cells));
    cells[122] = "1e-7";
    desk.write("b.csv", one_step(&cells));
    let lines = |arguments: &str| {
        let text = compare(&desk, arguments).fine().stdout;
        let table = text.lines().skip_while(|line| !line.starts_with(" layer"));
        let table = table.skip(1).take_while(|line| !line.is_empty());
        table.map(str::to_owned).collect::<Vec<_>>()
    };
    let short = lines("a.csv b.csv");
    assert!(short.len() < 60, "{short:#?}");
    assert!(
        short
            .iter()
            .any(|line| line.trim_start().starts_with("123 ") && line.contains("-7.00"))
    );
    assert!(
        short
            .iter()
            .any(|line| line.trim_start().starts_with("200 "))
    );
    let hidden = 200 - (short.len() - 1);
    assert_eq!(
        short.last().unwrap(),
        &format!(" and {hidden} more layers; -v shows them all")
    );
    assert_eq!(lines("a.csv b.csv -v").len(), 200);
}

#[test]
fn six_groups_fit_into_100_columns() {
    let desk = Desk::with(SMALL);
    desk.run("--seeds 2 --out first_group").fine();
    desk.run(
        "--seed 3 --seeds 2 --set network.activation.leaky_relu.slope=0.123456 --out second_group",
    )
    .fine();
    for targets in [
        "first_group second_group",
        "first_group second_group first_group second_group first_group second_group",
    ] {
        let text = compare(&desk, targets).fine().stdout;
        for line in text.lines() {
            // Sentences may be longer, tables may not.
            if line.starts_with(' ') {
                assert!(line.chars().count() <= 100, "{line}");
            }
        }
        assert!(!text.contains('\u{1b}'), "no colours into a pipe");
    }
}
