//! Rows gathered from one or two CSV files.

use std::collections::HashMap;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use ndarray::Array2;

use super::classes::{Labels, finite};
use super::text::Text;
use crate::base::Problem;
use crate::nn::loss::Targets;
use crate::study::data::raw::{Inputs, Raw};

/// The training rows and after them the test rows.
pub struct Table {
    target: String,
    /// The features' names, in the order of the first file.
    features: Vec<String>,
    inputs: Vec<f64>,
    targets: Column,
    /// The first NaN or infinity among class labels: an error if they are numbers.
    gap: Option<Problem>,
}

/// The target column.
enum Column {
    Numbers(Vec<f64>),
    Labels(Labels),
}

/// What a column of a file holds.
#[derive(Clone, Copy)]
enum Role {
    Target,
    /// The feature with this index.
    Feature(usize),
}

impl Table {
    /// An empty table; `numeric`: the target is a number, not a class.
    pub fn new(target: &str, numeric: bool) -> Self {
        Self {
            target: target.to_owned(),
            features: Vec::new(),
            inputs: Vec::new(),
            targets: if numeric {
                Column::Numbers(Vec::new())
            } else {
                Column::Labels(Labels::default())
            },
            gap: None,
        }
    }

    /// Adds a file's rows and says how many.
    ///
    /// # Errors
    /// Columns or cells that are not what is expected; no rows.
    pub fn append(&mut self, file: &Text) -> Result<usize, Problem> {
        let mut reader = ReaderBuilder::new()
            .flexible(true) // ragged rows get our own message
            .trim(Trim::All)
            .from_reader(file.text.as_bytes());
        let unreadable = |error: csv::Error| Problem::in_file(file.path, error.to_string());
        let header = reader.headers().map_err(unreadable)?.clone();
        let roles = self.roles(file, &header)?;
        // One comma per feature and row: growing step by step would hold up to
        // three times the memory.
        let commas = file.text.bytes().filter(|&byte| byte == b',').count();
        self.inputs.reserve_exact(commas);
        let mut record = StringRecord::new();
        let mut rows = 0;
        while reader.read_record(&mut record).map_err(unreadable)? {
            self.append_row(&Row {
                file,
                header: &header,
                roles: &roles,
                cells: &record,
            })?;
            rows += 1;
        }
        if rows == 0 {
            return Err(Problem::in_file(file.path, "there is a header but no row")
                .help("expected one row per sample below the header"));
        }
        Ok(rows)
    }

    /// What each column holds. The first file sets the features.
    fn roles(&mut self, file: &Text, header: &StringRecord) -> Result<Vec<Role>, Problem> {
        let mut columns = HashMap::new();
        for (column, name) in (1..).zip(header) {
            if let Some(first) = columns.insert(name, column) {
                let what = format!("columns {first} and {column} are both named {name:?}");
                return Err(file.problem(0, what).help("give every column its own name"));
            }
        }
        if !columns.contains_key(self.target.as_str()) {
            let what = format!("no column is named {:?}, the target", self.target);
            return Err(file.problem(0, what).help(advice(&self.target, header)));
        }
        if header.len() == 1 {
            let what = format!("there is no column but the target, {:?}", self.target);
            let help = "expected at least one column of numbers to predict the target from";
            return Err(file.problem(0, what).help(help));
        }
        if self.features.is_empty() {
            let features = header.iter().filter(|&name| name != self.target);
            self.features = features.map(str::to_owned).collect();
        }
        let lacking = self.features.iter().map(String::as_str);
        let lacking = listed(lacking.filter(|name| !columns.contains_key(name)));
        let index: HashMap<&str, usize> =
            self.features.iter().map(String::as_str).zip(0..).collect();
        let is_extra = |name: &&str| *name != self.target && !index.contains_key(name);
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
        let role = |name| index.get(name).map_or(Role::Target, |&i| Role::Feature(i));
        Ok(header.iter().map(role).collect())
    }

