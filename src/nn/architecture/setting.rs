//! What a network is built for.

use crate::image::Image;

/// What a network is built for, besides what `[network]` says.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Positions of a sample as it arrives: 1, or a sequence's length.
    pub positions: usize,
    /// Features at each.
    pub inputs: usize,
    /// The shape of a sample where it is an image that is read as one.
    pub image: Option<Image>,
    /// Whether a sample is a ray of light: a position is a point on it and, last, the width
    /// of the stretch that the point stands for; the outputs are the ray's colour.
    pub is_ray: bool,
    /// Outputs that the loss reads: the width of the output layer, but for rays.
    pub outputs: usize,
    /// Seed of what layers draw in training.
    pub seed: u64,
}

impl Setting {
    /// Points on a ray where the samples are rays.
    pub fn points(&self) -> Option<usize> {
        self.is_ray.then_some(self.positions)
    }

    /// Rows per sample of an MLP's layers: the points of a ray.
    pub fn rows(&self) -> usize {
        self.points().unwrap_or(1)
    }
}
