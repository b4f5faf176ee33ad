//! The order of targets that a shell's pattern named.

use std::cmp::Ordering;
use std::path::PathBuf;

/// Three or more paths in alphabetical order come from a pattern such as
/// `runs/depth-*`; those are put into the natural order of their names, in
/// which depth-2 comes before depth-10. Others stay as they were typed. Tells
/// whether something moved.
pub fn in_natural_order(paths: &mut [PathBuf]) -> bool {
    let before = paths.to_vec();
    let patterns = paths.chunk_by_mut(|a, b| a < b);
    for pattern in patterns.filter(|own| own.len() > 2) {
        pattern.sort_by(|a, b| compare(&a.to_string_lossy(), &b.to_string_lossy()));
    }
    before != paths
}

/// Runs of digits compare as numbers, whatever else as text.
fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    while let (Some(x), Some(y)) = (a.chars().next(), b.chars().next()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (own, other) = (number(&mut a), number(&mut b));
            // Without leading zeros the longer number is the larger.
            own.len().cmp(&other.len()).then_with(|| own.cmp(other))
        } else {
            (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
            x.cmp(&y)
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Takes the digits off the front of a text.
fn number<'a>(text: &mut &'a str) -> &'a str {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    number.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(names: &[&str]) -> (Vec<String>, bool) {
        let mut paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
        let has_moved = in_natural_order(&mut paths);
        let names = paths.iter().map(|path| path.display().to_string());
        (names.collect(), has_moved)
    }

    #[test]
    fn a_pattern_is_put_in_natural_order_and_a_choice_stays() {
        let (names, has_moved) = ordered(&["r/d-10", "r/d-100", "r/d-2", "r/d-2b"]);
        assert_eq!(names, ["r/d-2", "r/d-2b", "r/d-10", "r/d-100"]);
        assert!(has_moved);
        // Two are a choice, and so are names in no alphabetical order.
        for names in [
            &["d-10", "d-2"][..],
            &["d-2", "d-10", "d-1"],
            &["a", "b", "c"],
        ] {
            assert_eq!(
                ordered(names),
                (names.iter().map(|n| (*n).to_owned()).collect(), false)
            );
        }
        // Others may be named beside a pattern.
        assert_eq!(
            ordered(&["z", "d-10", "d-20", "d-3", "b"]).0,
            ["z", "d-3", "d-10", "d-20", "b"]
        );
        assert_eq!(
            ordered(&["x-007", "x-02", "x-1"]).0,
            ["x-1", "x-02", "x-007"]
        );
    }
}
