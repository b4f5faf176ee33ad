//! ∂L/∂W_hh of the maps that the time steps of a recurrent network share, by
//! `parameters.csv`: what a time step's row in `gradients.csv` has of it is the step's own
//! contribution, while an optimizer sees the sum.

use std::collections::BTreeMap;

use crate::base::Problem;
use crate::lab::records::{Run, Table};
use crate::nn::architecture::Architecture;

/// The file that has whole tensors, and the key that asks for it.
const FILE: &str = "parameters.csv";
pub const ASKED_BY: &str = "log.parameters = true";
/// Why the rows of `gradients.csv` do not tell.
pub const CONTRIBUTION: &str = "a time step's row has its own contribution to ∂L/∂W";

/// How large ∂L/∂W_hh is.
pub struct SharedMaps {
    /// Per step and stacked layer the root mean square of an entry.
    sizes: BTreeMap<(u64, usize), f64>,
}

impl SharedMaps {
    /// Those of a run at some of its steps; `None` where it has none or its file is not there.
    ///
    /// # Errors
    /// If the file cannot be understood.
    pub fn of(run: &Run, steps: &[u64]) -> Result<Option<Self>, Problem> {
        let network = run.spec.as_ref().map(|spec| &spec.network);
        let Some((network, Architecture::Recurrent(recurrent))) =
            network.map(|network| (network, &network.architecture))
        else {
            return Ok(None);
        };
        let path = run.path.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let mut table = Table::open(&path)?;
        let [step, tensor, norm] = ["step", "tensor", "grad_norm"].map(|name| table.column(name));
        let [step, tensor, norm] = [step?, tensor?, norm?];
        let mut sizes = BTreeMap::new();
        while let Some(row) = table.next_row()? {
            let Some(layer) = stacked_layer(row.bytes(tensor)) else {
                continue;
            };
            let at = row.count(step)?;
            let is_there = (1..=network.depth).contains(&layer) && steps.contains(&at);
            if let Some(norm) = row.norm(norm)?.filter(|_| is_there) {
                let width = network.width.of(layer) as f64;
                let entries = recurrent.gates() as f64 * width * width;
                sizes.insert((at, layer), norm / entries.sqrt());
            }
        }
        Ok(Some(Self { sizes }))
    }

    /// The stacked layers at a step, with the size of an entry of theirs.
    pub fn at(&self, step: u64) -> Vec<(usize, f64)> {
        let own = self.sizes.range((step, 0)..=(step, usize::MAX));
        own.map(|((_, layer), size)| (*layer, *size)).collect()
    }
}

/// The stacked layer whose recurrent map a tensor is: `layers.2.weight_hh`.
fn stacked_layer(tensor: &[u8]) -> Option<usize> {
    let name = std::str::from_utf8(tensor).ok()?;
    let number = name.strip_prefix("layers.")?.strip_suffix(".weight_hh")?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::stacked_layer;

    #[test]
    fn the_recurrent_maps_are_told_by_their_names() {
        assert_eq!(stacked_layer(b"layers.2.weight_hh"), Some(2));
        for other in ["layers.2.weight_ih", "layers.2.bias_hh", "layers.9.weight"] {
            assert_eq!(stacked_layer(other.as_bytes()), None);
        }
    }
}
