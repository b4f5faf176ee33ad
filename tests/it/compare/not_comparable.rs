//! What has no difference is listed with its reason, never dropped, never a pass.

use super::sheet::{compare, json, json_of_nothing, of_layers, sheets};
use crate::desk::Desk;

#[test]
fn figures_without_a_log_are_shown_as_what_they_are() {
    let desk = sheets(&[
        &["1", "0", "NaN", "", "inf", "0", "", "1"],
        &["0", "1", "1", "1", "1", "0", "", "1"],
    ]);
    let whole = json(&desk, "a.csv b.csv");
    let results = of_layers(&whole, "result");
    let no = "not_comparable";
    assert_eq!(results, [no, no, no, no, no, "equal", no, "equal"]);
    let reasons = of_layers(&whole, "reason");
    let words: Vec<_> = reasons
        .iter()
        .map(|reason| reason.as_str().unwrap_or(""))
        .collect();
    let expected = [
        "B is 0",
        "A is 0",
        "A is NaN",
        "A is empty",
        "A is inf",
        "",
        "A is empty, B is empty",
        "",
    ];
    assert_eq!(words, expected);
    let lacks: Vec<_> = of_layers(&whole, "reference")
        .iter()
        .map(|side| side["lack"].clone())
        .collect();
    assert_eq!(lacks[1..7], ["0", "NaN", "empty", "inf", "0", "empty"]);
    assert_eq!(of_layers(&whole, "reference")[1]["log10"], "-inf");
    assert_eq!(of_layers(&whole, "difference")[5], 0.0);
    assert_eq!(whole["pairs"][0]["not_comparable_layers"], 6);
    let text = compare(&desk, "a.csv b.csv").fine().stdout;
    for words in ["layer 3: A is NaN", "layer 1: B is 0", "6 not comparable"] {
        assert!(text.contains(words), "{text}");
    }
    assert_eq!(compare(&desk, "a.csv b.csv --strict").code, Some(1));
}

#[test]
fn nan_is_not_equal_to_nan() {
    let desk = sheets(&[&["NaN", "1"], &["NaN", "1"]]);
    let strict = compare(&desk, "a.csv b.csv --strict");
    assert_eq!(strict.code, Some(1));
    assert!(
        strict.stdout.contains("A is NaN, B is NaN"),
        "{}",
        strict.stdout
    );
}

#[test]
fn a_mean_with_zeros_in_it_is_none() {
    let desk = Desk::empty();
    desk.write("a.csv", "step,layer,n_norm\n0,1,1\n0,2,0\n1,1,0\n1,2,0\n");
    let whole = json(&desk, "a.csv a.csv --at mean");
    assert_eq!(of_layers(&whole, "result"), ["not_comparable", "equal"]);
    assert_eq!(
        of_layers(&whole, "reason")[0],
        "A is 0 at 1 of 2 steps, B is 0 at 1 of 2 steps"
    );
}

#[test]
fn quantities_that_may_be_negative_are_listed() {
    let desk = Desk::empty();
    desk.write("a.csv", "step,layer,n_norm,mean\n0,1,1,-0.5\n0,2,1,0.5\n");
    let whole = json(&desk, "a.csv a.csv --quantity mean");
    assert_eq!(of_layers(&whole, "result"), ["not_comparable", "equal"]);
    assert_eq!(
        of_layers(&whole, "reason")[0],
        "A is negative, B is negative"
    );
    // Decay is that of the norm all the same; a column that is no norm has none.
    let outcome = &whole["targets"][0]["outcome"];
    assert_eq!(
        (&outcome["decay_norm"], &outcome["verdict"]),
        (&"n_norm".into(), &"healthy".into())
    );
    desk.write("b.csv", "step,layer,mean\n0,1,-0.5\n0,2,0.5\n");
    let whole = json(&desk, "b.csv b.csv --quantity mean");
    assert!(whole["targets"][0]["outcome"]["verdict"].is_null());
}

