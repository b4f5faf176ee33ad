//! CSV files written by hand, and comparisons of them.

use serde_json::Value;

use crate::desk::{Desk, Ended};

/// A CSV of one step, layers from 1, as a hook might write it: the column
/// `grad_norm` holds `cells`.
pub fn one_step(cells: &[&str]) -> String {
    let rows = cells.iter().enumerate();
    let rows = rows.map(|(i, cell)| format!("0,{},{cell}\n", i + 1));
    "step,layer,grad_norm\n".to_owned() + &rows.collect::<String>()
}

/// A desk with the files a.csv, b.csv … of one step each.
pub fn sheets(files: &[&[&str]]) -> Desk {
    let desk = Desk::empty();
    for (name, cells) in ["a.csv", "b.csv", "c.csv"].into_iter().zip(files) {
        desk.write(name, one_step(cells));
    }
    desk
}

/// `vgrad compare` with arguments given in one line.
pub fn compare(desk: &Desk, arguments: &str) -> Ended {
    desk.vgrad(["compare"].into_iter().chain(arguments.split_whitespace()))
}

/// The same as JSON, which must have ended with 0.
#[track_caller]
pub fn json(desk: &Desk, arguments: &str) -> Value {
    let ended = compare(desk, &format!("{arguments} --format json")).fine();
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The same where no layer can be compared, which ends with 2.
#[track_caller]
pub fn json_of_nothing(desk: &Desk, arguments: &str) -> Value {
    let ended = compare(desk, &format!("{arguments} --format json"));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

/// One key of every layer of the first pair.
pub fn of_layers(whole: &Value, key: &str) -> Vec<Value> {
    let layers = whole["pairs"][0]["layers"].as_array().unwrap();
    layers.iter().map(|layer| layer[key].clone()).collect()
}

/// The numbers under a key of every layer of the first pair.
#[track_caller]
pub fn numbers(whole: &Value, key: &str) -> Vec<f64> {
    let numbers = of_layers(whole, key);
    numbers
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}
