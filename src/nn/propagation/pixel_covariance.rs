//! How alike the gradients of an image's pixels are: one draw of a kernel scales pixels that
//! are the same number together, and averages over those that go their own ways.

use ndarray::Array2;

use crate::image::Image;

/// E g_p·g_q over draws for all pixels p and q of a channel, up to a factor. It is a product
/// of one of rows and one of columns, since it begins so, the same everywhere, and a square
/// kernel of independent weights keeps it so.
pub struct PixelCovariance {
    sides: [Array2<f64>; 2],
}

/// Sides that are longer are looked at as if they were so long: far from its border an image
/// is the same everywhere.
const LONGEST: usize = 256;

impl PixelCovariance {
    /// What is looked at of an image.
    pub fn seen_of(image: Image) -> Image {
        Image {
            rows: image.rows.min(LONGEST),
            columns: image.columns.min(LONGEST),
            ..image
        }
    }

    /// Of what a mean over the pixels hands back: one number for all.
    pub fn of_mean(image: &Image) -> Self {
        let side = |n: usize| Array2::from_elem((n, n), 1.0 / n as f64);
        Self {
            sides: [image.rows, image.columns].map(side),
        }
    }

    /// Back through a convolution that reads `image`; φ's slopes are taken for the same
    /// everywhere, which makes pixels more alike than they are.
    pub fn back(&self, image: &Image, kernel: usize, stride: usize) -> Self {
        let [rows, columns] = &self.sides;
        Self {
            sides: [
                side_back(rows, image.rows, kernel, stride),
                side_back(columns, image.columns, kernel, stride),
            ],
        }
    }

    /// Relative variance of a channel's squared gradient, over that of a single number: 1
    /// where all pixels are one, 1/pixels where none has to do with another.
    pub fn share(&self) -> f64 {
        let squares = |side: &Array2<f64>| side.iter().map(|it| it * it).sum::<f64>();
        self.sides.iter().map(squares).product()
    }
}

/// Two pixels that are read are alike as far as the pixels are that read them by the same tap.
/// The trace stays 1.
fn side_back(written: &Array2<f64>, read: usize, kernel: usize, stride: usize) -> Array2<f64> {
    let mut sums = Array2::zeros((read, read));
    // Taps that are further from the middle lie outside, whatever pixel is written.
    let kernel = kernel.min(2 * read - 1);
    let place = |pixel: usize, tap: usize| (stride * pixel + tap).checked_sub(kernel / 2);
    for ((p, q), covariance) in written.indexed_iter() {
        for tap in 0..kernel {
            if let (Some(row), Some(column)) = (place(p, tap), place(q, tap))
                && let Some(sum) = sums.get_mut((row, column))
            {
                *sum += covariance;
            }
        }
    }
    let trace: f64 = sums.diag().sum();
    sums / trace
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_kernel_takes_pixels_apart_and_a_single_tap_does_not() {
        let image = Image::new([1, 8, 8]);
        let one = PixelCovariance::of_mean(&image);
        assert!((one.share() - 1.0).abs() < 1e-12);
        assert!((one.back(&image, 1, 1).share() - 1.0).abs() < 1e-12);
        // Within reach of all taps the covariance at a distance d is as large as 8 − d pixels
        // are many: of a side Σ (8 − |d|)³ = 2080 over (8·8)².
        let side = 2080.0 / 4096.0;
        let back = one.back(&image, 17, 1);
        assert!((back.share() - side * side).abs() < 1e-12);
        // Far from the start each pixel is on its own.
        let far = (0..200).fold(back, |own, _| own.back(&image, 17, 1));
        assert!((far.share() - 1.0 / 64.0).abs() < 1e-6, "{}", far.share());
    }

    #[test]
    fn pixels_that_a_stride_passes_by_have_nothing() {
        let [wide, narrow] = [4, 2].map(|n| Image::new([1, n, n]));
        let back = PixelCovariance::of_mean(&narrow).back(&wide, 1, 2);
        // Rows 0 and 2 of four, alike.
        let expected = |place: usize| if place.is_multiple_of(2) { 0.5 } else { 0.0 };
        for ((row, column), found) in back.sides[0].indexed_iter() {
            let both = if row % 2 == 0 { expected(column) } else { 0.0 };
            assert!((found - both).abs() < 1e-12, "{row} {column}");
        }
    }
}
