//! `remedies.csv` read back: what a spec and its cures came to.

use std::path::{Path, PathBuf};

use super::BASELINE;
use super::folders::folder_of;
use super::report::CureRow;
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
        let columns = Places::of(&table)?;
        let mut rows: Vec<(Option<f64>, CureRow)> = Vec::new();
        while let Some(row) = table.next_row()? {
            rows.push((row.number(columns.rank)?, columns.cure(row)?));
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

/// Where the columns stand.
struct Places {
    rank: usize,
    name: usize,
    set: usize,
    /// In the order of [`NUMBERS`].
    numbers: [usize; NUMBERS.len()],
    verdict: usize,
    learned: Option<usize>,
    seeds: Option<usize>,
    loss_decades: Option<usize>,
    helped: usize,
    reason: usize,
}

const NUMBERS: [&str; 7] = [
    "attenuation_decades",
    "attenuation_predicted",
    "train_loss",
    "test_loss",
    "test_accuracy",
    "test_accuracy_spread",
    "steps_to_90_percent",
];

impl Places {
    fn of(table: &Table) -> Result<Self, Problem> {
        let mut numbers = [0; NUMBERS.len()];
        for (place, name) in numbers.iter_mut().zip(NUMBERS) {
            *place = table.column(name)?;
        }
        Ok(Self {
            rank: table.column("rank")?,
            name: table.column("name")?,
            set: table.column("set")?,
            numbers,
            verdict: table.column("verdict")?,
            learned: table.find("learned"),
            seeds: table.find("seeds"),
            loss_decades: table.find("loss_decades"),
            helped: table.column("helped")?,
            reason: table.column("reason")?,
        })
    }

    fn cure(&self, row: Row) -> Result<CureRow, Problem> {
        let text = |column: usize| String::from_utf8_lossy(row.bytes(column)).into_owned();
        let given = |column: usize| Some(text(column)).filter(|text| !text.is_empty());
        let yes = |column: usize| given(column).map(|text| text == "true");
        let mut numbers = [None; NUMBERS.len()];
        for (number, place) in numbers.iter_mut().zip(self.numbers) {
            *number = row.number(place)?.map(Real);
        }
        let [
            attenuation_decades,
            attenuation_predicted,
            train_loss,
            test_loss,
            test_accuracy,
            test_accuracy_spread,
            steps_to_90_percent,
        ] = numbers;
        Ok(CureRow {
            name: text(self.name),
            set: given(self.set).into_iter().collect(),
            attenuation_decades,
            attenuation_predicted,
            train_loss,
            test_loss,
            test_accuracy,
            test_accuracy_spread,
            steps_to_90_percent,
            // Times are no part of the file.
            cost_per_step: None,
            verdict: given(self.verdict).and_then(|name| Verdict::named(&name)),
            learned: self.learned.and_then(yes),
            helped: yes(self.helped),
            reason: given(self.reason),
            seeds: match self.seeds {
                Some(column) => Some(row.count(column)? as usize),
                None => None,
            },
            loss_decades: match self.loss_decades {
                Some(column) => row.number(column)?.map(Real),
                None => None,
            },
        })
    }
}
