//! What each key of `[network]` does, per layer, forward and backward.

use crate::lab::prediction::{Contribution, Unpredictable};
use crate::nn::mean_field::{Averages, NormKind};

use super::walk::{LayerTheory, Propagation};

impl Propagation<'_> {
    /// In the order of the way forward.
    ///
    /// # Errors
    /// Where there is no theory.
    pub fn contributions(&self, rows: &[LayerTheory]) -> Result<Vec<Contribution>, Unpredictable> {
        let network = self.network;
        let depth = network.depth;
        let last = rows[depth - 1];
        let before = [depth.saturating_sub(2), depth - 1].map(|l| self.widths[l]);
        let map = self.map_to_hidden(before)?;
        let curve = network.activation.elementwise();
        let averages = Averages::beside_bias(curve, last.q, map.bias_reach());
        let keep = self.keep();
        let incoming = averages.square / keep;
        let [weight, _] = map.variances(incoming);
        let own = weight * averages.slope_square / keep;
        let is_plain = self.joining()?.is_branch();
        let total = last.backward.map(|backward| backward.chi);
        let both = |key, factor| Contribution {
            key,
            forward: Some(factor),
            backward: Some(factor),
        };
        let mut found = vec![both("init", weight)];
        if self.norm()? != NormKind::None {
            found.push(Contribution {
                key: "norm",
                forward: None,
                backward: total.filter(|_| is_plain).map(|total| total / own),
            });
        }
        found.push(Contribution {
            key: "activation",
            forward: Some(averages.square / last.q),
            backward: Some(averages.slope_square),
        });
        if keep < 1.0 {
            found.push(both("dropout", 1.0 / keep));
        }
        if !is_plain {
            found.push(Contribution {
                key: "skip",
                forward: None,
                backward: total,
            });
        }
        Ok(found)
    }
}
