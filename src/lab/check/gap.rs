//! Numbers that may be infinite: their difference and their middle.

/// a − b, where equal infinities differ by nothing.
pub fn difference(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { a - b }
}

/// The smallest, the middle and the largest of at least one number.
pub fn ends(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    [
        sorted[0],
        halfway(sorted[(n - 1) / 2], sorted[n / 2]),
        sorted[n - 1],
    ]
}

/// Halfway between two numbers: infinite where one of them is, and 0 between
/// opposite infinities.
fn halfway(below: f64, above: f64) -> f64 {
    if below.is_finite() && above.is_finite() {
        below + (above - below) / 2.0
    } else if below == -above {
        0.0
    } else {
        below + above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_lies_halfway_on_either_side() {
        let inf = f64::INFINITY;
        assert_eq!(ends(&[3.0, 1.0]), [1.0, 2.0, 3.0]);
        assert_eq!(ends(&[1.0, -inf]), [-inf, -inf, 1.0]);
        assert_eq!(ends(&[1.0, inf]), [1.0, inf, inf]);
        assert_eq!(ends(&[inf, inf]), [inf; 3]);
        assert_eq!(ends(&[1.0, inf, 2.0]), [1.0, 2.0, inf]);
        assert_eq!(ends(&[inf, -inf])[1], 0.0);
    }
}
