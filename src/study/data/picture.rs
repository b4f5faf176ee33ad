//! A picture as a function of place: colours to be told from pixel coordinates.

use std::f64::consts::PI;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use png::{BitDepth, ColorType, Decoder, Transformations};

use super::raw_table::{Inputs, RawTable, Reading, reserve};
use super::{DataSource, LoadContext, Source, files};
use crate::base::Problem;
use crate::base::family::member;
use crate::nn::loss::{TargetKind, Targets};

const PATH: &str = "data.source.image.path";

member! {
    /// A picture, a sample per pixel: from its column and row to its colour, in [0, 1]. Sitzmann et al. 2020, arXiv:2006.09661; Tancik et al. 2020, arXiv:2006.10739.
    pub struct Picture {
        /// A PNG file, relative to the spec; transparency is left out. Absent: coloured rings that narrow outwards, 48 × 48 pixels.
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<PathBuf> = None,
    }
}

/// Pixels row by row from the top left.
struct Pixels {
    columns: usize,
    /// Numbers per pixel: 1 for grey, 3 for a colour.
    channels: usize,
    /// In [0, 1].
    values: Vec<f64>,
}

impl Pixels {
    /// A zone plate: at a distance r from the middle, in half widths, colour k is
    /// (1 + cos(12 r² − 2πk/3))/2, so that rings narrow as 1/r.
    fn rings() -> Self {
        const SIZE: usize = 48;
        let place = |i: usize| 2.0 * (i as f64 + 0.5) / SIZE as f64 - 1.0;
        let mut values = Vec::with_capacity(3 * SIZE * SIZE);
        for row in 0..SIZE {
            for column in 0..SIZE {
                let square = place(row).powi(2) + place(column).powi(2);
                let colour = (0..3).map(|k| {
                    let phase = 12.0 * square - 2.0 * PI * f64::from(k) / 3.0;
                    (1.0 + phase.cos()) / 2.0
                });
                values.extend(colour);
            }
        }
        Self {
            columns: SIZE,
            channels: 3,
            values,
        }
    }

    fn read(path: &Path) -> Result<Self, Problem> {
        let bytes = files::read(PATH, path)?;
        let wrong = |error: &dyn std::fmt::Display| {
            // What the decoder says of its own types behind that tells nobody anything.
            let error = error.to_string();
            let error = error.split(" while decoding ").next().unwrap_or_default();
            let what = format!(
                "`{}` is no PNG picture that can be read: {error}",
                path.display()
            );
            Problem::at_key(PATH, what).help("save the picture as a PNG")
        };
        let mut decoder = Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(Transformations::EXPAND);
        let mut reader = decoder.read_info().map_err(|error| wrong(&error))?;
        let size = reader.output_buffer_size();
        let mut bytes = vec![0; size.ok_or_else(|| wrong(&"it is too large"))?];
        let frame = reader
            .next_frame(&mut bytes)
            .map_err(|error| wrong(&error))?;
        let (stored, channels) = match frame.color_type {
            ColorType::Grayscale => (1, 1),
            ColorType::GrayscaleAlpha => (2, 1),
            ColorType::Rgba => (4, 3),
            // A palette has been replaced by its colours.
            ColorType::Rgb | ColorType::Indexed => (3, 3),
        };
        // Of two bytes the first is the higher.
        let numbers: Vec<f64> = match frame.bit_depth {
            BitDepth::Sixteen => {
                let pairs = bytes[..frame.buffer_size()].as_chunks::<2>().0.iter();
                pairs
                    .map(|pair| f64::from(u16::from_be_bytes(*pair)) / 65535.0)
                    .collect()
            }
            _ => {
                let bytes = bytes[..frame.buffer_size()].iter();
                bytes.map(|byte| f64::from(*byte) / 255.0).collect()
            }
        };
        let pixels = numbers.chunks_exact(stored);
        let values = pixels.flat_map(|pixel| &pixel[..channels]);
        Ok(Self {
            columns: frame.width as usize,
            channels,
            values: values.copied().collect(),
        })
    }
}

