//! `vgrad sweep`: every cell of a spec's `[sweep]`.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::folder_name::folder_name;
use super::form::form;
use super::outcome::STOPPED;
use super::run::RUNS;
use super::spec_args::{Changes, count};
use super::stop::{EXIT_CODES, STOP, Stopping, listen_for_signals};
use super::sweep_progress::SweepProgress;
use super::{Failure, Global, Outcome, Threads, output};
use crate::base::{Problem, counted};
use crate::lab::config::{LoadedSpec, Overrides, Spec, SweepAxis, SweepGrid};
use crate::lab::form::Form;
use crate::lab::seeds::seed_range;
use crate::lab::sweep::{
    CellEstimate, ENGINES, Engine, Estimator, FORMS, Job, MOST_CELLS, SEED, Shard, Sweep, SweepEnd,
    SweepFolder, SweepOptions, SweepTable, run_sweep,
};
use crate::lab::text::{self, quoted};

/// Run every cell of a spec's [sweep], in parallel
///
/// The grid is the product of the axes of `[sweep]`: keys with lists of values or ranges,
/// `[[sweep.zip]]` for keys that go in step, `[[sweep.variant]]` for named changes. A cell's folder
/// is named by what the cell is, so the same command does what is missing and nothing twice.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct SweepArgs {
    /// The experiment: a TOML file
    spec: PathBuf,
    #[command(flatten)]
    changes: Changes,
    /// Add an axis or change one, e.g. network.depth=[10,20,40] (repeatable)
    #[arg(long, value_name = "KEY=[…]")]
    grid: Vec<String>,
    /// Run every cell with the seeds seed … seed + N − 1: an axis of seeds
    #[arg(long, value_name = "N", value_parser = count)]
    seeds: Option<u64>,
    /// The folder for everything [default: runs/NAME-sweep]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the cells, and run nothing
    #[arg(long)]
    plan: bool,
    /// Run only the cells with index % N = I; `vgrad gather` puts the shards together
    #[arg(long, value_name = "I/N", requires = "out")]
    shard: Option<Shard>,
    /// Print a script that has this engine run the sweep in --shards, and run nothing
    #[arg(long, value_name = "ENGINE", value_parser = engines(), requires = "shards")]
    emit: Option<&'static Engine>,
    /// How many shards the script runs, each on all of its cores
    #[arg(long, value_name = "N", requires = "emit", value_parser = clap::value_parser!(u64).range(1..))]
    shards: Option<u64>,
    /// Run cells anew that are done, such as those over a file that has changed
    #[arg(long, conflicts_with = "emit")]
    force: bool,
    /// Begin no further cell once one has failed
    #[arg(long)]
    fail_fast: bool,
    #[command(flatten)]
    stopping: Stopping,
    #[command(flatten)]
    threads: Threads,
    /// The form of the table on stdout
    #[arg(long, value_parser = form(FORMS), default_value = FORMS[0].name)]
    format: &'static Form<SweepTable>,
}

