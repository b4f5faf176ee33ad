//! An SVG document: plotters' backend with a fine grid, pictures and a font
//! whose widths are known.

use std::sync::Once;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::panel::Cells;
use crate::base::Problem;

/// Fine units per pixel: plotters knows whole units only, in which a slope of
/// many layers would be a staircase.
pub const FINE: i32 = 4;
/// The font. Its first name is in this program; the others stand in where the
/// SVG is viewed without it, Verdana with nearly the same widths.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
/// plotters' font size per SVG font size.
const PER_FONT_SIZE: f64 = 1.24;

/// Where to draw.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing may fail with.
pub type DrawError = DrawingAreaErrorKind<std::io::Error>;

/// Coloured cells scaled to a place of the document, in fine units.
pub struct Picture {
    /// Left, top.
    pub at: (i32, i32),
    /// Width, height.
    pub size: (i32, i32),
    /// Its cells.
    pub cells: Cells,
    /// What stands on it.
    pub words: Vec<Words>,
}

/// A line of text on a picture, in fine units.
#[derive(Debug, PartialEq)]
pub struct Words {
    /// Its middle.
    pub at: (i32, i32),
    /// The text, in which nothing means anything to XML.
    pub text: String,
    /// The size of its font.
    pub size: i32,
    /// Its colour.
    pub color: RGBColor,
}

impl Words {
    /// As an element of SVG.
    fn element(&self) -> String {
        let Self { at, text, size, .. } = self;
        let RGBColor(red, green, blue) = self.color;
        format!(
            "<text x=\"{}\" y=\"{}\" dy=\"0.35em\" text-anchor=\"middle\" font-family=\"{FAMILY}\" \
             font-size=\"{size}\" fill=\"#{red:02x}{green:02x}{blue:02x}\">{text}</text>\n",
            at.0, at.1
        )
    }
}

/// Pixels in fine units.
pub fn px(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

/// Text of a size in pixels.
pub fn text(size: f64, color: RGBColor) -> TextStyle<'static> {
    let size = size * f64::from(FINE) * PER_FONT_SIZE;
    let mut style: TextStyle = (FAMILY, size).into_font().into();
    style.color = color.to_backend_color();
    style
}

/// The same text, held at another point.
pub fn anchored(style: TextStyle<'_>, h: HPos, v: VPos) -> TextStyle<'_> {
    style.pos(Pos::new(h, v))
}

/// The width of a line of text in fine units.
pub fn width_of(words: &str, style: &TextStyle) -> i32 {
    let size = style.font.layout_box(words);
    // An upper bound where the font cannot tell: no letter is wider than high.
    let most = (words.chars().count() as f64 * style.font.get_size()) as i32;
    // plotters measures as if the size were that of the SVG's font times 1.24
    // over 1.16; the rest is left as a margin.
    size.map_or(most, |((left, _), (right, _))| right - left)
}

/// Draws a document of so many pixels.
///
/// # Errors
/// If plotters cannot draw it.
pub fn document(
    (width, height): (u32, u32),
    draw: impl FnOnce(&Area) -> Result<Vec<Picture>, DrawError>,
) -> Result<String, Problem> {
    register();
    let failed = |error: &dyn std::fmt::Display| {
        Problem::new(format!("the figure cannot be drawn: {error}"))
    };
    let fine = (width * FINE as u32, height * FINE as u32);
    let mut svg = String::new();
    let pictures = {
        let root = SVGBackend::with_string(&mut svg, fine).into_drawing_area();
        let drawn = root
            .fill(&WHITE)
            .and_then(|()| draw(&root))
            .and_then(|pictures| root.present().map(|()| pictures));
        drawn.map_err(|error| failed(&error))?
    };
    // The view box stays in fine units, the size is the one asked for.
    let in_fine = format!("width=\"{}\" height=\"{}\"", fine.0, fine.1);
    let mut svg = svg.replacen(
        &in_fine,
        &format!("width=\"{width}\" height=\"{height}\""),
        1,
    );
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    let mut images = String::new();
    for picture in &pictures {
        images += &image(picture).map_err(|error| failed(&error))?;
        images.extend(picture.words.iter().map(Words::element));
    }
    svg.insert_str(end, &images);
    Ok(svg)
}

/// A picture as an element of SVG. plotters draws pictures pixel by pixel
/// only, which would multiply a heat map's size.
fn image(picture: &Picture) -> Result<String, png::EncodingError> {
    let Cells {
        columns,
        rows,
        colors,
    } = &picture.cells;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, *columns as u32, *rows as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = colors.iter().flat_map(|c| [c.0, c.1, c.2]).collect();
    encoder.write_header()?.write_image_data(&pixels)?;
    let ((x, y), (width, height)) = (picture.at, picture.size);
    Ok(format!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:optimizeSpeed;image-rendering:pixelated\" \
         href=\"data:image/png;base64,{}\"/>\n",
        STANDARD.encode(bytes)
    ))
}

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Only a broken font is refused; then widths are upper bounds.
        let _ = register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular());
    });
}
