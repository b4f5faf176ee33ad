//! Which layer of one run is held against which of another.

use std::collections::BTreeSet;

use super::compared_target::ComparedTarget;
use super::profile::Profile;
use super::reading::{Missing, Reading};

/// How the layers of two targets are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// By their numbers.
    Number,
    /// By their relative depth (l − 1) / (depth − 1) on the path that decay is measured
    /// along, the hidden layers mostly, in between by linear interpolation of log10;
    /// output with output.
    RelativeDepth,
}

impl Matching {
    /// Its name in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::RelativeDepth => "relative_depth",
        }
    }

    /// By number where the path's layers begin and end with the same numbers, or
    /// where the layers are the same and one of the files does not say which of
    /// them is the output, or has it on the path.
    pub fn of(reference: &ComparedTarget, other: &ComparedTarget) -> Self {
        let is_unnamed = |target: &ComparedTarget| !target.profiles[0].has_names();
        // One has the output behind its path, the other at the end of it.
        let [a, b] = [reference, other].map(|target| target.profiles[0].path());
        let begins = |long: &[usize], short: &[usize]| {
            long.split_last().is_some_and(|(_, rest)| rest == short)
        };
        let is_one_longer = begins(&a, &b) || begins(&b, &a);
        let are_alike = (is_unnamed(reference) || is_unnamed(other) || is_one_longer)
            && reference.layers() == other.layers();
        let ends = |target: &ComparedTarget| {
            let path = target.profiles[0].path();
            (path.first().copied(), path.last().copied())
        };
        if ends(reference) == ends(other) || are_alike {
            Self::Number
        } else {
            Self::RelativeDepth
        }
    }

    /// The layers of the reference, and those of the other that have no
    /// counterpart among them.
    pub fn layers(self, reference: &ComparedTarget, other: &ComparedTarget) -> Vec<usize> {
        let mut layers: BTreeSet<usize> = reference.layers().into_iter().collect();
        if self == Self::Number {
            layers.extend(other.layers());
        }
        layers.into_iter().collect()
    }

    /// Where in the other target the reference's layer is found.
    pub fn place(
        self,
        layer: usize,
        reference: &ComparedTarget,
        other: &ComparedTarget,
    ) -> LayerPlace {
        match self {
            Self::Number => LayerPlace::exactly(layer),
            Self::RelativeDepth => relative(layer, &reference.profiles[0], &other.profiles[0]),
        }
    }
}

/// A place between layers.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerPlace {
    /// At `below`, or the share `part` of the way from there to `above`.
    Between {
        /// A layer.
        below: usize,
        /// The same or a later one.
        above: usize,
        /// From 0 to 1.
        part: f64,
    },
    /// There is none: what the other target lacks.
    Nowhere(String),
}

impl LayerPlace {
    fn exactly(layer: usize) -> Self {
        Self::Between {
            below: layer,
            above: layer,
            part: 0.0,
        }
    }

    /// The place as a number of a layer, e.g. 3.5.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Between { below, above, part } => {
                Some(*below as f64 + part * (above - below) as f64)
            }
            Self::Nowhere(_) => None,
        }
    }

    /// What a run reads there.
    pub fn reading(&self, profile: &Profile) -> Reading {
        let at = |layer: &usize| {
            let reading = profile.readings.get(layer).cloned();
            reading.unwrap_or(Err(Missing::Absent))
        };
        match self {
            Self::Nowhere(lacking) => Err(Missing::Nowhere(lacking.clone())),
            Self::Between { below, above, .. } if below == above => at(below),
            Self::Between { below, above, part } => match (at(below), at(above)) {
                (Ok(low), Ok(high)) => Ok(low + part * (high - low)),
                (Err(low), Err(high)) if low == high => Err(low),
                (Err(lack), _) => Err(Missing::Partly(format!(
                    "{lack} in {}",
                    profile.numbering.one(*below)
                ))),
                (_, Err(lack)) => Err(Missing::Partly(format!(
                    "{lack} in {}",
                    profile.numbering.one(*above)
                ))),
            },
        }
    }
}

/// The place of the same relative depth.
fn relative(layer: usize, reference: &Profile, other: &Profile) -> LayerPlace {
    if reference.output() == Some(layer) {
        return match other.output() {
            Some(output) => LayerPlace::exactly(output),
            None => LayerPlace::Nowhere("no layer named output".to_owned()),
        };
    }
    let (own, theirs) = (reference.path(), other.path());
    let (Some((first, last)), Some((other_first, other_last))) = (ends(&own), ends(&theirs)) else {
        return LayerPlace::Nowhere(
            "no relative depth, since one of the two has a single hidden layer".to_owned(),
        );
    };
    if own.binary_search(&layer).is_err() {
        return LayerPlace::Nowhere("no counterpart of it".to_owned());
    }
    // In whole numbers, so that the ends and whole multiples fall onto layers;
    // in wide ones, as a file may number its layers as it likes.
    let product = (layer - first) as u128 * (other_last - other_first) as u128;
    let span = (last - first) as u128;
    let (whole, rest) = ((product / span) as usize, product % span);
    let exact = other_first + whole;
    let at = theirs.partition_point(|layer| *layer <= exact);
    // The first layer is at or below every place.
    let below = theirs[at - 1];
    if below == exact && rest == 0 {
        return LayerPlace::exactly(below);
    }
    let above = theirs[at];
    let way = (exact - below) as f64 + rest as f64 / span as f64;
    LayerPlace::Between {
        below,
        above,
        part: way / (above - below) as f64,
    }
}

/// The first and the last of at least two layers.
fn ends(layers: &[usize]) -> Option<(usize, usize)> {
    match layers {
        [first, .., last] => Some((*first, *last)),
        _ => None,
    }
}
