//! Words of a command line.

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    // `shlex` quotes what holds `=` too, which no shell asks for.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    // It fails on a zero byte, which no argument has.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
}
