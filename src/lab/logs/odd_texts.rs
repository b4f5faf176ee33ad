//! Norms that hold text.

use std::collections::BTreeMap;

/// What programs write where there is no number.
const NOTHING: [&str; 7] = ["na", "n/a", "null", "none", "nil", "-", "–"];

/// The texts that stand where a number was expected, by series: the first, in words, and how
/// many.
#[derive(Debug, Default)]
pub struct OddTexts {
    all: BTreeMap<u32, (String, u64)>,
}

impl OddTexts {
    /// Takes note of a text of a series. `place` says where it stands, file and line.
    pub fn note(&mut self, series: u32, text: &str, place: impl FnOnce() -> String) {
        if NOTHING.iter().any(|own| text.eq_ignore_ascii_case(own)) {
            return;
        }
        let own = self.all.entry(series).or_insert_with(|| {
            let text: String = text.chars().take(40).collect();
            (format!("{}: `{}`", place(), text.escape_debug()), 0)
        });
        own.1 += 1;
    }

    /// That they are left out, where there are some in series that are looked at, which have
    /// these names.
    pub fn warning<'a>(&self, name_of: impl Fn(u32) -> Option<&'a str>) -> Option<String> {
        let mut told = self
            .all
            .iter()
            .filter_map(|(series, own)| Some((name_of(*series)?, own)));
        let (name, (first, count)) = told.next()?;
        let others = count - 1 + told.map(|(_, (_, count))| count).sum::<u64>();
        let first = format!("{first} in `{name}` is no number, and is left out");
        Some(match others {
            0 => first,
            1 => format!("{first}, like 1 other value"),
            n => format!("{first}, like {n} other values"),
        })
    }
}
