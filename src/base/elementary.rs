//! exp, exp_m1, ln_1p, tanh, erf and erfc in f32, without branches, so that
//! loops over them vectorise (see [`super::simd`]).
//!
//! Each is accurate for every input: in the tails, down through the subnormal
//! numbers, at ±0, ±∞ and NaN. The stated errors are the largest over every 37th
//! of all 2³² bit patterns, measured against the function in f64 in units in
//! the last place of the exact result; the tests hold them over every 997th.
//! Coefficients are those of the polynomials through Chebyshev nodes, computed
//! to 40 digits; ln_1p follows FreeBSD's log1pf in its reduction.

/// c[0] + c[1]·x + … by Horner's rule.
#[inline(always)]
fn poly32<const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[N - 1];
    let mut k = N - 1;
    while k > 0 {
        k -= 1;
        sum = sum.mul_add(x, c[k]);
    }
    sum
}

/// The same in f64.
#[inline(always)]
fn poly64<const N: usize>(x: f64, c: [f64; N]) -> f64 {
    let mut sum = c[N - 1];
    let mut k = N - 1;
    while k > 0 {
        k -= 1;
        sum = sum.mul_add(x, c[k]);
    }
    sum
}

/// Adding 1.5·2²³ to a small f32 rounds it to a whole number, which stands in
/// the sum's lowest bits.
const ROUND32: f32 = 12_582_912.0;
/// 1.5·2⁵², the same for f64.
const ROUND64: f64 = 6_755_399_441_055_744.0;

/// ln 2 = LN2_HIGH + LN2_LOW, the first with 15 digits in binary: whole
/// multiples up to 2⁹ are exact.
const LN2_HIGH: f32 = 0.693_145_75;
const LN2_LOW: f32 = 1.428_606_8e-6;

/// x = n·ln 2 + r with |r| ≤ ln 2/2: n and e^r − 1. NaN stays NaN.
#[inline(always)]
fn reduced_exp_m1(x: f32) -> (i32, f32) {
    // Beyond these e^x rounds to 0 and to ∞.
    let x = if x < -105.0 { -105.0 } else { x };
    let x = if x > 89.0 { 89.0 } else { x };
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND32);
    let whole = shifted - ROUND32;
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND32.to_bits() as i32);
    let r = (-whole).mul_add(LN2_LOW, (-whole).mul_add(LN2_HIGH, x));
    // (e^r − 1 − r)/r², to 8e-9 of e^r.
    let q = poly32(
        r,
        [
            0.5,
            0.166_665_76,
            0.041_666_552,
            0.008_363_293,
            0.001_392_632_6,
        ],
    );
    (n, (r * r).mul_add(q, r))
}

/// 2^n as the product of two normal numbers, for −252 ≤ n ≤ 254.
#[inline(always)]
fn powers_of_two(n: i32) -> (f32, f32) {
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
    let half = n >> 1;
    (power(half), power(n.wrapping_sub(half)))
}

/// e^x. Error below 1.06 units.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let (n, m1) = reduced_exp_m1(x);
    // In two steps, of which only the second can round: results underflow
    // gradually.
    let (a, b) = powers_of_two(n);
    (1.0 + m1) * a * b
}

/// e^x − 1. Error below 1.61 units.
#[inline(always)]
pub fn exp_m1(x: f32) -> f32 {
    let (n, m1) = reduced_exp_m1(x);
    // Half of it, since 2^128 would overflow.
    let (a, b) = powers_of_two(n);
    let scale = 0.5 * a * b;
    let result = scale.mul_add(m1, scale - 0.5) * 2.0;
    // Here x is the result to rounding; keeps −0 and subnormal numbers.
    if x.abs() < 1e-10 { x } else { result }
}

/// ln(1 + x). Error below 0.82 units.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    let u = 1.0 + x;
    // What u lost of 1 + x (Knuth's two-sum).
    let shift = u - 1.0;
    let lost = (1.0 - (u - shift)) + (x - shift);
    // u = 2^n·(1 + f) with 1 + f in [√½, √2).
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let bits = u.to_bits().wrapping_add(0x3f80_0000 - ROOT_HALF);
    let n = ((bits >> 23) as i32 - 127) as f32;
    let f = f32::from_bits((bits & 0x007f_ffff) + ROOT_HALF) - 1.0;
    // (ln(1+f) − f + f²/2)/f³.
    let q = poly32(
        f,
        [
            0.333_333_3,
            -0.249_999_97,
            0.200_007_16,
            -0.166_678_03,
            0.142_490_58,
            -0.124_256_87,
            0.116_854_2,
            -0.114_797_34,
            0.069_716_12,
        ],
    );
    let rest = (f * f).mul_add(f.mul_add(q, -0.5), n.mul_add(LN2_LOW, lost / u));
    let result = n.mul_add(LN2_HIGH, f + rest);
    if x == 0.0 || x == f32::INFINITY {
        x
    } else if x == -1.0 {
        f32::NEG_INFINITY
    } else if x < -1.0 {
        f32::NAN
    } else {
        result
    }
}

