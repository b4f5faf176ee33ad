//! The gallery keeps what it promises: every file of `experiments/` has its parts, runs, and its
//! last line agrees with the run.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use vgrad::lab::decay::Verdict;

use crate::desk::Desk;

/// The files of `experiments/`, in order of name.
fn experiments() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "toml"))
        .collect();
    files.sort();
    files
}

fn stem(file: &Path) -> &str {
    file.file_stem().unwrap().to_str().unwrap()
}

/// The last line, without what introduces it; panics if it is something else.
fn expectation(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let last = text.lines().last().unwrap_or("");
    last.strip_prefix("# Expect: ")
        .unwrap_or_else(|| panic!("{}: the last line is no expectation: {last}", stem(file)))
        .to_owned()
}

/// What the expectation says of `label` for seeds 0, 1 and 2: one word for all, or three.
fn of_seeds<'a>(expectation: &'a str, label: &str) -> [&'a str; 3] {
    let (_, rest) = expectation.split_once(&format!(", {label} ")).unwrap();
    let words: Vec<&str> = rest
        .split([',', ' '])
        .next()
        .unwrap()
        .trim_end_matches('.')
        .split('/')
        .collect();
    match words[..] {
        [all] => [all; 3],
        [first, second, third] => [first, second, third],
        _ => panic!("{label}: {words:?} in {expectation}"),
    }
}

/// A figure of the expectation for seed 0 and half a unit of its last digit: the first of those
/// that follow `label`, as in "test accuracy 0.97/0.96/0.95".
fn figure(expectation: &str, label: &str) -> Option<(f64, f64)> {
    let (_, rest) = expectation.split_once(&format!("{label} "))?;
    let first = rest
        .split(['/', ',', ' '])
        .next()
        .unwrap()
        .trim_end_matches('.');
    let digits = first.split_once('.').map_or(0, |(_, digits)| digits.len());
    let value = first
        .parse()
        .unwrap_or_else(|_| panic!("{label}: {first} is no number"));
    Some((value, 0.5 * 0.1_f64.powi(digits as i32)))
}

/// Run an experiment as it stands but for `flags`, and read its summary.
fn run(file: &Path, flags: &[&str]) -> Value {
    let desk = Desk::empty();
    let words = ["run", file.to_str().unwrap(), "--out", "run", "--quiet"];
    desk.vgrad(words.iter().chain(flags).copied()).fine();
    desk.summary("run")
}

/// A number of a summary, which writes infinity as a string.
fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap(),
    }
}

#[test]
fn every_file_has_a_schema_a_question_and_an_expectation() {
    let files = experiments();
    assert!(files.len() >= 20, "{} files", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines();
        let name = stem(&file);
        assert_eq!(
            lines.next(),
            Some("#:schema ../vgrad.schema.json"),
            "{name}"
        );
        let question = lines.next().unwrap();
        assert!(
            question.starts_with("# ") && question.ends_with('?'),
            "{name}: {question}"
        );
        let expectation = expectation(&file);
        for part in ["seeds 0-2: test ", ", verdict ", ", attenuation "] {
            assert!(
                expectation.contains(part),
                "{name}: no {part:?} in {expectation}"
            );
        }
    }
}

/// A run's verdict is the worse of its first and its last step's, so that of the attenuation at
/// step 0 is the least of every seed.
#[test]
fn no_verdict_is_milder_than_the_attenuation_beside_it() {
    for file in experiments() {
        let expectation = expectation(&file);
        let verdicts = of_seeds(&expectation, "verdict");
        let attenuations = of_seeds(&expectation, "attenuation");
        for (verdict, attenuation) in verdicts.into_iter().zip(attenuations) {
            let said: Verdict = serde_json::from_value(verdict.into()).unwrap();
            let least = Verdict::of_attenuation(attenuation.parse().unwrap());
            assert!(said >= least, "{}: {expectation}", stem(&file));
        }
    }
}

