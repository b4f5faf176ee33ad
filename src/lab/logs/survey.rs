//! The first pass over a log: its series, which of them counts steps, where steps go back,
//! and what rounding its numbers show.

use std::collections::HashSet;

use super::glossary::STEPS;
use super::names::{Meaning, meaning};
use super::odd_texts::OddTexts;
use super::points::{GoesBack, Points};
use super::series::{Digits, LogReader, LogRow, SeriesTable};
use super::walk::{StepMove, StepWalk};
use crate::base::Problem;

/// Rows looked at to find what counts the steps.
const PEEKED: usize = 2000;
/// How often the steps of a log may go back: a run is not resumed more often.
const MOST_BACK: usize = 1000;

/// What is known of a series.
#[derive(Clone, Debug)]
pub struct SeriesInfo {
    /// What it is.
    pub meaning: Meaning,
    /// Numbers it has.
    pub count: u64,
    /// Of those, exact zeros, and values that are not finite.
    pub zeros: u64,
    /// See [`SeriesInfo::zeros`].
    pub non_finite: u64,
    /// Whether one is below 0.
    pub has_negatives: bool,
    /// How its numbers are written.
    pub writing: Writing,
}

/// How numbers are written: whether they were rounded to some decimals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Writing {
    /// Numbers seen by decimals; the last takes all that have more.
    by_decimals: [u32; MOST_DECIMALS + 2],
    /// Zeros among them that are written with decimals: `0.000`.
    padded: u32,
    is_text: bool,
}

/// Rounding beyond that many decimals is none that a program makes.
const MOST_DECIMALS: usize = 9;

impl Writing {
    fn add(&mut self, value: f64, digits: Option<Digits>) {
        let Some(digits) = digits else { return };
        self.is_text = true;
        if !value.is_finite() {
            return;
        }
        let decimals = usize::from(digits.decimals).min(MOST_DECIMALS + 1);
        self.padded += u32::from(digits.is_padded);
        if value != 0.0 || digits.is_padded {
            self.by_decimals[decimals] += 1;
        }
    }

    /// Takes in another series' numbers.
    pub fn join(&mut self, other: &Self) {
        for (own, other) in self.by_decimals.iter_mut().zip(other.by_decimals) {
            *own += other;
        }
        self.padded += other.padded;
        self.is_text |= other.is_text;
    }

    /// What a number that reads 0 is at most: half a unit of the last decimal, where all
    /// numbers were rounded to as many.
    pub fn resolution(&self) -> Option<f64> {
        let most = self.by_decimals.iter().rposition(|count| *count > 0)?;
        if !self.is_text || most == 0 || most > MOST_DECIMALS {
            return None;
        }
        let all: u32 = self.by_decimals.iter().sum();
        // A padded zero shows the format; else nearly all numbers must have the same
        // decimals, one fewer where the last is a zero that is not written.
        let alike = self.by_decimals[most] + self.by_decimals[most - 1];
        let is_rounded = self.padded > 0 || (all >= 4 && alike * 10 >= all * 7);
        is_rounded.then(|| 0.5 * 10f64.powi(-(most as i32)))
    }
}

/// What the first pass found.
#[derive(Debug)]
pub struct Survey {
    /// The series.
    pub series: SeriesTable,
    /// What is known of each.
    pub infos: Vec<SeriesInfo>,
    /// The series that counts steps, by its name; none where rows are counted.
    pub step: Option<String>,
    /// Where the steps go back.
    pub back: Vec<GoesBack>,
    /// Rows.
    pub rows: u64,
    /// Series that hold histograms.
    pub histograms: HashSet<String>,
    /// All numbers, where the log has them tag by tag.
    pub points: Option<Points>,
    /// What the reader left out.
    pub warnings: Vec<String>,
}

