//! Sine and cosine in f32, without branches, so that loops over them vectorise (see
//! [`super::simd`]).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// Adding 1.5·2⁵² to an f64 rounds it to a whole number, which stands in the sum's lowest
/// bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// sin x and cos x. The angle is reduced in f64, with an error of 4e-16·|x|; what is then
/// lost is less than 0.51 units in the last place. NaN of what is not finite.
#[inline(always)]
pub fn sin_cos(x: f32) -> (f32, f32) {
    // In quarter turns, of which the whole ones only swap and turn signs.
    let quarters = f64::from(x) * FRAC_2_PI;
    let shifted = quarters + ROUND;
    let whole = shifted.to_bits();
    // Far out, where f32 has no digits left for an angle, more than half a turn may remain.
    let rest = quarters - (shifted - ROUND);
    let rest = if rest > 0.5 { 0.5 } else { rest };
    let rest = if rest < -0.5 { -0.5 } else { rest };
    let t = rest * FRAC_PI_2;
    let s = t * t;
    // Taylor's series: for |t| ≤ π/4 what is left off is below 7e-12 and 1.2e-10.
    let sin = s.mul_add(-1.0 / 39_916_800.0, 1.0 / 362_880.0);
    let sin = s.mul_add(sin, -1.0 / 5040.0);
    let sin = s.mul_add(sin, 1.0 / 120.0);
    let sin = s.mul_add(sin, -1.0 / 6.0);
    let sin = t * s.mul_add(sin, 1.0);
    let cos = s.mul_add(-1.0 / 3_628_800.0, 1.0 / 40_320.0);
    let cos = s.mul_add(cos, -1.0 / 720.0);
    let cos = s.mul_add(cos, 1.0 / 24.0);
    let cos = s.mul_add(cos, -0.5);
    let cos = s.mul_add(cos, 1.0);
    let is_odd = whole & 1 == 1;
    let (a, b) = if is_odd { (cos, sin) } else { (sin, cos) };
    let sin = if whole & 2 == 2 { -a } else { a };
    let cos = if whole.wrapping_add(1) & 2 == 2 {
        -b
    } else {
        b
    };
    (sin as f32, cos as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_angles_are_right_to_rounding() {
        let mut checked = 0;
        for bits in (0..=u32::MAX).step_by(99_991) {
            let x = f32::from_bits(bits);
            if !x.is_finite() || x.abs() > 1e6 {
                continue;
            }
            let exact = f64::from(x).sin_cos();
            let found = sin_cos(x);
            for (found, exact) in [(found.0, exact.0), (found.1, exact.1)] {
                // Half the spacing of f32, at most 2⁻²⁴ of a number; below the normal ones
                // 2⁻¹⁵⁰.
                let rounding = 0.51 * 2f64.powi(-23) * exact.abs() + 2f64.powi(-150);
                let error = (f64::from(found) - exact).abs();
                assert!(
                    error <= rounding + 4e-16 * f64::from(x).abs(),
                    "{x}: {found}"
                );
            }
            checked += 1;
        }
        assert!(checked > 20_000, "{checked}");
    }

    #[test]
    fn signs_are_kept_and_what_is_not_finite_has_none() {
        assert!(sin_cos(-0.0).0.is_sign_negative());
        assert_eq!(sin_cos(1e-40), (1e-40, 1.0));
        for bits in (0..f32::INFINITY.to_bits()).step_by(9973) {
            let (sin, cos) = sin_cos(f32::from_bits(bits));
            assert!(sin.abs() <= 1.0 && cos.abs() <= 1.0, "{sin} {cos}");
        }
        for x in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            assert!(sin_cos(x).0.is_nan() && sin_cos(x).1.is_nan());
        }
    }
}
