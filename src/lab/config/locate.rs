//! From a key's path to its place in the file's text.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key_path::KeyPath;

/// The bytes of the value at `path`, or of its key; `None` if the text has no
/// such key. For a section, either is the name in its header.
pub fn locate(text: &str, path: &KeyPath, key_only: bool) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let (last, parents) = path.keys().split_last()?;
    let mut table = Some(root.get_ref());
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for key in parents {
        value = child(table, value, key).map(|(_, value)| value);
        table = value?.get_ref().as_table();
    }
    let (key, value) = child(table, value, last)?;
    // A table under a header spans its header and whatever follows.
    let written_out = value.get_ref().is_table() && !text[value.span()].starts_with('{');
    match key {
        Some(key) if key_only || written_out => Some(key),
        _ => Some(value.span()),
    }
}

/// The entry `key` of a table or a list, with the place of the key itself.
fn child<'a, 'i>(
    table: Option<&'a DeTable<'i>>,
    value: Option<&'a Spanned<DeValue<'i>>>,
    key: &str,
) -> Option<(Option<Range<usize>>, &'a Spanned<DeValue<'i>>)> {
    if let Some(table) = table {
        let (key, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
        return Some((Some(key.span()), value));
    }
    let index: usize = key.parse().ok()?;
    let value = value?.get_ref().as_array()?.get(index)?;
    Some((None, value))
}
