//! Layers: forward order, what is asked for, chains, parameters of a module, resumed logs.

use super::{near, on_path, path, read, sample};
use crate::desk::Desk;

/// A table of JSON lines with a norm per name at two steps.
fn lines(norms: &[(&str, f64)]) -> String {
    let row = |step: u32| {
        let norms = norms
            .iter()
            .map(|(name, norm)| format!("\"grad_norm/{name}\": {norm}"));
        format!(
            "{{\"step\": {step}, {}}}\n",
            norms.collect::<Vec<_>>().join(", ")
        )
    };
    row(0) + &row(1)
}

#[test]
fn what_cannot_be_ordered_is_asked_for() {
    let desk = Desk::empty();
    // In the order of the alphabet, and with nothing that tells input from output.
    desk.write(
        "l.jsonl",
        lines(&[("alpha", 1.0), ("beta", 1e-2), ("gamma", 1e-5)]),
    );
    let ready = "--layers alpha,beta,gamma";
    desk.vgrad(["read", "l.jsonl"])
        .refused(&["l.jsonl", "order", ready]);
    desk.vgrad(["compare", "l.jsonl", "l.jsonl"])
        .refused(&[ready]);
    let (json, _) = read(&desk, "l.jsonl --layers gamma,beta,alpha");
    assert_eq!(path(&json, 0), ["gamma", "beta", "alpha"]);
    near(&json["networks"][0]["initial"]["attenuation_decades"], 5.0);
    // A part of them in an order of one's own is enough.
    let (json, _) = read(&desk, "l.jsonl --layers beta,alpha");
    near(&json["networks"][0]["initial"]["attenuation_decades"], 2.0);
    let unknown = ["read", "l.jsonl", "--layers", "gamma,beta,alfa"];
    desk.vgrad(unknown)
        .refused(&["no layer `alfa`", "did you mean `alpha`"]);
    desk.vgrad(["read", "l.jsonl", "--layers", "del(ta"])
        .refused(&["--layers", "pattern"]);
    desk.vgrad(["read", "l.jsonl", "--layers", "delta"])
        .refused(&["no layer of the log matches"]);
}

#[test]
fn an_order_with_a_meaning_is_taken() {
    let desk = Desk::empty();
    // As the program visited them: not by alphabet, and the head comes last.
    desk.write(
        "f.jsonl",
        lines(&[("zeta", 1e-5), ("alpha", 1e-2), ("head", 1.0)]),
    );
    let (json, _) = read(&desk, "f.jsonl");
    assert_eq!(path(&json, 0), ["zeta", "alpha", "head"]);
    // Hooks of a backward pass see the head first.
    desk.write(
        "b.jsonl",
        lines(&[("head", 1.0), ("alpha", 1e-2), ("zeta", 1e-5)]),
    );
    let (json, _) = read(&desk, "b.jsonl");
    assert_eq!(path(&json, 0), ["zeta", "alpha", "head"]);
    assert!(
        json["networks"][0]["order"]
            .as_str()
            .unwrap()
            .contains("backward")
    );
    // The head in the middle: that order has no meaning.
    desk.write(
        "m.jsonl",
        lines(&[("zeta", 1.0), ("head", 1e-2), ("alpha", 1e-5)]),
    );
    desk.vgrad(["read", "m.jsonl"]).refused(&["--layers"]);
}

#[test]
fn parameters_of_a_module_are_one_layer_and_norms_are_off_the_path() {
    let desk = Desk::empty();
    let norms = [
        ("wte.weight", 5.0),
        ("h.0.ln_1.weight", 7.0),
        ("h.0.rnn.weight_ih_l0", 3e-3),
        ("h.0.rnn.weight_hh_l0", 4e-3),
        ("h.0.rnn.bias_ih_l0", 6e-2),
        ("h.0.rnn.bias_hh_l0", 8e-2),
        ("h.1.mlp.weight", 0.05),
        ("ln_f.weight", 9.0),
        ("lm_head.weight", 5.0),
    ];
    desk.write("t.jsonl", lines(&norms));
    let (json, _) = read(&desk, "t.jsonl");
    assert_eq!(
        path(&json, 0),
        ["h.0.rnn.l0", "h.1.mlp.weight", "lm_head.weight"]
    );
    let first = on_path(&json, 0)[0];
    // √(3² + 4²) and √(6² + 8²).
    near(&first["initial"]["weight_grad_norm"], 5e-3);
    near(&first["initial"]["bias_grad_norm"], 0.1);
    near(&json["networks"][0]["initial"]["attenuation_decades"], 3.0);
    assert_eq!(json["networks"][0]["layers"].as_array().unwrap().len(), 6);
}

