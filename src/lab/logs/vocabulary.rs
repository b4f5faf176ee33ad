//! The words of layers' names, and where networks have what they name: a rank, the input's
//! lowest.

/// The rank of a word in a table.
pub fn known(table: &[(f32, &[&str])], word: &str) -> Option<f32> {
    let row = table.iter().find(|(_, words)| words.contains(&word));
    row.map(|(rank, _)| *rank)
}

/// Where layers, blocks and unknown words stand.
pub const MIDDLE: f32 = 2.0;
/// Words up to this rank lie at the input, and words from that on at the output.
pub const FIRST: f32 = 0.1;
/// See [`FIRST`].
pub const LAST: f32 = 4.0;
/// What extracts features: all below [`ENCODER`] has the rest of the network behind it.
const FEATURES: f32 = 1.0;
/// Encoders, which not all have at the input.
pub const ENCODER: f32 = 1.1;
/// What pools an encoder's output.
pub const POOLER: f32 = 2.8;
/// The three ways of a U-Net whose names say nothing else.
pub const DOWN_BLOCKS: f32 = 1.4;
/// See [`DOWN_BLOCKS`].
pub const MID_BLOCK: f32 = 1.6;
/// See [`DOWN_BLOCKS`].
pub const UP_BLOCKS: f32 = 2.7;

/// The tokens that a vision transformer learns and puts beside its patches.
pub const TOKENS: &[&str] = &[
    "cls_token",
    "class_token",
    "dist_token",
    "mask_token",
    "reg_token",
    "register_tokens",
];

/// Parts of names known as a whole: their words alone say something else.
pub const PARTS: &[(f32, &[&str])] = &[
    (
        0.0,
        &[
            "patch_embed",
            "tok_embeddings",
            "embed_tokens",
            "word_embeddings",
        ],
    ),
    (0.005, TOKENS),
    (
        FIRST,
        &[
            "fc_in",
            "conv_stem",
            "conv_in",
            "proj_in",
            "input_layer",
            "input_proj",
            "first_layer",
            "conv_first",
            "to_patch_embedding",
        ],
    ),
    // Of Stable-Baselines3's policies.
    (1.05, &["latent_pi", "mlp_extractor"]),
    (DOWN_BLOCKS, &["down_blocks"]),
    (1.41, &["downs", "down"]),
    (MID_BLOCK, &["mid_block"]),
    (1.61, &["mid", "bottleneck", "middle"]),
    (
        2.05,
        &[
            "query_key_value",
            "qkv",
            "c_attn",
            "in_proj",
            "wqkv",
            "to_qkv",
            "qkv_proj",
        ],
    ),
    (
        2.051,
        &["q_proj", "wq", "to_q", "q", "query", "q_lin", "q_a_proj"],
    ),
    (2.052, &["k_proj", "wk", "to_k", "k", "key", "k_lin"]),
    (2.053, &["v_proj", "wv", "to_v", "v", "value", "v_lin"]),
    (2.1, &["self_attn", "self_attention", "selfattention"]),
    (
        2.2,
        &[
            "cross_attn",
            "crossattention",
            "multihead_attn",
            "encoder_attn",
            "encdecattention",
        ],
    ),
    (
        2.4,
        &[
            "gate_proj",
            "w1",
            "wi",
            "wi_0",
            "c_fc",
            "dense_h_to_4h",
            "intermediate",
            "fc_up",
            "lin1",
            "gate_up_proj",
        ],
    ),
    (2.41, &["up_proj", "w3", "wi_1"]),
    (
        2.42,
        &["down_proj", "w2", "dense_4h_to_h", "fc_down", "lin2"],
    ),
    (UP_BLOCKS, &["up_blocks"]),
    (2.71, &["ups", "up"]),
    (2.9, &["downsample", "shortcut"]),
    (
        3.5,
        &[
            "o_proj", "out_proj", "c_proj", "wo", "to_out", "o", "proj", "out_lin", "attn_out",
        ],
    ),
    (
        LAST,
        &[
            "fc_out",
            "conv_out",
            "proj_out",
            "output_layer",
            "out_layer",
            "last_layer",
            "to_logits",
            "conv_last",
            "action_net",
            "value_net",
            "fc_final",
            "final_layer",
            "final_conv",
        ],
    ),
    (4.1, &["lm_head", "embed_out", "unembed"]),
];

/// Words, and where networks have them: embeddings and stems first, heads last.
pub const WORDS: &[(f32, &[&str])] = &[
    (0.0, &["wte", "tok", "token", "tokens"]),
    (0.01, &["wpe", "pos", "position"]),
    (
        0.02,
        &[
            "embed",
            "embedding",
            "embeddings",
            "emb",
            "embedder",
            "patch",
        ],
    ),
    (
        FIRST,
        &[
            "input", "inputs", "inp", "in", "stem", "first", "initial", "entry",
        ],
    ),
    (
        FEATURES,
        &["backbone", "trunk", "pretrained", "features", "extractor"],
    ),
    (ENCODER, &["encoder", "enc"]),
    (1.2, &["base", "cnn", "preprocess", "student", "generator"]),
    (1.3, &["conv"]),
    (1.5, &["bottleneck", "latent"]),
    (2.1, &["attn", "attention", "mha", "att", "sa"]),
    (2.2, &["rnn", "lstm", "gru", "cross"]),
    (2.3, &["mlp", "ffn", "ff", "feedforward", "feed"]),
    (2.5, &["fc", "linear", "lin", "dense"]),
    (POOLER, &["pooler"]),
    (2.81, &["neck", "projector"]),
    (3.0, &["decoder", "dec", "discriminator"]),
    (3.5, &["proj", "projection"]),
    (
        LAST,
        &[
            "head",
            "heads",
            "out",
            "output",
            "outputs",
            "classifier",
            "classification",
            "prediction",
            "predictions",
            "predictor",
            "pred",
            "logits",
            "logit",
            "score",
            "final",
            "last",
            "cls",
            "readout",
            "top",
            "softmax",
            "probs",
            "regressor",
            "action",
            "exit",
        ],
    ),
];
