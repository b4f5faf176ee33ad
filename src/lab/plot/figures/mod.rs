//! The figures: one file each, one list.

mod cures;
mod curves;
mod heatmap;
mod layers;
mod reliability;
mod seeds;
mod sweep;
mod total;
mod training;
mod view;

use std::collections::BTreeSet;

use super::panel::{Panel, Room};
use super::plot_data::PlotData;
use crate::lab::records::RunData;

/// The most panels of one figure.
pub const MOST_PANELS: usize = 12;

/// One kind of figure.
pub trait Figure: Sync {
    /// What `--figure` takes.
    fn name(&self) -> &'static str;
    /// What it shows, in a line.
    fn help(&self) -> &'static str;
    /// What it needs, where it does not apply.
    fn needs(&self) -> &'static str;
    /// Its panels; none if it does not apply to these runs.
    fn panels(&self, data: &PlotData, room: Room) -> Vec<Panel>;
}

/// All of them, in the order of a sheet.
pub const FIGURES: &[&dyn Figure] = &[
    &layers::LayersFigure,
    &training::TrainingFigure,
    &heatmap::HeatmapFigure,
    &curves::CurvesFigure,
    &total::TotalFigure,
    &seeds::SeedsFigure,
    &reliability::ReliabilityFigure,
    &cures::CuresFigure,
    &sweep::SweepFigure,
    &view::ViewFigure,
];

/// The runs that get a panel of their own over the steps, and what the caption
/// says of those that do not: a run of a single step would fill none, and where
/// there is no room for all, it is the first seed of each.
fn shown<'a>(data: &'a PlotData, room: Room, name: &str) -> (Vec<&'a RunData>, Option<String>) {
    let has_steps = |run: &&RunData| run.moves();
    let all: Vec<&RunData> = data.runs.iter().filter(has_steps).collect();
    if all.len() <= room.panels {
        return (all, None);
    }
    let targets = 0..data.targets.len();
    let first_seeds = targets.filter_map(|target| data.of_target(target).find(|p| has_steps(p)));
    let shown: Vec<&RunData> = first_seeds.take(room.panels).collect();
    let mut remark = format!("{} of {} runs have a panel", shown.len(), all.len());
    if room.panels < MOST_PANELS {
        remark += &format!(", {MOST_PANELS} can with --figure {name} alone");
    }
    (shown, Some(remark))
}

/// What [`shown`] needs.
const NEEDS_STEPS: &str = "a run of more than one logged step";

/// What a line over several seeds is, for a caption.
fn seeds_remark(data: &PlotData) -> String {
    let counts = (0..data.targets.len()).map(|target| data.of_target(target).count());
    let counts: Vec<String> = counts.map(|count| count.to_string()).collect();
    let mean = if data.is_log() {
        "mean of log10"
    } else {
        "mean"
    };
    format!(
        "Line: {mean} over the seeds, area: its 95 % interval by Student's t at the last step; seeds: {}",
        counts.join(", ")
    )
}

/// The layers of some runs together, ascending: their common scale.
fn layers_of(runs: &[&RunData]) -> Vec<usize> {
    let layers = runs.iter().flat_map(|run| run.layers());
    let layers: BTreeSet<usize> = layers.copied().collect();
    layers.into_iter().collect()
}

/// What an axis of the layers of some runs says.
fn layer_axis(runs: &[RunData]) -> &'static str {
    let words: BTreeSet<&str> = runs.iter().map(RunData::layer_axis).collect();
    match (words.first(), words.len()) {
        (Some(word), 1) => word,
        _ => "layer",
    }
}

/// Every k-th of `count`, from the last down, so that at most `most` are left;
/// with that k.
pub fn thinned(count: usize, most: usize) -> (Vec<usize>, usize) {
    let every = count.div_ceil(most.max(1)).max(1);
    let kept = (0..count).filter(|i| (count - 1 - i).is_multiple_of(every));
    (kept.collect(), every)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_last_and_the_bound() {
        assert_eq!(thinned(3, 40), (vec![0, 1, 2], 1));
        assert_eq!(thinned(5, 2), (vec![1, 4], 3));
        assert!(thinned(0, 2).0.is_empty());
        for count in 1..200 {
            let (kept, _) = thinned(count, 40);
            assert!(kept.len() <= 40 && kept.last() == Some(&(count - 1)));
        }
    }

    #[test]
    fn names_are_unlike() {
        let mut names: Vec<&str> = FIGURES.iter().map(|figure| figure.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIGURES.len());
    }
}
