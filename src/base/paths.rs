//! Paths that are written in a file and relative to it.

use std::path::{Component, Path, PathBuf};

/// Rewrites `path`, relative to `from`, so that it names the same file relative
/// to `to`. An absolute path stays as it is.
pub fn rebase(path: &Path, from: &Path, to: &Path) -> PathBuf {
    if path.is_absolute() {
        return path.to_owned();
    }
    let target = tidy(&real(from).join(path));
    let base = real(to);
    let shared = target
        .components()
        .zip(base.components())
        .take_while(|(a, b)| a == b)
        .count();
    if shared == 0 {
        // Another drive: there is no relative way.
        return target;
    }
    let up = base.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(target.components().skip(shared)).collect()
}

/// The folder's absolute path. Links are followed, since `..` from inside a
/// linked folder leads out of the folder it points to.
fn real(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    folder
        .canonicalize()
        .or_else(|_| std::path::absolute(folder).map(|path| tidy(&path)))
        .unwrap_or_else(|_| folder.to_owned())
}

/// Takes out `.` and `a/..`.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                tidy.pop();
            }
            other => tidy.push(other),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::rebase;
    use std::path::Path;

    #[test]
    fn rebased_paths_name_the_same_file() {
        let rebase = |path: &str, from: &str, to: &str| {
            rebase(Path::new(path), Path::new(from), Path::new(to))
                .to_string_lossy()
                .into_owned()
        };
        assert_eq!(
            rebase("a.csv", "/no/such", "/no/such/runs/x"),
            "../../a.csv"
        );
        assert_eq!(rebase("../a.csv", "/no/such", "/no/other"), "../a.csv");
        assert_eq!(rebase("./d/a.csv", "/no", "/no"), "d/a.csv");
        assert_eq!(rebase("/abs/a.csv", "/no/such", "/no"), "/abs/a.csv");
        assert_eq!(rebase("a.csv", "", "runs"), "../a.csv");
    }

    #[test]
    fn links_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("deep/runs")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("deep/runs"), dir.path().join("link")).unwrap();
        std::fs::write(dir.path().join("a.csv"), "x").unwrap();
        let rebased = rebase(Path::new("a.csv"), dir.path(), &dir.path().join("link"));
        assert!(dir.path().join("link").join(rebased).exists());
    }
}
