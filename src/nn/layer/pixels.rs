//! Layers that rearrange the pixels of an image.

use crate::base::Scalar;
use crate::image::Image;

use super::{Backward, Forward, Layer, entries, entries_mut};

/// From an image as data has it, one channel after the other in a row, to one pixel per
/// row.
pub struct ToPixels {
    /// The image.
    pub image: Image,
}

impl<T: Scalar> Layer<T> for ToPixels {
    fn width(&self) -> usize {
        self.image.channels
    }

    fn positions(&self, _inputs: &[usize]) -> usize {
        self.image.pixels()
    }

    fn forward(&self, pass: Forward<T>) {
        let (channels, pixels) = (self.image.channels, self.image.pixels());
        let inputs = entries(&pass.inputs[0]).chunks_exact(channels * pixels);
        let samples = entries_mut(pass.output).chunks_exact_mut(channels * pixels);
        for (y, x) in samples.zip(inputs) {
            for (pixel, y) in y.chunks_exact_mut(channels).enumerate() {
                let own = x[pixel..].iter().step_by(pixels);
                y.iter_mut().zip(own).for_each(|(y, x)| *y = *x);
            }
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        let (channels, pixels) = (self.image.channels, self.image.pixels());
        let samples = entries_mut(values).chunks_exact_mut(channels * pixels);
        let grads = entries(&pass.grad_output).chunks_exact(channels * pixels);
        for (dx, g) in samples.zip(grads) {
            if !grad_input.accumulate {
                dx.fill(T::zero());
            }
            for (pixel, g) in g.chunks_exact(channels).enumerate() {
                let own = dx[pixel..].iter_mut().step_by(pixels);
                own.zip(g).for_each(|(dx, g)| *dx += *g);
            }
        }
    }
}

/// A skip's shortcut across layers that make images smaller and wider: of every `stride`
/// rows and columns the first, and channels of 0 after its own. He et al. 2016,
/// arXiv:1512.03385, option A.
pub struct Shortcut {
    /// The image that is read.
    pub image: Image,
    /// Of so many rows and columns the first is kept.
    pub stride: usize,
    /// Channels of the output, at least those of the image.
    pub channels: usize,
}

impl Shortcut {
    /// The pixels that are kept, in their order.
    fn kept(&self) -> impl Iterator<Item = usize> {
        let (columns, stride) = (self.image.columns, self.stride);
        let rows = (0..self.image.rows).step_by(stride);
        rows.flat_map(move |row| {
            let kept = (0..columns).step_by(stride);
            kept.map(move |column| row * columns + column)
        })
    }
}

impl<T: Scalar> Layer<T> for Shortcut {
    fn width(&self) -> usize {
        self.channels
    }

    fn positions(&self, _inputs: &[usize]) -> usize {
        self.image.strided(self.stride).pixels()
    }

    fn forward(&self, pass: Forward<T>) {
        let own = self.image.channels;
        let written = self.image.strided(self.stride).pixels() * self.channels;
        let inputs = entries(&pass.inputs[0]).chunks_exact(self.image.features());
        let samples = entries_mut(pass.output).chunks_exact_mut(written);
        for (y, x) in samples.zip(inputs) {
            for (y, pixel) in y.chunks_exact_mut(self.channels).zip(self.kept()) {
                y[..own].copy_from_slice(&x[pixel * own..][..own]);
                y[own..].fill(T::zero());
            }
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        let own = self.image.channels;
        let written = self.image.strided(self.stride).pixels() * self.channels;
        let samples = entries_mut(values).chunks_exact_mut(self.image.features());
        let grads = entries(&pass.grad_output).chunks_exact(written);
        for (dx, g) in samples.zip(grads) {
            if !grad_input.accumulate {
                dx.fill(T::zero());
            }
            for (g, pixel) in g.chunks_exact(self.channels).zip(self.kept()) {
                let slots = dx[pixel * own..][..own].iter_mut();
                slots.zip(g).for_each(|(dx, g)| *dx += *g);
            }
        }
    }
}
