//! Counts in words.

/// So many things: "1 layer", "7 layers", "2 classes", "3 entries".
pub fn counted(count: usize, what: &str) -> String {
    let after_vowel = |stem: &str| stem.ends_with(['a', 'e', 'o', 'u']);
    let things = match what.strip_suffix('y') {
        _ if count == 1 => what.to_owned(),
        Some(stem) if !after_vowel(stem) => format!("{stem}ies"),
        Some(_) => format!("{what}s"),
        None if what.ends_with('s') => format!("{what}es"),
        None => format!("{what}s"),
    };
    format!("{count} {things}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let told = [0, 1, 2].map(|count| counted(count, "width"));
        assert_eq!(told, ["0 widths", "1 width", "2 widths"]);
        let told = ["entry", "class", "ray"].map(|what| counted(2, what));
        assert_eq!(told, ["2 entries", "2 classes", "2 rays"]);
    }
}
