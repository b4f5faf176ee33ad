//! Lines no longer than what they are read on.

use textwrap::{Options, WordSplitter};

/// Words in lines of at most `width` columns. Neither flags nor paths are
/// broken: a longer word has a line of its own.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let lines = textwrap::wrap(text, options(width));
    lines.into_iter().map(|line| line.into_owned()).collect()
}

/// A label in a column of `indent`, and beside it the text in as many lines as
/// it takes to stay within `width`; with a final newline.
pub fn labelled(label: &str, text: &str, [indent, width]: [usize; 2]) -> String {
    let (first, rest) = (format!("{label:<indent$}"), " ".repeat(indent));
    let options = options(width)
        .initial_indent(&first)
        .subsequent_indent(&rest);
    textwrap::fill(text, options) + "\n"
}

fn options<'a>(width: usize) -> Options<'a> {
    Options::new(width.max(20))
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole() {
        let text = "add --set network.norm=batch to runs/deep-sigmoid";
        assert_eq!(
            wrapped(text, 20),
            ["add --set", "network.norm=batch", "to runs/deep-sigmoid"]
        );
    }

    #[test]
    fn colours_take_no_room() {
        let text = "\u{1b}[32mhealthy\u{1b}[0m: it is all fine";
        assert_eq!(wrapped(text, 24), [text]);
    }

    #[test]
    fn a_text_hangs_beside_its_label() {
        assert_eq!(
            labelled("decay", "one two three four", [8, 20]),
            "decay   one two\n        three four\n"
        );
    }
}