impl Survey {
    /// Looks through a log. `open` begins to read it from the start; a log whose rows are
    /// not by step is `collected` whole.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of(
        open: &dyn Fn() -> Result<Box<dyn LogReader>, Problem>,
        is_bare: &dyn Fn(&SeriesTable) -> bool,
        collected: bool,
    ) -> Result<Self, Problem> {
        let mut series = SeriesTable::default();
        let step = find_step(&mut *open()?, &mut series)?;
        let is_bare = is_bare(&series);
        let mut found = Self {
            series,
            infos: Vec::new(),
            step,
            back: Vec::new(),
            rows: 0,
            histograms: HashSet::new(),
            points: collected.then(Points::default),
            warnings: Vec::new(),
        };
        if !found.look(&mut *open()?, is_bare)? {
            // Sorted by layer: the numbers are put in order by step.
            found.restart();
            found.points = Some(Points::default());
            found.look(&mut *open()?, is_bare)?;
        }
        Ok(found)
    }

    fn restart(&mut self) {
        self.infos.clear();
        self.back.clear();
        self.rows = 0;
    }

    /// Reads all rows; `false` where they turn out to be sorted by layer.
    fn look(&mut self, reader: &mut dyn LogReader, is_bare: bool) -> Result<bool, Problem> {
        let mut row = LogRow::default();
        let mut walks: Vec<StepWalk> = Vec::new();
        let (mut odd, mut odd_count) = (None, 0u64);
        let mut texts = OddTexts::default();
        loop {
            row.clear();
            if !reader.next_row(&mut self.series, &mut row)? {
                break;
            }
            self.learn(&row, is_bare);
            if !row.histograms.is_empty() {
                self.histograms.extend(row.histograms.drain(..));
            }
            for (series, text) in &row.texts {
                if self.is_gradient(*series) {
                    texts.note(*series, text, || reader.place());
                }
            }
            let step = self.step_of(&row);
            let has_norm = || row.cells.iter().any(|cell| self.is_gradient(cell.series));
            if let Some(value) = odd_step(&self.series, self.step.as_deref(), &row)
                && has_norm()
            {
                odd_count += 1;
                odd.get_or_insert_with(|| format!("{}: {value:e}", reader.place()));
                self.rows += 1;
                continue;
            }
            if let Some(points) = &mut self.points {
                let infos = &self.infos;
                let is_kept = |series: u32| infos[series as usize].meaning != Meaning::Coordinate;
                points.take(&row, step, is_kept)?;
                self.rows += 1;
                continue;
            }
            let lead = row.cells.iter().find(|cell| self.is_gradient(cell.series));
            if let Some(lead) = lead {
                let run = &self.series.all()[lead.series as usize].run;
                let at = walks.iter().position(|walk| walk.run == *run);
                let at = at.unwrap_or_else(|| {
                    walks.push(StepWalk::of(run));
                    walks.len() - 1
                });
                let gradients = row
                    .cells
                    .iter()
                    .filter(|cell| self.is_gradient(cell.series));
                let run = run.clone();
                match walks[at].go(step, gradients.map(|cell| cell.series)) {
                    StepMove::On => {}
                    StepMove::ByLayer => return Ok(false),
                    // The later of two numbers of a step takes the place of the earlier.
                    StepMove::Twice if walks[at].has_repeated => {}
                    StepMove::Back { .. } if self.back.len() == MOST_BACK => {
                        return Err(Problem::new(format!(
                            "its steps go back more than {MOST_BACK} times"
                        ))
                        .help("sort the rows by step"));
                    }
                    found => {
                        let (step, before) = match found {
                            StepMove::Back { step, before } => (step, before),
                            _ => (walks[at].last.unwrap_or(0), walks[at].last.unwrap_or(0)),
                        };
                        walks[at].has_repeated |= step == before;
                        self.back.push(GoesBack {
                            run,
                            row: self.rows,
                            step,
                            before,
                            place: reader.place(),
                        });
                    }
                }
            }
            self.rows += 1;
        }
        self.warnings = reader.warnings();
        // Any column without a number may be one of words, where none speaks of gradients.
        let is_told = |own: u32| !is_bare || self.infos[own as usize].count > 0;
        let name_of = |own: u32| {
            let series = &self.series.all()[own as usize];
            is_told(own).then_some(series.name.as_str())
        };
        self.warnings.extend(texts.warning(name_of));
        self.warnings.extend(odd.map(|first| {
            let rows = match odd_count {
                1 => "its row is left out".to_owned(),
                n => format!("{n} such rows are left out"),
            };
            format!("{first} as a step, where a whole number from 0 to 2^53 was expected: {rows}")
        }));
        self.warnings.extend(self.never_a_number());
        if let Some(points) = &mut self.points {
            let run_of = |series: u32| self.series.all()[series as usize].run.clone();
            self.back = points.went_back(run_of);
        }
        Ok(true)
    }

    /// That there are norms without a number in any row, whose layers are gone.
    fn never_a_number(&self) -> Option<String> {
        const MOST: usize = 4;
        let all = self.series.all().iter().zip(&self.infos);
        let is_told = |name: &str| self.histograms.iter().any(|own| own.ends_with(name));
        let empty = all.filter(|(series, info)| {
            let is_norm = matches!(info.meaning, Meaning::Gradient(_) | Meaning::Total);
            is_norm && info.count == 0 && !is_told(&series.name)
        });
        let names: Vec<String> = empty.map(|(own, _)| format!("`{}`", own.name)).collect();
        let more = match names.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let shown = names[..names.len().min(MOST)].join(", ");
        (!names.is_empty())
            .then(|| format!("without a number in any row, and left out: {shown}{more}"))
    }

    fn is_gradient(&self, series: u32) -> bool {
        let info = &self.infos[series as usize];
        matches!(info.meaning, Meaning::Gradient(_) | Meaning::Total)
    }

    /// The step a row tells, if it does.
    fn step_of(&self, row: &LogRow) -> Option<u64> {
        step_of(&self.series, self.step.as_deref(), row)
    }

    /// Takes in how a row's numbers are written.
    fn learn(&mut self, row: &LogRow, is_bare: bool) {
        while self.infos.len() < self.series.all().len() {
            let series = &self.series.all()[self.infos.len()];
            self.infos.push(SeriesInfo {
                meaning: match meaning(series) {
                    Meaning::Other if is_bare => super::bare::meaning(&series.name),
                    meaning => meaning,
                },
                count: 0,
                zeros: 0,
                non_finite: 0,
                has_negatives: false,
                writing: Writing::default(),
            });
        }
        for cell in &row.cells {
            let info = &mut self.infos[cell.series as usize];
            info.count += 1;
            info.zeros += u64::from(cell.value == 0.0);
            info.non_finite += u64::from(!cell.value.is_finite());
            info.has_negatives |= cell.value < 0.0;
            info.writing.add(cell.value, cell.digits);
        }
    }
}