#[test]
fn a_pattern_or_a_name_picks_a_chain() {
    let desk = Desk::empty();
    let log = sample("sb3_progress.csv");
    let (json, _) = read(&desk, &format!("{log} --layers value"));
    assert_eq!(json["networks"].as_array().unwrap().len(), 1);
    assert_eq!(path(&json, 0)[2], "value_net");
    let (json, _) = read(&desk, &format!("{log} --layers policy_net"));
    assert_eq!(path(&json, 0).len(), 2);
    // A command about one network does not choose between two.
    let ended = desk.vgrad(["check", &log]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("2 networks"), "{ended:?}");
    assert!(ended.stderr.contains("--layers policy"), "{ended:?}");
}

#[test]
fn the_name_of_a_run_picks_it() {
    let desk = Desk::empty();
    let runs = ["run-a", "run-ab"];
    let header = runs.map(|run| {
        let column = |layer: &str| format!("\"{run} - grad_norm/{layer}.weight\"");
        [
            column("policy.0"),
            column("policy.2"),
            column("value.0"),
            column("value.2"),
        ]
        .join(",")
    });
    let norms = "1e-5,1e-1,1e-2,1e-1,1e-3,1e-1,1e-2,1e-1";
    desk.write(
        "w.csv",
        format!("\"Step\",{}\n0,{norms}\n1,{norms}\n", header.join(",")),
    );
    let count = |layers: &str| {
        let (json, _) = read(&desk, &format!("w.csv --layers {layers}"));
        json["networks"].as_array().unwrap().len()
    };
    assert_eq!([count("run-a"), count("run"), count("policy")], [2, 4, 2]);
    let (json, _) = read(&desk, "w.csv --layers run-ab:policy");
    assert_eq!(json["networks"].as_array().unwrap().len(), 1);
    near(&json["networks"][0]["initial"]["attenuation_decades"], 2.0);
    // What a command about one network says to do is what it takes.
    let ended = desk.vgrad(["check", "w.csv"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for words in ["4 networks", "--layers run-a:policy"] {
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
    }
    desk.write("r.toml", "[[check]]\nquantity = \"diverged\"\nmax = 0\n");
    for picked in ["run-a:policy", "run-ab:value"] {
        let ended = desk.vgrad(["check", "w.csv", "--rules", "r.toml", "--layers", picked]);
        assert_eq!(ended.code, Some(0), "{picked}: {ended:?}");
    }
}

#[test]
fn encoder_and_decoder_are_two_paths() {
    let desk = Desk::empty();
    let norms = [
        ("decoder.0", 1e-1),
        ("decoder.1", 1.0),
        ("encoder.0", 1e-6),
        ("encoder.1", 1e-1),
    ];
    desk.write("e.jsonl", lines(&norms));
    let (json, _) = read(&desk, "e.jsonl");
    assert_eq!(json["networks"][0]["chain"], "encoder");
    assert_eq!(path(&json, 0), ["encoder.0", "encoder.1"]);
    assert_eq!(json["networks"][0]["verdict"], "vanishing");
    assert_eq!(json["networks"][1]["verdict"], "healthy");
}

/// A run that crashed at step 3 and went on from step 2.
#[test]
fn later_rows_of_a_resumed_log_hold() {
    let desk = Desk::empty();
    let row = |step: u32, norm: f64| format!("{step},{norm},1\n");
    let text = "step,grad_norm/fc1.weight,grad_norm/fc2.weight\n".to_owned()
        + &row(0, 0.1)
        + &row(1, 0.2)
        + &row(2, 0.3)
        + &row(3, 0.4)
        + &row(2, 0.5)
        + &row(3, 0.6)
        + &row(4, 0.7);
    desk.write("r.csv", &text);
    let (json, warnings) = read(&desk, "r.csv -o r.out.csv");
    assert!(
        warnings.contains("r.csv:6: step 2 comes after step 3"),
        "{warnings}"
    );
    assert_eq!(json["networks"][0]["steps"]["count"], 5);
    let table = desk.table("r.out.csv");
    assert_eq!(
        table.only("layer", "1").numbers("weight_grad_norm"),
        [0.1, 0.2, 0.5, 0.6, 0.7]
    );
    desk.vgrad(["read", "r.csv", "--no-resume"])
        .refused(&["r.csv:6", "step 2", "--no-resume"]);
    // A second header, as two runs in one file have it.
    let (header, rows) = text.split_once('\n').unwrap();
    let text = format!(
        "{header}\n{}{header}\n{}",
        row(0, 0.1) + &row(1, 0.2),
        row(1, 0.5) + &row(2, 0.6)
    );
    assert!(rows.len() > 1);
    desk.write("h.csv", text);
    let (json, warnings) = read(&desk, "h.csv");
    assert!(warnings.contains("h.csv:5: step 1"), "{warnings}");
    assert_eq!(json["networks"][0]["steps"]["count"], 3);
}

#[test]
fn a_rounded_norm_is_a_bound_and_a_zero_is_a_zero() {
    let desk = Desk::empty();
    // Three decimals: 0.0005 at most, 2.3 decades below 0.1.
    let text = "step,grad_norm/fc1.weight,grad_norm/fc2.weight\n0,0.000,0.100\n1,0.000,0.123\n";
    desk.write("r.csv", text);
    let (json, _) = read(&desk, "r.csv");
    let network = &json["networks"][0];
    near(&network["columns"][0]["resolution"], 5e-4);
    near(&network["initial"]["attenuation_decades"], 2.30103);
    assert_eq!(network["verdict"], "healthy");
    assert!(
        network["sentence"].as_str().unwrap().contains("at least"),
        "{network}"
    );
    // All digits: an exact zero, which is what a dead layer gets.
    desk.write(
        "z.csv",
        text.replace("0.000", "0.0")
            .replace("0.123", "0.12345678901234567"),
    );
    let (json, _) = read(&desk, "z.csv");
    assert!(json["networks"][0]["columns"][0]["resolution"].is_null());
    assert_eq!(json["networks"][0]["initial"]["attenuation_decades"], "inf");
    assert_eq!(json["networks"][0]["verdict"], "vanishing");
}

/// Layers may be called as measures are: `grad_norm/output/kernel`.
#[test]
fn a_layer_called_output_is_no_measure() {
    let desk = Desk::empty();
    let text = std::fs::read_to_string(sample("handmade_metrics.jsonl")).unwrap();
    desk.write(
        "s.jsonl",
        text.replace("grad_norm/out.weight", "grad_norm/output/weight"),
    );
    let (json, _) = read(&desk, "s.jsonl");
    let network = &json["networks"][0];
    assert_eq!(path(&json, 0).len(), 13);
    assert_eq!(path(&json, 0)[12], "output/weight");
    near(
        &network["initial"]["attenuation_decades"],
        (0.354_771_941_900_253_3_f64 / 1.829_453_921_686_763_4e-8).log10(),
    );
    assert_eq!(network["verdict"], "vanishing");
    let text = std::fs::read_to_string(sample("keras_csvlogger_gradnorms.csv")).unwrap();
    desk.write("k.csv", text.replace("predictions", "output"));
    let (json, _) = read(&desk, "k.csv");
    assert_eq!(path(&json, 0).len(), 13);
    assert_eq!(path(&json, 0)[12], "output");
    desk.write(
        "h.jsonl",
        lines(&[
            ("hidden_1/kernel", 1e-5),
            ("hidden_2/kernel", 1e-3),
            ("output/kernel", 0.1),
        ]),
    );
    let (json, _) = read(&desk, "h.jsonl");
    near(&json["networks"][0]["initial"]["attenuation_decades"], 4.0);
}

/// A batch norm that is called by a number, and a token beside the patches.
#[test]
fn norms_of_shortcuts_and_tokens_are_off_the_path() {
    let desk = Desk::empty();
    desk.write(
        "r.jsonl",
        lines(&[
            ("conv1.weight", 1e-5),
            ("layer2.0.conv1.weight", 1e-4),
            ("layer2.0.conv2.weight", 1e-3),
            ("layer2.0.downsample.0.weight", 1e-3),
            ("layer2.0.downsample.1.weight", 7.0),
            ("layer2.0.downsample.1.bias", 7.0),
            ("fc.weight", 0.1),
        ]),
    );
    let (json, _) = read(&desk, "r.jsonl");
    assert_eq!(
        path(&json, 0),
        [
            "conv1.weight",
            "layer2.0.conv1.weight",
            "layer2.0.conv2.weight",
            "layer2.0.downsample.0.weight",
            "fc.weight"
        ]
    );
    // As a logger sorts them.
    desk.write(
        "v.jsonl",
        lines(&[
            ("blocks.0.mlp.fc1.weight", 1e-3),
            ("blocks.1.mlp.fc1.weight", 1e-2),
            ("cls_token", 7.0),
            ("head.weight", 0.1),
            ("patch_embed.proj.weight", 1e-5),
            ("pos_embed", 7.0),
        ]),
    );
    let (json, _) = read(&desk, "v.jsonl");
    assert_eq!(
        path(&json, 0),
        [
            "patch_embed.proj.weight",
            "blocks.0.mlp.fc1.weight",
            "blocks.1.mlp.fc1.weight",
            "head.weight"
        ]
    );
    assert_eq!(json["networks"][0]["layers"].as_array().unwrap().len(), 6);
}
