//! Markdown.

/// Text that neither ends a table's cell nor becomes markup.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '|' | '\\' | '`' | '*' | '_' | '[' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escaped("a|b<c>\n*d* `e` f_g [h]"),
            r"a\|b&lt;c> \*d\* \`e\` f\_g \[h]"
        );
    }
}
