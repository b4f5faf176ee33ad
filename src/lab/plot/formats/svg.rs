//! SVG: the document itself.

use super::FileFormat;
use crate::base::Problem;

pub struct Svg;

impl FileFormat for Svg {
    fn suffix(&self) -> &'static str {
        "svg"
    }

    /// Before its root element an SVG may have XML's own declarations; other
    /// XML has them too.
    fn is_one(&self, head: &[u8]) -> bool {
        let text = String::from_utf8_lossy(head);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let is_xml = text.starts_with("<?xml") || text.starts_with("<!DOCTYPE svg");
        text.starts_with("<svg") || is_xml && text.contains("<svg")
    }

    fn bytes(&self, svg: &str, _: u8) -> Result<Vec<u8>, Problem> {
        Ok(svg.as_bytes().to_vec())
    }

    fn size(&self, (width, height): (u32, u32), _: u8) -> String {
        format!("{width} × {height} pixels")
    }
}
