//! SVG to PNG, with the font of this program and none of the machine's.

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::base::Problem;

/// Draws a document with `scale` dots per pixel.
///
/// # Errors
/// If it cannot be drawn or is too large.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, Problem> {
    let failed =
        |error: &dyn std::fmt::Display| Problem::new(format!("the PNG cannot be drawn: {error}"));
    let mut options = Options {
        font_family: "DejaVu Sans".to_owned(),
        ..Options::default()
    };
    let font = dejavu::sans::regular().to_vec();
    options.fontdb_mut().load_font_data(font);
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(&error))?;
    let size = tree.size().to_int_size();
    let dots = |pixels: u32| (pixels as f32 * scale).round() as u32;
    let mut pixmap = Pixmap::new(dots(size.width()), dots(size.height()))
        .ok_or_else(|| failed(&"it is too large").help("ask for a smaller --width or --scale"))?;
    pixmap.fill(Color::WHITE);
    let transform = Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| failed(&error))
}
