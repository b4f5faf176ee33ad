//! The house: imports between the floors of `src/` point down, and the modules
//! of a floor form no ring. The lower floors are crates, each at home the root of its paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// From the ground up.
const FLOORS: [&str; 5] = ["base", "nn", "study", "lab", "cli"];

/// A module: its path below the crate, such as ["nn", "layer", "linear"].
type Module = Vec<String>;

/// Every module with the code of its file, tests and comments left out.
fn modules(folder: &Path, above: &[String], found: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            modules(&path, &[above, &[stem]].concat(), found);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !matches!(&stem[..], "lib" | "main")
        {
            let module = if stem == "mod" {
                above.to_vec()
            } else {
                [above, &[stem]].concat()
            };
            found.insert(module, code(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Without comments and without what follows `#[cfg(test)]`.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths after `root` in a text, groups in braces spelled out.
fn paths_after(text: &str, root: &str) -> Vec<Module> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(root) {
        expand(&text[at + root.len()..], &[], &mut found);
    }
    found
}

fn expand(text: &str, above: &[String], found: &mut Vec<Module>) {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        let (mut depth, mut start) = (0, 0);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    expand(&group[start..i], above, found);
                    start = i + 1;
                    if c == '}' {
                        return;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return;
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    let path = if end == 0 {
        above.to_vec()
    } else {
        [above, &[text[..end].to_owned()]].concat()
    };
    match text[end..].strip_prefix("::") {
        Some(rest) if end > 0 => expand(rest, &path, found),
        _ => found.push(path),
    }
}

/// The modules that each module imports from.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let mut all = BTreeMap::new();
    modules(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &[],
        &mut all,
    );
    let known: BTreeSet<Module> = all.keys().cloned().collect();
    let nearest = |path: &[String]| {
        (1..=path.len())
            .rev()
            .map(|n| path[..n].to_vec())
            .find(|m| known.contains(m))
    };
    all.iter()
        .map(|(module, text)| {
            let mut targets: Vec<Module> = paths_after(text, "crate::")
                .into_iter()
                .map(|path| from_the_ground(path, &module[0]))
                .collect();
            // `super::` counts from this module's parent, once per `super`.
            for path in paths_after(text, "super::") {
                let ups = 1 + path.iter().take_while(|name| *name == "super").count();
                let base = &module[..module.len().saturating_sub(ups)];
                targets.push([base, &path[ups - 1..]].concat());
            }
            let targets = targets
                .iter()
                .filter_map(|path| nearest(path))
                .filter(|target| target != module);
            (module.clone(), targets.collect())
        })
        .collect()
}

/// A path after `crate::` as it reads in the library: of a module's own floor where it
/// begins with none.
fn from_the_ground(path: Module, floor: &str) -> Module {
    if path.first().is_some_and(|first| FLOORS.contains(&&**first)) {
        return path;
    }
    [&[floor.to_owned()], &path[..]].concat()
}

fn floor(module: &Module) -> usize {
    FLOORS
        .iter()
        .position(|name| *name == module[0])
        .unwrap_or_else(|| panic!("{module:?} is on no floor"))
}

#[test]
fn imports_point_down() {
    let imports = imports();
    assert!(imports.len() > 30, "the modules were not found");
    for (module, targets) in imports {
        for target in targets {
            assert!(
                floor(&target) <= floor(&module),
                "{} imports {}",
                module.join("::"),
                target.join("::")
            );
        }
    }
}

/// The unit of a ring is a file, or a folder with its `mod.rs`: a folder's
/// family list and its members, which implement the family's trait, are one.
#[test]
fn no_rings() {
    let imports = imports();
    let floors: BTreeSet<&str> = imports.keys().map(|module| &*module[0]).collect();
    for prefix in groups(&imports) {
        let child = |module: &Module| -> Option<String> {
            (module.len() > prefix.len() && module.starts_with(&prefix))
                .then(|| module[prefix.len()].clone())
        };
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, targets) in &imports {
            let Some(from) = child(module) else { continue };
            for to in targets.iter().filter_map(child).filter(|to| *to != from) {
                edges.entry(from.clone()).or_default().insert(to);
            }
        }
        if let Some(ring) = ring(&edges) {
            panic!("a ring in `{}`: {}", prefix.join("::"), ring.join(" -> "));
        }
    }
    assert_eq!(floors, FLOORS.into_iter().collect());
}

/// The crate and every folder of modules.
fn groups(imports: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Module> {
    imports
        .keys()
        .flat_map(|module| (0..module.len()).map(|n| module[..n].to_vec()))
        .collect()
}

fn ring(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        at: &str,
        edges: &BTreeMap<String, BTreeSet<String>>,
        path: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = path.iter().position(|name| name == at) {
            return Some([&path[start..], &[at.to_owned()]].concat());
        }
        if done.contains(at) {
            return None;
        }
        path.push(at.to_owned());
        for next in edges.get(at).into_iter().flatten() {
            if let Some(ring) = visit(next, edges, path, done) {
                return Some(ring);
            }
        }
        path.pop();
        done.insert(at.to_owned());
        None
    }
    let mut done = BTreeSet::new();
    edges
        .keys()
        .find_map(|start| visit(start, edges, &mut Vec::new(), &mut done))
}

/// A function that is not inlined into the dispatched loop is not vectorised,
/// and nothing but a clock would tell.
#[test]
fn activations_are_inlined() {
    let text = include_str!("../../src/nn/activation/mod.rs");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let bodies = (0..lines.len())
        .filter(|&i| lines[i].starts_with("fn eval<T: Scalar>") && lines[i].ends_with('{'));
    let mut found = 0;
    for i in bodies {
        assert_eq!(lines[i - 1], "#[inline(always)]", "line {}", i + 1);
        found += 1;
    }
    assert!(found > 10, "the blocks were not found");
}

#[test]
fn the_reader_of_imports_reads() {
    let text =
        "use crate::nn::{layer::{Layer, add::Add}, loss};\nlet x = crate::base::Scalar::of(1.0);";
    let paths: Vec<String> = paths_after(text, "crate::")
        .iter()
        .map(|path| path.join("::"))
        .collect();
    assert_eq!(
        paths,
        [
            "nn::layer::Layer",
            "nn::layer::add::Add",
            "nn::loss",
            "base::Scalar::of"
        ]
    );
    let own = |path: &[&str]| {
        let path = path.iter().map(|name| (*name).to_owned()).collect();
        from_the_ground(path, "nn").join("::")
    };
    assert_eq!(own(&["layer", "Layer"]), "nn::layer::Layer");
    assert_eq!(own(&["base", "Scalar"]), "base::Scalar");
    let ringed = BTreeMap::from([
        ("a".to_owned(), BTreeSet::from(["b".to_owned()])),
        ("b".to_owned(), BTreeSet::from(["a".to_owned()])),
    ]);
    assert_eq!(ring(&ringed).unwrap(), ["a", "b", "a"]);
}

/// What theory must know of a skip or a norm the member says itself: a new one is its own file.
#[test]
fn theory_names_no_skip_and_no_norm() {
    let mut all = BTreeMap::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lab/theory");
    modules(Path::new(folder), &["theory".to_owned()], &mut all);
    assert!(all.len() > 5, "the modules were not found");
    for (module, text) in all {
        for family in ["skip", "norm"] {
            let path = format!("nn::{family}::");
            assert!(
                !text.contains(&path),
                "{} imports {path}",
                module.join("::")
            );
        }
    }
}
