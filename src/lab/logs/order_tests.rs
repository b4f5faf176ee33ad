//! Tests of the forward order of layers.

use super::order::{NameOrder, OrderSource, forward, is_alphabetical, is_ladder};

/// Names in forward order, given to [`forward`] in some other order.
fn found(names: &[&str], log: NameOrder) -> (Vec<String>, Option<OrderSource>) {
    let (order, source) = forward(names, log);
    (order.iter().map(|&i| names[i].to_owned()).collect(), source)
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut sorted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    sorted.sort();
    sorted
}

#[test]
fn alphabets_are_seen_through() {
    let cases: [&[&str]; 12] = [
        &[
            "layers.0",
            "layers.1",
            "layers.2",
            "layers.10",
            "layers.11",
            "head",
        ],
        &["dense", "dense_1", "dense_2", "dense_10", "predictions"],
        &["fc1", "fc2", "fc10", "out"],
        &["0", "2", "4", "10", "12"],
        &[
            "conv1",
            "layer1.0.conv1",
            "layer1.0.conv2",
            "layer2.0.conv1",
            "layer10.1.conv2",
            "fc",
        ],
        &[
            "block1_conv1",
            "block1_conv2",
            "block5_conv3",
            "fc1",
            "fc2",
            "predictions",
        ],
        &[
            "h.0.attn.c_attn",
            "h.0.attn.c_proj",
            "h.0.mlp.c_fc",
            "h.0.mlp.c_proj",
            "h.1.attn.c_attn",
            "h.10.attn.c_attn",
            "lm_head",
        ],
        &[
            "model.layers.0.self_attn.q_proj",
            "model.layers.0.self_attn.k_proj",
            "model.layers.0.self_attn.v_proj",
            "model.layers.0.self_attn.o_proj",
            "model.layers.0.mlp.gate_proj",
            "model.layers.0.mlp.up_proj",
            "model.layers.0.mlp.down_proj",
            "model.layers.1.self_attn.q_proj",
            "lm_head",
        ],
        &[
            "embed",
            "stem.conv",
            "blocks.0.mlp.fc1",
            "blocks.0.mlp.fc2",
            "blocks.9.mlp.fc1",
            "head",
        ],
        &[
            "patch_embed.proj",
            "encoder.layer.0",
            "encoder.layer.3",
            "classifier",
        ],
        &["input_layer", "hidden.0", "hidden.1", "output_layer"],
        &[
            "bert.encoder.layer.0.attention.self.query",
            "bert.encoder.layer.0.attention.self.value",
            "bert.encoder.layer.0.attention.output.dense",
            "bert.encoder.layer.0.intermediate.dense",
            "bert.encoder.layer.0.output.dense",
            "classifier",
        ],
    ];
    for names in cases {
        let alphabetical = sorted(names);
        let alphabetical: Vec<&str> = alphabetical.iter().map(String::as_str).collect();
        let (order, source) = found(&alphabetical, NameOrder::Meaningless);
        assert_eq!(order, names);
        assert!(source.is_some(), "{names:?}");
    }
}

#[test]
fn rows_that_run_backwards_are_recognised() {
    let (order, source) = found(&["out", "fc2", "fc1"], NameOrder::Rows);
    assert_eq!(order, ["fc1", "fc2", "out"]);
    assert_eq!(source, Some(OrderSource::NamesBackward));
    // What the names leave open follows the log's direction.
    let (order, source) = found(&["head", "gamma", "alpha", "stem"], NameOrder::Written);
    assert_eq!(order, ["stem", "alpha", "gamma", "head"]);
    assert_eq!(source, Some(OrderSource::LogBackward));
}

#[test]
fn what_names_leave_open_is_taken_from_an_order_with_a_meaning_only() {
    let names = ["stem", "zeta", "alpha", "head"];
    let (order, source) = found(&names, NameOrder::Written);
    assert_eq!(
        (order.as_slice(), source),
        (&names.map(str::to_owned)[..], Some(OrderSource::LogForward))
    );
    assert_eq!(found(&names, NameOrder::Meaningless).1, None);
    assert_eq!(
        found(&["alpha", "beta", "gamma"], NameOrder::Written).1,
        None
    );
    assert_eq!(
        found(&["gamma", "alpha", "beta"], NameOrder::Rows).1,
        Some(OrderSource::Appearance)
    );
    // Rows know better where a layer lies, if not at which end the head is.
    assert_eq!(
        found(&["zeta", "fc", "mid", "conv"], NameOrder::Rows),
        (
            ["zeta", "fc", "mid", "conv"].map(str::to_owned).to_vec(),
            Some(OrderSource::LogForward)
        )
    );
    assert_eq!(
        found(
            &["head", "zeta", "conv", "mid", "alpha", "stem"],
            NameOrder::Rows
        )
        .1,
        Some(OrderSource::LogBackward)
    );
    assert_eq!(
        found(&["zeta", "head", "alpha", "mid"], NameOrder::Rows).1,
        None
    );
    // The log contradicts the names: its order has no meaning.
    assert_eq!(
        found(&["zeta", "head", "alpha", "stem"], NameOrder::Written).1,
        None
    );
}