/// tanh x. Error below 1.38 units.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // 1 − 2e/(1+e) with e = e^(−2|x|), which cancels near 0.
    let size = x.abs();
    let e = exp(-2.0 * size);
    let scale = 1.0 / (1.0 + e);
    let outer = (-2.0 * e).mul_add(scale, 1.0);
    let square = x * x;
    // (tanh x/x − 1)/x².
    let q = poly32(
        square,
        [
            -0.333_333_28,
            0.133_327_7,
            -0.053_850_908,
            0.020_997_18,
            -0.006_096_714,
        ],
    );
    let inner = size.mul_add(square * q, size);
    (if size < 0.625 { inner } else { outer }).copysign(x)
}

/// e^x in f64 for −300 < x ≤ 0, to 2e-10.
#[inline(always)]
fn exp_wide(x: f64) -> f64 {
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND64);
    let r = (ROUND64 - shifted).mul_add(std::f64::consts::LN_2, x);
    let m = poly64(
        r,
        [
            1.0,
            1.0,
            0.500_000_001_362_013_8,
            0.166_666_666_817_946_26,
            0.041_666_463_386_339_524,
            0.008_333_310_754_576_892,
            0.001_393_382_048_977_602,
            0.000_198_911_801_582_821_43,
        ],
    );
    f64::from_bits(m.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// erf x for |x| ≤ 0.75, to 1.5e-9.
#[inline(always)]
fn erf_inner(x: f64) -> f64 {
    x * poly64(
        x * x,
        [
            1.128_379_165_578_751_6,
            -0.376_126_194_694_376_75,
            0.112_833_865_384_145_44,
            -0.026_835_114_568_609_705,
            0.005_115_332_112_532_226,
            -0.000_675_647_956_868_004_7,
        ],
    )
}

/// erfc x for x ≥ 0.75, to 2e-9.
#[inline(always)]
fn erfc_outer(x: f64) -> f64 {
    // f32 ends at 10.06.
    let x = if x > 10.3 { 10.3 } else { x };
    // erfc x·e^(x²)/t as a polynomial in t.
    let t = 1.0 / x.mul_add(0.4, 1.0);
    let q = poly64(
        t,
        [
            0.225_684_972_313_629_25,
            0.225_447_784_687_785_43,
            0.210_096_967_166_522_62,
            0.156_183_043_504_350_25,
            0.181_282_043_101_675_06,
            -0.083_137_199_810_110_93,
            0.258_354_915_764_591_2,
            -0.238_820_354_734_890_3,
            0.064_931_731_905_957_45,
        ],
    );
    exp_wide(-(x * x)) * t * q
}

/// erf x = 2/√π ∫₀ˣ e^(−t²) dt, computed in f64. Error below 0.53 units.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let wide = f64::from(x);
    let size = wide.abs();
    let outer = (1.0 - erfc_outer(size)).copysign(wide);
    let result = if size < 0.75 { erf_inner(wide) } else { outer };
    result as f32
}

/// 1 − erf x, computed in f64. Error below 0.54 units.
#[inline(always)]
pub fn erfc(x: f32) -> f32 {
    let wide = f64::from(x);
    let size = wide.abs();
    let tail = erfc_outer(size);
    let outer = if x < 0.0 { 2.0 - tail } else { tail };
    let result = if size < 0.75 {
        1.0 - erf_inner(wide)
    } else {
        outer
    };
    result as f32
}

#[cfg(test)]
mod tests {
    use pulp::Arch;

    use super::super::simd::dispatch_on;
    use super::*;

    /// A function, its twin in f64, and the largest error in units in the last
    /// place.
    struct Case {
        name: &'static str,
        /// The function over a slice, vectorised for an instruction set.
        map: fn(Arch, &[f32], &mut [f32]),
        scalar: fn(f32) -> f32,
        exact: fn(f64) -> f64,
        error: f64,
    }

    macro_rules! case {
        ($function:ident, $exact:expr, $error:expr) => {
            Case {
                name: stringify!($function),
                map: |arch, x, y| {
                    dispatch_on(
                        arch,
                        #[inline(always)]
                        || {
                            for (y, x) in y.iter_mut().zip(x) {
                                *y = $function(*x);
                            }
                        },
                    );
                },
                scalar: $function,
                exact: $exact,
                error: $error,
            }
        };
    }

