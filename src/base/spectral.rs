//! The spectral radius of a matrix.

use ndarray::Array2;

/// Squarings: ‖W^k‖^(1/k) at k = 2¹⁴ differs from the radius by the k-th root of a
/// condition number, 10⁻³ of it for one of 10⁷.
const SQUARINGS: u32 = 14;

/// The largest absolute eigenvalue of a square matrix, the factor by which a vector grows
/// per application in the long run, by Gelfand's formula: lim ‖W^k‖^(1/k).
pub fn spectral_radius(matrix: &Array2<f64>) -> f64 {
    let norm = |matrix: &Array2<f64>| matrix.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut power = matrix.clone();
    let (mut log_radius, mut share) = (0.0, 1.0);
    for _ in 0..=SQUARINGS {
        let size = norm(&power);
        if size == 0.0 || !size.is_finite() {
            return size;
        }
        log_radius += share * size.ln();
        share *= 0.5;
        power /= size;
        power = power.dot(&power);
    }
    log_radius.exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn known_radii() {
        // A rotation by 30° of length 0.9; a shear, whose norm is no radius; a matrix that
        // vanishes in two steps; a diagonal.
        let (c, s) = (0.9 * 0.75f64.sqrt(), 0.45);
        for (matrix, radius) in [
            (array![[c, -s], [s, c]], 0.9),
            (array![[0.5, 100.0], [0.0, 0.5]], 0.5),
            (array![[0.0, 1.0], [0.0, 0.0]], 0.0),
            (array![[3.0, 0.0], [0.0, -7.0]], 7.0),
        ] {
            let found = spectral_radius(&matrix);
            assert!((found - radius).abs() <= 2e-3 * radius, "{matrix}: {found}");
        }
    }
}
