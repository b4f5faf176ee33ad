//! The file that a figure goes into.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::raster;
use crate::base::Problem;
use crate::lab::whole_file::WholeFile;

/// What a figure is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable.
    Svg,
    /// Pixels.
    Png,
}

impl Format {
    /// The format that a file's name ends in.
    ///
    /// # Errors
    /// If it is neither.
    pub fn of(path: &Path) -> Result<Self, Problem> {
        let suffix = path.extension().map(|s| s.to_string_lossy().to_lowercase());
        match suffix.as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => Err(
                Problem::in_file(path, "a figure's name must end in .svg or .png").help(
                    "the suffix chooses the format; without -o the figure is drawn on the terminal",
                ),
            ),
        }
    }
}

/// A file to be written whole or not at all.
pub struct Destination {
    path: PathBuf,
    format: Format,
    file: WholeFile,
}

impl Destination {
    /// Makes sure that a figure can be written to `path`, before there is one.
    ///
    /// # Errors
    /// If its name has no known suffix, there is something else at its place,
    /// or its folder cannot be written.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let format = Format::of(path)?;
        if path.exists() && !is_figure(path) {
            return Err(Problem::in_file(path, "exists and is no figure")
                .help("choose another name with -o"));
        }
        let file = WholeFile::create(path).map_err(|error| {
            Problem::in_file(path, format!("cannot be written: {error}"))
                .help("choose a folder that exists and can be written with -o")
        })?;
        Ok(Self {
            path: path.to_owned(),
            format,
            file,
        })
    }

    /// Writes a document, as PNG with `scale` dots per pixel.
    ///
    /// # Errors
    /// If it cannot be drawn or written.
    pub fn write(self, svg: &str, scale: f32) -> Result<(), Problem> {
        let pixels;
        let bytes = match self.format {
            Format::Svg => svg.as_bytes(),
            Format::Png => {
                pixels = raster::png(svg, scale)?;
                &pixels
            }
        };
        self.file.write(bytes).map_err(|error| {
            Problem::in_file(&self.path, format!("cannot be written: {error}"))
                .help("make room, or choose another place with -o")
        })
    }
}

/// Whether a file is empty or begins as an SVG or PNG file does.
fn is_figure(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(8).read_to_end(&mut start));
    let begins = [&b"<svg"[..], b"<?xml", b"\x89PNG", b"<!DOCTYP"];
    read.is_ok() && (start.is_empty() || begins.iter().any(|begin| start.starts_with(begin)))
}
