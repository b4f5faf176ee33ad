//! Other forms of the formats: other encodings, rows of JSON that name their layer, lists of
//! numbers, folders of single numbers. The norms are those of [`super::handmade`]: 1e-5, 1e-3
//! and 0.1 from the input to the output.

use super::handmade::three_layers;
use super::{path, read};
use crate::desk::Desk;

const LAYERS: [(&str, f64); 3] = [("fc1", 1e-5), ("fc2", 1e-3), ("fc10", 0.1)];
const NAMES: [&str; 3] = ["fc1", "fc2", "fc10"];
const WEIGHTS: [&str; 3] = ["fc1.weight", "fc2.weight", "fc10.weight"];

fn utf16(text: &str, is_big: bool) -> Vec<u8> {
    let units = format!("\u{feff}{text}");
    let bytes = units.encode_utf16().flat_map(|unit| match is_big {
        true => unit.to_be_bytes(),
        false => unit.to_le_bytes(),
    });
    bytes.collect()
}

/// What PowerShell makes of `python train.py > log.txt`.
#[test]
fn text_in_utf_16() {
    let desk = Desk::empty();
    let header: Vec<String> = NAMES
        .iter()
        .map(|name| format!("grad_norm/{name}"))
        .collect();
    let table = format!(
        "step,{}\r\n0,1e-5,1e-3,0.1\r\n1,1e-5,1e-3,0.1\r\n",
        header.join(",")
    );
    let printed: String = (0..2)
        .flat_map(|step| {
            let line = |(name, norm): &(&str, f64)| format!("{name} | grad norm: {norm:e}\r\n");
            std::iter::once(format!("step {step}\r\n"))
                .chain(LAYERS.iter().map(line).collect::<Vec<_>>())
        })
        .collect();
    for is_big in [false, true] {
        desk.write("t.csv", utf16(&table, is_big));
        three_layers(&desk, "t.csv", NAMES);
        desk.write("p.txt", utf16(&printed, is_big));
        three_layers(&desk, "p.txt", NAMES);
    }
}

#[test]
fn rows_of_json_name_their_layer() {
    let desk = Desk::empty();
    let rows = |row: &dyn Fn(u32, &str, f64) -> String| -> String {
        let steps = (0..3).flat_map(|step| LAYERS.map(|(name, norm)| row(step, name, norm) + "\n"));
        steps.collect()
    };
    let text = rows(&|step, name, norm| {
        format!(
            "{{\"step\": {step}, \"layer\": \"{name}\", \"grad_norm\": {norm:e}, \"activation_mean\": 0.5}}"
        )
    });
    desk.write("l.jsonl", &text);
    let json = three_layers(&desk, "l.jsonl", NAMES);
    assert_eq!(json["networks"][0]["steps"]["count"], 3);
    // As one list, and the output first.
    let mut backward: Vec<&str> = text.lines().collect();
    backward.chunks_mut(3).for_each(<[&str]>::reverse);
    desk.write("l.json", format!("[{}]\n", backward.join(",\n")));
    let json = three_layers(&desk, "l.json", NAMES);
    assert_eq!(json["networks"][0]["steps"]["count"], 3);
    // By number, by parameter, and as metric and value.
    let text = rows(&|step, name, norm| {
        let number = &name[2..];
        format!("{{\"layer\": {number}, \"step\": {step}, \"grad_norm\": {norm:e}}}")
    });
    desk.write("n.jsonl", text);
    three_layers(&desk, "n.jsonl", ["1", "2", "10"]);
    let text = rows(&|step, name, norm| {
        format!("{{\"step\": {step}, \"param\": \"{name}.weight\", \"grad_norm\": {norm:e}}}")
    });
    desk.write("p.jsonl", text);
    three_layers(&desk, "p.jsonl", WEIGHTS);
    let text = rows(&|step, name, norm| {
        format!("{{\"step\": {step}, \"metric\": \"grad_norm/{name}\", \"value\": {norm:e}}}")
    });
    desk.write("m.jsonl", text);
    three_layers(&desk, "m.jsonl", NAMES);
    // The name of a run is no layer's.
    let row =
        |step: u32| format!("{{\"step\": {step}, \"name\": \"run-7\", \"grad_norm\": 0.5}}\n");
    desk.write("r.jsonl", row(0) + &row(1));
    let (json, _) = read(&desk, "r.jsonl");
    assert_eq!(json["networks"].as_array().unwrap().len(), 0);
    assert_eq!(json["totals"][0]["grad_norm"]["steps"]["count"], 2);
}

