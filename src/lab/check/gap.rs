//! Numbers that may be infinite: their difference and their middle.

use crate::lab::records::median;

/// a − b, where equal infinities differ by nothing.
pub fn difference(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { a - b }
}

/// The smallest, the middle and the largest of at least one number.
pub fn ends(values: &[f64]) -> [f64; 3] {
    let least = values.iter().copied().min_by(f64::total_cmp);
    let most = values.iter().copied().max_by(f64::total_cmp);
    let middle = median(values);
    [least.unwrap_or(middle), middle, most.unwrap_or(middle)]
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
