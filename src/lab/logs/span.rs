//! Where in a name it says what was measured.

use super::glossary::{KINDS, MEASURES, is_whole};
use super::parameter::kind_of;

/// From where to where a name says what was measured, around `start`.
pub fn span(lower: &str, start: usize) -> (usize, usize) {
    let bytes = lower.as_bytes();
    let is_gap = |byte: u8| matches!(byte, b'_' | b'-' | b' ' | b'.' | b'/');
    let mut begin = start;
    'left: loop {
        for kind in KINDS {
            let Some(before) = lower[..begin].strip_suffix(['_', ' ', '-', '/']) else {
                break 'left;
            };
            let Some(rest) = before.strip_suffix(kind) else {
                continue;
            };
            // `fc1.weight/grad_norm`: the weight is the parameter.
            let is_joined = matches!(bytes[begin - 1], b'_' | b' ' | b'-');
            let is_whole_word = rest.is_empty() || is_gap(rest.as_bytes()[rest.len() - 1]);
            if is_whole_word && (is_joined || rest.is_empty()) {
                begin = rest.len();
                continue 'left;
            }
        }
        break;
    }
    let mut end = start;
    for word in ["gradients", "gradient", "grads", "grad"] {
        if lower[start..].starts_with(word) {
            end = start + word.len();
            break;
        }
    }
    if end == start {
        // A lone `norm`.
        end = start
            + lower[start..]
                .bytes()
                .take_while(u8::is_ascii_alphanumeric)
                .count();
    }
    let grad = end;
    let has_left = !is_whole(lower[..begin].trim_end_matches(['_', '-', ' ', '.', '/']));
    loop {
        let gaps = lower[end..]
            .bytes()
            .take_while(|byte| is_gap(*byte) && *byte != b'.')
            .count();
        let from = end + gaps;
        let is_slash = gaps > 0 && bytes[from - 1] == b'/';
        let word = MEASURES.iter().find(|word| {
            let Some(rest) = lower[from..].strip_prefix(**word) else {
                return false;
            };
            let next = rest.bytes().next();
            let ends = next.is_none_or(|next| is_gap(next) || matches!(next, b':' | b'|' | b'('));
            let before = Before {
                has_left,
                is_slash,
                has_measure: end > grad,
            };
            ends && !(is_slash && next.is_some_and(|next| next != b'/'))
                && !before.makes_layer(word, rest)
        });
        match word {
            Some(word) => end = from + word.len(),
            None => match order_of_norm(&lower[from..]).filter(|_| gaps > 0 && !is_slash) {
                Some(length) => end = from + length,
                None => return (begin, end),
            },
        }
    }
}

/// The length of `2.0_norm`, `inf_norm` … at the beginning of a text.
fn order_of_norm(text: &str) -> Option<usize> {
    let at = text.find("norm")?;
    let order = text[..at].strip_suffix(['_', '-', ' '])?;
    let is_order = order == "inf" || order.parse::<f64>().is_ok();
    is_order.then_some(at + 4)
}

/// What stands before a word that may go on with what was measured, or be a layer's name.
struct Before {
    /// Whether a layer is named to the left of it all.
    has_left: bool,
    /// Whether the word begins behind a slash.
    is_slash: bool,
    /// Whether a measure has been named: the `norm` of `grad_norm`.
    has_measure: bool,
}

impl Before {
    /// Whether a word is the name of a layer, `rest` following it: layers are called
    /// `output`, and `mean`, too, and a parameter alone belongs to some layer.
    fn makes_layer(&self, word: &str, rest: &str) -> bool {
        let is_output = word == "output";
        let behind = rest.trim_start_matches(['_', '-', ' ', '.', '/', ':']);
        let has_parameter = kind_of(behind).is_some();
        if self.has_left {
            return is_output && self.is_slash && has_parameter;
        }
        let is_apart = self.is_slash || self.has_measure;
        match is_output {
            true if rest.is_empty() || has_parameter => true,
            true => self.is_slash || (self.has_measure && rest.starts_with(['_', '.'])),
            false => is_apart && has_parameter,
        }
    }
}
