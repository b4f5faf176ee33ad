//! What differs in the specs of the targets.

use std::collections::BTreeSet;

use super::{Run, Target};
use crate::lab::config::{Changed, Spec, changed_keys, changed_parameters};
use crate::lab::text::limit;

/// The keys in which the targets' specs differ; a target without a spec has no
/// value. Several seeds count as one value, a list.
pub fn changed(targets: &[Target]) -> Vec<Changed> {
    let with: Vec<usize> = (0..targets.len())
        .filter(|&i| targets[i].spec().is_some())
        .collect();
    let specs: Vec<Spec> = with
        .iter()
        .filter_map(|&i| targets[i].runs[0].resolved_spec())
        .collect();
    let mut changed = changed_keys(&specs.iter().collect::<Vec<_>>());
    // What a sweep varies, a gate asks and `remedies` tries is nothing of a run.
    changed.retain(|changed| {
        let section = changed.key.split('.').next().unwrap_or_default();
        ![SEED, "sweep", "check", "remedy"].contains(&section)
    });
    let seeds: Vec<Option<String>> = with.iter().map(|&i| Some(seeds(&targets[i]))).collect();
    if seeds.iter().any(|own| *own != seeds[0]) {
        let at = changed.partition_point(|changed| *changed.key < *SEED);
        let key = SEED.to_owned();
        changed.insert(at, Changed { key, values: seeds });
    }
    for changed in &mut changed {
        let mut values = vec![None; targets.len()];
        for (i, value) in with.iter().zip(changed.values.drain(..)) {
            values[*i] = value;
        }
        changed.values = values;
    }
    changed
}

const SEED: &str = "seed";

fn seeds(target: &Target) -> String {
    let seeds = target.runs.iter().filter_map(Run::seed);
    let seeds: Vec<String> = seeds.map(|seed| seed.to_string()).collect();
    match &*seeds {
        [seed] => seed.clone(),
        _ => format!("[{}]", seeds.join(", ")),
    }
}

/// One of the settings in which targets differ, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key in its section: `skip`.
    pub key: String,
    /// Its value without quotes; of a choice its name and the parameters that
    /// are not at their defaults: `identity (scale 0.18)`.
    pub value: String,
}

/// For each target the settings of [`changed`] that are not as the first target
/// has them, a choice and its parameters taken together; for the first all of them.
pub fn settings(targets: &[Target], changed: &[Changed]) -> Vec<Vec<Setting>> {
    let keys = changed.iter().map(|changed| &*changed.key);
    let families: BTreeSet<String> = keys.filter(|key| *key != "name").map(family).collect();
    let mut all: Vec<Vec<Setting>> = vec![Vec::new(); targets.len()];
    for family in families {
        let values: Vec<Option<String>> = (0..targets.len())
            .map(|i| value(&targets[i], i, &family, changed))
            .collect();
        let key = family.rsplit('.').next().unwrap_or_default();
        for (i, value) in values.iter().enumerate() {
            if i == 0 || *value != values[0] {
                all[i].extend(value.clone().map(|value| Setting {
                    key: key.to_owned(),
                    value,
                }));
            }
        }
    }
    all
}

/// A value as TOML has it, but a number of many zeros with an exponent.
pub fn readable(value: &str) -> String {
    let number: Option<f64> = value.parse().ok();
    match number.filter(|number| number.is_finite() && value.contains('.')) {
        Some(number) if limit(number).contains('e') => limit(number),
        _ => value.to_owned(),
    }
}

/// The setting that a key belongs to: `network.skip` of `network.skip.identity.every`.
fn family(key: &str) -> String {
    let parts: Vec<&str> = key.split('.').take(2).collect();
    parts.join(".")
}

/// What the `i`-th target has for a setting; `None` where its spec lacks it.
fn value(target: &Target, i: usize, family: &str, changed: &[Changed]) -> Option<String> {
    let plain = |text: &str| readable(text).trim_matches('"').to_owned();
    let below = format!("{family}.");
    let mut choice = None;
    let mut parameters = Vec::new();
    for Changed { key, values } in changed {
        let Some(text) = &values[i] else { continue };
        if key == family {
            return Some(plain(text));
        }
        let Some(rest) = key.strip_prefix(&below) else {
            continue;
        };
        let (name, parameter) = rest.split_once('.').unwrap_or((rest, ""));
        choice = Some(name);
        parameters.push((key, parameter, plain(text)));
    }
    let choice = choice?;
    let spec = target.spec()?;
    if let Some(keys) = changed_parameters(spec, family, choice) {
        parameters.retain(|(key, ..)| keys.contains(key));
    }
    let parameters: Vec<String> = parameters
        .iter()
        .map(|(_, name, text)| format!("{name} {text}"))
        .collect();
    Some(match &*parameters {
        [] => choice.to_owned(),
        some => format!("{choice} ({})", some.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Run folders that hold a spec with these lines and a file of one row.
    fn targets(folder: &Path, specs: &[(&str, &str)]) -> Vec<Target> {
        let paths = specs.iter().map(|(name, network)| {
            let path = folder.join(name);
            std::fs::create_dir_all(&path).unwrap();
            let spec = format!(
                "[data]\nsource = 'digits'\n[network]\ndepth = 3\nwidth = 4\nactivation = 'relu'\n\
                 {network}\n[train]\nsteps = 1\nlearning_rate = 0.1\n"
            );
            std::fs::write(path.join("spec.toml"), spec).unwrap();
            std::fs::write(path.join("gradients.csv"), "step,layer,x_norm\n0,1,1\n").unwrap();
            path
        });
        Target::open_all(&paths.collect::<Vec<_>>()).unwrap()
    }

    fn told(settings: &[Setting]) -> Vec<String> {
        let words = settings.iter();
        words
            .map(|own| format!("{} = {}", own.key, own.value))
            .collect()
    }

    #[test]
    fn what_others_changed_is_told_in_short() {
        let folder = tempfile::tempdir().unwrap();
        let targets = targets(
            folder.path(),
            &[
                ("a", ""),
                ("b", "norm = 'batch'"),
                ("c", "skip = { identity = { scale = 0.18 } }"),
                ("d", "skip = 'identity'"),
                ("e", ""),
            ],
        );
        let changed = changed(&targets);
        let settings = settings(&targets, &changed);
        // The names differ too, but are no change.
        assert_eq!(told(&settings[0]), ["norm = none", "skip = none"]);
        assert_eq!(told(&settings[1]), ["norm = batch"]);
        assert_eq!(told(&settings[2]), ["skip = identity (scale 0.18)"]);
        assert_eq!(told(&settings[3]), ["skip = identity"]);
        assert!(settings[4].is_empty());
    }

    #[test]
    fn numbers_of_many_zeros_are_readable() {
        let texts = [
            "1000000000000.0",
            "0.00000001",
            "0.1",
            "1.0",
            "64",
            "\"relu\"",
        ]
        .map(readable);
        assert_eq!(texts, ["1e12", "1e-8", "0.1", "1.0", "64", "\"relu\""]);
    }
}