/// Where the seeds differ in their verdict, all three are run.
#[test]
fn seeds_of_unlike_verdicts_begin_as_the_last_line_says() {
    for file in experiments() {
        let expectation = expectation(&file);
        let verdicts = of_seeds(&expectation, "verdict");
        let attenuations = of_seeds(&expectation, "attenuation");
        if verdicts == [verdicts[0]; 3] {
            continue;
        }
        for (seed, (verdict, attenuation)) in verdicts.iter().zip(attenuations).enumerate() {
            let seed = format!("--seed={seed}");
            let summary = run(&file, &["--set", "train.steps=1", &seed]);
            assert_eq!(summary["verdict"], *verdict, "{} {seed}", stem(&file));
            let measured = number(&summary["initial"]["attenuation_decades"]);
            let expected: f64 = attenuation.parse().unwrap();
            assert!(
                (measured - expected).abs() <= 0.025,
                "{} {seed}: {measured}",
                stem(&file)
            );
        }
    }
}

#[test]
fn every_file_begins_as_its_last_line_says() {
    for file in experiments() {
        let name = stem(&file);
        // One update: one that breaks the network at once is told, a slower fate is not.
        let summary = run(&file, &["--set", "train.steps=1"]);
        assert_eq!(summary["name"], name);
        let expectation = expectation(&file);
        let verdict = summary["verdict"].as_str().unwrap();
        let [expected, ..] = of_seeds(&expectation, "verdict");
        assert_eq!(verdict, expected, "{name}: {expectation}");
        // Step 0 depends on the draws alone; another machine rounds a little differently.
        let (expected, half_a_digit) = figure(&expectation, "attenuation").unwrap();
        let measured = number(&summary["initial"]["attenuation_decades"]);
        assert!(
            measured == expected || (measured - expected).abs() <= half_a_digit + 0.02,
            "{name}: an attenuation of {measured} decades, not: {expectation}"
        );
    }
}

/// The formula of experiments/README.md for the table of `own_csv`.
#[test]
fn the_table_of_fruits_is_the_one_described() {
    let mut table = "number,length,width,mass,colour,kind\n".to_owned();
    for i in 1..=360u32 {
        let draw = |square: f64| (f64::from(i) * square.sqrt()).fract();
        let (kind, length, width, density, colours) = match i % 3 {
            0 => ("apple", 70.0, 72.0, 0.5, ["red", "green", "yellow"]),
            1 => ("pear", 95.0, 65.0, 0.42, ["green", "yellow", "green"]),
            _ => ("plum", 45.0, 38.0, 0.55, ["blue", "red", "blue"]),
        };
        let length = length + 20.0 * (draw(2.0) - 0.5);
        let width = width + 16.0 * (draw(3.0) - 0.5);
        let mass = length * width * width * density / 1000.0 * (1.0 + 0.2 * (draw(5.0) - 0.5));
        let mass = if i % 41 == 0 {
            String::new()
        } else {
            format!("{mass:.0}")
        };
        let colour = if i % 53 == 0 {
            "NA"
        } else {
            colours[(3.0 * draw(7.0)) as usize]
        };
        table += &format!("{i},{length:.0},{width:.0},{mass},{colour},{kind}\n");
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/own_csv.csv");
    assert_eq!(fs::read_to_string(file).unwrap(), table);
}

/// Training amplifies rounding, so accuracies of other machines differ by some samples of the 359:
/// the tolerance is 0.06.
#[test]
fn the_quickest_files_end_as_their_last_lines_say() {
    for name in [
        "sigmoid_3",
        "sigmoid_5_adam",
        "spirals_relu",
        "deep_sigmoid_batch_norm",
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("experiments/{name}.toml"));
        let expectation = expectation(&file);
        let (expected, half_a_digit) = figure(&expectation, "test accuracy").unwrap();
        let measured = number(&run(&file, &[])["test_accuracy"]);
        assert!(
            (measured - expected).abs() <= half_a_digit + 0.06,
            "{name}: an accuracy of {measured}, not: {expectation}"
        );
    }
}
