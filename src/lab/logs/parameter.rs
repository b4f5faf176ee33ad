//! Parameters and the modules they belong to: which part of a layer a parameter is, and which
//! layers are off the path.

use super::vocabulary::TOKENS;

/// Which part of a layer a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A matrix, or a kernel.
    Matrix,
    /// What is added.
    Bias,
    /// What a norm multiplies with.
    Scale,
}

/// The kind of a parameter, by the last part of its name in lower case.
pub fn kind_of(last: &str) -> Option<Kind> {
    let last = last.strip_suffix(":0").unwrap_or(last);
    let is_one_of = |names: &[&str]| names.contains(&last);
    if is_one_of(&["bias", "biases", "b", "in_proj_bias", "bias_k", "bias_v"])
        || last.starts_with("bias_ih")
        || last.starts_with("bias_hh")
    {
        Some(Kind::Bias)
    } else if is_one_of(&["gamma", "beta", "scale", "gain", "g", "weight_g"]) {
        Some(Kind::Scale)
    } else if is_one_of(&[
        "weight",
        "weights",
        "kernel",
        "w",
        "recurrent_kernel",
        "depthwise_kernel",
        "pointwise_kernel",
        "in_proj_weight",
        "q_proj_weight",
        "k_proj_weight",
        "v_proj_weight",
        "embeddings",
        "embedding",
        "weight_v",
        "lora_a",
        "lora_b",
    ]) || last.starts_with("weight_ih")
        || last.starts_with("weight_hh")
        || last.starts_with("weight_hr")
    {
        Some(Kind::Matrix)
    } else {
        None
    }
}

/// A parameter's layer: the module it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterName {
    /// The module.
    pub module: String,
    /// Which part of it; `None` where the name says none.
    pub kind: Option<Kind>,
}

impl ParameterName {
    /// Of a name such as `layers.0.weight`, `dense_1/kernel` or `conv1_bias`.
    pub fn of(target: &str) -> Self {
        let target = target.strip_suffix(":0").unwrap_or(target);
        let target = target.strip_suffix(".default").unwrap_or(target);
        let lower = target.to_ascii_lowercase();
        for separator in ['.', '/'] {
            let Some(at) = lower.rfind(separator) else {
                continue;
            };
            let last = &lower[at + 1..];
            let Some(kind) = kind_of(last) else { continue };
            let module = target[..at].to_owned();
            // Of stacked recurrent layers each is one: weight_ih_l0, weight_hh_l0_reverse.
            let level = ["ih_", "hh_", "hr_"]
                .iter()
                .find_map(|word| last.split_once(word))
                .map(|(_, level)| level);
            let module = level.map_or(module.clone(), |level| format!("{module}.{level}"));
            return Self {
                module,
                kind: Some(kind),
            };
        }
        for ending in ["_weight", "_kernel", "_bias", " weight", " bias"] {
            if lower.ends_with(ending) && lower.len() > ending.len() {
                return Self {
                    module: target[..target.len() - ending.len()].to_owned(),
                    kind: kind_of(&ending[1..]),
                };
            }
        }
        Self {
            module: target.to_owned(),
            kind: None,
        }
    }
}

/// The words of a name in lower case: its parts, cut at underscores and digits too.
pub fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words = words.flat_map(|word| word.split(|c: char| c.is_ascii_digit()));
    words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

/// Whether a layer of this name is the output layer: of a generator's path that of the
/// discriminator behind it.
pub fn is_output(name: &str) -> bool {
    ["output", "discriminator_output"].contains(&name)
}

/// Whether a layer is a norm, a scale or an embedding, which are off the path that decay
/// is measured along.
pub fn is_off_path(module: &str, kinds: &[Option<Kind>]) -> bool {
    const NORMS: [&str; 12] = [
        "norm",
        "bn",
        "ln",
        "layernorm",
        "batchnorm",
        "rmsnorm",
        "groupnorm",
        "instancenorm",
        "gn",
        "normalization",
        "lnf",
        "norms",
    ];
    const EMBEDDINGS: [&str; 9] = [
        "wte",
        "wpe",
        "embed",
        "embedding",
        "embeddings",
        "emb",
        "embedder",
        "posemb",
        "embeds",
    ];
    if !kinds.is_empty() && kinds.iter().all(|kind| *kind == Some(Kind::Scale)) {
        return true;
    }
    let last = module
        .rsplit(['.', '/'])
        .find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    let last = last.unwrap_or(module);
    // Vision transformers' tokens are embeddings too.
    if TOKENS.contains(&&*last.to_ascii_lowercase()) {
        return true;
    }
    // `patch_embed.proj` is a convolution, and the path begins with it.
    words(last).any(|word| {
        NORMS.contains(&&*word)
            || EMBEDDINGS.contains(&&*word)
            || word.ends_with("norm")
            || word.ends_with("layernorm")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_a_module_are_one_layer() {
        let parts = |name: &str| {
            let name = ParameterName::of(name);
            (name.module, name.kind)
        };
        for (name, module, kind) in [
            ("layers.0.weight", "layers.0", Some(Kind::Matrix)),
            ("dense_1/kernel:0", "dense_1", Some(Kind::Matrix)),
            ("conv1_bias", "conv1", Some(Kind::Bias)),
            ("rnn.weight_hh_l1", "rnn.l1", Some(Kind::Matrix)),
            ("bn/gamma", "bn", Some(Kind::Scale)),
            ("fc1", "fc1", None),
            ("vit.pos_embed", "vit.pos_embed", None),
        ] {
            assert_eq!(parts(name), (module.to_owned(), kind), "{name}");
        }
    }

    #[test]
    fn norms_and_embeddings_are_off_the_path() {
        for name in [
            "bn1",
            "h.0.ln_1",
            "ln_f",
            "encoder.norm",
            "transformer.wte",
            "LayerNorm",
            "input_layernorm",
            "layers.0.norm1",
            "batch_normalization_3",
            "cls_token",
            "vit.class_token",
            "vit.pos_embed",
        ] {
            assert!(is_off_path(name, &[]), "{name}");
        }
        for name in [
            "layers.0",
            "patch_embed.proj",
            "normal_net.0",
            "dense_1",
            "out",
            "lnear",
        ] {
            assert!(!is_off_path(name, &[]), "{name}");
        }
        assert!(is_off_path("x", &[Some(Kind::Scale)]));
    }
}
