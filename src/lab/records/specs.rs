//! What differs in the specs of the targets.

use super::{Run, Target};
use crate::lab::config::{Changed, Spec, changed_keys};

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
    changed.retain(|changed| changed.key != SEED);
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
