//! Means over the steps that all targets have.

use std::collections::BTreeMap;

use super::profile::{LookedAt, Profile};
use super::reading::{Mean, Missing, Reading, Series, log10};

/// Replaces the readings by means of log10 over the steps that every profile has
/// a row at: of the same layer, where it has that layer, else of any. Tells what
/// is left out, by layers: "layers 1–4: 5 of 10 steps".
pub fn mean_over_common_steps(profiles: &mut [Profile]) -> Vec<String> {
    let all: Vec<BTreeMap<usize, Vec<u64>>> = profiles.iter().map(steps_by_layer).collect();
    let whole: Vec<Vec<u64>> = all.iter().map(|layers| union(layers.values())).collect();
    // Layers by how many of how many steps they keep.
    let mut left: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (own, profile) in profiles.iter_mut().enumerate() {
        let mut looked_at = Vec::new();
        let mut readings: BTreeMap<usize, Reading> = BTreeMap::new();
        for (layer, series) in &profile.series {
            let mut steps = all[own][layer].clone();
            for (layers, whole) in all.iter().zip(&whole) {
                let others = layers.get(layer).unwrap_or(whole);
                steps.retain(|step| others.binary_search(step).is_ok());
            }
            if steps.len() < series.len() {
                let kept = left.entry((steps.len(), series.len())).or_default();
                if !kept.contains(layer) {
                    kept.push(*layer);
                }
            }
            let mut mean = Mean::default();
            let kept = series
                .iter()
                .filter(|(step, _)| steps.binary_search(step).is_ok());
            kept.for_each(|(_, figure)| mean.add(log10(*figure, profile.resolution)));
            readings.insert(
                *layer,
                match steps.is_empty() {
                    true => Err(Missing::Partly("without a step in common".to_owned())),
                    false => mean.reading(),
                },
            );
            looked_at.push(steps);
        }
        let steps = union(looked_at.iter());
        // Without a common step it keeps what it was, and no layer has a value.
        if let (Some(first), Some(last)) = (steps.first(), steps.last()) {
            profile.looked_at = Some(LookedAt {
                first: *first,
                last: *last,
                count: steps.len() as u64,
            });
        }
        profile.readings = readings;
        profile.series = BTreeMap::new();
    }
    let numbering = profiles[0].numbering;
    left.into_iter()
        .map(|((kept, of), layers)| format!("{}: {kept} of {of} steps", numbering.many(&layers)))
        .collect()
}

fn steps_by_layer(profile: &Profile) -> BTreeMap<usize, Vec<u64>> {
    let steps = |series: &Series| series.iter().map(|(step, _)| *step).collect();
    let layers = profile.series.iter();
    layers
        .map(|(layer, series)| (*layer, steps(series)))
        .collect()
}

/// All steps of several lists, ascending.
fn union<'a>(lists: impl Iterator<Item = &'a Vec<u64>>) -> Vec<u64> {
    let mut all: Vec<u64> = lists.flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
