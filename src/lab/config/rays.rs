//! What does not go with samples that are rays of light.

use super::sections::Spec;
use crate::base::Conflict;
use crate::nn::architecture::Architecture;

/// The first key that means nothing, or something else, to a source of rays.
pub fn conflict(spec: &Spec) -> Option<Conflict> {
    if !spec.data.source.is_rays() {
        return None;
    }
    let source = spec.data.source.name();
    let beside = |key: &str, given: &str, expected: &str, help: &str| {
        let what = format!("`{key}`{given} with `data.source` = {source}");
        Some(Conflict::new(&[key, "data.source"], what, expected, help))
    };
    let data = &spec.data;
    if spec.gan.is_some() {
        return beside(
            "gan",
            "",
            "not with this source, whose features are places and no samples to make more of",
            "remove [gan], or choose another source",
        );
    }
    if !matches!(spec.network.architecture, Architecture::Mlp(_)) {
        let given = format!(" = {}", spec.network.architecture.name());
        return beside(
            "network.architecture",
            &given,
            "expected \"mlp\": it is applied to every point of a ray by itself",
            "remove `architecture`",
        );
    }
    if spec.network.readout.is_some() {
        return beside(
            "network.readout",
            "",
            "not with this source: all points of a ray make up its colour",
            "remove `readout`",
        );
    }
    if data.test_fraction.is_some() {
        return beside(
            "data.test_fraction",
            "",
            "not with this source, whose last view is the test set",
            "remove `test_fraction`",
        );
    }
    if data.standardize == Some(true) {
        return beside(
            "data.standardize",
            " = true",
            "not with this source: points keep their places, within [-1, 1]",
            "remove `standardize`",
        );
    }
    if data.standardize_target {
        return beside(
            "data.standardize_target",
            " = true",
            "not with this source: colours are rendered as they are, within [0, 1]",
            "remove `standardize_target`",
        );
    }
    if data.image.is_some() {
        return beside(
            "data.image",
            "",
            "only where a sample is an image",
            "remove `image`; rows and columns of a view are `size`",
        );
    }
    None
}
