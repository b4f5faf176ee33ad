//! `remedies.csv`, written and read back: what a spec and its cures came to.

use std::path::{Path, PathBuf};

use super::BASELINE;
use super::folders::folder_of;
use super::report::{CureRow, Remedies};
use crate::base::Problem;
use crate::lab::decay::Verdict;
use crate::lab::json::Real;
use crate::lab::records::{Row, Table};

/// The file in a folder of remedies that ranks them.
pub const FILE: &str = "remedies.csv";

/// A spec and its cures as `vgrad remedies` ranked them.
#[derive(Clone, Debug)]
pub struct RankedCures {
    /// The folder's name.
    pub label: String,
    /// The spec as it is.
    pub baseline: CureRow,
    /// The cures that were tried, the best first.
    pub tried: Vec<CureRow>,
    /// Those that do not apply.
    pub inapplicable: Vec<CureRow>,
}

impl RankedCures {
    /// Opens those of `paths` that are folders of remedies; the other paths are given back.
    ///
    /// # Errors
    /// If a ranking cannot be read, or was never written.
    pub fn open_among(paths: &[PathBuf]) -> Result<(Vec<Self>, Vec<PathBuf>), Problem> {
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for path in paths {
            if path.join(FILE).is_file() {
                found.push(Self::open(path)?);
            } else if path.join(folder_of(BASELINE)).is_dir() {
                let what = format!("holds no {FILE}: `vgrad remedies` did not come to its end");
                return Err(Problem::in_file(path, what).help(
                    "give the same `vgrad remedies` again, which goes on where it stopped, or name a run in it",
                ));
            } else {
                others.push(path.clone());
            }
        }
        Ok((found, others))
    }

    fn open(folder: &Path) -> Result<Self, Problem> {
        let file = folder.join(FILE);
        let mut table = Table::open(&file)?;
        let rank = table.column(RANK)?;
        let columns = columns_of(&table)?;
        let mut rows: Vec<(Option<f64>, CureRow)> = Vec::new();
        while let Some(row) = table.next_row()? {
            rows.push((row.number(rank)?, cure(&columns, row)?));
        }
        let mut tried = Vec::new();
        let mut inapplicable = Vec::new();
        for (rank, row) in rows {
            match rank {
                Some(_) => tried.push(row),
                None => inapplicable.push(row),
            }
        }
        if tried.is_empty() {
            return Err(
                Problem::in_file(&file, "has no row of rank 0, the spec as it is")
                    .help("let `vgrad remedies` write it anew"),
            );
        }
        let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let name = folder.file_name().or(whole.file_name()).unwrap_or_default();
        Ok(Self {
            label: name.to_string_lossy().into_owned(),
            baseline: tried.remove(0),
            tried,
            inapplicable,
        })
    }
}