/// `json.dump(history.history, file)`, and rows below a key.
#[test]
fn lists_in_json() {
    let desk = Desk::empty();
    let column = |(name, norm): (&str, f64)| format!("\"grad_norm/{name}\": [{norm:e}, {norm:e}]");
    let columns = LAYERS.map(column).join(", ");
    desk.write("h.json", format!("{{\"loss\": [0.5, NaN], {columns}}}"));
    let json = three_layers(&desk, "h.json", NAMES);
    assert_eq!(json["rows"], 2);
    assert_eq!(json["totals"][0]["train_loss"]["non_finite"], 1);
    let row = |step: u32| {
        let norms = LAYERS.map(|(name, norm)| format!("  \"grad_norm/{name}\": {norm:e}"));
        format!("{{\n  \"step\": {step},\n{}\n}}", norms.join(",\n"))
    };
    let rows = [row(0), row(1)].join(",\n");
    for text in [
        format!("[\n{rows}\n]\n"),
        format!("{{\n\"history\": [\n{rows}\n],\n\"name\": \"x\"\n}}\n"),
        format!("{{\"history\": [{rows}]}}\n"),
    ] {
        desk.write("r.json", &text);
        let json = three_layers(&desk, "r.json", NAMES);
        assert_eq!(json["networks"][0]["steps"]["count"], 2, "{text}");
        assert_eq!(json["format"], "JSON lines");
    }
    // A list of layers in each line is no list of rows.
    let layers =
        LAYERS.map(|(name, norm)| format!("{{\"name\": \"{name}\", \"grad_norm\": {norm:e}}}"));
    let row = |step: u32| {
        format!(
            "{{\"layers\": [{}], \"step\": {step}}}\n",
            layers.join(", ")
        )
    };
    desk.write("l.jsonl", row(0) + &row(1));
    let json = three_layers(&desk, "l.jsonl", ["layers/0", "layers/1", "layers/2"]);
    assert_eq!(json["networks"][0]["steps"]["count"], 2);
}

#[test]
fn colours_are_no_table_and_loops_print_the_layer_first() {
    let desk = Desk::empty();
    let line = |step: u32| {
        format!(
            "[rank0]:[titan] 2025-10-02 12:00:0{step},123 - root - INFO - \u{1b}[31mstep: {step:2}  \
             \u{1b}[32mloss:  7.5  \u{1b}[38;2;180;60;0mgrad_norm:  0.{step}684  \u{1b}[33mmemory:  2.47GiB(3.12%)  \
             \u{1b}[34mtps: 19,968  \u{1b}[36mtflops: 1.2\u{1b}[39m\n"
        )
    };
    desk.write("t.log", line(1) + &line(2));
    let (json, _) = read(&desk, "t.log");
    assert_eq!(json["format"], "lines printed by torchtitan");
    assert_eq!(json["totals"][0]["grad_norm"]["last"], 0.2684);
    for (form, names) in [
        ("{name}.weight: grad norm = {norm}", WEIGHTS),
        // The weight is what was measured of the layer.
        (
            "{name}.weight grad norm: tensor({norm}, device='cuda:0')",
            NAMES,
        ),
    ] {
        let text: String = (0..2)
            .map(|epoch| {
                let lines = LAYERS.map(|(name, norm)| {
                    let line = form.replace("{name}", name);
                    line.replace("{norm}", &format!("{norm:e}")) + "\n"
                });
                format!("Epoch {epoch}\n{}", lines.concat())
            })
            .collect();
        desk.write("p.txt", text);
        three_layers(&desk, "p.txt", names);
    }
    // Of nothing that is understood it is said what is.
    desk.write("x.txt", "fc1.weight: 1e-5\nfc2.weight: 1e-3\n");
    desk.vgrad(["read", "x.txt"])
        .refused(&["x.txt", "logs that are understood", "JSON lines"]);
}

#[test]
fn layers_by_name_stand_in_the_order_of_the_rows() {
    let desk = Desk::empty();
    // Networks have a convolution before a linear layer, but for this one.
    let names = ["zeta", "linear_b", "middle_conv"];
    let mut text = "step,layer,grad_norm\n".to_owned();
    for step in 0..2 {
        for (name, (_, norm)) in names.iter().zip(LAYERS) {
            text += &format!("{step},{name},{norm:e}\n");
        }
    }
    desk.write("r.csv", text);
    three_layers(&desk, "r.csv", names);
}

