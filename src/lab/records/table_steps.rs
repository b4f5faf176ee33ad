//! The layers' figures in a CSV file with the columns `step` and `layer`, step by step.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::Problem;
use crate::lab::records::diverged::{Diverged, is_plainly_finite};
use crate::lab::records::layout::{Layout, is_norm};
use crate::lab::records::loss_slopes::LossSlopes;
use crate::lab::records::resume::Resumed;
use crate::lab::records::step::Step;
use crate::lab::records::table::{Row, Table};

/// Reads such a file step by step, in one pass and with the memory of a few steps.
pub struct TableSteps {
    table: Table,
    layout: Layout,
    resumed: Resumed,
    name_column: Option<usize>,
    position_column: Option<usize>,
    columns: Vec<ColumnAt>,
    /// The norms that must stay finite, and the first value that is not.
    watched: Vec<(usize, String)>,
    diverged: Option<Diverged>,
    /// What is known of the layers so far.
    names: BTreeMap<usize, String>,
    positions: BTreeMap<usize, usize>,
    /// The first row of the step after the one handed out last.
    ahead: Option<Ahead>,
    /// The step read last, not handed out before the next one has begun.
    held: Step,
    /// The layers of the step before it.
    before: Vec<usize>,
    /// Steps handed out, and the number of the last.
    count: u64,
    handed_out: u64,
    /// Layers of a whole step, where it is known from elsewhere.
    expected: Option<usize>,
    loss_slopes: Option<LossSlopes>,
    is_at_end: bool,
    warnings: Vec<String>,
}

struct ColumnAt {
    at: usize,
    is_norm: bool,
}

/// What a row says: its step and a layer with its values.
struct Ahead {
    step: u64,
    layer: usize,
    values: Vec<Option<f64>>,
}

impl TableSteps {
    /// Opens a file to read `columns` of it. `layers` is the number of layers
    /// of a whole step, where it is known from elsewhere.
    ///
    /// # Errors
    /// If the file cannot be read or lacks `step`, `layer` or one of `columns`.
    pub fn open(path: &Path, columns: &[&str], layers: Option<usize>) -> Result<Self, Problem> {
        let table = Table::open(path)?;
        let layout = Layout::of(&table)?;
        let columns = columns
            .iter()
            .map(|name| {
                Ok(ColumnAt {
                    at: Layout::value(&table, name)?,
                    is_norm: is_norm(name),
                })
            })
            .collect::<Result<Vec<_>, Problem>>()?;
        let resumed = Resumed::of(Table::open(path)?, &layout)?;
        let norms = table.header().iter().enumerate();
        let norms = norms.filter(|(_, name)| is_norm(name));
        let norms = norms.map(|(i, name)| (i, name.clone()));
        let mut watched: Vec<(usize, String)> = norms.collect();
        if let Some(first) = columns.first() {
            watched.retain(|(at, _)| *at != first.at);
            watched.insert(0, (first.at, table.header()[first.at].clone()));
        }
        let warnings = resumed.warnings(&table);
        Ok(Self {
            name_column: table.find("name"),
            position_column: table.find("position"),
            held: Step {
                columns: columns.len(),
                ..Step::default()
            },
            layout,
            resumed,
            columns,
            watched,
            diverged: None,
            names: BTreeMap::new(),
            positions: BTreeMap::new(),
            ahead: None,
            before: Vec::new(),
            count: 0,
            handed_out: 0,
            expected: layers,
            loss_slopes: None,
            is_at_end: false,
            warnings,
            table,
        })
    }

    /// Refuses a log whose steps go back.
    ///
    /// # Errors
    /// If this is one.
    pub fn refuse_resumed(&self) -> Result<(), Problem> {
        self.resumed.problem(&self.table).map_or(Ok(()), Err)
    }

    /// The next whole step, the steps ascending; `None` after the last.
    ///
    /// # Errors
    /// If a cell cannot be understood, a layer is there twice in a step, or the
    /// file has no whole step.
    pub fn next_step(&mut self) -> Result<Option<&Step>, Problem> {
        if self.is_at_end {
            return Ok(None);
        }
        self.before.clone_from(&self.held.layers);
        let has_one = self.fill()?;
        // Only the last step may be one that was cut off.
        if has_one && self.ahead.is_none() && self.is_incomplete() {
            let whole = self.before.len().max(self.expected.unwrap_or(0));
            self.warnings.push(format!(
                "{}: step {} has {} of {whole} layers and is left out",
                self.table.path().display(),
                self.held.step,
                self.held.layers.len(),
            ));
            self.is_at_end = true;
        } else if !has_one {
            self.is_at_end = true;
        }
        if self.is_at_end {
            self.warnings.extend(self.table.cut_warning());
            if self.count == 0 {
                return Err(Problem::in_file(
                    self.table.path(),
                    "holds no whole step, only a header or the beginning of a first step",
                )
                .help("let the run get as far as its first step"));
            }
            return Ok(None);
        }
        self.count += 1;
        self.handed_out = self.held.step;
        if let Some(slopes) = &mut self.loss_slopes {
            self.held.loss_slope = slopes.at(self.handed_out)?;
        }
        Ok(Some(&self.held))
    }

