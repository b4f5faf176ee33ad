//! Names of runs and quantities where there is little room.

use crate::study::columns::gradient_columns;

/// At most `most` characters, the middle left out, without control characters.
pub fn shortened(name: &str, most: usize) -> String {
    let clean: Vec<char> = name
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if clean.len() <= most {
        return clean.into_iter().collect();
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let mut short: String = clean[..head].iter().collect();
    short.push('…');
    short.extend(&clean[clean.len() - tail..]);
    short
}

/// What the axis of a quantity says.
pub fn symbol(quantity: &str) -> String {
    let own = gradient_columns()
        .iter()
        .find(|column| column.name == quantity);
    own.map_or_else(
        || shortened(quantity, 40),
        |column| column.symbol.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcdefghij", 5), "ab…ij");
        assert_eq!(shortened("a\nb", 9), "a\u{fffd}b");
        assert_eq!(shortened("żółwie są", 4), "żó…ą");
    }
}
