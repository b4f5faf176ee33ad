//! The folder of each cure's runs, which no two cures may share.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::BASELINE;
use super::cures::CURES;
use crate::base::Problem;
use crate::lab::config::Remedy;

/// The folder of a cure's runs.
pub fn folder_of(name: &str) -> String {
    let mut folder = String::new();
    for c in name.chars() {
        match c {
            '×' => folder.push_str("times"),
            '÷' => folder.push_str("over"),
            '+' => folder.push('+'),
            c if c.is_alphanumeric() => folder.extend(c.to_lowercase()),
            _ if folder.ends_with(['-', '+']) => {}
            _ => folder.push('-'),
        }
    }
    folder.replace("-+", "+").trim_end_matches('-').to_owned()
}

/// The name of two cures together.
pub fn name_of_pair(a: &str, b: &str) -> String {
    format!("{a} + {b}")
}

/// A cure that may be tried.
struct Named {
    name: String,
    /// The last of the spec's own cures that it is made of, by its place.
    own: Option<usize>,
}

/// That none of the spec's own cures, alone or with another, has the folder of a second cure.
///
/// # Errors
/// If one has, or has a name of which no folder can be made.
pub fn are_told_apart(own: &[Remedy]) -> Result<(), Problem> {
    let key = |place: usize| format!("remedy.{place}.name");
    let help = "rename this [[remedy]]";
    let built_in = CURES.iter().map(|cure| Named {
        name: cure.name.to_owned(),
        own: None,
    });
    let own = own.iter().enumerate().map(|(place, own)| Named {
        name: own.name.clone(),
        own: Some(place),
    });
    let singles: Vec<Named> = built_in.chain(own).collect();
    let pairs = singles.iter().enumerate().flat_map(|(i, a)| {
        let others = singles.iter().enumerate().filter(move |(j, _)| *j != i);
        others.map(|(_, b)| Named {
            name: name_of_pair(&a.name, &b.name),
            own: a.own.max(b.own),
        })
    });
    let baseline = Named {
        name: BASELINE.to_owned(),
        own: None,
    };
    let pairs: Vec<Named> = pairs.collect();
    let mut taken: BTreeMap<String, &Named> = BTreeMap::new();
    for named in [&baseline].into_iter().chain(&singles).chain(&pairs) {
        let folder = folder_of(&named.name);
        if let (true, Some(place)) = (folder.is_empty(), named.own) {
            let what = format!(
                "a folder is named after it, but {:?} has no letter and no digit",
                named.name
            );
            return Err(Problem::at_key(key(place), what).help(help));
        }
        let Some(other) = taken.insert(folder.clone(), named) else {
            continue;
        };
        if let Some(place) = named.own.max(other.own) {
            let what = format!(
                "the cures {:?} and {:?} would have one folder, {folder}; \
                 expected letters and digits that tell them apart",
                other.name, named.name
            );
            return Err(Problem::at_key(key(place), what).help(help));
        }
    }
    Ok(())
}

/// Takes away what an early stop left empty: folders of cures, then `folder` itself.
pub fn remove_empty(folder: &Path, own: &[Remedy]) {
    let built_in = CURES.iter().map(|cure| cure.name);
    let own = own.iter().map(|own| &*own.name);
    for name in [BASELINE].into_iter().chain(built_in).chain(own) {
        // Fails where there is none, and where something is in it.
        let _ = fs::remove_dir(folder.join(folder_of(name)));
    }
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_built_in_cures_share_a_folder() {
        let names: Vec<&str> = CURES.iter().map(|cure| cure.name).collect();
        let pairs = names.iter().flat_map(|a| {
            let others = names.iter().filter(move |b| *b != a);
            others.map(move |b| name_of_pair(a, b))
        });
        let mut folders: Vec<String> = pairs
            .chain(names.iter().map(|name| (*name).to_owned()))
            .chain([BASELINE.to_owned()])
            .map(|name| folder_of(&name))
            .collect();
        folders.sort();
        let all = folders.len();
        folders.dedup();
        assert_eq!(folders.len(), all);
        assert!(folders.iter().all(|folder| !folder.is_empty()));
    }
}
