//! The difference of two numbers that may be infinite.

/// a − b, where equal infinities differ by nothing.
pub fn difference(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { a - b }
}
