//! PDF, made by svg2pdf: lines stay lines, and text stays text in an embedded
//! font. A pixel of the document is a point, so that a font size of 8 is 8
//! points on paper.

use svg2pdf::{ConversionOptions, PageOptions, to_pdf};

use super::{FileFormat, tree};
use crate::base::Problem;

/// Points per inch, and so the dots per inch at which a pixel is a point.
const POINTS_PER_INCH: f32 = 72.0;
const MILLIMETRES_PER_INCH: f64 = 25.4;

pub struct Pdf;

impl FileFormat for Pdf {
    fn suffix(&self) -> &'static str {
        "pdf"
    }

    /// ISO 32000-1, 7.5.2.
    fn is_one(&self, head: &[u8]) -> bool {
        head.starts_with(b"%PDF-")
    }

    fn bytes(&self, svg: &str, _: u8) -> Result<Vec<u8>, Problem> {
        let page = PageOptions {
            dpi: POINTS_PER_INCH,
        };
        to_pdf(&tree(svg)?, ConversionOptions::default(), page)
            .map_err(|error| Problem::new(format!("the PDF cannot be made: {error}")))
    }

    fn size(&self, (width, height): (u32, u32), _: u8) -> String {
        let mm =
            |points: u32| f64::from(points) / f64::from(POINTS_PER_INCH) * MILLIMETRES_PER_INCH;
        format!(
            "{width} × {height} points, {:.0} × {:.0} mm",
            mm(width),
            mm(height)
        )
    }
}
