//! The file that a figure goes into.

use std::path::{Path, PathBuf};

use super::formats::{FORMATS, FileFormat, suffixes};
use crate::base::Problem;
use crate::lab::atomic_file::{AtomicFile, FileKind, may_replace};

/// What a figure may replace.
const FIGURE: FileKind = FileKind {
    name: "a figure (SVG, PNG or PDF)",
    is_one: |head| FORMATS.iter().any(|format| format.is_one(head)),
};

/// A file to be written whole or not at all.
pub struct FigureFile {
    path: PathBuf,
    format: &'static dyn FileFormat,
    scale: u8,
    file: AtomicFile,
}

impl FigureFile {
    /// Makes sure that a figure can be written to `path`, before there is one;
    /// `scale` is the dots per pixel of a format of dots, by default 1.
    ///
    /// # Errors
    /// If its name has no known suffix, there is something else at its place,
    /// its folder cannot be written, or it has no dots to scale.
    pub fn open(path: &Path, scale: Option<u8>) -> Result<Self, Problem> {
        let format = format_of(path)?;
        if scale.is_some() && !format.has_dots() {
            return Err(Problem::in_file(
                path,
                "has no dots to scale: --scale is the dots per pixel of a PNG",
            )
            .help("leave --scale out, or draw a larger figure with --width and --font-size"));
        }
        may_replace(path, &FIGURE)?;
        let file = AtomicFile::create(path).map_err(|error| {
            Problem::in_file(path, format!("cannot be written: {error}"))
                .help("choose a folder that exists and can be written with -o")
        })?;
        Ok(Self {
            path: path.to_owned(),
            format,
            scale: scale.unwrap_or(1),
            file,
        })
    }

    /// Writes a document of so many pixels and says how large the file's
    /// picture is.
    ///
    /// # Errors
    /// If it cannot be drawn or written.
    pub fn write(self, svg: &str, size: (u32, u32)) -> Result<String, Problem> {
        let bytes = self.format.bytes(svg, self.scale)?;
        self.file.write(&bytes).map_err(|error| {
            Problem::in_file(&self.path, format!("cannot be written: {error}"))
                .help("make room, or choose another place with -o")
        })?;
        Ok(self.format.size(size, self.scale))
    }
}

/// The format that a file's name ends in.
fn format_of(path: &Path) -> Result<&'static dyn FileFormat, Problem> {
    let suffix = path.extension().map(|s| s.to_string_lossy().to_lowercase());
    let mut formats = FORMATS.iter().copied();
    let found = formats.find(|format| suffix.as_deref() == Some(format.suffix()));
    found.ok_or_else(|| {
        Problem::in_file(path, format!("a figure's name must end in {}", suffixes()))
            .help("the suffix chooses the format; without -o the figure is drawn on the terminal")
    })
}