    /// Tells the slope of the loss with every step.
    pub fn tell(&mut self, slopes: LossSlopes) {
        self.loss_slopes = Some(slopes);
    }

    /// Whether the step at hand lacks layers that the one before it has; where
    /// there is none before it, fewer than are known to be there.
    fn is_incomplete(&self) -> bool {
        if self.count == 0 {
            return self
                .expected
                .is_some_and(|expected| self.held.layers.len() < expected);
        }
        let is_there = |layer: &usize| self.held.layers.binary_search(layer).is_ok();
        !self.before.iter().all(is_there)
    }

    /// Reads the rows of one step; `false` if there is none left.
    fn fill(&mut self) -> Result<bool, Problem> {
        self.held.layers.clear();
        self.held.values.clear();
        if let Some(ahead) = self.ahead.take() {
            self.held.step = ahead.step;
            self.held.layers.push(ahead.layer);
            self.held.values.extend(ahead.values);
        }
        while let Some(row) = self.table.next_row()? {
            let step = row.count(self.layout.step)?;
            if !self.resumed.holds(step) {
                continue;
            }
            let layer = row.count(self.layout.layer)? as usize;
            if let Some(at) = self.name_column
                && !self.names.contains_key(&layer)
            {
                let name = String::from_utf8_lossy(row.bytes(at)).into_owned();
                self.names.insert(layer, name);
            }
            if let Some(at) = self.position_column
                && !self.positions.contains_key(&layer)
                && !row.bytes(at).is_empty()
            {
                self.positions.insert(layer, row.count(at)? as usize);
            }
            if let Some((quantity, value)) = non_finite(row, &self.watched)? {
                let earlier = self.diverged.as_ref();
                let is_first = earlier.is_none_or(|earlier| {
                    earlier.step == Some(step) && earlier.layer < Some(layer)
                });
                if is_first {
                    self.diverged = Some(Diverged {
                        step: Some(step),
                        layer: Some(layer),
                        quantity: quantity.to_owned(),
                        value: Some(value),
                    });
                }
            }
            let mut values = Vec::with_capacity(self.columns.len());
            for column in &self.columns {
                values.push(if column.is_norm {
                    row.norm(column.at)?
                } else {
                    row.number(column.at)?
                });
            }
            if self.held.layers.is_empty() {
                self.held.step = step;
            }
            if step == self.held.step {
                self.held.layers.push(layer);
                self.held.values.extend(values);
            } else {
                self.ahead = Some(Ahead {
                    step,
                    layer,
                    values,
                });
                break;
            }
        }
        if let Some(twice) = self.held.sort() {
            return Err(Problem::in_file(
                self.table.path(),
                format!("step {} has layer {twice} twice", self.held.step),
            )
            .help("a file holds one run: one row per step and layer"));
        }
        Ok(!self.held.layers.is_empty())
    }

    /// A layer's place on the path, where the file tells places.
    pub fn position(&self, layer: usize) -> Option<usize> {
        self.positions.get(&layer).copied()
    }

    /// Whether the file tells places on the path.
    pub fn has_positions(&self) -> bool {
        !self.positions.is_empty()
    }

    /// Where a norm stopped being finite in what has been read. All norms are
    /// looked at, whichever columns are read.
    pub fn diverged(&self) -> Option<&Diverged> {
        // What has been read but not handed out may be left out.
        let diverged = self.diverged.as_ref();
        diverged.filter(|at| at.step.is_none_or(|step| step <= self.handed_out))
    }

    /// The name of a layer that has been read; `None` where the file has no names.
    pub fn name(&self, layer: usize) -> Option<&str> {
        self.names.get(&layer).map(String::as_str)
    }

    /// What was left out, once all has been read.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The first of the `watched` columns that is not finite in a row, and its value.
/// Text in a column that nobody asked for is nobody's number.
///
/// # Errors
/// If one of them holds a negative number, which no norm is.
fn non_finite<'a>(
    row: Row,
    watched: &'a [(usize, String)],
) -> Result<Option<(&'a str, f64)>, Problem> {
    for (at, name) in watched {
        let cell = row.bytes(*at);
        if is_plainly_finite(cell) && !cell.starts_with(b"-") {
            continue;
        }
        let Ok(Some(value)) = row.number(*at) else {
            continue;
        };
        if is_norm(name) {
            row.norm(*at)?;
        }
        if !value.is_finite() {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}
