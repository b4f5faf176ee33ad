//! How a long run shows on stderr: a bar on a terminal, a plain line now and
//! then elsewhere, nothing when quiet.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::base::Problem;
use crate::lab::experiment::Audience;
use crate::lab::text::number;
use crate::study::data::DataSummary;
use crate::study::train::{StepRecord, Watch};

/// A run shorter than this shows nothing.
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

/// The progress of one run.
pub struct Progress {
    kind: Kind,
    name: String,
    steps: u64,
    started: Instant,
    last_shown: Instant,
}

impl Progress {
    /// Nothing at all if `quiet`, else what suits stderr.
    pub fn new(quiet: bool) -> Self {
        let kind = if quiet {
            Kind::Quiet
        } else if std::io::stderr().is_terminal() {
            Kind::Bar(None)
        } else {
            Kind::Plain
        };
        let now = Instant::now();
        Self {
            kind,
            name: String::new(),
            steps: 0,
            started: now,
            last_shown: now,
        }
    }

    /// Loss, accuracy, speed and time left.
    fn state(&self, record: &StepRecord) -> String {
        // The step of the record is done, although not yet counted.
        let rate = (record.step + 1) as f64 / self.started.elapsed().as_secs_f64();
        let left = Duration::from_secs(((self.steps - record.step) as f64 / rate) as u64);
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

impl Watch for Progress {
    fn step(&mut self, record: &StepRecord) -> Result<(), Problem> {
        let now = Instant::now();
        if now - self.started < PATIENCE {
            return Ok(());
        }
        let interval = if matches!(self.kind, Kind::Plain) {
            PLAIN_INTERVAL
        } else {
            BAR_INTERVAL
        };
        if now - self.last_shown < interval {
            return Ok(());
        }
        self.last_shown = now;
        let state = self.state(record);
        match &mut self.kind {
            Kind::Quiet => {}
            Kind::Plain => output::remark(&format!(
                "{}: step {}/{}  {state}",
                self.name, record.step, self.steps
            )),
            Kind::Bar(bar) => {
                let bar = bar.get_or_insert_with(|| new_bar(&self.name, self.steps));
                bar.update(|bar| bar.set_pos(record.step));
                bar.set_message(state);
            }
        }
        Ok(())
    }
}

impl Audience for Progress {
    fn loaded(&mut self, data: &DataSummary) {
        if matches!(self.kind, Kind::Quiet) {
            return;
        }
        output::remark(&format!("data: {data}"));
        for warning in &data.warnings {
            output::remark(&format!("warning: {warning}"));
        }
    }

    fn begin(&mut self, name: &str, steps: u64) {
        self.name = name.to_owned();
        self.steps = steps;
        self.started = Instant::now();
        self.last_shown = self.started;
    }

    fn end(&mut self) {
        if let Kind::Bar(Some(bar)) = &self.kind {
            bar.finish_and_clear();
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
