//! What is said of a run whose log was rewritten: steps of a known size, gradients that fall,
//! layers whose units are all off.

use serde_json::Value;

use crate::desk::Desk;

use super::{SPEC, diagnosis, sets};

/// A run that learns nothing, logged at every fifth of its 40 steps, with other cells in
/// `gradients.csv`: by step, layer and column; empty ones stay so.
fn rewritten(changes: &[&str], cell: impl Fn(&str, &str, &str) -> Option<&'static str>) -> Value {
    let desk = Desk::with(SPEC);
    let words = ["run", "trial.toml", "-q", "--out", "run"];
    let idle = ["train.learning_rate=1e-9", "log.every=5"];
    let changes = [&idle[..], changes].concat();
    desk.vgrad(words.into_iter().chain(sets(&changes))).fine();
    let table = desk.table("run/gradients.csv");
    let [step, layer] = ["step", "layer"].map(|name| table.column(name));
    let mut text = table.header.join(",") + "\n";
    for row in &table.rows {
        let cells = table.header.iter().zip(row).map(|(name, old)| {
            let new = cell(&row[step], &row[layer], name);
            new.filter(|_| !old.is_empty()).unwrap_or(old)
        });
        text += &(cells.collect::<Vec<&str>>().join(",") + "\n");
    }
    desk.write("run/gradients.csv", text);
    diagnosis(&desk, "run")
}

/// What is told of a mechanism: its sentence and its rate.
fn told(found: &Value, name: &str) -> (String, Value) {
    let mut mechanisms = found["mechanisms"].as_array().unwrap().iter();
    let one = mechanisms.find(|one| one["name"] == name);
    let one = one.unwrap_or_else(|| panic!("no {name}: {found:#}"));
    let sentence = one["sentence"].as_str().unwrap().to_owned();
    (sentence, one["rate"].clone())
}

/// The first step changes the weights by `first` of their size, the others by 10⁻⁶; the gradient
/// is `after` from step 5 on, and 0.02 before.
fn of_steps(first: &'static str, after: &'static str) -> (String, Value) {
    let found = rewritten(&[], |step, _, column| match column {
        "update_ratio" if step == "0" => Some(first),
        "update_ratio" => Some("1e-6"),
        "activation_grad_norm" if step == "0" => Some("0.02"),
        "activation_grad_norm" => Some(after),
        _ => None,
    });
    told(&found, "healthy_but_not_learning")
}

#[test]
fn first_steps_that_ruin_the_gradients_are_too_large_and_not_too_small() {
    let (sentence, rate) = of_steps("6e-3", "1e-4");
    assert_eq!(rate, "too_large_at_first", "{sentence}");
    assert!(
        sentence.contains("by step 10") && sentence.contains("warm-up"),
        "{sentence}"
    );
    // Where the gradient stays, one large step among 40 may yet have changed much: 0.24 at most.
    let (sentence, rate) = of_steps("6e-3", "0.02");
    assert_eq!(rate, Value::Null, "{sentence}");
}

/// 40 steps of at most 5·10⁻⁴ are at most 0.02, whatever their mean.
#[test]
fn what_all_steps_change_at_most_goes_by_the_largest() {
    let (sentence, rate) = of_steps("5e-4", "0.02");
    assert_eq!(rate, "too_small", "{sentence}");
    assert!(
        sentence.contains("0.0200 over all 40 steps at most"),
        "{sentence}"
    );
}

#[test]
fn nothing_gets_past_dead_units_only_where_nothing_leads_around_them() {
    let recurrent = [
        "data.positions=2",
        "network.architecture={recurrent={cell=\"rnn\"}}",
        "network.depth=1",
    ];
    for (changes, dead, words) in [
        (&[][..], "2", "nothing gets past it"),
        (&["network.skip=identity"], "2", "the skip leads past it"),
        (&recurrent, "1", "inputs enter at every later time step"),
    ] {
        let found = rewritten(changes, |_, layer, column| {
            (column == "dead_fraction" && layer == dead).then_some("1")
        });
        let (sentence, _) = told(&found, "dead_units");
        assert!(sentence.contains(words), "{changes:?}: {sentence}");
        let claims = sentence.contains("nothing gets past it");
        assert_eq!(claims, changes.is_empty(), "{sentence}");
    }
}