impl DataSource for Picture {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        if context.targets == Some(TargetKind::Classes) {
            return Err(Problem::at_key(
                "train.loss",
                "the targets of image are colours, not classes",
            )
            .help("set train.loss = \"mse\""));
        }
        let pixels = match &self.path {
            Some(path) => Pixels::read(&context.base_dir.join(path))?,
            None => Pixels::rings(),
        };
        let samples = pixels.values.len() / pixels.channels;
        let mut places = reserve("image", samples, 2, 1)?;
        for pixel in 0..samples {
            let (row, column) = (pixel / pixels.columns, pixel % pixels.columns);
            places.extend([column as f64, row as f64]);
        }
        let colours = Array2::from_shape_vec((samples, pixels.channels), pixels.values);
        Ok(RawTable {
            inputs: Inputs::Numbers(places),
            features: 2,
            targets: Targets::Numbers(colours.expect("a colour per pixel")),
            targets_each: 1,
            class_names: Vec::new(),
            test_rows: None,
            reading: Reading {
                feature_names: ["column", "row"].map(str::to_owned).to_vec(),
                ..Reading::default()
            },
        })
    }

    fn input_files(&self) -> Vec<(&'static str, &Path)> {
        let path = self.path.as_deref();
        path.into_iter().map(|path| (PATH, path)).collect()
    }

    fn with_paths(&self, new: &dyn Fn(&Path) -> PathBuf) -> Option<Source> {
        Some(Source::Picture(Self {
            path: self.path.as_deref().map(new),
        }))
    }

    fn gives(&self) -> Option<TargetKind> {
        Some(TargetKind::Numbers)
    }

    fn is_picture(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::synthetic::tests::{context, rows};

    fn numbers(raw: &RawTable) -> &Array2<f64> {
        let Targets::Numbers(numbers) = &raw.targets else {
            panic!("colours are numbers")
        };
        numbers
    }

    /// Loads a PNG of 2 columns and 3 rows of these bytes.
    fn load(color: ColorType, depth: png::BitDepth, data: &[u8]) -> RawTable {
        let folder = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(folder.path().join("a.png")).unwrap();
        let mut encoder = png::Encoder::new(file, 2, 3);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ColorType::Indexed {
            encoder.set_palette(vec![0, 51, 255, 255, 0, 102]);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        let picture = Picture {
            path: Some("a.png".into()),
        };
        let numeric = LoadContext {
            base_dir: folder.path(),
            targets: Some(TargetKind::Numbers),
            ..context(0)
        };
        picture.load(&numeric).unwrap()
    }

    #[test]
    fn a_sample_is_a_pixel() {
        use png::BitDepth::{Eight, One, Sixteen};
        let grey = load(ColorType::Grayscale, Eight, &[0, 51, 102, 153, 204, 255]);
        let places = [[0., 0.], [1., 0.], [0., 1.], [1., 1.], [0., 2.], [1., 2.]];
        assert_eq!(rows(&grey), places.map(|place| place.to_vec()));
        assert_eq!(
            numbers(&grey).iter().copied().collect::<Vec<_>>(),
            [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        );
        let first = |raw: &RawTable| numbers(raw).row(1).to_vec();
        let colours: Vec<u8> = (0..6).flat_map(|_| [255, 51, 0]).collect();
        assert_eq!(
            first(&load(ColorType::Rgb, Eight, &colours)),
            [1.0, 0.2, 0.0]
        );
        let clear: Vec<u8> = (0..6).flat_map(|_| [255, 51, 0, 9]).collect();
        assert_eq!(
            first(&load(ColorType::Rgba, Eight, &clear)),
            [1.0, 0.2, 0.0]
        );
        let wide: Vec<u8> = (0..6).flat_map(|_| [255, 255, 9, 9]).collect();
        assert_eq!(
            first(&load(ColorType::GrayscaleAlpha, Sixteen, &wide)),
            [1.0]
        );
        // 0x73e0 is 29664 of 65535: all its bits count.
        let fine: Vec<u8> = (0..6).flat_map(|_| [0x73, 0xe0]).collect();
        assert_eq!(
            first(&load(ColorType::Grayscale, Sixteen, &fine)),
            [29664.0 / 65535.0]
        );
        // A row of two bits, 0 and 1, in the top of a byte.
        let palette = load(ColorType::Indexed, One, &[0b0100_0000; 3]);
        assert_eq!(first(&palette), [1.0, 0.0, 0.4]);
    }

    #[test]
    fn the_rings_are_those_described() {
        let numeric = LoadContext {
            targets: Some(TargetKind::Numbers),
            ..context(0)
        };
        let raw = Picture::default().load(&numeric).unwrap();
        assert_eq!(raw.samples(), 48 * 48);
        // Pixel (24, 24) is half a pixel, 1/48, from the middle in both directions.
        let square = 2.0 / 48f64.powi(2);
        let colour = numbers(&raw).row(24 * 48 + 24);
        let red = (1.0 + (12.0 * square).cos()) / 2.0;
        assert!((colour[0] - red).abs() < 1e-12, "{colour}");
        let green = (1.0 + (12.0 * square - 2.0 * PI / 3.0).cos()) / 2.0;
        assert!((colour[1] - green).abs() < 1e-12, "{colour}");
    }

    #[test]
    fn what_is_no_png_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |bytes: &[u8]| {
            std::fs::write(folder.path().join("a.png"), bytes).unwrap();
            let picture = Picture {
                path: Some("a.png".into()),
            };
            let numeric = LoadContext {
                base_dir: folder.path(),
                targets: Some(TargetKind::Numbers),
                ..context(0)
            };
            picture.load(&numeric).unwrap_err().to_string()
        };
        for bytes in [
            &b""[..],
            b"GIF89a",
            b"\x89PNG\r\n\x1a\n",
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
        ] {
            let message = refused(bytes);
            for part in [
                "a.png` is no PNG",
                "data.source.image.path",
                "save the picture",
            ] {
                assert!(message.contains(part), "{message}");
            }
        }
    }
}
