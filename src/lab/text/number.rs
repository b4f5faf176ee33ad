//! Numbers as people read them.

use indicatif::HumanBytes;

/// A loss, an accuracy or any other number on a linear scale: four digits after
/// the point (one from 1000 on), none for a whole number, an exponent from 10^6
/// on and below 10^-4.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || size == 0.0 {
        // Without the sign of −0.
        format!("{}", value + 0.0)
    } else if !(1e-4..1e6).contains(&size) {
        format!("{value:.2e}")
    } else if value.fract() == 0.0 {
        format!("{value}")
    } else if size < 1e3 {
        format!("{value:.4}")
    } else {
        format!("{value:.1}")
    }
}

/// Three significant digits, or all of those before the point; an exponent where
/// [`number`] has one.
pub fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let size = value.abs();
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let digits = 2.0 - size.log10().floor();
    format!("{value:.*}", digits.max(0.0) as usize)
}

/// A time in the unit that suits it, in three significant digits: "3 ms", "12.4 s", "5.2 h".
pub fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1.0 => (s * 1e3, "ms"),
        s if s < 120.0 => (s, "s"),
        s if s < 7200.0 => (s / 60.0, "min"),
        s if s < 172_800.0 => (s / 3600.0, "h"),
        s => (s / 86_400.0, "days"),
    };
    format!("{} {unit}", significant(value))
}

/// A limit as one would write it into a spec: 0.1, 3, 1e-7.
pub fn limit(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// A difference in decades with its sign; a small one keeps a digit.
pub fn decades(difference: f64) -> String {
    let size = difference.abs();
    if difference == 0.0 {
        "0".to_owned()
    } else if size < 0.0005 {
        format!("{difference:+.0e}")
    } else if size < 0.005 {
        format!("{difference:+.3}")
    } else {
        format!("{difference:+.2}")
    }
}

/// So many digits after the point; what reads 0 has no sign.
pub fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    unsigned_zero(text)
}

/// The same with its sign.
pub fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:+.digits$}");
    unsigned_zero(text)
}

fn unsigned_zero(text: String) -> String {
    let is_zero = |digits: &&str| digits.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    let digits = text.strip_prefix(['-', '+']).filter(is_zero);
    digits.map_or_else(|| text.clone(), str::to_owned)
}

/// log10 of a norm, or what the norm is where it has none.
pub fn log10(norm: f64) -> String {
    if norm > 0.0 && norm.is_finite() {
        fixed(norm.log10(), 2)
    } else {
        format!("{norm}")
    }
}

/// The factor that so many decades make: "3.2 times", "790 times", "10^18.6
/// times". The sign is for the sentence around it to tell.
pub fn times(decades: f64) -> String {
    let decades = decades.abs();
    // What rounds to 1000 is a power already.
    match 10f64.powf(decades) {
        factor if factor < 9.95 => format!("{factor:.1} times"),
        factor if factor < 99.5 => format!("{factor:.0} times"),
        factor if factor < 995.0 => format!("{:.0} times", (factor / 10.0).round() * 10.0),
        _ => format!("10^{decades:.1} times"),
    }
}

/// A mean or median with the ends of its interval, where there is one:
/// "2.30 [2.10, 2.50]".
pub fn estimate(middle: f64, interval: Option<[f64; 2]>, show: impl Fn(f64) -> String) -> String {
    match interval {
        Some([low, high]) => format!("{} [{}, {}]", show(middle), show(low), show(high)),
        None => show(middle),
    }
}

