//! What a figure is written as: one file each, one list.

mod pdf;
mod png;
mod svg;

use resvg::usvg::{Options, Tree};

use crate::base::Problem;

/// One kind of file.
pub trait FileFormat: Sync {
    /// The end of its files' names, without the dot.
    fn suffix(&self) -> &'static str;
    /// Whether a file's first bytes are those of this kind.
    fn is_one(&self, head: &[u8]) -> bool;
    /// Whether it is made of dots, so that there is something to scale.
    fn has_dots(&self) -> bool {
        false
    }
    /// The file, with `scale` dots per pixel of the document where there are dots.
    ///
    /// # Errors
    /// If it cannot be drawn or is too large.
    fn bytes(&self, svg: &str, scale: u8) -> Result<Vec<u8>, Problem>;
    /// Its size in words, of a document of so many pixels.
    fn size(&self, size: (u32, u32), scale: u8) -> String;
}

/// All of them.
pub const FORMATS: &[&dyn FileFormat] = &[&svg::Svg, &png::Png, &pdf::Pdf];

/// The suffixes as a list in words: ".svg, .png or .pdf".
pub fn suffixes() -> String {
    let all: Vec<String> = FORMATS.iter().map(|f| format!(".{}", f.suffix())).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => all.join(""),
    }
}

/// A document as resvg and svg2pdf read it, with the font of this program and
/// none of the machine's.
fn tree(svg: &str) -> Result<Tree, Problem> {
    let mut options = Options {
        font_family: "DejaVu Sans".to_owned(),
        ..Options::default()
    };
    let font = dejavu::sans::regular().to_vec();
    options.fontdb_mut().load_font_data(font);
    Tree::from_str(svg, &options)
        .map_err(|error| Problem::new(format!("the figure cannot be drawn: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_other_files() {
        for (head, format) in [
            (&b"<svg width=\"1\"/>"[..], Some("svg")),
            (b"<?xml version=\"1.0\"?>\n<svg/>", Some("svg")),
            (b"\x89PNG\r\n\x1a\n....", Some("png")),
            (b"%PDF-1.7\n", Some("pdf")),
            (b"<?xml version=\"1.0\"?>\n<testsuites/>", None),
            (b"<!DOCTYPE html><svg/>", None),
            (b"\x89PN", None),
            (b"%PD", None),
            (b"step,layer\n", None),
            (b"\xff\xfe", None),
        ] {
            let found: Vec<&str> = FORMATS
                .iter()
                .filter(|f| f.is_one(head))
                .map(|f| f.suffix())
                .collect();
            assert_eq!(found, format.into_iter().collect::<Vec<_>>(), "{head:?}");
        }
    }

    #[test]
    fn suffixes_are_listed() {
        assert_eq!(suffixes(), ".svg, .png or .pdf");
    }
}
