//! What a convolution reads, pixel by pixel: a linear map of it is the convolution.

use std::ops::Range;

use crate::base::Scalar;
use crate::image::Image;

use super::{Backward, Forward, Layer, entries, entries_mut};

/// y_p = the k·k pixels of x around pixel stride·p, tap after tap: first those of the row
/// above. Beyond the border pixels are 0.
///
/// Backward: ∂L/∂x of a pixel is the sum over the taps that read it.
pub struct Unfold {
    /// The image that is read.
    pub image: Image,
    /// k, an odd number.
    pub kernel: usize,
    /// Of so many rows and columns the first has a pixel of y.
    pub stride: usize,
}

impl Unfold {
    /// Hands out, for the taps of a pixel's row that lie inside the image, where their
    /// numbers lie in a sample of y and in one of x.
    pub fn runs(&self, mut each: impl FnMut(Range<usize>, Range<usize>)) {
        let Image {
            channels,
            rows,
            columns,
        } = self.image;
        let (k, reach) = (self.kernel, self.kernel / 2);
        for (pixel, (row, column)) in self.centers().enumerate() {
            let taps = reach.saturating_sub(column)..k.min(columns + reach - column);
            let length = taps.len() * channels;
            for down in reach.saturating_sub(row)..k.min(rows + reach - row) {
                let y = ((pixel * k + down) * k + taps.start) * channels;
                let x = (row + down - reach) * columns + column + taps.start - reach;
                each(y..y + length, x * channels..x * channels + length);
            }
        }
    }

    /// The row and column of x around which each pixel of y reads.
    fn centers(&self) -> impl Iterator<Item = (usize, usize)> {
        let Image { rows, columns, .. } = self.image.strided(self.stride);
        let stride = self.stride;
        (0..rows)
            .flat_map(move |row| (0..columns).map(move |column| (row * stride, column * stride)))
    }

    /// Whether a tap around a pixel of x lies beyond the border.
    fn is_at_border(&self, (row, column): (usize, usize)) -> bool {
        let reach = self.kernel / 2;
        let is_inside = |place: usize, length: usize| place >= reach && place + reach < length;
        !is_inside(row, self.image.rows) || !is_inside(column, self.image.columns)
    }

    fn written_width(&self) -> usize {
        self.kernel * self.kernel * self.image.channels
    }
}

impl<T: Scalar> Layer<T> for Unfold {
    fn width(&self) -> usize {
        self.written_width()
    }

    fn positions(&self, _inputs: &[usize]) -> usize {
        self.image.strided(self.stride).pixels()
    }

    fn forward(&self, pass: Forward<T>) {
        let written = self.image.strided(self.stride).pixels() * self.written_width();
        let samples = entries_mut(pass.output).chunks_exact_mut(written);
        let inputs = entries(&pass.inputs[0]).chunks_exact(self.image.features());
        for (y, x) in samples.zip(inputs) {
            let pixels = y.chunks_exact_mut(self.written_width()).zip(self.centers());
            let bordering = pixels.filter(|(_, center)| self.is_at_border(*center));
            bordering.for_each(|(taps, _)| taps.fill(T::zero()));
            self.runs(|of_y, of_x| y[of_y].copy_from_slice(&x[of_x]));
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let [grad_input, ..] = pass.grad_inputs;
        let Some(values) = grad_input.values else {
            return;
        };
        let written = self.image.strided(self.stride).pixels() * self.written_width();
        let samples = entries_mut(values).chunks_exact_mut(self.image.features());
        let grads = entries(&pass.grad_output).chunks_exact(written);
        for (dx, g) in samples.zip(grads) {
            if !grad_input.accumulate {
                dx.fill(T::zero());
            }
            self.runs(|of_y, of_x| {
                let terms = dx[of_x].iter_mut().zip(&g[of_y]);
                terms.for_each(|(dx, g)| *dx += *g);
            });
        }
    }
}
