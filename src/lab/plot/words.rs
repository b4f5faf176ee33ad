//! Numbers and words as a figure writes them.

/// The longest name in a legend.
pub const NAME_LENGTH: usize = 24;

/// 10 to the power of `exponent` with raised digits: 10⁻¹⁸.
pub fn power_of_ten(exponent: i64) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = exponent.to_string();
    let raised = digits.chars().map(|c| match c.to_digit(10) {
        Some(digit) => RAISED[digit as usize],
        None => '⁻',
    });
    format!("10{}", raised.collect::<String>())
}

/// A tick of a linear axis whose ticks lie `step` apart.
pub fn plain(value: f64, step: f64) -> String {
    let decimals = (-step.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    // Without the sign of −0.
    let value = if value.abs() < step.abs() * 1e-9 {
        0.0
    } else {
        value
    };
    if value.abs() >= 1e7 || decimals > 6 {
        return scientific(value, step);
    }
    format!("{value:.decimals$}").replace('-', "−")
}

/// A tick of an axis of whole numbers `step` apart.
pub fn whole(value: f64, step: f64) -> String {
    if value.abs() < 1e6 {
        format!("{value:.0}").replace('-', "−")
    } else {
        scientific(value, step)
    }
}

/// 2.5×10¹⁷, with the digits that tell it from its neighbours `step` away.
fn scientific(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor();
    // No f64 has more than 17 digits.
    let decimals = (exponent - step.abs().log10().floor()).clamp(0.0, 16.0) as usize;
    let digits = format!("{value:.decimals$e}");
    let (digits, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
    let power = power_of_ten(exponent.parse().unwrap_or(0));
    format!("{digits}×{power}").replace('-', "−")
}

/// "1 value is" or "7 values are".
pub fn counted(n: u64, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun} is")
    } else {
        format!("{n} {noun}s are")
    }
}

/// The same words, the first letter a capital.
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_raised() {
        assert_eq!(power_of_ten(-18), "10⁻¹⁸");
        assert_eq!(power_of_ten(0), "10⁰");
        assert_eq!(power_of_ten(307), "10³⁰⁷");
    }

    #[test]
    fn ticks_have_the_digits_they_need() {
        assert_eq!(plain(0.25, 0.05), "0.25");
        assert_eq!(plain(-0.0, 0.5), "0.0");
        assert_eq!(plain(-1.5, 0.5), "−1.5");
        assert_eq!(plain(1500.0, 500.0), "1500");
        assert_eq!(plain(2e17, 2e17), "2×10¹⁷");
        // Neighbours never share their words.
        assert_eq!(plain(10_000_001.0, 1.0), "1.0000001×10⁷");
        assert_eq!(plain(0.123_456_78, 1e-8), "1.2345678×10⁻¹");
        assert_eq!(whole(250_000.0, 50_000.0), "250000");
        assert_eq!(whole(1e18, 2e17), "1.0×10¹⁸");
    }
}
