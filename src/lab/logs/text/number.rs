//! Numbers as programs print them.

use crate::lab::logs::series::Digits;

/// A number, with NaN and infinity in any spelling and thousands separators; and how it
/// is written.
pub fn number(text: &str) -> Option<(f64, Digits)> {
    let text = text.trim();
    let first = *text.as_bytes().first()?;
    if text.len() > 400 {
        return None;
    }
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return words(text).map(|value| (value, digits("0")));
    }
    if let Ok(value) = text.parse::<f64>() {
        return Some((value, digits(text)));
    }
    let signless = text.trim_start_matches(['-', '+']);
    if let Some(value) = words(signless) {
        let value = if first == b'-' { -value } else { value };
        return Some((value, digits("0")));
    }
    if has_thousands(signless) {
        let plain = text.replace([',', '_'], "");
        return Some((plain.parse().ok()?, digits(&plain)));
    }
    scaled(text)
}

/// Not a number, or infinite.
fn words(text: &str) -> Option<f64> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("nan") || is("+nan") || is("-nan") {
        Some(f64::NAN)
    } else if is("inf") || is("infinity") {
        Some(f64::INFINITY)
    } else {
        None
    }
}

/// Whether commas stand where thousands are separated.
fn has_thousands(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    let mut groups = whole.split([',', '_']);
    let first = groups.next().unwrap_or_default();
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut rest = groups.peekable();
    rest.peek().is_some()
        && (1..=3).contains(&first.len())
        // `0,016` has a decimal comma.
        && !first.starts_with('0')
        && is_digits(first)
        && rest.all(|group| group.len() == 3 && is_digits(group))
}

/// A number with a letter for its size: `20K`, `1.57B`.
fn scaled(text: &str) -> Option<(f64, Digits)> {
    let (number, letter) = text.split_at_checked(text.len() - 1)?;
    let scale = match letter {
        "K" | "k" => 1e3,
        "M" => 1e6,
        "B" | "G" => 1e9,
        "T" => 1e12,
        _ => return None,
    };
    let value: f64 = number.trim().parse().ok()?;
    Some((value * scale, digits("0")))
}

/// How a plain number is written.
fn digits(text: &str) -> Digits {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse().unwrap_or(0)),
        None => (text, 0i64),
    };
    let fraction = mantissa
        .split_once('.')
        .map_or("", |(_, fraction)| fraction);
    let decimals = (fraction.len() as i64 - exponent).clamp(0, 255);
    Digits {
        decimals: decimals as u8,
        is_padded: exponent == 0 && fraction.len() > 1 && fraction.ends_with('0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_programs_print_them() {
        let value = |text: &str| number(text).map(|(value, _)| value);
        let cases = [
            ("1.94e-05", 1.94e-5),
            ("19,968", 19_968.0),
            ("1,234,567.5", 1_234_567.5),
            ("20K", 20_000.0),
            ("1.57B", 1.57e9),
            ("-Infinity", f64::NEG_INFINITY),
            (" inf", f64::INFINITY),
            ("+3", 3.0),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        assert!(value("NaN").is_some_and(f64::is_nan));
        for text in [
            "", "-", "1,2", "0,016", "12,34", "fc1", "3 s", "1.2.3", "K", "é", "1é",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn rounding_shows() {
        let digits = |text: &str| number(text).unwrap().1;
        assert_eq!(digits("0.000").decimals, 3);
        assert!(digits("0.000").is_padded && digits("1.50").is_padded);
        assert_eq!(digits("1e-06").decimals, 6);
        assert_eq!(digits("3.901650E+00").decimals, 6);
        assert!(!digits("0.125").is_padded && !digits("0.0").is_padded);
    }
}
