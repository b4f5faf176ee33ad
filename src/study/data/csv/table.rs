//! Rows gathered from one or two CSV files.

use std::path::Path;

use csv::StringRecord;
use ndarray::Array2;

use super::header::{ReadColumns, Role, features, listed, reader, recognise, roles};
use super::index_like::IndexLike;
use super::one_hot::{OneHotColumn, expand};
use super::options::Missing;
use super::row::Row;
use super::text::{CsvText, Lines};
use super::words::{Ordered, Words};
use super::{Csv, IGNORE};
use crate::base::Problem;
use crate::data::raw_table::{Inputs, RawTable, Reading, no_targets};
use crate::nn::loss::{TargetKind, Targets};

/// The training rows and after them the test rows.
pub struct Table<'a> {
    csv: &'a Csv,
    /// The feature columns, in the order of the first file.
    columns: Vec<OneHotColumn>,
    /// Row by row a value per column: a number, the number of a word, or NaN
    /// where the cell is missing.
    cells: Vec<f64>,
    targets: Target,
    /// The first infinity among class labels: an error if the others are numbers.
    gap: Option<Problem>,
    reading: Reading,
}

/// The target columns.
enum Target {
    Numbers(Vec<f64>),
    Classes(Words, Vec<u32>),
    /// Nobody looks at them.
    Unread,
}

impl Target {
    /// Makes room for a row's targets; returns the place of the first.
    fn grow(&mut self, more: usize) -> usize {
        let first = match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Classes(_, labels) => labels.len(),
            Self::Unread => 0,
        };
        match self {
            Self::Numbers(numbers) => numbers.resize(first + more, f64::NAN),
            Self::Classes(_, labels) => labels.resize(first + more, 0),
            Self::Unread => {}
        }
        first
    }
}

impl<'a> Table<'a> {
    /// An empty table with this kind of targets; `None`: nobody looks at them.
    pub fn new(csv: &'a Csv, targets: Option<TargetKind>) -> Self {
        Self {
            csv,
            columns: Vec::new(),
            cells: Vec::new(),
            targets: match targets {
                Some(TargetKind::Numbers) => Target::Numbers(Vec::new()),
                Some(TargetKind::Classes) => Target::Classes(Words::default(), Vec::new()),
                None => Target::Unread,
            },
            gap: None,
            reading: Reading::default(),
        }
    }

