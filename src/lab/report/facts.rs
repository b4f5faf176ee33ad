//! Where the specs differ, key by key.

use super::group::Group;
use crate::lab::config::Changed;
use crate::lab::records::specs::readable;

/// A table of spec keys, a column per run or group of seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it says, in a sentence.
    pub sentence: String,
    /// Names of the runs.
    pub runs: Vec<String>,
    /// A key and its value per run.
    pub rows: Vec<(String, Vec<String>)>,
}

/// Of several targets; `None` of one, and where none has a spec.
pub fn facts(groups: &[Group], changed: &[Changed]) -> Option<Facts> {
    let has_spec = |group: &&Group| group.entries[0].run.spec.is_some();
    let without = groups.len() - groups.iter().filter(has_spec).count();
    if groups.len() < 2 || without == groups.len() {
        return None;
    }
    let mut sentence = match changed.len() {
        0 => "The specs agree in every key.".to_owned(),
        1 => "The specs differ in one key; all others agree.".to_owned(),
        n => format!("The specs differ in {n} keys; all others agree."),
    };
    if without > 0 {
        let are = match without {
            1 => "is a lone file",
            _ => "are lone files",
        };
        sentence += &format!(" {without} of {} runs {are} without a spec.", groups.len());
    }
    let text = |value: &Option<String>| match value {
        Some(value) => readable(value),
        None => "–".to_owned(),
    };
    Some(Facts {
        sentence,
        runs: groups.iter().map(|group| group.label.to_owned()).collect(),
        rows: changed
            .iter()
            .map(|changed| {
                (
                    changed.key.clone(),
                    changed.values.iter().map(text).collect(),
                )
            })
            .collect(),
    })
}
