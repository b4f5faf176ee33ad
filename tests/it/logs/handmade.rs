//! Formats that no sample has, each as a small log by hand after its documented layout: the
//! norms are those of one network, 1e-5, 1e-3 and 0.1 from the input to the output.

use serde_json::Value;

use super::{near, on_path, path, read};
use crate::desk::Desk;

/// That a log has three layers in forward order and loses four decades.
#[track_caller]
pub fn three_layers(desk: &Desk, arguments: &str, names: [&str; 3]) -> Value {
    let (json, _) = read(desk, arguments);
    assert_eq!(path(&json, 0), names, "{arguments}");
    near(&json["networks"][0]["initial"]["attenuation_decades"], 4.0);
    json
}

/// The same by the weight's column.
#[track_caller]
fn first_norm(json: &Value, expected: f64) {
    near(
        &on_path(json, 0)[0]["initial"]["weight_grad_norm"],
        expected,
    );
}

#[test]
fn a_wide_table_of_bare_names() {
    let desk = Desk::empty();
    desk.write(
        "w.csv",
        "epoch,conv1,layer1.0,fc\n0,1e-5,1e-3,0.1\n1,1e-5,1e-3,0.1\n",
    );
    let json = three_layers(&desk, "w.csv", ["conv1", "layer1.0", "fc"]);
    assert_eq!(json["assumed"], true);
    first_norm(&json, 1e-5);
}

#[test]
fn separators_of_spreadsheets() {
    let desk = Desk::empty();
    let text = "epoch;grad_norm/dense/kernel;grad_norm/dense_1/kernel;grad_norm/dense_10/kernel;loss\n\
                0;1e-5;1e-3;0.1;2.3\n1;1e-5;1e-3;NA;2.2\n";
    desk.write("k.log", text);
    let json = three_layers(
        &desk,
        "k.log",
        ["dense/kernel", "dense_1/kernel", "dense_10/kernel"],
    );
    assert_eq!(json["format"], "CSVLogger of Keras");
}

#[test]
fn a_chart_exported_from_wandb_holds_runs() {
    let desk = Desk::empty();
    let column = |run: &str, layer: &str| {
        let name = format!("{run} - grad_norm/{layer}.weight");
        format!("\"{name}\",\"{name}__MIN\",\"{name}__MAX\"")
    };
    let header = ["a-1", "b-2"].map(|run| {
        ["fc1", "fc2", "fc10"]
            .map(|layer| column(run, layer))
            .join(",")
    });
    let row = |norms: [&str; 3]| norms.map(|norm| [norm; 3].join(",")).join(",");
    let (low, even) = (row(["1e-5", "1e-3", "0.1"]), row(["0.1", "0.1", "0.1"]));
    let text = format!(
        "\"Step\",{}\n0,{low},{even}\n1,{low},{even}\n",
        header.join(",")
    );
    desk.write("e.csv", text);
    let (json, _) = read(&desk, "e.csv");
    let runs: Vec<&Value> = (0..2).map(|i| &json["networks"][i]["run"]).collect();
    assert_eq!(runs, ["a-1", "b-2"]);
    assert_eq!(path(&json, 0), ["fc1.weight", "fc2.weight", "fc10.weight"]);
    assert_eq!(json["networks"][0]["verdict"], "vanishing");
    assert_eq!(json["networks"][1]["verdict"], "healthy");
}

#[test]
fn a_file_per_parameter_from_poutyne() {
    let desk = Desk::empty();
    for (name, norm) in [
        ("fc1.weight", "1e-5"),
        ("fc2.weight", "1e-3"),
        ("out.weight", "0.1"),
        ("out.bias", "7"),
    ] {
        let text = format!(
            "epoch,batch,mean,var,min,abs_min,max,abs_max,l2.0\n\
             1,1,1e-6,0,-1,0,1,1,{norm}\n1,2,1e-6,0,-1,0,1,1,{norm}\n2,1,1e-6,0,-1,0,1,1,{norm}\n"
        );
        desk.write(&format!("p/{name}.csv"), text);
    }
    let json = three_layers(&desk, "p", ["fc1.weight", "fc2.weight", "out"]);
    assert_eq!(json["networks"][0]["steps"]["count"], 3);
    first_norm(&json, 1e-5);
    // Rules name what it has beside norms, of a layer's weight and its bias apart.
    let check = |quantity: &str, limit: &str| {
        let rule = format!("[[check]]\nquantity = '{quantity}'\nat = 'every'\n{limit}\n");
        desk.write("r.toml", rule);
        desk.vgrad(["check", "p", "--rules", "r.toml"])
    };
    check("mean", "max = 2e-6").fine();
    check("abs_max", "min = 0.5\nmax = 1.5").fine();
    check("bias_abs_max", "min = 0.5").fine();
    check("l2.0", "max = 0.2").fine();
    for (quantity, limit) in [
        ("mean", "min = 1.0"),
        ("abs_max", "max = 0.5"),
        ("min", "min = 0"),
    ] {
        let ended = check(quantity, limit);
        assert_eq!(ended.code, Some(1), "{quantity}: {ended:?}");
    }
    let ended = check("abs_mx", "max = 1");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let said = &ended.stderr;
    assert!(said.contains("did you mean `abs_max`?"), "{said}");
    assert!(
        said.contains("abs_min") && said.contains("bias_mean"),
        "{said}"
    );
    assert!(!said.contains("saturated_fraction"), "{said}");
}

