//! The file that a figure goes into.

use std::path::{Path, PathBuf};

use super::raster;
use crate::base::Problem;
use crate::lab::whole_file::{Kind, WholeFile, may_replace};

/// What a figure may replace.
const FIGURE: Kind = Kind {
    name: "a figure (SVG or PNG)",
    is_one: is_figure,
};

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
        may_replace(path, &FIGURE)?;
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

/// Whether a file begins as an SVG or PNG file does.
fn is_figure(head: &[u8]) -> bool {
    // PNG specification, 5.2.
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return true;
    }
    // Before its root element an SVG may have XML's own declarations; other XML
    // has them too.
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("<svg")
        || (text.starts_with("<?xml") || text.starts_with("<!DOCTYPE svg")) && text.contains("<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_other_files() {
        for (head, is_one) in [
            (&b"<svg width=\"1\"/>"[..], true),
            (b"<?xml version=\"1.0\"?>\n<svg/>", true),
            (b"\x89PNG\r\n\x1a\n....", true),
            (b"<?xml version=\"1.0\"?>\n<testsuites/>", false),
            (b"<!DOCTYPE html><svg/>", false),
            (b"\x89PN", false),
            (b"step,layer\n", false),
            (b"\xff\xfe", false),
        ] {
            assert_eq!(is_figure(head), is_one, "{head:?}");
        }
    }
}
