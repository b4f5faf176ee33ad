//! How long runs show on stderr: a bar on a terminal, a plain line now and
//! then elsewhere, nothing when quiet. Runs side by side share it.

use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::base::Problem;
use crate::lab::experiment::RunCallback;
use crate::lab::text::{labelled, number};
use crate::study::data::DataSummary;
use crate::study::train::{Callback, StepRecord};

/// What is shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);
/// Time between two plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);
/// Time between two changes of the bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);

enum Kind {
    Quiet,
    Plain,
    Bar(Option<ProgressBar>),
}

/// The progress of one run or of several side by side.
pub struct Progress {
    shown: Mutex<Shown>,
}

struct Shown {
    kind: Kind,
    /// Runs in all.
    runs: u64,
    /// Whether the data has been told of.
    is_loaded: bool,
    name: String,
    /// Steps of the run that began first; the others are taken to be as long.
    steps_of_one: u64,
    /// Those made.
    done: u64,
    /// Runs that are over.
    over: u64,
    started: Instant,
    last_shown: Instant,
}

impl Progress {
    /// Of so many runs: nothing at all if `quiet`, else what suits stderr.
    pub fn new(quiet: bool, runs: u64) -> Self {
        let kind = if quiet {
            Kind::Quiet
        } else if std::io::stderr().is_terminal() {
            Kind::Bar(None)
        } else {
            Kind::Plain
        };
        let now = Instant::now();
        Self {
            shown: Mutex::new(Shown {
                kind,
                runs,
                is_loaded: false,
                name: String::new(),
                steps_of_one: 0,
                done: 0,
                over: 0,
                started: now,
                last_shown: now,
            }),
        }
    }

    /// So many runs more lie ahead.
    pub fn more(&self, runs: u64) {
        self.shown().runs += runs;
    }

    /// Follows one of the runs.
    pub fn follower(&self) -> Follower<'_> {
        Follower {
            progress: self,
            done: 0,
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Kind::Bar(Some(bar)) = &self.shown().kind {
            bar.finish_and_clear();
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        // A run that panicked left nothing half done here.
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    /// Steps of all runs.
    fn steps(&self) -> u64 {
        self.steps_of_one.saturating_mul(self.runs)
    }

    /// Loss, accuracy, speed and time left.
    fn state(&self, record: &StepRecord) -> String {
        // The step of the record is done, although not yet counted.
        let rate = (self.done + 1) as f64 / self.started.elapsed().as_secs_f64();
        let left = self.steps().saturating_sub(self.done) as f64 / rate;
        let left = Duration::from_secs(left as u64);
        format!(
            "{}  {rate:.1} steps/s  {} left",
            metrics(record),
            humantime::format_duration(left)
        )
    }
}

/// Loss and accuracy of a step in short.
fn metrics(record: &StepRecord) -> String {
    let loss = format!("loss {}", number(record.metrics.loss));
    match record.metrics.accuracy {
        Some(accuracy) => format!("{loss}  accuracy {accuracy:.3}"),
        None => loss,
    }
}

/// Follows one run.
pub struct Follower<'a> {
    progress: &'a Progress,
    /// Steps counted.
    done: u64,
}

impl Callback for Follower<'_> {
    fn on_step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        let mut shown = self.progress.shown();
        shown.done += record.step - self.done;
        self.done = record.step;
        let now = Instant::now();
        if now - shown.started < PATIENCE {
            return Ok(());
        }
        let interval = match shown.kind {
            Kind::Plain => PLAIN_INTERVAL,
            _ => BAR_INTERVAL,
        };
        if now - shown.last_shown < interval {
            return Ok(());
        }
        shown.last_shown = now;
        let mut state = shown.state(record);
        if shown.runs > 1 {
            state = format!("{} of {} runs done  {state}", shown.over, shown.runs);
        }
        let (name, done, steps) = (shown.name.clone(), shown.done, shown.steps());
        match &mut shown.kind {
            Kind::Quiet => {}
            Kind::Plain => output::remark(&format!("{name}: step {done}/{steps}  {state}")),
            Kind::Bar(bar) => {
                let bar = bar.get_or_insert_with(|| new_bar(&name, steps));
                bar.set_length(steps);
                bar.update(|bar| bar.set_pos(done));
                bar.set_message(state);
            }
        }
        Ok(())
    }
}

impl RunCallback for Follower<'_> {
    fn loaded(&mut self, data: &DataSummary) {
        let mut shown = self.progress.shown();
        // Once for runs side by side, which read the same.
        if shown.is_loaded || matches!(shown.kind, Kind::Quiet) {
            return;
        }
        shown.is_loaded = true;
        let label = "data: ";
        let width = [label.len(), output::width()];
        output::remark(labelled(label, &data.to_string(), width).trim_end());
        for warning in &data.warnings {
            output::warn(warning);
        }
    }

    fn begin(&mut self, name: &str, steps: u64) {
        let mut shown = self.progress.shown();
        if shown.name.is_empty() {
            shown.name = name.to_owned();
            shown.steps_of_one = steps;
            // What was prepared before is no training.
            shown.started = Instant::now();
            shown.last_shown = shown.started;
        }
    }

    fn end(&mut self) {
        let is_last = {
            let mut shown = self.progress.shown();
            shown.over += 1;
            shown.over == shown.runs
        };
        if is_last {
            self.progress.end();
        }
    }
}

fn new_bar(name: &str, steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len}  {msg}")
        .expect("the template is a constant");
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar.set_prefix(name.to_owned());
    bar
}