#[test]
fn a_folder_of_tags_downloaded_from_tensorboard() {
    let desk = Desk::empty();
    for (layer, norm) in [("0", 1e-5), ("2", 1e-3)] {
        let text =
            format!("Wall time,Step,Value\r\n1795821175.9,0,{norm}\r\n1795821176.1,5,{norm}\r\n");
        desk.write(&format!("d/run-a_b-tag-grad_norm_{layer}.weight.csv"), text);
    }
    let json = "[[1795821175.9, 0, 0.1], [1795821176.1, 5, NaN]]";
    desk.write("d/run-a_b-tag-grad_norm_10.weight.json", json);
    let json = three_layers(&desk, "d", ["0.weight", "2.weight", "10.weight"]);
    assert_eq!(json["networks"][0]["steps"]["last"], 5);
    assert_eq!(json["networks"][0]["verdict"], "diverged");
}

#[test]
fn what_nanotron_prints() {
    let desk = Desk::empty();
    let line = |step: u32, norm: &str| {
        format!(
            "07/10/2024 16:33:31 [INFO|DP=0|PP=0|TP=0|ip]: iteration: {step} / 24 | consumed_tokens: 131K | \
             elapsed_time_per_iteration_ms: 1.57K | tokens_per_sec: 20K | tokens_per_sec_per_gpu: 2.5K | \
             lm_loss: 10.9 | lr: 1.94e-05 | grad_norm: {norm}\n"
        )
    };
    desk.write("n.log", line(2, "0.667") + &line(1000, "1.2K"));
    let (json, _) = read(&desk, "n.log");
    let norm = &json["totals"][0]["grad_norm"];
    assert_eq!(norm["first"], 0.667);
    assert_eq!(norm["last"], 1200.0);
    assert_eq!(norm["steps"]["last"], 1000);
}

#[test]
fn colours_progress_bars_and_other_loops() {
    let desk = Desk::empty();
    let text = "\u{1b}[31mstep:  1  loss:  3.9  grad_norm:  0.5\u{1b}[0m\n\
                 10%|#   | 1/10 [00:01<00:09]\r 20%|##  | 2/10\rstep:  2  loss:  3.8  grad_norm:  0.25\n";
    desk.write("t.log", text);
    let (json, _) = read(&desk, "t.log");
    assert_eq!(json["totals"][0]["grad_norm"]["last"], 0.25);
    assert_eq!(json["totals"][0]["grad_norm"]["steps"]["count"], 2);
    let text: String = (0..2)
        .map(|step| {
            let layer = |name: &str, norm: &str| format!("Layer: {name}, Grad norm: {norm}\n");
            format!("Step {step}\n")
                + &layer("stem", "1e-5")
                + &layer("block2", "1e-3")
                + &layer("head", "0.1")
        })
        .collect();
    desk.write("l.log", text);
    three_layers(&desk, "l.log", ["stem", "block2", "head"]);
}

#[test]
fn nested_json_and_lists_of_rows() {
    let desk = Desk::empty();
    let row = |step: u32| {
        format!(
            "{{\"step\": {step}, \"grad_norm\": {{\"fc1\": {{\"weight\": 1e-5}}, \"fc2\": {{\"weight\": 1e-3}}, \"fc10\": {{\"weight\": 0.1}}}}}}"
        )
    };
    desk.write("n.jsonl", format!("{}\n{}\n", row(0), row(1)));
    let names = ["fc1/weight", "fc2/weight", "fc10/weight"];
    three_layers(&desk, "n.jsonl", names);
    desk.write("n.json", format!("[{},\n {}]\n", row(0), row(1)));
    three_layers(&desk, "n.json", names);
}

#[test]
fn long_tables_of_metrics() {
    let desk = Desk::empty();
    // A melted table: what was measured is in the name.
    let mut text = "step,variable,value\n".to_owned();
    for step in 0..2 {
        for (name, norm) in [("fc10", "0.1"), ("fc2", "1e-3"), ("fc1", "1e-5")] {
            text += &format!("{step},grad_norm/{name}.weight,{norm}\n");
        }
        text += &format!("{step},loss,0.5\n");
    }
    desk.write("m.csv", &text);
    three_layers(&desk, "m.csv", ["fc1.weight", "fc2.weight", "fc10.weight"]);
    // Sorted by layer: each layer's steps begin anew.
    let text = "step,layer,grad_norm\n0,fc1,1e-5\n1,fc1,1e-5\n0,fc2,1e-3\n1,fc2,1e-3\n0,out,0.1\n1,out,0.1\n";
    desk.write("s.csv", text);
    let json = three_layers(&desk, "s.csv", ["fc1", "fc2", "out"]);
    assert_eq!(json["networks"][0]["steps"]["count"], 2);
    // Several columns of each layer, of activations too.
    let text = "step,layer,activation_grad_norm,weight_grad_norm,activation_mean\n\
                0,a1,1e-5,1,0.5\n0,a2,1e-3,2,-0.5\n0,a3,0.1,3,0\n";
    desk.write("c.csv", text);
    let json = three_layers(&desk, "c.csv", ["a1", "a2", "a3"]);
    assert_eq!(json["networks"][0]["quantity"], "activation_grad_norm");
    assert_eq!(
        json["networks"][0]["layers"][1]["initial"]["activation_mean"],
        -0.5
    );
}
