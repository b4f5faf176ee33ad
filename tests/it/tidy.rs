//! The form of the source: every file says what it is and is short enough to be read, and a
//! floor has one type of a name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have.
const MOST_LINES: usize = 400;

/// Files that are longer still. No further ones.
const LONG: &[&str] = &[];

/// Names that two types of a floor have still. No further ones.
const NAMED_TWICE: &[(&str, &[&str])] = &[
    ("base", &["Place"]),
    ("nn", &["Identity"]),
    ("study", &[]),
    ("lab", &[]),
    ("cli", &[]),
];

/// The Rust files of some folder of the project, by path from its root.
fn files(folder: &str) -> Vec<(String, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(&root.join(folder), &mut found);
    found.sort();
    let relative = |path: &Path| {
        path.strip_prefix(root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/")
    };
    found
        .iter()
        .map(|path| (relative(path), fs::read_to_string(path).unwrap()))
        .collect()
}

/// All of them.
fn all_files() -> Vec<(String, String)> {
    let all = ["src", "tests", "benches"].map(files).concat();
    assert!(all.len() > 100, "the files were not found");
    all
}

/// The names of the public types that a text defines, in macros too; tests left out.
fn public_types(text: &str) -> Vec<&str> {
    fn name(line: &str) -> Option<&str> {
        let line = line.trim_start().strip_prefix("pub ")?;
        let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
        let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
        rest.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .filter(|name| !name.is_empty())
    }
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().filter_map(name).collect()
}

#[test]
fn every_file_begins_with_what_it_is() {
    for (path, text) in all_files() {
        assert!(
            text.starts_with("//! "),
            "{path} does not begin with `//! `"
        );
    }
}

#[test]
fn no_file_is_too_long_to_be_read() {
    for (path, text) in all_files() {
        let lines = text.lines().count();
        assert!(
            lines <= MOST_LINES || LONG.contains(&&*path),
            "{path} has {lines} lines, more than {MOST_LINES}: cut it in two"
        );
    }
}

#[test]
fn a_floor_has_one_type_of_a_name() {
    for (floor, known) in NAMED_TWICE {
        let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, text) in files(&format!("src/{floor}")) {
            for name in public_types(&text) {
                defined
                    .entry(name.to_owned())
                    .or_default()
                    .push(path.clone());
            }
        }
        assert!(defined.len() > 3, "the types of {floor} were not found");
        for (name, paths) in defined {
            assert!(
                paths.len() == 1 || known.contains(&&*name),
                "`{name}` is defined in {}",
                paths.join(" and ")
            );
        }
    }
}

#[test]
fn the_reader_of_types_reads() {
    let text = "pub struct A<T>(T);\nfamily! {\n    pub enum B {}\n}\npub(super) struct Inner;\n\
                struct Private;\npub fn f() {}\n#[cfg(test)]\npub struct InTests;\n";
    assert_eq!(public_types(text), ["A", "B"]);
}
