//! `predictive.csv`: the probabilities a run gives to the samples of its test set.

use std::path::Path;

use super::measures::JudgedSample;
use crate::base::Problem;

/// Its name in the run folder.
pub const FILE: &str = "predictive.csv";

/// Columns before the probabilities.
const COLUMNS: [&str; 5] = ["sample", "position", "target", "confidence", "entropy"];

/// The probabilities for a sample, or for one of its positions.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbabilityRow {
    /// Its number in the data, from 1; a test file's follow those of the training file.
    pub sample: usize,
    /// Its position, from 0.
    pub position: usize,
    /// The class that came true, from 0.
    pub target: u32,
    /// One per class.
    pub probabilities: Vec<f64>,
}

impl ProbabilityRow {
    /// What tells it from others.
    pub fn place(&self) -> (usize, usize) {
        (self.sample, self.position)
    }

    /// How it fared.
    pub fn judged(&self) -> JudgedSample {
        JudgedSample::of(&self.probabilities, self.target as usize)
    }
}

/// The table as text.
///
/// # Errors
/// If it cannot be made.
pub fn to_bytes(rows: &[ProbabilityRow]) -> Result<Vec<u8>, Problem> {
    let failed = |error: csv::Error| Problem::new(format!("{FILE} could not be made: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let classes = rows.first().map_or(0, |row| row.probabilities.len());
    let names = (0..classes).map(|class| format!("probability_{class}"));
    let header = COLUMNS.map(str::to_owned).into_iter().chain(names);
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        let judged = row.judged();
        let cells = [
            row.sample.to_string(),
            row.position.to_string(),
            row.target.to_string(),
            judged.confidence.to_string(),
            judged.entropy.to_string(),
        ];
        let probabilities = row.probabilities.iter().map(f64::to_string);
        let cells = cells.into_iter().chain(probabilities);
        writer.write_record(cells).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| Problem::new(format!("{FILE} could not be made: {error}")))
}

/// Reads what [`to_bytes`] wrote.
///
/// # Errors
/// If the file cannot be read, or a line is none of its own.
pub fn read(path: &Path) -> Result<Vec<ProbabilityRow>, Problem> {
    let unreadable = |what: &dyn std::fmt::Display| {
        Problem::in_file(path, format!("cannot be read: {what}"))
            .help("run the experiment again with --predictive")
    };
    let mut reader = csv::Reader::from_path(path).map_err(|error| unreadable(&error))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let row = row(&record).ok_or_else(|| {
            let line = record.position().map_or(0, csv::Position::line);
            unreadable(&format!("line {line} is not one of probabilities"))
        })?;
        rows.push(row);
    }
    Ok(rows)
}

fn row(record: &csv::StringRecord) -> Option<ProbabilityRow> {
    let probabilities = record.iter().skip(COLUMNS.len()).map(str::parse);
    let row = ProbabilityRow {
        sample: record.get(0)?.parse().ok()?,
        position: record.get(1)?.parse().ok()?,
        target: record.get(2)?.parse().ok()?,
        probabilities: probabilities.collect::<Result<_, _>>().ok()?,
    };
    ((row.target as usize) < row.probabilities.len()).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_back_and_others_are_refused() {
        let rows = vec![
            ProbabilityRow {
                sample: 7,
                position: 0,
                target: 1,
                probabilities: vec![0.1, 0.9],
            },
            ProbabilityRow {
                sample: 9,
                position: 3,
                target: 0,
                probabilities: vec![1.0 / 3.0, 2.0 / 3.0],
            },
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, to_bytes(&rows).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), rows);
        for wrong in ["1,0,2,0.5,0.5,0.5,0.5", "1,0,x,0.5,0.5,0.5,0.5"] {
            let text = format!("sample,position,target,confidence,entropy,a,b\n{wrong}\n");
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).is_err(), "{wrong}");
        }
    }
}