    /// The target columns that are read.
    fn target_columns(&self) -> &'a [String] {
        match self.targets {
            Target::Unread => &[],
            Target::Numbers(_) | Target::Classes(..) => self.csv.target.names(),
        }
    }

    /// Adds a file's rows and says how many.
    ///
    /// # Errors
    /// Columns or cells that are not what is expected; no rows.
    pub fn append(&mut self, file: &CsvText) -> Result<usize, Problem> {
        let recognised = || recognise(file, &self.csv.target);
        let delimiter = self.csv.delimiter.unwrap_or_else(recognised);
        let mut reader = reader(file, delimiter);
        let unreadable = |error: csv::Error| Problem::in_file(file.path, error.to_string());
        let header = reader.headers().map_err(unreadable)?.clone();
        let is_first = self.columns.is_empty();
        if is_first {
            let names = features(file, &header, self.csv)?;
            let column =
                |name: String| OneHotColumn::new(self.csv.categorical.contains(&name), name);
            self.columns = names.into_iter().map(column).collect();
        }
        let names: Vec<String> = self.columns.iter().map(|it| it.name.clone()).collect();
        let read = ReadColumns {
            features: &names,
            targets: self.target_columns(),
        };
        let roles = roles(file, &header, self.csv, read)?;
        // One delimiter per feature and row: growing step by step would hold up
        // to three times the memory.
        let mark = delimiter.byte();
        let marks = file.text.bytes().filter(|&byte| byte == mark).count();
        self.cells.reserve_exact(marks);
        let mut lines = file.lines();
        let mut index_like = IndexLike::new();
        let mut record = StringRecord::new();
        let (mut rows, mut kept) = (0, 0);
        while reader.read_record(&mut record).map_err(unreadable)? {
            let row = Row {
                file,
                delimiter,
                header: &header,
                roles: &roles,
                cells: &record,
            };
            row.is_whole()?;
            if is_first {
                index_like.look(&row);
            }
            rows += 1;
            if self.csv.missing == Missing::Drop && row.has_gap() {
                self.reading.dropped += 1;
                continue;
            }
            self.append_row(&row, &mut lines)?;
            kept += 1;
        }
        if rows == 0 {
            return Err(Problem::in_file(file.path, "there is a header but no row")
                .help("expected one row per sample below the header"));
        }
        if kept == 0 {
            return Err(
                Problem::in_file(file.path, "every row has a missing cell").help(format!(
                    "name the columns with gaps in {IGNORE}, or fill them in"
                )),
            );
        }
        let warn = |(column, how): (usize, String)| {
            let name = &header[column];
            format!(
                "{}: column {name:?} {how}; if it is an index and no feature, \
                 set ignore = [{name:?}]",
                file.path.display()
            )
        };
        self.reading.warnings.extend(index_like.found().map(warn));
        Ok(kept)
    }

    /// Adds one row.
    fn append_row(&mut self, row: &Row, lines: &mut Lines) -> Result<(), Problem> {
        let start = self.cells.len();
        self.cells.resize(start + self.columns.len(), 0.0);
        // A row's targets stand in the order in which the spec names them.
        let first = self.targets.grow(self.target_columns().len());
        for (column, role) in row.roles.iter().enumerate() {
            match (role, &mut self.targets) {
                (Role::Ignored, _) | (Role::Target(_), Target::Unread) => {}
                (Role::Feature(feature), _) => {
                    let cell = self.columns[*feature].read(row, column, lines)?;
                    if cell.is_none() && self.csv.missing == Missing::Refuse {
                        return Err(row.missing(column, self.columns[*feature].expected()));
                    }
                    self.reading.missing += usize::from(cell.is_none());
                    self.cells[start + feature] = cell.unwrap_or(f64::NAN);
                }
                (Role::Target(place), Target::Numbers(numbers)) => {
                    let number = row.number(column)?;
                    numbers[first + place] =
                        number.ok_or_else(|| row.missing(column, "a finite number"))?;
                }
                (Role::Target(place), Target::Classes(words, labels)) => {
                    let label = row
                        .word(column)
                        .ok_or_else(|| row.missing(column, "a class"))?;
                    if self.gap.is_none() && label.parse().is_ok_and(|v: f64| !v.is_finite()) {
                        self.gap = Some(
                            row.unexpected(column, "a finite number, as in the other rows")
                                .help("correct the class or remove the row"),
                        );
                    }
                    labels[first + place] = words.number(label, || lines.of(row.byte()));
                }
            }
        }
        Ok(())
    }

    /// All rows. `path` is the training file, `test` the test file and how many
    /// of the last rows come from it.
    ///
    /// # Errors
    /// The target column holds a single class, a class that only the test file
    /// has, or numbers and infinities; a table too large for memory.
    pub fn finish(
        mut self,
        path: &Path,
        test: Option<(&Path, usize)>,
    ) -> Result<RawTable, Problem> {
        let targets_each = self.target_columns().len().max(1);
        let target = listed(self.csv.target.names().iter().map(String::as_str));
        let (targets, class_names) = match self.targets {
            Target::Unread => {
                let rows = self.cells.len() / self.columns.len();
                (no_targets(rows), Vec::new())
            }
            Target::Numbers(numbers) => {
                let shape = (numbers.len(), 1);
                let numbers = Array2::from_shape_vec(shape, numbers).expect("one column");
                (Targets::Numbers(numbers), Vec::new())
            }
            Target::Classes(words, labels) => {
                if let Some(gap) = self.gap
                    && words.are_numbers_with_gaps()
                {
                    return Err(gap);
                }
                let Ordered { names, rank } = words.ordered();
                if let [only] = names.as_slice() {
                    let what = format!("column {target} holds one class only, {only:?}");
                    let help =
                        "expected at least two classes; with loss = \"mse\" the target is a number";
                    return Err(Problem::in_file(path, what).help(help));
                }
                let classes: Vec<u32> = labels.iter().map(|&n| rank[n as usize]).collect();
                if let Some((test_path, rows)) = test {
                    let (train, test) = classes.split_at(classes.len() - rows * targets_each);
                    let mut is_known = vec![false; names.len()];
                    train
                        .iter()
                        .for_each(|&class| is_known[class as usize] = true);
                    if let Some(at) = test.iter().position(|&class| !is_known[class as usize]) {
                        let what = format!(
                            "column {target}: no row of {} has the class {:?}",
                            path.display(),
                            names[test[at] as usize]
                        );
                        let line = words.line(labels[train.len() + at]);
                        return Err(Problem::at_line(test_path, line, what).help(
                            "a network cannot learn it: add rows of this class to the training \
                             file, or remove them from the test file",
                        ));
                    }
                }
                (Targets::Classes(classes), names)
            }
        };
        let expanded = expand(&self.columns, self.cells)?;
        self.reading.feature_names = expanded.names;
        Ok(RawTable {
            features: self.reading.feature_names.len(),
            inputs: Inputs::Numbers(expanded.values),
            targets,
            targets_each,
            class_names,
            test_rows: test.map(|(_, rows)| rows),
            reading: self.reading,
        })
    }
}