/// Networks in forward order that habit has otherwise, and some that it has so: the same
/// names may stand in either order.
#[test]
fn habit_is_no_knowledge() {
    let networks: [&[&str]; 11] = [
        &["fc", "deconv1", "deconv2", "deconv3"],
        &["linear", "conv1", "conv2", "conv3"],
        &["l1", "conv_blocks.2", "conv_blocks.6", "conv_blocks.9"],
        &["mlp.0", "mlp.2", "conv1", "conv2"],
        &["block1", "block2", "block3", "conv"],
        &["fc1", "lstm1", "lstm2", "fc2"],
        &["lin_in", "conv1", "conv2", "lin_out"],
        &["conv1", "conv2", "fc1", "fc2", "deconv1", "deconv2"],
        &["conv1", "conv2", "fc1", "fc2", "fc3"],
        &[
            "backbone.conv1",
            "backbone.layer1",
            "neck.fpn",
            "bbox_head.cls",
        ],
        &["enc1", "enc2", "bottleneck", "dec2", "dec1", "out"],
    ];
    for names in networks {
        let alphabetical = sorted(names);
        let alphabetical: Vec<&str> = alphabetical.iter().map(String::as_str).collect();
        for log in [NameOrder::Meaningless, NameOrder::Written] {
            assert_eq!(found(&alphabetical, log).1, None, "{names:?}");
        }
        // Rows of layers have the program's order, and so has what is not sorted.
        let rows = found(names, NameOrder::Rows);
        assert_eq!(rows.0, names);
        assert_eq!(rows.1, Some(OrderSource::LogForward), "{names:?}");
        if !is_alphabetical(names) {
            assert_eq!(found(names, NameOrder::Written), rows);
        }
    }
    // Columns that are not sorted, and nothing that is sure.
    let names = ["gru.layer1", "attention", "linear"];
    assert_eq!(found(&names, NameOrder::Written).1, None);
    // Two layers against habit: built so, or written from the output on.
    assert_eq!(found(&["linear", "conv"], NameOrder::Rows).1, None);
}

#[test]
fn the_way_up_of_a_u_net_may_be_numbered_down() {
    let names = ["bottleneck", "dec1", "dec2", "enc1", "enc2", "out"];
    let (guess, source) = found(&names, NameOrder::Written);
    assert_eq!(source, None);
    assert_eq!(guess, ["enc1", "enc2", "bottleneck", "dec2", "dec1", "out"]);
    assert!(is_ladder(&names));
    // Modules of a list run forward.
    for names in [
        ["encoder.0", "encoder.1", "decoder.0", "decoder.1"],
        ["down_blocks.0", "mid_block", "up_blocks.0", "up_blocks.1"],
    ] {
        assert!(!is_ladder(&names));
    }
    let names = ["down_blocks.0", "mid_block", "up_blocks.0", "up_blocks.1"];
    assert_eq!(
        found(&names, NameOrder::Meaningless).1,
        Some(OrderSource::Names)
    );
}

/// The second layer of a variational autoencoder has two parts, `fc21` and `fc22`; a pruned
/// network may have lost its layers 2 and 4 to 20.
#[test]
fn a_number_may_count_within_another() {
    let names = ["fc1", "fc21", "fc22", "fc3", "fc4"];
    assert_eq!(
        found(&names, NameOrder::Meaningless),
        (names.map(str::to_owned).to_vec(), None)
    );
    assert_eq!(
        found(&names, NameOrder::Rows).1,
        Some(OrderSource::LogForward)
    );
    // Numbers alone decide where no other count is possible.
    for names in [
        &["fc2", "fc4", "fc6", "fc8", "fc10", "fc12"][..],
        &["fc1", "fc2", "fc3", "fc21", "fc22"],
        &["net.0", "net.2", "net.3", "net.11"],
        &["fc1", "fc20"],
    ] {
        let order = found(names, NameOrder::Meaningless);
        assert_eq!(order.0, names);
        assert_eq!(order.1, Some(OrderSource::Names), "{names:?}");
    }
}

#[test]
fn huge_numbers_are_no_trouble() {
    let long = "9".repeat(60);
    let names = [&*format!("fc{long}"), "fc1"];
    assert_eq!(found(&names, NameOrder::Meaningless).0.len(), 2);
}
