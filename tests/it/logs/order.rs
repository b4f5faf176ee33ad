//! The forward order of layers where it is a matter of habit and not of knowledge.

use super::{near, path, read};
use crate::desk::Desk;

/// A wide CSV with the columns in the order of the names given, and two steps. The layer at
/// place i of `forward` has the norm 10^(i − its last place): it vanishes, a decade per layer.
fn table(columns: &[&str], forward: &[&str]) -> String {
    let header = columns
        .iter()
        .map(|name| format!("grad_norm/{name}.weight"));
    let norm = |name: &&str| {
        let place = forward.iter().position(|own| own == name).unwrap();
        format!("1e-{}", forward.len() - 1 - place)
    };
    let header: Vec<String> = header.collect();
    let row: Vec<String> = columns.iter().map(norm).collect();
    let (header, row) = (header.join(","), row.join(","));
    format!("step,{header}\n0,{row}\n1,{row}\n")
}

const AGAINST_HABIT: [&[&str]; 9] = [
    &["fc", "deconv1", "deconv2", "deconv3", "deconv4"],
    &["linear", "conv1", "conv2", "conv3", "conv4"],
    &["l1", "conv_blocks.2", "conv_blocks.6", "conv_blocks.9"],
    &["mlp.0", "mlp.2", "conv1", "conv2"],
    &["block1", "block2", "block3", "conv"],
    &["fc1", "lstm1", "lstm2", "fc2"],
    &["lin_in", "conv1", "conv2", "lin_out"],
    &["conv1", "conv2", "fc1", "fc2", "deconv1", "deconv2"],
    &[
        "enc1",
        "enc2",
        "enc3",
        "enc4",
        "bottleneck",
        "dec4",
        "dec3",
        "dec2",
        "dec1",
        "out",
    ],
];

#[test]
fn columns_that_are_sorted_are_asked_for() {
    let desk = Desk::empty();
    for forward in AGAINST_HABIT {
        let mut columns = forward.to_vec();
        columns.sort_unstable();
        desk.write("s.csv", table(&columns, forward));
        desk.vgrad(["read", "s.csv"])
            .refused(&["s.csv", "forward order", "--layers "]);
        let layers: Vec<String> = forward.iter().map(|own| format!("{own}.weight")).collect();
        let (json, _) = read(&desk, &format!("s.csv --layers {}", layers.join(",")));
        assert_eq!(path(&json, 0), layers);
        let decades = (forward.len() - 1) as f64;
        near(
            &json["networks"][0]["initial"]["attenuation_decades"],
            decades,
        );
    }
    // The line is ready: all layers of the U-Net, as such networks mostly have them.
    let ended = desk.vgrad(["read", "s.csv"]);
    let ready = "--layers enc1.weight,enc2.weight,enc3.weight,enc4.weight,bottleneck.weight,\
                 dec4.weight,dec3.weight,dec2.weight,dec1.weight,out.weight";
    assert!(ended.stderr.contains(ready), "{ended:?}");
}

#[test]
fn an_order_that_the_logger_kept_is_taken() {
    let desk = Desk::empty();
    for forward in AGAINST_HABIT {
        let mut rows = "step,layer,grad_norm\n".to_owned();
        for step in 0..2 {
            for (place, name) in forward.iter().enumerate() {
                rows += &format!("{step},{name},1e-{}\n", forward.len() - 1 - place);
            }
        }
        desk.write("rows.csv", rows);
        let (json, _) = read(&desk, "rows.csv");
        assert_eq!(json["networks"].as_array().unwrap().len(), 1, "{forward:?}");
        assert_eq!(path(&json, 0), forward);
        if forward.is_sorted() {
            continue;
        }
        desk.write("columns.csv", table(forward, forward));
        let (json, _) = read(&desk, "columns.csv");
        let layers: Vec<String> = forward.iter().map(|own| format!("{own}.weight")).collect();
        assert_eq!(path(&json, 0), layers);
    }
}

#[test]
fn layers_called_q_are_one_network() {
    let desk = Desk::empty();
    let names = ["q1", "q2", "q3", "q4", "q5"];
    desk.write("q.csv", table(&names, &names));
    let (json, _) = read(&desk, "q.csv");
    assert_eq!(json["networks"].as_array().unwrap().len(), 1);
    near(&json["networks"][0]["initial"]["attenuation_decades"], 4.0);
    assert_eq!(json["networks"][0]["verdict"], "vanishing");
}
