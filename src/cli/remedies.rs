//! `vgrad remedies`: the known cures tried on a network, and ranked.

use std::path::{Path, PathBuf};

use clap::Args;

use super::folder_name::folder_name;
use super::form::form;
use super::outcome::STOPPED;
use super::progress::Progress;
use super::run::RUNS;
use super::spec_args::{Changes, SpecArgs, count};
use super::stop::{STOP, listen_for_signals};
use super::{Failure, Global, Outcome, Threads, output};
use crate::base::Problem;
use crate::lab::atomic_file::AtomicFile;
use crate::lab::config::{LoadedSpec, Spec};
use crate::lab::experiment::RunCallback;
use crate::lab::form::Form;
use crate::lab::remedies::{FORMS, Remedies, RemedyOptions, TrialCallbacks, remedies};
use crate::lab::seeds::seed_range;
use crate::lab::theory::predict_loaded;
use crate::nn::mean_field::critical_weight_variance;

/// Try the known cures on a network, alone and in pairs, and rank them
///
/// Each cure is a change to the spec, run over several seeds; `[[remedy]]` tables in the spec add
/// cures of your own. Every run is kept in the folder, so that a call that was stopped goes on
/// where it was.
#[derive(Args, Debug)]
pub struct RemediesArgs {
    #[command(flatten)]
    spec: SpecArgs,
    /// Run each cure N times, with the seeds seed … seed + N − 1
    #[arg(long, value_name = "N", default_value = "3", value_parser = count)]
    seeds: u64,
    /// The folder for everything [default: runs/NAME-remedies]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace what the folder holds of another spec
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    threads: Threads,
    /// The form of the result on stdout
    #[arg(long, value_parser = form(FORMS), default_value = FORMS[0].name)]
    format: &'static Form<Remedies>,
}

/// Follows all trials.
struct Follow(Progress);

impl TrialCallbacks for Follow {
    fn more(&self, runs: u64) {
        self.0.more(runs);
    }

    fn follower(&self) -> Box<dyn RunCallback + '_> {
        Box::new(self.0.follower())
    }
}

impl RemediesArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let loaded = self.spec.load()?;
        listen_for_signals()?;
        let folder = self.folder(&loaded);
        let runs_is_new = !Path::new(RUNS).exists();
        let load = |sets: &[String]| {
            let Changes { set, seed } = &self.spec.changes;
            let changes = Changes {
                set: [set, sets].concat(),
                seed: *seed,
            };
            Spec::load(&self.spec.spec, &changes.overrides()?)
        };
        let options = RemedyOptions {
            load: &load,
            folder: folder.clone(),
            seeds: seed_range(loaded.spec.seed, self.seeds)?,
            force: self.force,
            threads: self.threads.get(),
            stop: &STOP,
            predict: &|loaded| {
                let predicted = predict_loaded(loaded).ok()?.ok()?;
                Some(predicted.attenuation_decades.0)
            },
            critical: critical_weight_variance(loaded.spec.network.activation.elementwise(), 0.0)
                .ok(),
        };
        let follow = Follow(Progress::new(global.quiet, 0));
        let found = remedies(&loaded, &options, &follow);
        follow.0.end();
        let Some(found) = found.map_err(|problem| loaded.explain(problem))? else {
            if !folder.exists() {
                if runs_is_new {
                    // Fails where another command has put something into it.
                    let _ = std::fs::remove_dir(RUNS);
                }
                return Ok(Outcome::Interrupted);
            }
            output::remark(&format!(
                "stopped; what is done is kept in {}, and the same command goes on from there",
                folder.display()
            ));
            return Ok(Outcome::StoppedEarly(STOPPED));
        };
        write(&folder.join("remedies.csv"), &found.to_csv())?;
        let best = self.best(&loaded, &found, &folder)?;
        output::result(&(self.format.write)(&found, global.detail())?)?;
        if !global.quiet {
            let best = best.map_or(String::new(), |best| {
                format!(", the best cure's spec in {}", best.display())
            });
            output::remark(&format!("All runs are in {}{best}", folder.display()));
        }
        Ok(Outcome::Done)
    }

    fn folder(&self, loaded: &LoadedSpec) -> PathBuf {
        if let Some(out) = &self.out {
            return out.clone();
        }
        let Changes { set, seed } = &self.spec.changes;
        let seed = seed.map(|seed| format!("seed={seed}"));
        let changes = set.iter().cloned().chain(seed);
        let name = folder_name(&loaded.spec.name, changes);
        Path::new(RUNS).join(format!("{name}-remedies"))
    }

    /// Writes the spec of the best cure.
    fn best(
        &self,
        loaded: &LoadedSpec,
        found: &Remedies,
        folder: &Path,
    ) -> Result<Option<PathBuf>, Failure> {
        let path = folder.join("best.toml");
        let Some(best) = found.best() else {
            // An earlier one is not the best of these.
            let _ = std::fs::remove_file(&path);
            return Ok(None);
        };
        let mut set = self.spec.changes.set.clone();
        set.extend(best.sets.iter().cloned());
        let changes = Changes {
            set,
            seed: self.spec.changes.seed,
        };
        let mut spec = Spec::load(&self.spec.spec, &changes.overrides()?)?.spec;
        spec.name = format!("{}-best", loaded.spec.name);
        spec.rebase_paths(&loaded.folder, folder);
        let schema = loaded.schema_seen_from(folder);
        write(&path, &spec.to_toml(&schema)?)?;
        Ok(Some(path))
    }
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let file = AtomicFile::create(path).and_then(|file| file.write(text.as_bytes()));
    file.map_err(|error| Problem::in_file(path, format!("cannot be written: {error}")))
}