/// The whole step of a row, in the series of this name.
pub fn step_of(series: &SeriesTable, name: Option<&str>, row: &LogRow) -> Option<u64> {
    let value = told_step(series, name?, row)?;
    is_whole(value).then_some(value as u64)
}

/// What a row says is its step and is none: no whole number, below 0, or far too large.
pub fn odd_step(series: &SeriesTable, name: Option<&str>, row: &LogRow) -> Option<f64> {
    told_step(series, name?, row).filter(|value| !is_whole(*value))
}

fn told_step(series: &SeriesTable, name: &str, row: &LogRow) -> Option<f64> {
    let mut cells = row.cells.iter();
    let cell = cells.find(|cell| series.all()[cell.series as usize].name == name)?;
    Some(cell.value)
}

fn is_whole(value: f64) -> bool {
    // Up to 2^53 every whole number is an f64.
    value.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&value)
}

/// What counts the steps: of the names that do so the best that stands beside the norms.
fn find_step(
    reader: &mut dyn LogReader,
    series: &mut SeriesTable,
) -> Result<Option<String>, Problem> {
    let mut beside = vec![0u64; STEPS.len()];
    let mut anywhere = vec![0u64; STEPS.len()];
    let mut is_whole = vec![true; STEPS.len()];
    let mut meanings: Vec<bool> = Vec::new();
    let mut places: Vec<Option<usize>> = Vec::new();
    let mut row = LogRow::default();
    for _ in 0..PEEKED {
        row.clear();
        if !reader.next_row(series, &mut row)? {
            break;
        }
        for own in &series.all()[meanings.len()..] {
            meanings.push(matches!(
                meaning(own),
                Meaning::Gradient(_) | Meaning::Total
            ));
            let lower = own.name.to_ascii_lowercase();
            places.push(STEPS.iter().position(|name| *name == lower));
        }
        let has_norm = row.cells.iter().any(|cell| meanings[cell.series as usize]);
        for cell in &row.cells {
            let Some(place) = places[cell.series as usize] else {
                continue;
            };
            // What is not whole everywhere counts no updates: the epochs of a Trainer.
            is_whole[place] &= cell.value.fract() == 0.0 && cell.value >= 0.0;
            if is_whole[place] {
                anywhere[place] += 1;
                beside[place] += u64::from(has_norm);
            }
        }
    }
    for counts in [&mut beside, &mut anywhere] {
        let counts = counts.iter_mut().zip(&is_whole);
        counts
            .filter(|(_, is_whole)| !**is_whole)
            .for_each(|(count, _)| *count = 0);
    }
    let counts = if beside.iter().any(|count| *count > 0) {
        beside
    } else {
        anywhere
    };
    let most = counts.iter().copied().max().unwrap_or(0);
    let best = counts
        .iter()
        .position(|count| *count > 0 && *count * 2 > most);
    Ok(best.and_then(|place| {
        let mut own = places.iter().position(|at| *at == Some(place));
        own.take().map(|at| series.all()[at].name.clone())
    }))
}