/// Bytes in the largest unit that leaves a number of at least 1.
pub fn bytes(bytes: f64) -> String {
    // 16 EiB.
    let most = 2f64.powi(64);
    if bytes >= most {
        return "more than 16 EiB".to_owned();
    }
    HumanBytes(bytes.round() as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits_are_three_whatever_the_size() {
        let cases = [
            (1.0, "1.00"),
            (0.0123, "0.0123"),
            (1.6e-5, "1.60e-5"),
            (1.6e-11, "1.60e-11"),
            (123_456.0, "123456"),
            (2e6, "2.00e6"),
            (0.0, "0"),
        ];
        for (value, expected) in cases {
            assert_eq!(significant(value), expected, "{value}");
        }
    }

    #[test]
    fn numbers_keep_four_digits_or_say_their_size() {
        let cases = [
            (2.30424, "2.3042"),
            (220.0, "220"),
            (1234.567, "1234.6"),
            (0.00012, "0.0001"),
            (0.0, "0"),
            (-0.0, "0"),
            (9.9e-5, "9.90e-5"),
            (1e6, "1.00e6"),
            (-2.5e9, "-2.50e9"),
            (1.5e300, "1.50e300"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn speeds_have_three_digits() {
        let texts = [734.4, 73.44, 6.2, 0.01234, 12345.0, 0.0].map(significant);
        assert_eq!(texts, ["734", "73.4", "6.20", "0.0123", "12345", "0"]);
    }

    #[test]
    fn differences_have_a_sign_and_keep_a_digit() {
        let texts = [18.886, -0.5, 0.004, -2.4e-5, 0.0].map(decades);
        assert_eq!(texts, ["+18.89", "-0.50", "+0.004", "-2e-5", "0"]);
    }

    #[test]
    fn what_reads_zero_has_no_sign() {
        let texts = [-0.004, -0.0, 0.004, -0.006, f64::INFINITY].map(|value| fixed(value, 2));
        assert_eq!(texts, ["0.00", "0.00", "0.00", "-0.01", "inf"]);
        let texts = [-0.00004, 0.00004, 0.5, f64::NAN].map(|value| signed(value, 4));
        assert_eq!(texts, ["0.0000", "0.0000", "+0.5000", "NaN"]);
        assert_eq!(log10(0.999), "0.00");
    }

    #[test]
    fn factors_near_one_are_plain() {
        // 10^0.5 = 3.162, 10^1.65 = 44.67, 10^2.9 = 794.3.
        let texts = [0.5, -0.5, 0.0, 1.65, 2.9, 2.999, -18.6].map(times);
        assert_eq!(
            texts,
            [
                "3.2 times",
                "3.2 times",
                "1.0 times",
                "45 times",
                "790 times",
                "10^3.0 times",
                "10^18.6 times"
            ]
        );
    }

    #[test]
    fn an_estimate_shows_its_interval() {
        let show = |value: f64| format!("{value:.1}");
        assert_eq!(estimate(2.0, Some([1.5, 2.5]), show), "2.0 [1.5, 2.5]");
        assert_eq!(estimate(2.0, None, show), "2.0");
    }

    #[test]
    fn a_time_has_the_unit_that_suits_it() {
        let texts = [0.0031, 0.5, 12.4, 600.0, 18_720.0, 864_000.0].map(duration);
        assert_eq!(
            texts,
            [
                "3.10 ms",
                "500 ms",
                "12.4 s",
                "10.0 min",
                "5.20 h",
                "10.0 days"
            ]
        );
    }

    #[test]
    fn limits_are_as_they_are_written() {
        let texts = [0.1, 3.0, 1e-7, 0.0, 2e6].map(limit);
        assert_eq!(texts, ["0.1", "3", "1e-7", "0", "2e6"]);
    }

    #[test]
    fn bytes_read_well() {
        assert_eq!(bytes(10.0), "10 B");
        assert_eq!(bytes(1536.0), "1.50 KiB");
        assert_eq!(bytes(3.0 * 1024f64.powi(4)), "3.00 TiB");
        assert_eq!(bytes(1e30), "more than 16 EiB");
    }

    #[test]
    fn norms_show_their_logarithm_or_what_they_are() {
        let texts = [1e-3, 0.0, f64::NAN, f64::INFINITY].map(log10);
        assert_eq!(texts, ["-3.00", "0", "NaN", "inf"]);
    }
}
