//! Naming the same file from another folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The path that names from `to` the file that `path` names from `from`:
/// relative where the two share a folder below the root, else absolute.
/// An absolute path stays as it is.
pub fn rebase(path: &Path, from: &Path, to: &Path) -> PathBuf {
    if path.is_absolute() {
        return path.to_owned();
    }
    let file = from.join(path);
    // The folder is resolved and not the file: a link to the data stays a link.
    let file = match (file.parent(), file.file_name()) {
        (Some(folder), Some(name)) => resolve(folder).join(name),
        _ => resolve(&file),
    };
    relative(&file, &resolve(to)).unwrap_or(file)
}

/// The absolute path without links; what does not exist yet is appended as it is.
pub fn resolve(path: &Path) -> PathBuf {
    let path = if path == Path::new("") {
        Path::new(".")
    } else {
        path
    };
    if let Ok(found) = fs::canonicalize(path) {
        return found;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolve(parent).join(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

/// The way from the folder `to` to `file`, both absolute; `None` if they share
/// no folder below the root, where `../../..` would only obscure the place.
fn relative(file: &Path, to: &Path) -> Option<PathBuf> {
    let shared = file
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    file.components()
        .take(shared)
        .any(|part| matches!(part, Component::Normal(_)))
        .then(|| {
            let up = to.components().skip(shared).map(|_| OsStr::new(".."));
            let down = file.components().skip(shared).map(Component::as_os_str);
            up.chain(down).collect()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_spec_to_its_run_folder() {
        let root = tempfile::tempdir().unwrap();
        let spec = root.path().join("experiments");
        let run = root.path().join("runs/one");
        fs::create_dir_all(&spec).unwrap();
        fs::create_dir_all(&run).unwrap();
        fs::write(root.path().join("train.csv"), "x").unwrap();
        fs::write(spec.join("near.csv"), "y").unwrap();

        let moved = rebase(Path::new("../train.csv"), &spec, &run);
        assert_eq!(moved, Path::new("../../train.csv"));
        assert_eq!(fs::read(run.join(moved)).unwrap(), b"x");
        let moved = rebase(Path::new("near.csv"), &spec, &run);
        assert_eq!(moved, Path::new("../../experiments/near.csv"));
        // A run folder that is still to be made is named just so.
        let later = root.path().join("runs/two");
        assert_eq!(
            rebase(Path::new("near.csv"), &spec, &later),
            Path::new("../../experiments/near.csv")
        );
    }

    #[test]
    fn absolute_paths_stay() {
        let path = std::env::temp_dir().join("train.csv");
        assert_eq!(rebase(&path, Path::new("a"), Path::new("b")), path);
    }

    #[test]
    fn folders_without_a_common_root_get_an_absolute_path() {
        assert_eq!(relative(Path::new("/a/x.csv"), Path::new("/b")), None);
        assert_eq!(
            relative(Path::new("/a/x.csv"), Path::new("/a/b/c")),
            Some("../../x.csv".into())
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_on_the_way_do_not_mislead() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("store/deep/runs");
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.path().join("train.csv"), "x").unwrap();
        std::os::unix::fs::symlink(&deep, root.path().join("runs")).unwrap();
        let run = root.path().join("runs");
        let moved = rebase(Path::new("train.csv"), root.path(), &run);
        assert_eq!(fs::read(run.join(moved)).unwrap(), b"x");
    }
}
