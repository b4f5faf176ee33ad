//! The gallery: the specs of `experiments/`, embedded in the binary.

/// One experiment of the gallery.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// The file's stem.
    pub name: &'static str,
    /// The whole spec.
    pub text: &'static str,
    /// Name and content of each file that it reads, from beside the spec.
    pub files: &'static [(&'static str, &'static str)],
}

macro_rules! gallery {
    ($( $name:literal $([ $($file:literal),+ ])? ),+ $(,)?) => {
        /// Every file of `experiments/`.
        pub const GALLERY: &[Experiment] = &[$(
            Experiment {
                name: $name,
                text: include_str!(concat!("../../experiments/", $name, ".toml")),
                files: &[$($(
                    ($file, include_str!(concat!("../../experiments/", $file)))
                ),+)?],
            }
        ),+];
    };
}

gallery! {
    "deep_sigmoid",
    "deep_sigmoid_relu",
    "deep_sigmoid_batch_norm",
    "deep_sigmoid_layer_norm",
    "deep_sigmoid_skip",
    "deep_sigmoid_adam",
    "relu_he_20",
    "relu_xavier_20",
    "relu_he_30",
    "relu_xavier_30",
    "relu_xavier_30_adam",
    "relu_pytorch_30_adam",
    "relu_pytorch_30_adam_eps",
    "sigmoid_3",
    "sigmoid_5",
    "sigmoid_5_adam",
    "sigmoid_10_adam",
    "relu_batch_norm_10",
    "relu_batch_norm_50",
    "relu_batch_norm_50_skip",
    "residual_50_preactivation",
    "residual_50_scale_1",
    "residual_50_scaled",
    "residual_50_rezero",
    "rezero_1000",
    "tanh_gaussian_100",
    "tanh_orthogonal_100",
    "selu_50",
    "relu_he_50",
    "relu_normal_001" ["own_csv.csv"],
    "gelu_lecun_30_adam",
    "gelu_lsuv_30_adam",
    "relu_rms_norm_30",
    "highway_50",
    "exploding_clipped",
    "underflow_f32",
    "underflow_f64",
    "sine_wide",
    "spirals_relu",
    "moons_sigmoid_8",
    "parity_tanh",
    "gan_saturating",
    "gan_non_saturating",
    "wasserstein_clip_001",
    "wasserstein_clip_01",
    "wasserstein_clip_3",
    "own_csv" ["own_csv.csv"],
    "pixels_tanh_gaussian",
    "pixels_tanh_orthogonal",
    "pixels_lstm_forget_0",
    "pixels_lstm_forget_1",
    "pixels_gru",
    "pixels_lstm_forget_3",
    "pixels_irnn",
    "time_tanh_100",
    "adding_60_tanh",
    "adding_60_irnn",
    "adding_60_lstm",
    "copy_memory",
    "characters" ["characters.txt"],
    "transformer_24_post",
    "transformer_24_post_warmup",
    "transformer_24_pre",
    "transformer_24_deepnorm",
    "transformer_skipless",
    "conv_plain_55",
    "conv_residual_55",
    "conv_he_9",
    "conv_xavier_9",
    "conv_tanh_gaussian_50",
    "conv_tanh_orthogonal_50",
    "moons_dropout",
    "cycles_relu",
    "cycles_fourier",
    "cycles_siren",
    "siren_12",
    "sine_xavier_12",
    "image_relu",
    "image_fourier",
    "nerf",
    "nerf_fourier",
    "nerf_16_fourier",
    "nerf_16_fourier_concat",
    "nerf_sigmoid",
    "nerf_sigmoid_concat",
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