impl Remedies {
    /// `remedies.csv`: the spec as it is, then the cures in their order. Times
    /// are no part of it, so that it is the same each time.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut add = |rank: String, cells: Vec<String>| {
            // Writing to memory cannot fail.
            let _ = writer.write_record([rank].into_iter().chain(cells));
        };
        let names = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
        add(RANK.to_owned(), names.collect());
        for (rank, cure) in [&self.baseline].into_iter().chain(&self.cures).enumerate() {
            let rank = match cure.trials.is_empty() {
                true => String::new(),
                false => rank.to_string(),
            };
            let mut row = self.row(cure);
            let cells = COLUMNS.iter().map(|(_, cell)| cell.text(&mut row));
            add(rank, cells.collect());
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The first column: the place in the order, 0 for the spec as it is, empty for what does not
/// apply.
const RANK: &str = "rank";

/// The columns behind it and what each holds. What an earlier file lacks stands at the end.
static COLUMNS: [(&str, CureCell); 17] = [
    ("name", CureCell::Name),
    ("set", CureCell::Set),
    (
        "attenuation_decades",
        CureCell::Number(|row| &mut row.attenuation_decades),
    ),
    (
        "attenuation_predicted",
        CureCell::Number(|row| &mut row.attenuation_predicted),
    ),
    ("train_loss", CureCell::Number(|row| &mut row.train_loss)),
    ("test_loss", CureCell::Number(|row| &mut row.test_loss)),
    (
        "test_accuracy",
        CureCell::Number(|row| &mut row.test_accuracy),
    ),
    (
        "test_accuracy_spread",
        CureCell::Number(|row| &mut row.test_accuracy_spread),
    ),
    (
        "steps_to_90_percent",
        CureCell::Number(|row| &mut row.steps_to_90_percent),
    ),
    ("verdict", CureCell::Verdict),
    ("helped", CureCell::YesNo(|row| &mut row.helped)),
    ("reason", CureCell::Reason),
    ("learned", CureCell::YesNo(|row| &mut row.learned)),
    ("seeds", CureCell::Seeds),
    (
        "loss_decades",
        CureCell::Number(|row| &mut row.loss_decades),
    ),
    (
        "loss_over_guessing",
        CureCell::Number(|row| &mut row.loss_over_guessing),
    ),
    (
        "too_few_samples",
        CureCell::YesNo(|row| &mut row.too_few_samples),
    ),
];

/// Columns that every file has.
const IN_ALL: usize = 12;

/// What a column holds of a cure.
enum CureCell {
    Name,
    Set,
    Number(fn(&mut CureRow) -> &mut Option<Real>),
    YesNo(fn(&mut CureRow) -> &mut Option<bool>),
    Verdict,
    Reason,
    Seeds,
}

impl CureCell {
    /// It as text; empty where there is nothing.
    fn text(&self, row: &mut CureRow) -> String {
        let text = match self {
            Self::Name => Some(row.name.clone()),
            Self::Set => Some(row.set.join(" ")),
            Self::Number(of) => of(row).map(|value| value.0.to_string()),
            Self::YesNo(of) => of(row).map(|value| value.to_string()),
            Self::Verdict => row.verdict.map(|verdict| verdict.name().to_owned()),
            Self::Reason => row.reason.clone(),
            Self::Seeds => row.seeds.map(|seeds| seeds.to_string()),
        };
        text.unwrap_or_default()
    }

    /// Takes it from a column of the file.
    fn read(&self, from: Row, column: usize, row: &mut CureRow) -> Result<(), Problem> {
        let text = String::from_utf8_lossy(from.bytes(column)).into_owned();
        let given = Some(&text).filter(|text| !text.is_empty());
        match self {
            Self::Name => row.name = text,
            Self::Set => row.set = given.cloned().into_iter().collect(),
            Self::Number(of) => *of(row) = from.number(column)?.map(Real),
            Self::YesNo(of) => *of(row) = given.map(|text| text == "true"),
            Self::Verdict => row.verdict = given.and_then(|name| Verdict::named(name)),
            Self::Reason => row.reason = given.cloned(),
            Self::Seeds => row.seeds = Some(from.count(column)? as usize),
        }
        Ok(())
    }
}

/// The columns that a file has, each with its place.
fn columns_of(table: &Table) -> Result<Vec<(&'static CureCell, usize)>, Problem> {
    let mut found = Vec::new();
    for (i, (name, cell)) in COLUMNS.iter().enumerate() {
        let place = match i < IN_ALL {
            true => Some(table.column(name)?),
            false => table.find(name),
        };
        found.extend(place.map(|place| (cell, place)));
    }
    Ok(found)
}

fn cure(columns: &[(&CureCell, usize)], from: Row) -> Result<CureRow, Problem> {
    let mut row = CureRow::default();
    for (cell, place) in columns {
        cell.read(from, *place, &mut row)?;
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_a_cure_is_read_back() {
        let number = |value| Some(Real(value));
        let mut row = CureRow {
            name: "batch norm".to_owned(),
            set: vec!["network.norm=\"batch\"".to_owned()],
            attenuation_decades: number(1.5),
            attenuation_predicted: number(f64::INFINITY),
            train_loss: number(0.25),
            test_loss: number(0.5),
            test_accuracy: number(0.75),
            test_accuracy_spread: number(0.125),
            steps_to_90_percent: number(40.0),
            cost_per_step: None,
            verdict: Some(Verdict::Healthy),
            learned: Some(true),
            helped: Some(false),
            reason: Some("it did not help".to_owned()),
            seeds: Some(3),
            loss_decades: number(0.0625),
            loss_over_guessing: number(0.03125),
            too_few_samples: Some(false),
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let mut writer = csv::Writer::from_path(&file).unwrap();
        writer
            .write_record(COLUMNS.iter().map(|(name, _)| name))
            .unwrap();
        let cells = COLUMNS.iter().map(|(_, cell)| cell.text(&mut row));
        writer.write_record(cells).unwrap();
        writer.flush().unwrap();
        let mut table = Table::open(&file).unwrap();
        let columns = columns_of(&table).unwrap();
        let from = table.next_row().unwrap().unwrap();
        let read = cure(&columns, from).unwrap();
        assert_eq!(format!("{read:?}"), format!("{row:?}"));
    }
}
