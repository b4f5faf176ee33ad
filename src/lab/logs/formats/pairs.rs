//! Names and numbers in a printed line.

use crate::lab::logs::bare::is_layer;
use crate::lab::logs::names::{Meaning, meaning};
use crate::lab::logs::series::{Digits, LogSeries};
use crate::lab::logs::text::number::number;

/// A number and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedNumber {
    /// The name.
    pub name: String,
    /// The number.
    pub value: f64,
    /// How it is written.
    pub digits: Digits,
}

/// Words that are followed by a count without a colon between.
const COUNTS: [&str; 8] = [
    "iteration",
    "iter",
    "step",
    "epoch",
    "batch",
    "update",
    "global_step",
    "it",
];
/// Names whose value is the layer that the rest of the line is about.
const SUBJECTS: [&str; 6] = [
    "layer",
    "name",
    "param",
    "parameter",
    "module",
    "layer name",
];
/// The longest name.
const MOST_NAME: usize = 200;

/// The numbers of a line with their names, in their order. A part between bars that is a
/// name alone is what the next part is about.
pub fn pairs(line: &str) -> Vec<NamedNumber> {
    // PyTorch prints a number as `tensor(0.5)`.
    let clean: String = line
        .replace("tensor(", "")
        .chars()
        .map(|c| {
            if "[]()<>".contains(c) || c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let mut found = Vec::new();
    let mut subject = String::new();
    for part in clean.split(['|', ';']) {
        let before = found.len();
        let rest = values(part, &mut found, &mut subject);
        let told = counts(&rest);
        if !told.is_empty() {
            found.extend(told);
        } else if found.len() == before {
            let name = subject_of(part);
            if !name.is_empty() {
                subject = name;
            }
        }
    }
    if !subject.is_empty() {
        for pair in &mut found {
            let own = LogSeries {
                run: String::new(),
                name: pair.name.clone(),
                parts: None,
            };
            if meaning(&own) == Meaning::Total {
                pair.name = format!("{}/{subject}", pair.name.replace('/', "_"));
            }
        }
    }
    found
}

/// Takes `name: number` and `name = number` out of a part, and gives what is left behind the
/// last of them.
fn values(part: &str, found: &mut Vec<NamedNumber>, subject: &mut String) -> String {
    let mut begin = 0;
    let mut from = 0;
    while let Some(at) = part[from..].find([':', '=']).map(|at| at + from) {
        from = at + 1;
        let key = &part[begin..at];
        let value = part[from..].trim_start();
        let skipped = part[from..].len() - value.len();
        let end = value.find(char::is_whitespace).unwrap_or(value.len());
        let word = &value[..end];
        let Some((value, digits, length)) = leading_number(word) else {
            if SUBJECTS.contains(&&*name_of(key).to_ascii_lowercase()) {
                *subject = subject_of(word);
                begin = from + skipped + end;
                from = begin;
            } else if value.to_ascii_lowercase().starts_with("grad") && is_layer(&subject_of(key)) {
                // `fc1.weight: grad norm = 2e-3`
                *subject = subject_of(key);
                begin = from;
            }
            continue;
        };
        // "Epoch 3 loss: 0.5" tells two numbers.
        let mut name = name_of(key);
        let told = counts(key);
        if !told.is_empty() {
            found.extend(told);
            name = name_of(&after_count(key));
        }
        // `layer=3, grad_norm=0.016`
        let figure = &word[..length];
        let is_number = figure.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && SUBJECTS.contains(&&*name.to_ascii_lowercase()) {
            *subject = figure.to_owned();
            begin = from + skipped + length;
            from = begin;
            continue;
        }
        if name.chars().any(char::is_alphabetic) && name.len() <= MOST_NAME {
            found.push(NamedNumber {
                name,
                value,
                digits,
            });
        }
        begin = from + skipped + length;
        from = begin;
    }
    part[begin..].to_owned()
}

/// The number that a word begins with, and its length: `19,968`, `0.5,`, `12/24`, `0.19%`.
fn leading_number(word: &str) -> Option<(f64, Digits, usize)> {
    let trimmed = word.trim_end_matches([',', '.', '%', '/']);
    let whole = number(trimmed).map(|(value, digits)| (value, digits, trimmed.len()));
    whole.or_else(|| {
        let end = word.find([',', '/', '%', '\''])?;
        let (value, digits) = number(&word[..end])?;
        Some((value, digits, end))
    })
}

/// A name without what stands before it in its line: a time, a number with a unit.
fn name_of(key: &str) -> String {
    let key = key.rsplit(" - ").next().unwrap_or(key);
    let key = key.rsplit([',', '>']).next().unwrap_or(key);
    let key = key.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let words: Vec<&str> = key.split_whitespace().collect();
    let is_figure = |word: &&str| {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        is_number && word.parse::<u64>().is_err() || word.ends_with(':')
    };
    let at = words.iter().rposition(is_figure);
    words[at.map_or(0, |at| at + 1)..].join(" ")
}

/// Counts without a colon: `iteration  10/  24`, `Epoch 1/8`.
fn counts(text: &str) -> Vec<NamedNumber> {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|c: char| c.is_whitespace() || c == ',');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let count = |pair: &[&str]| {
        let name = pair[0].trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let name = COUNTS.iter().find(|own| **own == name)?;
        let figure = pair[1].split('/').next().unwrap_or_default();
        let figure = figure.trim_matches(|c: char| !c.is_ascii_digit());
        let (value, digits) = number(figure)?;
        let name = if *name == "it" { "iteration" } else { name };
        Some(NamedNumber {
            name: name.to_owned(),
            value,
            digits,
        })
    };
    words.windows(2).filter_map(count).collect()
}

/// What follows the count in a name.
fn after_count(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let at = words
        .iter()
        .rposition(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    words[at.map_or(0, |at| at + 1)..].join(" ")
}

/// The name of a layer that a part is, without bullets; empty where it is no name.
fn subject_of(part: &str) -> String {
    let part = part.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let mut words = part.split_whitespace();
    let (first, second, third) = (words.next(), words.next(), words.next());
    match (first, second, third) {
        (Some(name), None, _) => name.to_owned(),
        (Some(word), Some(name), None) if SUBJECTS.contains(&&*word.to_ascii_lowercase()) => {
            name.to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<(String, f64)> {
        let pairs = pairs(line).into_iter();
        pairs.map(|pair| (pair.name, pair.value)).collect()
    }

    fn value(line: &str, name: &str) -> f64 {
        let pairs = found(line);
        let pair = pairs.iter().find(|(own, _)| own == name);
        pair.unwrap_or_else(|| panic!("no {name} in {pairs:?}")).1
    }

    #[test]
    fn lines_of_known_programs() {
        let line = " [2026-11-27 23:12:44] iteration       10/      24 | consumed samples:  80 | lm loss: 3.884310E+00 | grad norm: 0.768 |";
        assert_eq!(value(line, "iteration"), 10.0);
        assert_eq!(value(line, "grad norm"), 0.768);
        assert_eq!(value(line, "lm loss"), 3.88431);
        let line = "[rank0]:[titan] 2026-11-27 23:12:48,396 - root - INFO - step: 1,018  loss:  3.8757  grad_norm:  0.6884  memory:  2.47GiB(3.12%)  tps: 19,968";
        assert_eq!(value(line, "step"), 1018.0);
        assert_eq!(value(line, "tps"), 19_968.0);
        assert_eq!(value(line, "grad_norm"), 0.6884);
        let line = "07/10/2024 16:33:31 [INFO|DP=0]: iteration: 2 / 24 | tokens_per_sec: 20K | lm_loss: 10.9 | lr: 1.94e-05 | grad_norm: 0.667";
        assert_eq!(value(line, "iteration"), 2.0);
        assert_eq!(value(line, "tokens_per_sec"), 20_000.0);
        assert_eq!(value(line, "lr"), 1.94e-5);
    }

    #[test]
    fn lines_of_loops_by_hand() {
        assert_eq!(
            found("Epoch 1/8 - loss: 1.4253"),
            [("epoch".to_owned(), 1.0), ("loss".to_owned(), 1.4253)]
        );
        assert_eq!(
            value(
                "  - fc1.weight   | grad norm: 0.000001",
                "grad norm/fc1.weight"
            ),
            1e-6
        );
        assert_eq!(
            value("Layer: fc1.weight, Grad norm: 0.25", "Grad norm/fc1.weight"),
            0.25
        );
        assert_eq!(
            value("Layer fc1 | gradient norm = 2e-3", "gradient norm/fc1"),
            2e-3
        );
        assert_eq!(
            value("fc1.weight grad norm: 0.5", "fc1.weight grad norm"),
            0.5
        );
        for line in [
            "fc1.weight: grad norm = 0.5",
            "fc1.weight | grad norm: tensor(0.5000, device='cuda:0')",
            "  fc1.weight: Grad norm: tensor(0.5)",
        ] {
            let pairs = found(line);
            assert!(
                pairs[0].0.eq_ignore_ascii_case("grad norm/fc1.weight"),
                "{pairs:?}"
            );
            assert_eq!(pairs[0].1, 0.5, "{line}");
        }
        // A layer by its number is one too.
        for line in [
            "Epoch 0: layer=3, grad_norm=0.016",
            "Layer 3 | grad_norm: 0.016",
            "layer: 3 | grad_norm: 0.016",
        ] {
            assert_eq!(value(line, "grad_norm/3"), 0.016, "{line}");
        }
        // What stands before the colon is no layer.
        assert_eq!(value("INFO: grad norm = 0.5", "grad norm"), 0.5);
        let line = "Epoch [2/5], Step [100/600], Loss: 0.25";
        assert_eq!(value(line, "step"), 100.0);
        assert_eq!(value(line, "Loss"), 0.25);
        assert_eq!(value("loss=0.5,lr=0.1", "lr"), 0.1);
    }
}
