//! The header of a CSV file: its delimiter, and what each column is for.

use std::collections::HashMap;

use csv::{Reader, ReaderBuilder, StringRecord, Trim};

use super::options::{Delimiter, TargetColumns};
use super::text::CsvText;
use super::words::finite;
use super::{CATEGORICAL, Csv, IGNORE, TARGET};
use crate::base::Problem;
use crate::base::nearest::nearest;

/// What a column of a file holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// What is to be predicted: the target with this index.
    Target(usize),
    /// The feature column with this index, in the order of the first file.
    Feature(usize),
    /// Nothing that is read.
    Ignored,
}

/// A reader of the file's records, split at the delimiter.
pub fn reader<'a>(file: &CsvText<'a>, delimiter: Delimiter) -> Reader<&'a [u8]> {
    ReaderBuilder::new()
        .flexible(true) // ragged rows get our own message
        .trim(Trim::All)
        .delimiter(delimiter.byte())
        .from_reader(file.text.as_bytes())
}

/// The delimiter that the header is written with: the one that makes the target `target`
/// a column, of several such the one with the most columns.
pub fn recognise(file: &CsvText, target: &TargetColumns) -> Delimiter {
    let fit = |delimiter: Delimiter| {
        let mut reader = reader(file, delimiter);
        let header = reader.headers().ok();
        header.map_or((false, 0), |names| {
            let is_target = |name: &str| target.place(name).is_some();
            (names.iter().any(is_target), names.len())
        })
    };
    // `max_by_key` takes the last of equals; the likeliest stands first.
    let likeliest_last = Delimiter::ALL.into_iter().rev();
    likeliest_last
        .max_by_key(|&delimiter| fit(delimiter))
        .unwrap_or(Delimiter::Comma)
}

/// The names of the feature columns: all but the target and the ignored ones.
///
/// # Errors
/// A name twice; no target; `categorical` or `ignore` name what is no column.
pub fn features(file: &CsvText, header: &StringRecord, csv: &Csv) -> Result<Vec<String>, Problem> {
    let columns = distinct(file, header)?;
    for (i, target) in csv.target.names().iter().enumerate() {
        if !columns.contains_key(target.as_str()) {
            let what = format!("no column is named {target:?}, the target");
            return Err(file.problem(0, what).help(advice(csv, target, header)));
        }
        if csv.target.place(target) != Some(i) {
            let what = format!("names {target:?} twice");
            return Err(Problem::at_key(TARGET, what).help("name every column once"));
        }
    }
    for (key, names) in [(CATEGORICAL, &csv.categorical), (IGNORE, &csv.ignore)] {
        for name in names {
            if csv.target.place(name).is_some() {
                let what = format!("names {name:?}, which is the target");
                return Err(Problem::at_key(key, what).help("it is for features: remove the name"));
            }
            if !columns.contains_key(name.as_str()) {
                let what = format!("no column is named {name:?}, which {key} names");
                return Err(file.problem(0, what).help(likest(name, header)));
            }
        }
    }
    if let Some(both) = csv.categorical.iter().find(|it| csv.ignore.contains(it)) {
        let what = format!("names {both:?}, which {IGNORE} leaves out");
        return Err(Problem::at_key(CATEGORICAL, what).help("name the column in one of the two"));
    }
    let is_feature = |name: &&str| csv.target.place(name).is_none() && !csv.ignores(name);
    let features: Vec<String> = header
        .iter()
        .filter(is_feature)
        .map(str::to_owned)
        .collect();
    if features.is_empty() {
        let target = listed(csv.target.names().iter().map(String::as_str));
        let what = format!("there is no column but the target, {target}, and those ignored");
        let help = "expected at least one column to predict the target from";
        return Err(file.problem(0, what).help(help));
    }
    Ok(features)
}

/// The columns that are read, in their order.
pub struct ReadColumns<'a> {
    /// The feature columns of the first file.
    pub features: &'a [String],
    /// The targets; none where nobody looks at them.
    pub targets: &'a [String],
}

/// What each column of a file holds.
///
/// # Errors
/// A name twice; columns that are not those of the first file.
pub fn roles(
    file: &CsvText,
    header: &StringRecord,
    csv: &Csv,
    ReadColumns { features, targets }: ReadColumns,
) -> Result<Vec<Role>, Problem> {
    let columns = distinct(file, header)?;
    let index: HashMap<&str, usize> = features.iter().map(String::as_str).zip(0..).collect();
    let expected = features.iter().chain(targets).map(String::as_str);
    let lacking = listed(expected.filter(|name| !columns.contains_key(name)));
    let is_extra = |name: &&str| {
        csv.target.place(name).is_none() && !index.contains_key(name) && !csv.ignores(name)
    };
    let extra = listed(header.iter().filter(is_extra));
    if !lacking.is_empty() || !extra.is_empty() {
        let mut what = "the columns are not those of the training file:".to_owned();
        for (names, which) in [(lacking, "lacking"), (extra, "not expected")] {
            if !names.is_empty() {
                what += &format!(" {which}: {names};");
            }
        }
        return Err(file
            .problem(0, what.trim_end_matches(';'))
            .help("both files need columns of the same names; their order is free"));
    }
    let role = |name: &str| match index.get(name) {
        Some(&feature) => Role::Feature(feature),
        None => {
            let target = targets.iter().position(|target| target == name);
            target.map_or(Role::Ignored, Role::Target)
        }
    };
    Ok(header.iter().map(role).collect())
}

/// The columns by name, counted from 1.
fn distinct<'a>(
    file: &CsvText,
    header: &'a StringRecord,
) -> Result<HashMap<&'a str, usize>, Problem> {
    let mut columns = HashMap::new();
    for (column, name) in (1..).zip(header) {
        if let Some(first) = columns.insert(name, column) {
            let what = format!("columns {first} and {column} are both named {name:?}");
            return Err(file.problem(0, what).help("give every column its own name"));
        }
    }
    Ok(columns)
}

/// How many names a message lists.
const LISTED: usize = 10;

/// A few names for a message, and how many more there are.
pub fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let shown = names[..names.len().min(LISTED)].join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What to do about a target that is not in the header.
fn advice(csv: &Csv, target: &str, header: &StringRecord) -> String {
    if header.iter().all(|name| finite(name).is_some()) {
        return "the first line must be a header with the columns' names".into();
    }
    match csv.delimiter {
        Some(delimiter) if header.len() == 1 => format!(
            "delimiter says that a {} parts the columns, but there is none in the header; \
             without delimiter it is recognised",
            delimiter.name()
        ),
        None if header.len() == 1 => {
            "columns must be parted by commas, semicolons, tabs or vertical bars".into()
        }
        _ => likest(target, header),
    }
}

/// The column that is most like `name`, else all of them.
fn likest(name: &str, header: &StringRecord) -> String {
    match nearest(name, header.iter()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("the columns are {}", listed(header.iter())),
    }
}
