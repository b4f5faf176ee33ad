//! How a sweep shows on stderr: cells done, running and failed, and the time left.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::base::Problem;
use crate::lab::config::Spec;
use crate::lab::experiment::RunCallback;
use crate::lab::sweep::{CellEnd, SweepCallback, SweepCell};
use crate::study::train::{Callback, StepRecord};

/// Time between two plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);
/// Time between two changes of the bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);

/// The progress of a sweep.
pub struct SweepProgress {
    shown: Mutex<Shown>,
}

struct Shown {
    is_quiet: bool,
    bar: Option<ProgressBar>,
    name: String,
    cells: u64,
    found: u64,
    done: u64,
    running: u64,
    failed: u64,
    /// What has been warned of.
    warned: BTreeSet<String>,
    started: Instant,
    last_shown: Instant,
}

impl SweepProgress {
    /// Nothing at all if `is_quiet`, else a bar on a terminal and plain lines elsewhere.
    pub fn new(is_quiet: bool, name: &str) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} cells  {msg}");
            bar.set_style(style.expect("a valid template"));
            bar.set_prefix(name.to_owned());
            bar
        });
        let now = Instant::now();
        Self {
            shown: Mutex::new(Shown {
                is_quiet,
                bar,
                name: name.to_owned(),
                cells: 0,
                found: 0,
                done: 0,
                running: 0,
                failed: 0,
                warned: BTreeSet::new(),
                started: now,
                last_shown: now,
            }),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.shown().bar {
            bar.finish_and_clear();
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn state(&self) -> String {
        let over = self.done + self.failed;
        let left = self.cells.saturating_sub(self.found + over);
        let mut state = format!("{} running", self.running);
        if self.failed > 0 {
            state += &format!("  {} failed", self.failed);
        }
        if over > 0 {
            let seconds = self.started.elapsed().as_secs_f64() / over as f64 * left as f64;
            let left = Duration::from_secs(seconds as u64);
            state += &format!("  {} left", humantime::format_duration(left));
        }
        state
    }

    fn show(&mut self) {
        let interval = match self.bar {
            Some(_) => BAR_INTERVAL,
            None => PLAIN_INTERVAL,
        };
        if self.is_quiet || self.last_shown.elapsed() < interval {
            return;
        }
        self.last_shown = Instant::now();
        let over = self.found + self.done + self.failed;
        match &self.bar {
            Some(bar) => {
                bar.set_length(self.cells);
                bar.set_position(over);
                bar.set_message(self.state());
            }
            None => output::remark(&format!(
                "{}: {over}/{} cells  {}",
                self.name,
                self.cells,
                self.state()
            )),
        }
    }
}

/// A cell's steps are not shown.
struct Silent;

impl Callback for Silent {
    fn on_step(&mut self, _: &StepRecord) -> Result<(), Problem> {
        Ok(())
    }
}

impl RunCallback for Silent {
    fn begin(&mut self, _: &str, _: u64) {}
    fn end(&mut self) {}
}

impl SweepCallback for SweepProgress {
    fn begin(&self, cells: u64) {
        self.shown().cells = cells;
    }

    fn cell_begins(&self, cell: &SweepCell, spec: &Spec) {
        let mut shown = self.shown();
        for warning in spec.warnings() {
            // Of many cells the first that it is true of speaks for all.
            if !shown.is_quiet && shown.warned.insert(warning.clone()) {
                output::warn(&format!("cell {}: {warning}", cell.index));
            }
        }
        shown.running += 1;
        shown.show();
    }

    fn follower(&self) -> Box<dyn RunCallback + '_> {
        Box::new(Silent)
    }

    fn cell_ends(&self, cell: &SweepCell, end: &CellEnd) {
        let mut shown = self.shown();
        match end {
            CellEnd::Found => shown.found += 1,
            CellEnd::Done(_) => {
                shown.running = shown.running.saturating_sub(1);
                shown.done += 1;
            }
            CellEnd::Failed(reason) => {
                shown.running = shown.running.saturating_sub(1);
                shown.failed += 1;
                if !shown.is_quiet {
                    output::warn(&format!("cell {}: {reason}", cell.index));
                }
            }
        }
        shown.show();
    }
}
