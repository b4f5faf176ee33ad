//! The second pass over a log: its steps, ascending, with all numbers of one run at each.

use std::sync::Arc;

use super::log::ForeignLog;
use super::names::Meaning;
use super::points::GoesBack;
use super::series::{LogReader, LogRow, SeriesTable};
use super::step::LogStep;
use super::survey::{odd_step, step_of};
use crate::base::Problem;

/// Reads the steps of one run of a log.
pub struct LogSteps {
    log: Arc<ForeignLog>,
    run: String,
    rows: Rows,
    /// Where the run's steps go back, those to come.
    back: Vec<GoesBack>,
    /// Per series whether it is the run's and is read.
    role: Vec<Role>,
    current: LogStep,
    ahead: LogStep,
    has_ahead: bool,
    is_over: bool,
    counted: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Other,
    Epoch,
    /// Read, and beginning a step.
    Leading,
    /// Read.
    Read,
}

enum Rows {
    Stream {
        reader: Box<dyn LogReader>,
        series: SeriesTable,
        row: LogRow,
        count: u64,
    },
    /// Places in the kept points of each series of the run.
    Points(Vec<(u32, usize)>),
}

impl LogSteps {
    /// Begins to read a run of a log.
    ///
    /// # Errors
    /// If it cannot be opened again.
    pub fn of(log: &Arc<ForeignLog>, run: &str) -> Result<Self, Problem> {
        Self::begin(log, run, Role::Other)
    }

    /// The same, and all else that the log has per step is read too.
    ///
    /// # Errors
    /// See [`LogSteps::of`].
    pub fn of_all(log: &Arc<ForeignLog>, run: &str) -> Result<Self, Problem> {
        Self::begin(log, run, Role::Read)
    }

    /// `others` is what the series are that are no gradient, loss, accuracy or count.
    fn begin(log: &Arc<ForeignLog>, run: &str, others: Role) -> Result<Self, Problem> {
        let survey = &log.survey;
        let has_gradients = log.has_gradients(run);
        let all = survey.series.all().iter().zip(&survey.infos);
        let role: Vec<Role> = all
            .map(|(series, info)| match &info.meaning {
                _ if series.name.eq_ignore_ascii_case("epoch") => Role::Epoch,
                _ if series.run != run => Role::Other,
                Meaning::Gradient(_) | Meaning::Total => Role::Leading,
                Meaning::Curve(_) if has_gradients => Role::Read,
                Meaning::Curve(_) => Role::Leading,
                Meaning::Coordinate => Role::Other,
                Meaning::Other => others,
            })
            .collect();
        let rows = match &survey.points {
            Some(_) => {
                let own = (0..)
                    .zip(&role)
                    .filter(|(_, role)| matches!(role, Role::Leading | Role::Read));
                Rows::Points(own.map(|(series, _)| (series, 0)).collect())
            }
            None => Rows::Stream {
                reader: log.reader()?,
                series: survey.series.clone(),
                row: LogRow::default(),
                count: 0,
            },
        };
        let back = survey.back.iter();
        let back = back.filter(|back| back.run == run && back.step < back.before);
        let back = back.cloned();
        Ok(Self {
            log: log.clone(),
            run: run.to_owned(),
            rows,
            back: back.collect(),
            role,
            current: LogStep::default(),
            ahead: LogStep::default(),
            has_ahead: false,
            is_over: false,
            counted: 0,
        })
    }

    /// The run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// What the norm of the whole gradient is at most where it reads 0 and the writer rounded,
    /// if that is what the series holds.
    pub fn resolution(&self, series: u32) -> Option<f64> {
        let info = self.log.survey.infos.get(series as usize)?;
        let is_rounded = info.meaning == Meaning::Total && info.zeros > 0;
        info.writing.resolution().filter(|_| is_rounded)
    }

    /// The next step; `None` after the last.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn next_step(&mut self) -> Result<Option<&LogStep>, Problem> {
        if self.is_over {
            return Ok(None);
        }
        let has_one = match &self.rows {
            Rows::Points(_) => self.merge(),
            Rows::Stream { .. } => self.gather()?,
        };
        self.is_over = !has_one;
        Ok(has_one.then_some(&self.current))
    }

    /// Takes the smallest step of all series.
    fn merge(&mut self) -> bool {
        let (Rows::Points(places), Some(points)) = (&mut self.rows, &self.log.survey.points) else {
            return false;
        };
        let next =
            |(series, at): &(u32, usize)| points.of(*series).get(*at).map(|point| point.step);
        let Some(step) = places.iter().filter_map(next).min() else {
            return false;
        };
        self.current.clear(step);
        for (series, at) in places {
            if let Some(point) = points.of(*series).get(*at)
                && point.step == step
            {
                self.current.set(*series, point.value);
                *at += 1;
            }
        }
        true
    }

    /// Takes rows up to the next that begins another step.
    fn gather(&mut self) -> Result<bool, Problem> {
        let mut has_one = std::mem::take(&mut self.has_ahead);
        std::mem::swap(&mut self.current, &mut self.ahead);
        let Rows::Stream {
            reader,
            series,
            row,
            count,
        } = &mut self.rows
        else {
            return Ok(false);
        };
        loop {
            row.clear();
            if !reader.next_row(series, row)? {
                return Ok(has_one);
            }
            let place = *count;
            *count += 1;
            let role = |series: u32| {
                self.role
                    .get(series as usize)
                    .copied()
                    .unwrap_or(Role::Other)
            };
            let leads = row
                .cells
                .iter()
                .any(|cell| role(cell.series) == Role::Leading);
            let is_read = leads || row.cells.iter().any(|cell| role(cell.series) == Role::Read);
            if !is_read {
                continue;
            }
            let name = self.log.survey.step.as_deref();
            // It was told of when the log was looked through.
            if leads && odd_step(series, name, row).is_some() {
                continue;
            }
            let told = step_of(series, name, row);
            let step = match told {
                Some(step) => step,
                None if self.log.survey.step.is_none() && leads => {
                    self.counted += 1;
                    self.counted - 1
                }
                // A row without a step belongs to the one before it.
                None if has_one => self.current.step,
                None => continue,
            };
            self.back.retain(|back| back.row > place);
            if self.back.iter().any(|back| step >= back.step) {
                continue;
            }
            let is_another = !has_one || step > self.current.step;
            if !is_another && step < self.current.step {
                continue;
            }
            let into = match (has_one, is_another) {
                (true, true) => &mut self.ahead,
                _ => &mut self.current,
            };
            if is_another {
                into.clear(step);
            }
            for cell in &row.cells {
                match role(cell.series) {
                    Role::Epoch if cell.value >= 0.0 => into.epoch = Some(cell.value as u64),
                    Role::Leading | Role::Read => into.set(cell.series, cell.value),
                    _ => {}
                }
            }
            if has_one && is_another {
                self.has_ahead = true;
                return Ok(true);
            }
            has_one = true;
        }
    }
}
