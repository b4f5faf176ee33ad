//! PNG, drawn with resvg.

use resvg::tiny_skia::{Color, Pixmap, Transform};

use super::{FileFormat, tree};
use crate::base::Problem;

pub struct Png;

impl FileFormat for Png {
    fn suffix(&self) -> &'static str {
        "png"
    }

    /// PNG specification, 5.2.
    fn is_one(&self, head: &[u8]) -> bool {
        head.starts_with(b"\x89PNG\r\n\x1a\n")
    }

    fn has_dots(&self) -> bool {
        true
    }

    fn bytes(&self, svg: &str, scale: u8) -> Result<Vec<u8>, Problem> {
        let failed = |error: &dyn std::fmt::Display| {
            Problem::new(format!("the PNG cannot be drawn: {error}"))
        };
        let tree = tree(svg)?;
        let size = tree.size().to_int_size();
        let dots = |pixels: u32| pixels * u32::from(scale);
        let mut pixmap = Pixmap::new(dots(size.width()), dots(size.height())).ok_or_else(|| {
            failed(&"it is too large").help("ask for a smaller --width or --scale")
        })?;
        pixmap.fill(Color::WHITE);
        let transform = Transform::from_scale(f32::from(scale), f32::from(scale));
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| failed(&error))
    }

    fn size(&self, (width, height): (u32, u32), scale: u8) -> String {
        let scale = u32::from(scale);
        format!("{} × {} pixels", width * scale, height * scale)
    }
}