#[test]
fn other_norms_are_no_comparison() {
    let desk = Desk::empty();
    desk.write(
        "a.csv",
        "step,layer,activation_grad_norm,weight_norm\n0,1,1,1\n0,2,1,1\n",
    );
    desk.write("b.csv", "step,layer,weight_norm\n0,1,1\n0,2,1\n");
    let whole = json_of_nothing(&desk, "a.csv b.csv");
    assert_eq!(
        of_layers(&whole, "result"),
        ["not_comparable", "not_comparable"]
    );
    assert!(
        of_layers(&whole, "difference")
            .iter()
            .all(|difference| difference.is_null())
    );
    let reason = whole["pairs"][0]["not_comparable"][0].as_str().unwrap();
    assert!(
        reason.contains("activation_grad_norm") && reason.contains("--quantity"),
        "{reason}"
    );
    let strict = compare(&desk, "a.csv b.csv --strict --quiet");
    assert_eq!(strict.code, Some(1));
    assert!(
        strict.stdout.contains("none of 2 layers can be compared"),
        "{}",
        strict.stdout
    );
    // With a quantity that both have they can be, and whose decay it is is said.
    let whole = json(&desk, "a.csv b.csv --quantity weight_norm --strict");
    assert!(
        whole["remarks"][0].as_str().unwrap().contains("decay"),
        "{whole:#}"
    );
}

#[test]
fn cells_that_are_empty_in_both_are_not_equal() {
    let desk = Desk::empty();
    let text = include_str!("../../fixtures/cases/spellings/empty_cells.csv");
    desk.write("a.csv", text);
    desk.write("b.csv", text);
    let whole = json(&desk, "a.csv b.csv");
    assert_eq!(of_layers(&whole, "result")[5], "not_comparable");
    assert_eq!(of_layers(&whole, "reason")[5], "A is empty, B is empty");
    let strict = compare(&desk, "a.csv b.csv --strict");
    assert_eq!(strict.code, Some(1));
    assert!(!strict.stdout.contains("all 6"), "{}", strict.stdout);
}

/// Absent is neither empty nor anything else, and never equal.
#[test]
fn frozen_layers_are_absent_where_they_have_no_row() {
    let desk = Desk::empty();
    for (name, text) in [
        (
            "freeze.csv",
            include_str!("../../fixtures/cases/layers_come_and_go/freeze.csv"),
        ),
        (
            "full.csv",
            include_str!("../../fixtures/cases/layers_come_and_go/full.csv"),
        ),
    ] {
        desk.write(name, text);
    }
    let whole = json(&desk, "freeze.csv full.csv");
    assert_eq!(of_layers(&whole, "result"), ["equal"; 8]);
    let whole = json(&desk, "freeze.csv full.csv --at 7");
    let results = of_layers(&whole, "result");
    assert_eq!(results[..4], ["absent"; 4]);
    assert_eq!(results[4..], ["equal"; 4]);
    assert_eq!(whole["pairs"][0]["absent"], 4);
    assert_eq!(
        compare(&desk, "freeze.csv full.csv --at 7 --strict").code,
        Some(1)
    );
}

#[test]
fn a_quantity_without_a_single_figure_is_refused() {
    let desk = sheets(&[&["", ""], &["", ""]]);
    compare(&desk, "a.csv b.csv").refused(&["grad_norm", "empty in every layer", "--quantity"]);
}

#[test]
fn csv_tells_what_of_a_pair_cannot_be_compared() {
    let desk = Desk::empty();
    let rows = "step,layer,name,n_norm\n0,1,hidden_1,1\n0,2,hidden_2,1\n";
    desk.write("a.csv", rows);
    desk.write("b.csv", format!("{rows}0,3,hidden_3,1\n0,4,output,1\n"));
    let ended = compare(&desk, "a.csv b.csv --format csv --strict");
    assert_eq!(ended.code, Some(1));
    let told = ended
        .stdout
        .lines()
        .find(|line| line.contains("not_comparable"));
    assert!(told.unwrap().contains("output layer"), "{}", ended.stdout);
}

#[test]
fn the_end_of_a_run_that_lost_its_last_rows_is_not_another_step() {
    let desk = Desk::with(crate::desk::SMALL);
    desk.run("--out a").fine();
    desk.run("--out b").fine();
    let rows = desk.read("b/gradients.csv");
    desk.write("b/gradients.csv", &rows[..rows.len() - 200]);
    let ended = compare(&desk, "a b --at final");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("the last steps of B"),
        "{}",
        ended.stderr
    );
    let ended = compare(&desk, "a b --strict").fine();
    assert!(
        ended.stderr.contains("the run's summary tells of step 6"),
        "{}",
        ended.stderr
    );
}
