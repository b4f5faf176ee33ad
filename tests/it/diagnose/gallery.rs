//! Every hint for every file of the gallery, pasted, improves what it claims.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::desk::Desk;

use super::advice::{hints, keeps_its_promise};
use super::sets;

/// Step 0 alone, which is what hints about gradients are about.
const TRIMMED: [&str; 2] = ["train.batch_size=16", "train.steps=0"];

fn gallery() -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/experiments"));
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    assert!(files.len() > 35, "the gallery was not found");
    files
}

/// How many hints a file gets.
fn hints_kept(file: &Path) -> usize {
    let desk = Desk::empty();
    let spec = file.to_str().unwrap();
    let words = ["run", spec, "-q", "--out", "run"].into_iter();
    desk.vgrad(words.chain(sets(&TRIMMED))).fine();
    let told = desk.vgrad(["diagnose", "run", "--format", "json"]).fine();
    let found = serde_json::from_str(&told.stdout).unwrap();
    let hints = hints(&found);
    for (i, hint) in hints.iter().enumerate() {
        keeps_its_promise(&desk, &found, hint, &format!("hint-{i}"));
    }
    hints.len()
}

/// How many hints every file of the gallery gets.
fn all_hints_kept() -> Vec<(PathBuf, usize)> {
    let files = Mutex::new(gallery());
    let counts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(file) = files.lock().unwrap().pop() else {
                        break;
                    };
                    let count = hints_kept(&file);
                    counts.lock().unwrap().push((file, count));
                }
            });
        }
    });
    counts.into_inner().unwrap()
}

#[test]
fn every_hint_for_the_gallery_keeps_its_promise() {
    let counts = all_hints_kept();
    let of = |name: &str| {
        let mut counts = counts.iter();
        counts
            .find(|(file, _)| file.file_stem().unwrap() == name)
            .unwrap()
            .1
    };
    // Those that fail from the first step on have something to gain.
    for name in [
        "deep_sigmoid",
        "gelu_lecun_30_adam",
        "relu_xavier_30",
        "exploding_clipped",
        "residual_50_scale_1",
        // Its gradients arrive, but none at the queries and keys.
        "transformer_skipless",
    ] {
        assert!(of(name) > 0, "{name}: {counts:?}");
    }
}
