//! What was read, in a line for people.

use std::fmt;

use super::Source;
use super::raw_table::RawTable;
use crate::base::counted;
use crate::nn::loss::{TargetKind, Targets};

/// How many classes are named.
const NAMED: usize = 5;
/// Letters a class's name may have to be named.
const SHORT: usize = 24;

/// The size of the data, and what the user should look at.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSummary {
    /// The source's name in a spec.
    pub source: &'static str,
    /// Features per sample, as the network gets them.
    pub features: usize,
    /// The classes' names; `None` for numeric targets, and without targets.
    pub classes: Option<Vec<String>>,
    /// Points on a ray where the samples are rays.
    pub points: Option<usize>,
    /// Numbers to predict per sample; 0 for classes, and without targets.
    pub numbers: usize,
    /// Samples to train on.
    pub train: usize,
    /// Samples to test on.
    pub test: usize,
    /// Rows left out since a cell of theirs is missing.
    pub dropped: usize,
    /// Missing cells that were filled in.
    pub filled: usize,
    /// Whole sentences, each about something that may not be meant so.
    pub warnings: Vec<String>,
}

impl DataSummary {
    /// Of a table split into as many rows to train and to test on, by a loss that wants such
    /// targets.
    pub(super) fn of(
        source: &Source,
        raw: &RawTable,
        [train, test]: [usize; 2],
        wanted: Option<TargetKind>,
    ) -> Self {
        let reading = &raw.reading;
        let mut warnings = reading.warnings.clone();
        let classes = match &raw.targets {
            Targets::Classes(_) => Some(raw.class_names.clone()),
            Targets::Numbers(_) => None,
        };
        // Of generated data the number of classes is what the spec asks for, and the
        // characters of a text are no numbers.
        if let Some(names) = &classes
            && !source.input_files().is_empty()
            && !source.as_dyn().is_encoded()
            && wanted != Some(TargetKind::Numbers)
            && names.len() * 10 > train + test
        {
            warnings.push(format!(
                "{} classes in {} rows, more than one in ten: if the target is a number to \
                 predict, set train.loss = \"mse\"",
                names.len(),
                train + test
            ));
        }
        let is_rays = source.is_rays();
        Self {
            source: source.name(),
            features: raw.features,
            classes,
            points: source.as_dyn().positions().filter(|_| is_rays),
            numbers: match &raw.targets {
                Targets::Classes(_) => 0,
                Targets::Numbers(numbers) => numbers.ncols(),
            },
            train,
            test,
            dropped: reading.dropped,
            filled: reading.missing,
            warnings,
        }
    }
}

impl fmt::Display for DataSummary {
    /// One line: rows, features, classes, split.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = if self.points.is_some() { "ray" } else { "row" };
        write!(
            f,
            "{}: {}",
            self.source,
            counted(self.train + self.test, row)
        )?;
        if self.dropped > 0 {
            let rows = counted(self.dropped, "row");
            write!(f, " ({rows} with a missing cell left out)")?;
        }
        match self.points {
            Some(points) => write!(f, " of {}", counted(points, "point"))?,
            None => write!(f, ", {}", counted(self.features, "feature"))?,
        }
        if self.filled > 0 {
            let cells = counted(self.filled, "missing cell");
            write!(f, " ({cells} filled with the training mean)")?;
        }
        match &self.classes {
            Some(names) => write!(f, ", {}{}", counted(names.len(), "class"), named(names))?,
            None if self.numbers == 0 => {}
            None if self.numbers == 1 => write!(f, ", a number to predict")?,
            None => write!(f, ", {} to predict", counted(self.numbers, "number"))?,
        }
        write!(f, "; {} to train, {} to test", self.train, self.test)
    }
}

/// The names of a few classes, if they are more than their numbers.
fn named(names: &[String]) -> String {
    let is_number = |(i, name): (usize, &String)| *name == i.to_string();
    let is_long = |name: &String| name.chars().count() > SHORT;
    if names.len() > NAMED || names.iter().any(is_long) || names.iter().enumerate().all(is_number) {
        return String::new();
    }
    format!(" ({})", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> DataSummary {
        DataSummary {
            source: "csv",
            features: 1,
            classes: Some(vec!["ant".into(), "cat".into()]),
            points: None,
            numbers: 0,
            train: 8,
            test: 2,
            dropped: 0,
            filled: 0,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_line_says_rows_features_classes_and_split() {
        assert_eq!(
            summary().to_string(),
            "csv: 10 rows, 1 feature, 2 classes (ant, cat); 8 to train, 2 to test"
        );
        let gaps = DataSummary {
            dropped: 1,
            filled: 3,
            classes: None,
            numbers: 1,
            ..summary()
        };
        assert_eq!(
            gaps.to_string(),
            "csv: 10 rows (1 row with a missing cell left out), 1 feature (3 missing cells filled \
             with the training mean), a number to predict; 8 to train, 2 to test"
        );
    }

    #[test]
    fn names_that_are_numbers_or_many_are_not_listed() {
        let names =
            |names: &[&str]| named(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["0", "1"]), "");
        assert_eq!(names(&["1", "2"]), " (1, 2)");
        assert_eq!(names(&["a", "b", "c", "d", "e", "f"]), "");
        assert_eq!(names(&["a", "no name is as long as this one is"]), "");
    }
}
