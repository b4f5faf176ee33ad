//! What differs in the specs of the targets.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Run, Target};
use crate::base::Problem;
use crate::lab::config::{Changed, Spec, changed_keys, changed_parameters, is_choice};
use crate::lab::text::{limit, quoted};

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

/// That a file is no spec, where a run or a log is expected.
///
/// # Errors
/// If it is one.
pub fn refuse(path: &Path) -> Result<(), Problem> {
    let is_named = path
        .extension()
        .is_some_and(|own| own.eq_ignore_ascii_case("toml"));
    if !(is_named && (looks_like_one(path) || begins_with(path, has_key))) {
        return Ok(());
    }
    let command = format!("vgrad run {}", quoted(&path.display().to_string()));
    Err(
        Problem::in_file(path, "is a spec, and a run or a log was expected").help(format!(
            "run it first, `{command}`, and name the folder that it writes"
        )),
    )
}

/// Whether a file begins as specs do.
pub fn looks_like_one(path: &Path) -> bool {
    begins_with(path, |line| {
        line.starts_with("#:schema") || ["[data]", "[network]", "[train]"].contains(&line.trim())
    })
}

/// Whether a line has a key of a spec's sections: `[data.source.csv]`, `data.source = "digits"`.
/// A log may have one too, if it is not named as specs are.
fn has_key(line: &str) -> bool {
    let key = match line.trim().strip_prefix('[') {
        Some(table) => table.split(']').next(),
        None => line.split_once('=').map(|(key, _)| key),
    };
    let section = key.and_then(|key| key.split('.').next());
    section.is_some_and(|section| ["data", "network", "train"].contains(&section.trim()))
}

/// Whether one of a file's first lines is a mark.
fn begins_with(path: &Path, is_mark: impl Fn(&str) -> bool) -> bool {
    const ENOUGH: u64 = 4096;
    let mut bytes = Vec::new();
    let is_read = path.is_file()
        && File::open(path).is_ok_and(|file| file.take(ENOUGH).read_to_end(&mut bytes).is_ok());
    let text = String::from_utf8_lossy(&bytes);
    is_read && text.lines().any(is_mark)
}

/// One of the settings in which targets differ, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key in its section: `skip`; of `[gan]`, whose tables have the names of others, the
    /// whole of it: `gan.train`.
    pub key: String,
    /// Its value without quotes; of a choice its name and the parameters that
    /// are not at their defaults: `identity (scale = 0.18)`; of a table its keys:
    /// `depth = 3, width = 64`.
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
        let key = match family.starts_with("gan.") {
            true => &*family,
            false => family.rsplit('.').next().unwrap_or_default(),
        };
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
    let mut parameters: Vec<(&str, String)> = Vec::new();
    for Changed { key, values } in changed {
        let Some(text) = &values[i] else { continue };
        if key == family {
            return Some(plain(text));
        }
        if let Some(rest) = key.strip_prefix(&below) {
            parameters.push((rest, plain(text)));
        }
    }
    let last = parameters.last()?.0;
    if !is_choice(family) {
        return Some(listed(&parameters));
    }
    let (choice, _) = last.split_once('.').unwrap_or((last, ""));
    if let Some(keys) = changed_parameters(target.spec()?, family, choice) {
        parameters.retain(|(rest, _)| keys.contains(&format!("{below}{rest}")));
    }
    let own = parameters.into_iter().filter_map(|(rest, text)| {
        let rest = rest.strip_prefix(choice)?.strip_prefix('.')?;
        Some((rest, text))
    });
    let own: Vec<(&str, String)> = own.collect();
    Some(match own.is_empty() {
        true => choice.to_owned(),
        false => format!("{choice} ({})", listed(&own)),
    })
}

/// Parameters by their paths, those of a choice together:
/// `depth = 3, activation = leaky_relu (slope = 0.2)`.
fn listed(parameters: &[(&str, String)]) -> String {
    let head = |path: &str| path.rsplit_once('.').map(|(head, _)| head.to_owned());
    let groups = parameters.chunk_by(|(a, _), (b, _)| head(a) == head(b));
    let groups = groups.map(|group| {
        let each = group.iter().map(|(path, text)| {
            let name = path.rsplit('.').next().unwrap_or_default();
            format!("{name} = {text}")
        });
        let each = each.collect::<Vec<_>>().join(", ");
        match head(group[0].0) {
            None => each,
            Some(head) => format!("{} ({each})", head.replacen('.', " = ", 1)),
        }
    });
    groups.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(told(&settings[2]), ["skip = identity (scale = 0.18)"]);
        assert_eq!(told(&settings[3]), ["skip = identity"]);
        assert!(settings[4].is_empty());
    }

    #[test]
    fn the_keys_of_a_table_are_told_with_their_values() {
        let folder = tempfile::tempdir().unwrap();
        let gan = "[gan]\nloss = 'saturating'\nnoise = 2\n[gan.discriminator]\ndepth = 3\nwidth = 5\n\
                   activation = { leaky_relu = { slope = 0.2 } }\n[gan.train]\noptimizer = 'adam'";
        let targets = targets(folder.path(), &[("a", ""), ("b", gan)]);
        let settings = settings(&targets, &changed(&targets));
        let discriminator = settings[1]
            .iter()
            .find(|own| own.key == "gan.discriminator");
        let told = &discriminator.unwrap().value;
        for words in [
            "depth = 3",
            "width = 5",
            "activation = leaky_relu (slope = 0.2)",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(!told.starts_with("width ("), "{told}");
        let train = settings[1]
            .iter()
            .find(|own| own.key == "gan.train")
            .unwrap();
        assert!(
            train.value.contains("optimizer = adam (beta1 = 0.9"),
            "{train:?}"
        );
        assert!(is_choice("train.optimizer") && !is_choice("train.predictive"));
        let passes = [("mc_dropout", "30".to_owned())];
        assert_eq!(listed(&passes), "mc_dropout = 30");
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
