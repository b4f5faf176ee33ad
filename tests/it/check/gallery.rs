//! Three specs of the gallery are gated by the baselines beside them.

use std::path::Path;

use super::gate::ends;
use crate::desk::Desk;

/// One that vanishes, one that keeps its gradients and one that explodes.
#[test]
fn the_gallery_keeps_to_its_baselines() {
    let desk = Desk::empty();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    for name in ["deep_sigmoid", "exploding_clipped", "relu_he_20"] {
        let spec = folder.join(format!("{name}.toml"));
        let baseline = folder.join(format!("baselines/{name}.json"));
        let arguments = format!(
            "{} --baseline {} --strict",
            spec.display(),
            baseline.display()
        );
        ends(&desk, &arguments, 0);
    }
    let mut files: Vec<String> = std::fs::read_dir(folder.join("baselines"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "deep_sigmoid.json",
            "exploding_clipped.json",
            "relu_he_20.json"
        ]
    );
}
