//! The gallery: the specs of `experiments/`, embedded in the binary.

/// One experiment of the gallery.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// The file's stem.
    pub name: &'static str,
    /// The whole spec.
    pub text: &'static str,
}

macro_rules! gallery {
    ($( $name:literal ),+ $(,)?) => {
        /// Every file of `experiments/`.
        pub const GALLERY: &[Experiment] = &[$(
            Experiment {
                name: $name,
                text: include_str!(concat!("../../experiments/", $name, ".toml")),
            }
        ),+];
    };
}

gallery! {
    "deep_sigmoid",
}

impl Experiment {
    /// The experiment of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        GALLERY.iter().find(|experiment| experiment.name == name)
    }

    /// The question it answers: the spec's second line.
    pub fn question(&self) -> &'static str {
        let second = self.text.lines().nth(1).unwrap_or("");
        second.trim_start_matches('#').trim()
    }

    /// The spec with another reference to the schema in its first line.
    pub fn with_schema(&self, schema: &str) -> String {
        let rest = self.text.split_once('\n').map_or("", |(_, rest)| rest);
        format!("#:schema {schema}\n{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gallery_is_the_folder_experiments() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "toml")
            })
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        let mut embedded: Vec<&str> = GALLERY.iter().map(|experiment| experiment.name).collect();
        embedded.sort_unstable();
        assert_eq!(
            embedded, files,
            "name every file of experiments/ in gallery!"
        );
    }

    #[test]
    fn every_experiment_begins_with_its_schema_and_its_question() {
        for experiment in GALLERY {
            let first = experiment.text.lines().next();
            assert_eq!(
                first,
                Some("#:schema ../vgrad.schema.json"),
                "{}",
                experiment.name
            );
            assert!(experiment.question().ends_with('?'), "{}", experiment.name);
        }
    }
}