impl SweepArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let loaded = self.load()?;
        let explain = loaded.clone();
        let explain = |problem: Problem| explain.explain(problem);
        let path = self.folder(&loaded.spec.name);
        let sweep = Sweep::of(loaded, &path).map_err(explain)?;
        if self.plan {
            return self.print_plan(&sweep);
        }
        sweep.count().map_err(explain)?;
        if let (Some(engine), Some(shards)) = (self.emit, self.shards) {
            let job = Job {
                name: &sweep.loaded.spec.name,
                command: &self.command_line(global),
                folder: &path,
                shards,
                threads: self.threads.get(),
                interrupted_exit: self.stopping.interrupted_exit,
            };
            output::result(&engine.script(&job)?)?;
            return Ok(Outcome::Done);
        }
        listen_for_signals()?;
        let shards = self.shard.map(|shard| shard.of);
        let folder = SweepFolder::create(&path, &sweep, shards)?;
        let options = SweepOptions {
            shard: self.shard.unwrap_or(Shard::WHOLE),
            threads: self.threads.get(),
            fail_fast: self.fail_fast,
            force: self.force,
            stop: &STOP,
        };
        let progress = SweepProgress::new(global.quiet, &sweep.loaded.spec.name);
        let end = run_sweep(&sweep, &folder, &options, &progress);
        progress.end();
        let end = end.map_err(explain)?;
        if self.shard.is_none() {
            let table = SweepTable::read(&sweep, &folder)?;
            folder.keep("sweep.csv", &table.to_csv()?)?;
            output::result(&(self.format.write)(&table, global.detail())?)?;
        }
        if !global.quiet {
            output::remark(&conclusion(&end, &path));
        }
        Ok(if end.is_stopped {
            Outcome::StoppedEarly(self.stopping.interrupted_exit)
        } else if end.failed > 0 {
            Outcome::CannotTell
        } else {
            Outcome::Done
        })
    }

    fn load(&self) -> Result<LoadedSpec, Failure> {
        let loaded = Spec::load(&self.spec, &self.overrides(None)?)?;
        let Some(seeds) = self.seeds else {
            return Ok(loaded);
        };
        let refused = |problem: Problem| Err(loaded.explain(problem).into());
        let grid = SweepGrid::of(&loaded.spec.sweep);
        let mut changes = grid.axes.iter().flat_map(SweepAxis::changes);
        if grid.columns().contains(&SEED) || changes.any(|(key, _)| key == SEED) {
            let what = "`seed` varies already, and --seeds would be a second axis of it";
            return refused(
                Problem::at_key("sweep", what)
                    .help("leave --seeds out, or give the axis anew: --grid seed=[0,1,2]"),
            );
        }
        if u128::from(seeds) > MOST_CELLS {
            let what = format!("{seeds} seeds are more cells than can be run, {MOST_CELLS}");
            return refused(Problem::new(what).help("give fewer --seeds"));
        }
        let seeds = seed_range(loaded.spec.seed, seeds)?.map(|seed| seed.to_string());
        let axis = format!("{SEED}=[{}]", seeds.collect::<Vec<_>>().join(","));
        Ok(Spec::load(&self.spec, &self.overrides(Some(&axis))?)?)
    }

    /// The changes to the spec, with one more axis.
    fn overrides(&self, axis: Option<&String>) -> Result<Overrides, Failure> {
        let mut set = self.changes.set.clone();
        // An axis stands in [sweep] under its key, dots and all.
        set.extend(
            self.grid
                .iter()
                .chain(axis)
                .map(|axis| match axis.split_once('=') {
                    Some((key, values)) => format!("sweep.\"{}\"={values}", key.trim()),
                    None => format!("sweep.\"{axis}\""),
                }),
        );
        let changes = Changes {
            set,
            seed: self.changes.seed,
        };
        Ok(changes.overrides()?)
    }

    /// The command line of this sweep, without what a shard adds.
    fn command_line(&self, global: &Global) -> String {
        let mut words = vec![
            "vgrad sweep".to_owned(),
            quoted(&self.spec.display().to_string()),
        ];
        for set in &self.changes.set {
            words.push(format!("--set {}", quoted(set)));
        }
        if let Some(seed) = self.changes.seed {
            words.push(format!("--seed {seed}"));
        }
        for axis in &self.grid {
            words.push(format!("--grid {}", quoted(axis)));
        }
        if let Some(seeds) = self.seeds {
            words.push(format!("--seeds {seeds}"));
        }
        if self.fail_fast {
            words.push("--fail-fast".to_owned());
        }
        if self.stopping.interrupted_exit != STOPPED {
            words.push(format!(
                "--interrupted-exit {}",
                self.stopping.interrupted_exit
            ));
        }
        if global.quiet {
            words.push("--quiet".to_owned());
        }
        words.join(" ")
    }

    fn folder(&self, name: &str) -> PathBuf {
        if let Some(out) = &self.out {
            return out.clone();
        }
        let seed = self.changes.seed.map(|seed| format!("seed={seed}"));
        let seeds = self.seeds.map(|seeds| format!("seeds={seeds}"));
        let changes = self.changes.set.iter().cloned().chain(seed).chain(seeds);
        let name = folder_name(name, changes);
        Path::new(RUNS).join(format!("{name}-sweep"))
    }

    /// A line per cell, as it is worked out.
    fn print_plan(&self, sweep: &Sweep) -> Result<Outcome, Failure> {
        let cells = sweep.grid.len();
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut estimator = Estimator::default();
        let mut whole = 0.0;
        let mut print = || -> std::io::Result<()> {
            writeln!(out, "index\thash\ttime\tmemory\tchanges")?;
            for index in 0..u64::try_from(cells).unwrap_or(u64::MAX) {
                let cell = sweep.cell(index);
                let changes: Vec<String> = cell
                    .changes
                    .iter()
                    .map(|(key, value)| format!("--set {}", quoted(&format!("{key}={value}"))))
                    .collect();
                let changes = changes.join(" ");
                let (hash, estimate) = match sweep.spec_of(&cell) {
                    Ok(spec) => {
                        let estimate = estimator.estimate(&spec.loaded);
                        (spec.hash, estimate.map_err(|problem| problem.what))
                    }
                    Err(error) => ("–".to_owned(), Err(error.what().to_owned())),
                };
                match estimate {
                    Ok(CellEstimate { seconds, bytes }) => {
                        whole += seconds;
                        let (time, memory) = (text::duration(seconds), text::bytes(bytes));
                        writeln!(out, "{index}\t{hash}\t{time}\t{memory}\t{changes}")?;
                    }
                    Err(why) => {
                        writeln!(out, "{index}\t{hash}\t–\t–\t{changes}\tcannot run: {why}")?;
                    }
                }
            }
            out.flush()
        };
        print()?;
        let threads = self.threads.get();
        output::remark(&format!(
            "{}, about {} on {}; times are rough estimates for one core each, from how fast this \
             machine multiplies",
            counted(cells as usize, "cell"),
            text::duration(whole / threads as f64),
            counted(threads, "core")
        ));
        Ok(Outcome::Done)
    }
}

/// What `--emit` takes.
fn engines() -> impl TypedValueParser<Value = &'static Engine> {
    let values = ENGINES
        .iter()
        .map(|engine| PossibleValue::new(engine.name).help(engine.doc));
    PossibleValuesParser::new(values).map(|name| {
        let mut engines = ENGINES.iter();
        engines
            .find(|engine| engine.name == name)
            .expect("one of the list")
    })
}

/// What was done, and where it lies.
fn conclusion(end: &SweepEnd, folder: &Path) -> String {
    let mut said = vec![counted(end.done as usize, "cell") + " run"];
    if end.diverged > 0 {
        said[0] += &format!(" ({} diverged)", end.diverged);
    }
    if end.found > 0 {
        said.push(format!("{} found done", end.found));
    }
    if end.failed > 0 {
        said.push(format!("{} failed", end.failed));
    }
    let said = said.join(", ");
    let folder = folder.display();
    if end.is_stopped {
        format!("stopped: {said}; the same command goes on from {folder}")
    } else {
        format!("{said}; everything is in {folder}")
    }
}
