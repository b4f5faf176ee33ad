//! A disk of a few pages, which needs the right to mount.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Mounted until it is dropped.
pub struct SmallDisk {
    path: PathBuf,
}

fn run(words: &[&str], path: &Path) {
    let done = Command::new(words[0]).args(&words[1..]).arg(path).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{words:?}: {done:?}");
}

impl SmallDisk {
    /// A disk of this size, such as `64k`, in a new folder.
    pub fn mount(path: PathBuf, size: &str) -> Self {
        std::fs::create_dir(&path).unwrap();
        run(
            &[
                "mount",
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size}"),
                "none",
            ],
            &path,
        );
        Self { path }
    }

    /// Mounts it anew with other options, such as `ro` or `size=1m`.
    pub fn change(&self, options: &str) {
        run(&["mount", "-o", &format!("remount,{options}")], &self.path);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A panic in a drop would hide the test's own.
        let _ = Command::new("umount").arg(&self.path).output();
    }
}
