//! Where the decades between the path's last layer and its first go.

use super::frame::Frame;

/// The change of the gradient from one layer of the path to the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The layer nearer the output, whose φ and weights the gradient passes.
    pub layer: usize,
    /// Decades lost; negative where it grows.
    pub lost: f64,
}

/// The gradient's changes over the path at one step.
#[derive(Clone, Debug)]
pub struct Balance {
    /// Where both norms are finite and not 0, toward the output.
    pub changes: Vec<Crossing>,
    /// The layers of the path whose norm is exactly 0.
    pub zeros: Vec<usize>,
    /// Layers of the path.
    pub layers: usize,
}

impl Balance {
    /// At one step.
    pub fn of(frame: &Frame) -> Self {
        let path = frame.path();
        let norm = |layer: usize| frame.headline(layer);
        let is_zero = |layer: &usize| norm(*layer) == Some(0.0);
        let changes = path.windows(2).filter_map(|pair| {
            let [before, layer] = [pair[0], pair[1]];
            let lost = norm(layer)?.log10() - norm(before)?.log10();
            lost.is_finite().then_some(Crossing { layer, lost })
        });
        Self {
            changes: changes.collect(),
            zeros: path.iter().copied().filter(is_zero).collect(),
            layers: path.len(),
        }
    }

    /// Decades lost over the layers that have a norm.
    pub fn lost(&self) -> f64 {
        self.changes.iter().map(|change| change.lost).sum()
    }

    /// The share of the path that receives nothing at all.
    pub fn silent(&self) -> f64 {
        self.zeros.len() as f64 / self.layers.max(1) as f64
    }

    /// The share of the decay that `decades` of what is lost over layers with a norm, and
    /// `zeros` of the layers without one, are.
    pub fn share(&self, decades: f64, zeros: usize) -> f64 {
        let of_zeros = zeros as f64 / self.layers.max(1) as f64;
        let lost = self.lost();
        let of_lost = if lost > 0.0 { decades / lost } else { 0.0 };
        (of_zeros + (1.0 - self.silent()) * of_lost).clamp(0.0, 1.0)
    }
}