    fn cases() -> [Case; 6] {
        [
            case!(exp, f64::exp, 1.06),
            case!(exp_m1, f64::exp_m1, 1.61),
            case!(ln_1p, f64::ln_1p, 0.82),
            case!(tanh, f64::tanh, 1.38),
            case!(erf, libm::erf, 0.53),
            case!(erfc, libm::erfc, 0.54),
        ]
    }

    /// In units in the last place of the exact value; ∞ where the two differ in
    /// kind: NaN, the sign of 0, one infinite (other than by rounding).
    fn error(found: f32, exact: f64) -> f64 {
        let rounded = exact as f32;
        let same = found.to_bits() == rounded.to_bits() || (found.is_nan() && exact.is_nan());
        if same && !(found.is_finite() && found != 0.0) {
            return 0.0;
        }
        let signs_differ = found.is_sign_negative() != exact.is_sign_negative();
        if !found.is_finite() || !rounded.is_finite() || signs_differ {
            return f64::INFINITY;
        }
        // Subnormal numbers have the smallest normal one's spacing.
        let size = exact.abs().max(f64::from(f32::MIN_POSITIVE));
        let unit = 2f64.powi(size.log2().floor() as i32 - 23);
        (f64::from(found) - exact).abs() / unit
    }

    #[test]
    fn errors_are_as_stated() {
        let x: Vec<f32> = (0..=u32::MAX).step_by(997).map(f32::from_bits).collect();
        let mut y = vec![0.0; x.len()];
        for case in cases() {
            (case.map)(Arch::new(), &x, &mut y);
            let errors = x
                .iter()
                .zip(&y)
                .map(|(x, y)| (error(*y, (case.exact)((*x).into())), x));
            let (worst, x) = errors.fold((0.0, &0.0), |a, b| if b.0 > a.0 { b } else { a });
            assert!(
                worst <= case.error,
                "{}({x:e}): off by {worst} units",
                case.name
            );
        }
    }

    #[test]
    fn special_values() {
        let infinity = f32::INFINITY;
        let bits = |x: f32| x.to_bits();
        for f in [exp_m1, ln_1p, tanh, erf] {
            assert_eq!(bits(f(-0.0)), bits(-0.0));
            assert_eq!(f(f32::from_bits(1)), f32::from_bits(1));
        }
        assert_eq!((exp(0.0), exp(-0.0), erfc(-0.0)), (1.0, 1.0, 1.0));
        assert_eq!((exp(infinity), exp(-infinity)), (infinity, 0.0));
        assert!(exp(88.7228).is_finite() && exp(88.73) == infinity);
        assert_eq!((exp_m1(infinity), exp_m1(-infinity)), (infinity, -1.0));
        assert_eq!((ln_1p(infinity), ln_1p(-1.0)), (infinity, -infinity));
        assert!(ln_1p(-1.000_000_1).is_nan() && ln_1p(-infinity).is_nan());
        assert_eq!((tanh(infinity), tanh(-infinity)), (1.0, -1.0));
        assert_eq!((erf(infinity), erf(-infinity)), (1.0, -1.0));
        assert_eq!((erfc(infinity), erfc(-infinity)), (0.0, 2.0));
        for case in cases() {
            assert!((case.scalar)(f32::NAN).is_nan(), "{}", case.name);
        }
        // e^−100 = 3.72e-44 is 26.5 times the smallest f32, e^−104 0.49 times.
        assert_eq!(exp(-100.0), (-100f64).exp() as f32);
        assert_eq!((exp(-103.9), exp(-104.0)), (f32::from_bits(1), 0.0));
    }

    /// The instruction sets this machine has.
    fn instruction_sets() -> Vec<Arch> {
        let mut all = vec![Arch::Scalar, Arch::new()];
        #[cfg(target_arch = "x86_64")]
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all
    }

    #[test]
    fn an_entry_depends_neither_on_its_place_nor_on_the_instruction_set() {
        // All exponents and signs, and mantissas in no order.
        let pattern = |k: u32| f32::from_bits(k.wrapping_mul(2_654_435_761));
        let values: Vec<f32> = (1..4000)
            .map(pattern)
            .chain([0.0, -0.0, f32::NAN])
            .collect();
        let bits = |x: f32| if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() };
        for case in cases() {
            for arch in instruction_sets() {
                for length in (0..=70).chain([values.len()]) {
                    for x in values.chunks(length.max(1)) {
                        let x = &x[..length.min(x.len())];
                        let mut y = [0.0; 4002];
                        (case.map)(arch, x, &mut y[..x.len()]);
                        for (x, y) in x.iter().zip(y) {
                            let alone = (case.scalar)(*x);
                            assert_eq!(bits(y), bits(alone), "{} {arch:?} {x}", case.name);
                        }
                    }
                }
            }
        }
    }
}
