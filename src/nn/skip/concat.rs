//! The skip that brings the input along.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Junction, Site};
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, ValueId};

/// The linear map of each layer named reads the encoded input beside what it read; fan_in counts it, and widths may differ. Mildenhall et al. 2020, arXiv:2003.08934.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concat {
    /// The layers, from 2 to depth.
    #[schemars(length(min = 1), inner(range(min = 2)))]
    pub at: Vec<usize>,
}

impl<T: Scalar> Join<T> for Concat {
    fn check(&self, site: &Site) -> Option<Conflict> {
        let refused = |what: String, expected: String, help: &str| {
            let keys = ["network.skip.concat.at", "network.depth"];
            Some(Conflict::new(&keys, what, &expected, help))
        };
        let depth = site.depth;
        let is_inside = |layer: &usize| (2..=depth).contains(layer);
        if let Some(layer) = self.at.iter().find(|layer| !is_inside(layer)) {
            return refused(
                format!(
                    "`network.skip.concat.at` names layer {layer}, with `network.depth` = {depth} hidden layers"
                ),
                format!("expected layers from 2 to {depth}"),
                "layer 1 reads the input as it is, the output layer cannot: name hidden layers between",
            );
        }
        let twice = (1..self.at.len()).find(|i| self.at[..*i].contains(&self.at[*i]));
        twice.and_then(|i| {
            refused(
                format!("`network.skip.concat.at` names layer {} twice", self.at[i]),
                "expected every layer once".into(),
                "remove one of them",
            )
        })
    }

    fn brings_input_to(&self, layer: usize) -> bool {
        self.at.contains(&layer)
    }

    fn join(&self, _: &mut GraphBuilder<T>, at: Junction) -> ValueId {
        at.branch
    }
}