#[test]
fn critics_that_are_trained_side_by_side_are_two_networks() {
    let desk = Desk::empty();
    let names = [
        "critic.qf0.0",
        "actor.mu",
        "critic.qf1.2",
        "critic.qf0.2",
        "actor.latent_pi.0",
        "critic.qf1.0",
    ];
    let header: Vec<String> = names
        .iter()
        .map(|name| format!("grad_norm/{name}.weight"))
        .collect();
    let text = format!(
        "{},time/total_timesteps,train/loss\n1e-5,1,0.2,0.1,0.5,0.2,100,1\n1e-5,1,0.2,0.1,0.5,0.2,200,1\n",
        header.join(",")
    );
    desk.write("progress.csv", text);
    let (json, _) = read(&desk, "progress.csv");
    assert_eq!(json["format"], "progress.csv of Stable-Baselines3");
    assert_eq!(json["clipped"], true);
    let chains: Vec<&str> = (0..3)
        .map(|i| json["networks"][i]["chain"].as_str().unwrap())
        .collect();
    assert_eq!(chains, ["policy", "qf0", "qf1"]);
    assert_eq!(
        path(&json, 1),
        ["critic.qf0.0.weight", "critic.qf0.2.weight"]
    );
    assert_eq!(json["networks"][1]["verdict"], "vanishing");
    assert_eq!(json["networks"][2]["verdict"], "healthy");
    let (json, _) = read(&desk, "progress.csv --layers qf1");
    assert_eq!(
        path(&json, 0),
        ["critic.qf1.0.weight", "critic.qf1.2.weight"]
    );
}

/// The pages of TensorBoard make underscores of Keras' slashes.
#[test]
fn tags_of_keras_downloaded_from_tensorboard() {
    let desk = Desk::empty();
    for (name, norm) in [("dense", 1e-5), ("dense_1", 1e-3), ("dense_10", 0.1)] {
        let text = format!("Wall time,Step,Value\r\n1.5,0,{norm}\r\n2.5,1,{norm}\r\n");
        desk.write(
            &format!("d/run-train-tag-grad_norm_{name}_kernel.csv"),
            text,
        );
    }
    three_layers(
        &desk,
        "d",
        ["dense/kernel", "dense_1/kernel", "dense_10/kernel"],
    );
}

/// The checksum of a record, bit by bit: CRC32C, rotated and moved (TFRecord's `masked_crc`).
fn masked_crc(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0x82f6_3b78,
            _ => crc >> 1,
        })
    });
    (!crc).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// An event file with a number at two steps under one tag.
fn event_file(tag: &str, value: f32) -> Vec<u8> {
    event_file_at(&[&[0], &[1]], tag, value)
}

/// The same at steps given as protobuf's variable-length integers.
fn event_file_at(steps: &[&[u8]], tag: &str, value: f32) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2, bytes.len() as u8], bytes].concat();
    let events = steps.iter().map(|step| {
        let value = [&[2 << 3 | 5][..], &value.to_le_bytes()].concat();
        let value = [field(1, tag.as_bytes()), value].concat();
        [[&[2 << 3], *step].concat(), field(5, &field(1, &value))].concat()
    });
    let version = field(3, b"brain.Event:2");
    let records = std::iter::once(version).chain(events).map(|message| {
        let length = (message.len() as u64).to_le_bytes();
        let [crc, end] = [&length[..], &message].map(|bytes| masked_crc(bytes).to_le_bytes());
        [&length[..], &crc, &message, &end].concat()
    });
    records.collect::<Vec<_>>().concat()
}

/// `add_scalars("grad_norm", {"fc1.weight": …})` makes a folder per value, all with one tag.
#[test]
fn a_folder_per_number_of_add_scalars() {
    let desk = Desk::empty();
    for (name, norm) in LAYERS {
        desk.write(
            &format!("runs/train_grad_norm_{name}.weight/events.out.tfevents.1.h.1"),
            event_file("train/grad_norm", norm as f32),
        );
    }
    desk.write("runs/events.out.tfevents.1.h.0", event_file("loss", 0.5));
    let (json, _) = read(&desk, "runs");
    assert_eq!(path(&json, 0), WEIGHTS);
    assert_eq!(json["networks"].as_array().unwrap().len(), 1);
    assert_eq!(json["networks"][0]["run"], "");
    // In single precision log10(0.1 / 1e-5) is 4 to 1e-7.
    super::near(&json["networks"][0]["initial"]["attenuation_decades"], 4.0);
    assert_eq!(json["totals"][0]["train_loss"]["steps"]["count"], 2);
}

/// A step of -5 is ten bytes long on the wire.
#[test]
fn steps_below_zero_are_told_of() {
    let desk = Desk::empty();
    let below = [0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let file = event_file_at(&[&below, &[0], &[1]], "grad_norm", 0.5);
    desk.write("events.out.tfevents.1.h.1", file);
    let (json, warnings) = read(&desk, "events.out.tfevents.1.h.1");
    assert!(warnings.contains("as a step"), "{warnings}");
    let steps = &json["totals"][0]["grad_norm"]["steps"];
    assert_eq!(
        [&steps["first"], &steps["last"], &steps["count"]],
        [0, 1, 2]
    );
}
