//! `[sweep]`: the keys of the spec that its cells differ in, and the values they take.
//!
//! An axis is a key with a list of values or a range; `[[sweep.zip]]` lets several keys
//! go in step; `[[sweep.variant]]` names sets of changes. The grid is the product of all.

mod range;
mod read;

use toml::{Table, Value};

use super::changes::SpecChange;

pub use range::SweepRange;
pub use read::sweep_faults;

/// The column that holds a variant's name.
const VARIANT_COLUMN: &str = "variant";

/// The cells of a sweep: the product of its axes, never all at once in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepGrid {
    /// The last one changes fastest.
    pub axes: Vec<SweepAxis>,
}

/// What varies along one axis of the grid.
#[derive(Clone, Debug, PartialEq)]
pub enum SweepAxis {
    /// Keys that go in step, one mostly, each with as many values as the others.
    Keys(Vec<(String, Vec<Value>)>),
    /// A key with numbers in a range.
    SweepRange(String, SweepRange),
    /// Named sets of changes.
    Variants(Vec<(String, Vec<SpecChange>)>),
}

/// One way along an axis: what its columns hold, and what it changes.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepChoice {
    /// A text per column of the axis.
    pub labels: Vec<String>,
    /// Changes to the spec.
    pub changes: Vec<SpecChange>,
}

impl SweepGrid {
    /// The grid of a spec's `[sweep]`, in which there is nothing wrong.
    pub fn of(sweep: &Table) -> Self {
        read::read(sweep).0
    }

    /// How many cells it has; 1 without an axis.
    pub fn len(&self) -> u128 {
        let lengths = self.axes.iter().map(|axis| u128::from(axis.len()));
        lengths.fold(1, u128::saturating_mul)
    }

    /// Whether some axis has no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns that tell its cells apart.
    pub fn columns(&self) -> Vec<&str> {
        self.axes.iter().flat_map(SweepAxis::columns).collect()
    }

    /// The choices of the cell at a place below [`SweepGrid::len`], axis by axis.
    pub fn cell(&self, place: u64) -> Vec<SweepChoice> {
        let mut rest = place;
        let mut choices: Vec<SweepChoice> = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            choices.push(axis.choice(rest % axis.len()));
            rest /= axis.len();
        }
        choices.reverse();
        choices
    }
}

impl SweepAxis {
    /// How many choices it has.
    pub fn len(&self) -> u64 {
        match self {
            Self::Keys(keys) => keys.first().map_or(0, |(_, values)| values.len() as u64),
            Self::SweepRange(_, range) => range.len(),
            Self::Variants(variants) => variants.len() as u64,
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns that tell its choices apart: its keys.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Keys(keys) => keys.iter().map(|(key, _)| key.as_str()).collect(),
            Self::SweepRange(key, _) => vec![key],
            Self::Variants(_) => vec![VARIANT_COLUMN],
        }
    }

    /// The changes that it makes, those of a range apart.
    pub fn changes(&self) -> Vec<(&str, &Value)> {
        match self {
            Self::Keys(keys) => {
                let keys = keys.iter();
                keys.flat_map(|(key, values)| values.iter().map(move |value| (&**key, value)))
                    .collect()
            }
            Self::SweepRange(..) => Vec::new(),
            Self::Variants(variants) => {
                let changes = variants.iter().flat_map(|(_, changes)| changes);
                changes.map(|(key, value)| (&**key, value)).collect()
            }
        }
    }

    /// The choice at a place below [`SweepAxis::len`].
    pub fn choice(&self, place: u64) -> SweepChoice {
        let i = place as usize;
        let changes: Vec<SpecChange> = match self {
            Self::Keys(keys) => {
                let values = keys.iter().map(|(key, values)| (key, values[i].clone()));
                values.map(|(key, value)| (key.clone(), value)).collect()
            }
            Self::SweepRange(key, range) => vec![(key.clone(), range.value(place))],
            Self::Variants(variants) => {
                let (name, changes) = &variants[i];
                return SweepChoice {
                    labels: vec![name.clone()],
                    changes: changes.clone(),
                };
            }
        };
        SweepChoice {
            labels: changes.iter().map(|(_, value)| label(value)).collect(),
            changes,
        }
    }
}

/// A value as a cell of a table shows it: text without its quotes.
fn label(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