    /// Adds one row.
    fn append_row(&mut self, row: &Row) -> Result<(), Problem> {
        if row.cells.len() != row.header.len() {
            let what = format!(
                "{} cells, expected {} as in the header",
                row.cells.len(),
                row.header.len()
            );
            let help = "a cell that contains a comma must be in double quotes";
            return Err(row.problem(what).help(help));
        }
        let start = self.inputs.len();
        self.inputs.resize(start + self.features.len(), 0.0);
        for (column, role) in row.roles.iter().enumerate() {
            match (role, &mut self.targets) {
                (Role::Feature(feature), _) => {
                    self.inputs[start + feature] = row.number(column, FEATURE_HELP)?;
                }
                (Role::Target, Column::Numbers(numbers)) => {
                    numbers.push(row.number(column, TARGET_HELP)?);
                }
                (Role::Target, Column::Labels(labels)) => {
                    let label = &row.cells[column];
                    if label.is_empty() {
                        return Err(row
                            .unexpected(column, "a class")
                            .help("fill in the class or remove the row"));
                    }
                    if self.gap.is_none() && label.parse().is_ok_and(|v: f64| !v.is_finite()) {
                        self.gap = Some(
                            row.unexpected(column, "a finite number, as in the other rows")
                                .help("fill in the class or remove the row"),
                        );
                    }
                    labels.push(label);
                }
            }
        }
        Ok(())
    }

    /// All rows, of which the last `test_rows` come from a test file.
    /// `path` is the training file.
    ///
    /// # Errors
    /// The target column holds a single class, or numbers and NaN.
    pub fn finish(self, path: &Path, test_rows: Option<usize>) -> Result<Raw, Problem> {
        let (targets, class_names) = match self.targets {
            Column::Numbers(numbers) => {
                let shape = (numbers.len(), 1);
                let numbers = Array2::from_shape_vec(shape, numbers).expect("one column");
                (Targets::Numbers(numbers), Vec::new())
            }
            Column::Labels(labels) => {
                if let Some(gap) = self.gap
                    && labels.are_numbers_with_gaps()
                {
                    return Err(gap);
                }
                let (names, rows) = labels.finish();
                if let [only] = names.as_slice() {
                    let what = format!("column {:?} holds one class only, {only:?}", self.target);
                    let help =
                        "expected at least two classes; with loss = \"mse\" the target is a number";
                    return Err(Problem::in_file(path, what).help(help));
                }
                (Targets::Classes(rows), names)
            }
        };
        Ok(Raw {
            inputs: Inputs::Numbers(self.inputs),
            features: self.features.len(),
            targets,
            class_names,
            test_rows,
        })
    }
}

const FEATURE_HELP: &str =
    "every column but the target must hold numbers: fill in, encode or remove this one";
const TARGET_HELP: &str =
    "loss = \"mse\" predicts a number; to predict a class set train.loss = \"cross_entropy\"";

/// One row of a file.
struct Row<'a> {
    file: &'a Text<'a>,
    header: &'a StringRecord,
    roles: &'a [Role],
    cells: &'a StringRecord,
}

impl Row<'_> {
    /// The finite number in a column (from 0).
    fn number(&self, column: usize, help: &str) -> Result<f64, Problem> {
        finite(&self.cells[column])
            .ok_or_else(|| self.unexpected(column, "a finite number").help(help))
    }

    /// A cell that is not what it should be.
    fn unexpected(&self, column: usize, expected: &str) -> Problem {
        let cell = match &self.cells[column] {
            "" => "an empty cell".to_owned(),
            // A quote left open can make a cell of half the file.
            long if long.chars().count() > SHOWN => {
                format!("{:?}…", long.chars().take(SHOWN).collect::<String>())
            }
            cell => format!("{cell:?}"),
        };
        let name = &self.header[column];
        self.problem(format!(
            "column {name:?}: found {cell}, expected {expected}"
        ))
    }

    fn problem(&self, what: String) -> Problem {
        let byte = self.cells.position().map_or(0, csv::Position::byte);
        self.file.problem(byte, what)
    }
}

/// How many letters of a cell a message shows.
const SHOWN: usize = 40;

/// How many names a message lists.
const LISTED: usize = 10;

/// A few names for a message, and how many more there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let shown = names[..names.len().min(LISTED)].join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What to do about a target that is not in the header.
fn advice(target: &str, header: &StringRecord) -> String {
    if header.iter().all(|name| finite(name).is_some()) {
        return "the first line must be a header with the columns' names".into();
    }
    if header.len() == 1 && header[0].contains([';', '\t']) {
        return "columns must be separated by commas".into();
    }
    let likeness = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &target.to_lowercase());
    let nearest = header
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest {
        Some(name) if likeness(name) > 0.75 => format!("did you mean {name:?}?"),
        _ => format!("the columns are {}", listed(header.iter())),
    }
}
