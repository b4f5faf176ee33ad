//! A bar of block characters.

/// A bar in eighths of a character, of `share` (0 … 1) of `width` characters;
/// the smallest value still shows.
pub fn bar(share: f64, width: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (1.0 + share * (8.0 * width - 1.0)).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}
