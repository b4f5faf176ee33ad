//! The embedded digits, so that a first run needs no download.

use std::io::Read;

use flate2::read::GzDecoder;

use super::raw_table::RawTable;
use super::{DataSource, LoadContext};
use crate::base::Problem;
use crate::base::family::member;

/// 1797 lines of 64 pixels (0…16) and the digit; `digits/README.md` says where they come from.
static DIGITS: &[u8] = include_bytes!("digits/digits.csv.gz");

const PIXELS: usize = 64;

member! {
    /// Handwritten digits, 8x8 pixels, 1797 samples, 10 classes; built in. Test set of UCI "Optical Recognition of Handwritten Digits", E. Alpaydin, C. Kaynak 1998, CC BY 4.0.
    pub struct Digits {}
}

impl DataSource for Digits {
    fn load(&self, _context: &LoadContext) -> Result<RawTable, Problem> {
        let mut text = String::new();
        GzDecoder::new(DIGITS)
            .read_to_string(&mut text)
            .expect("the embedded digits are gzipped text");
        let mut pixels = Vec::new();
        let mut labels = Vec::new();
        for line in text.lines() {
            for (column, cell) in line.split(',').enumerate() {
                let value: u8 = cell.parse().expect("the embedded digits are small numbers");
                if column < PIXELS {
                    pixels.push(f64::from(value));
                } else {
                    labels.push(u32::from(value));
                }
            }
        }
        let mut table = RawTable::labelled(pixels, PIXELS, labels, 10);
        table.reading.image = Some([1, 8, 8]);
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Inputs;
    use crate::nn::loss::{TargetKind, Targets};
    use std::path::Path;

    #[test]
    fn the_digits_are_those_scikit_learn_documents() {
        let context = LoadContext {
            seed: 0,
            base_dir: Path::new("."),
            targets: Some(TargetKind::Classes),
        };
        let raw = Digits {}.load(&context).unwrap();
        let (Inputs::Numbers(pixels), Targets::Classes(labels)) = (&raw.inputs, &raw.targets)
        else {
            panic!("digits are numbers with classes");
        };
        assert_eq!(pixels.len(), 1797 * 64);
        // numpy.bincount(sklearn.datasets.load_digits().target), also in the UCI documentation.
        let mut counts = [0; 10];
        for &label in labels {
            counts[label as usize] += 1;
        }
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        // load_digits().data[0, :16] and the range stated in DESCR.
        assert_eq!(
            pixels[..16],
            [
                0., 0., 5., 13., 9., 1., 0., 0., 0., 0., 13., 15., 10., 15., 5., 0.
            ]
        );
        assert!(pixels.iter().all(|pixel| (0.0..=16.0).contains(pixel)));
    }
}
