//! What cannot be read is told of and never dropped in silence; what is no log is refused.

use super::{near, path, read, sample};
use crate::desk::{Desk, SMALL};

/// The words of a text, however its lines were broken.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn text_in_the_cell_of_a_norm_is_told_of() {
    let desk = Desk::empty();
    let header = "step,grad_norm/fc1,grad_norm/fc2,grad_norm/fc3\n";
    desk.write(
        "o.csv",
        header.to_owned() + "0,oops,1e-3,1\n1,1e-5,NA,1\n2,1e-5,x,1\n",
    );
    let (json, warnings) = read(&desk, "o.csv");
    // `NA` is what programs write where there is nothing.
    for word in ["o.csv:2", "`oops`", "grad_norm/fc1", "1 other"] {
        assert!(warnings.contains(word), "no {word} in {warnings}");
    }
    assert_eq!(path(&json, 0), ["fc1", "fc2", "fc3"]);
    // The same in rows by layer.
    let rows = "step,layer,grad_norm\n0,fc1,1e-5\n0,fc2,oops\n1,fc1,1e-5\n1,fc2,1\n";
    desk.write("l.csv", rows);
    let (_, warnings) = read(&desk, "l.csv");
    assert!(warnings.contains("l.csv:3: `oops`"), "{warnings}");
    // What is no norm may be words, or nothing.
    let rows = "step,layer,grad_norm,device,spare\n0,fc1,1e-5,cuda,\n0,fc2,1,cuda,\n";
    desk.write("w.csv", rows);
    let (_, warnings) = read(&desk, "w.csv");
    assert!(
        !warnings.contains("device") && !warnings.contains("spare"),
        "{warnings}"
    );
    // In objects, also where their layer never has a number; what is no norm may be text.
    let object = |step: u32, second: &str, third: &str| {
        format!(
            "{{\"step\":{step},\"phase\":\"train\",\"grad_norm/fc1\":1,\"grad_norm/fc2\":{second},\"grad_norm/fc3\":{third}}}\n"
        )
    };
    let objects =
        object(0, "1", "\"bad\"") + &object(1, "\"oops\"", "\"bad\"") + &object(2, "1", "null");
    desk.write("j.jsonl", objects);
    let (_, warnings) = read(&desk, "j.jsonl");
    for word in [
        "j.jsonl:2: `oops` in `grad_norm/fc2`",
        "like 2 other values",
        "without a number in any row, and left out: `grad_norm/fc3`",
    ] {
        assert!(warnings.contains(word), "no {word} in {warnings}");
    }
    assert!(!warnings.contains("phase"), "{warnings}");
    // In columns that are layers by their names alone.
    desk.write(
        "b.csv",
        "step,fc1,fc2,fc3,note\n0,1,1,1,first\n1,1,x,1,\n2,1,1,1,last\n",
    );
    let (_, warnings) = read(&desk, "b.csv");
    assert!(
        warnings.contains("b.csv:3: `x` in `fc2` is no number"),
        "{warnings}"
    );
    assert!(!warnings.contains("other value"), "{warnings}");
    // A layer that never has a number is gone, and that is said.
    desk.write("a.csv", header.to_owned() + "0,,1e-3,1\n1,,1e-3,1\n");
    let (json, warnings) = read(&desk, "a.csv");
    assert!(
        warnings.contains("without a number in any row"),
        "{warnings}"
    );
    assert!(warnings.contains("`grad_norm/fc1`"), "{warnings}");
    assert_eq!(path(&json, 0), ["fc2", "fc3"]);
    let row = |step: u32| {
        format!(
            "{{\"step\": {step}, \"grad_norm/fc1\": null, \"grad_norm/fc2\": 0.5, \"grad_norm/fc3\": 1.0}}\n"
        )
    };
    desk.write("n.jsonl", row(0) + &row(1));
    let (_, warnings) = read(&desk, "n.jsonl");
    assert!(warnings.contains("`grad_norm/fc1`"), "{warnings}");
}

#[test]
fn rows_and_columns_that_are_lost_are_told_of() {
    let desk = Desk::empty();
    desk.write(
        "s.csv",
        "step,grad_norm/fc1,grad_norm/fc2\n0,1,2\n1e30,3,4\n2,5,6\n",
    );
    let (json, warnings) = read(&desk, "s.csv");
    assert!(warnings.contains("s.csv:3: 1e30 as a step"), "{warnings}");
    assert_eq!(json["networks"][0]["steps"]["count"], 2);
    assert_eq!(
        json["networks"][0]["layers"][0]["final"]["weight_grad_norm"],
        5.0
    );
    desk.write(
        "d.csv",
        "step,grad_norm/fc1,grad_norm/fc1,grad_norm/fc2\n0,1,2,3\n1,1,2,3\n",
    );
    let (_, warnings) = read(&desk, "d.csv");
    assert!(
        warnings.contains("several columns are called `grad_norm/fc1`"),
        "{warnings}"
    );
}

#[test]
fn a_layer_that_is_printed_by_its_number_is_one() {
    let desk = Desk::empty();
    let line =
        |epoch: u32, layer: u32| format!("Epoch {epoch}: layer={layer}, grad_norm=0.0{layer}6\n");
    let lines = (0..3).flat_map(|epoch| (1..4).map(move |layer| (epoch, layer)));
    let text: String = lines.map(|(epoch, layer)| line(epoch, layer)).collect();
    desk.write("p.txt", text);
    let (json, _) = read(&desk, "p.txt");
    assert_eq!(path(&json, 0), ["1", "2", "3"]);
    assert_eq!(json["networks"][0]["steps"]["count"], 3);
}

#[test]
fn what_is_wrong_is_said_as_what_it_is() {
    let desk = Desk::empty();
    let table = "step;grad_norm/fc1;grad_norm/fc2\n0;0,016;1,5e-3\n1;0,017;1,6e-3\n";
    desk.write("c.csv", table);
    desk.vgrad(["read", "c.csv"])
        .refused(&["c.csv", "`0,016`", "decimal comma"]);
    desk.write(
        "q.csv",
        "step,grad_norm/fc1,\"grad_norm/fc2\n0,1,2\n1,1,2\n",
    );
    desk.vgrad(["read", "q.csv"])
        .refused(&["q.csv", "quotation mark"]);
    // Prose has such words on a line here and there.
    let prose = "Gradients vanish where every layer takes its share of them, and nobody sees it.\n";
    desk.write(
        "t.md",
        prose.repeat(40) + "It prints grad norm: 0.5 at the end.\n" + &prose.repeat(40),
    );
    desk.vgrad(["read", "t.md"])
        .refused(&["t.md", "logs that are understood"]);
    // The file is named once.
    desk.write(
        "r.csv",
        "step,grad_norm/fc1,grad_norm/fc2\n0,1,2\n1,1,2\n0,1,2\n",
    );
    let ended = desk
        .vgrad(["read", "r.csv", "--no-resume"])
        .refused(&["r.csv:4"]);
    assert_eq!(ended.stderr.matches("r.csv").count(), 1, "{}", ended.stderr);
}

#[test]
fn a_name_keeps_the_underscore_that_it_begins_with() {
    let desk = Desk::empty();
    let names = ["_alpha", "_conv_stem", "_fc"].map(|name| format!("grad_norm/{name}.weight"));
    desk.write(
        "u.csv",
        format!("step,{}\n0,1e-3,1e-5,1\n1,1e-3,1e-5,1\n", names.join(",")),
    );
    let ready = "--layers _conv_stem.weight,_alpha.weight,_fc.weight";
    desk.vgrad(["read", "u.csv"]).refused(&[ready]);
    let (json, _) = read(&desk, &format!("u.csv {ready}"));
    assert_eq!(
        path(&json, 0),
        ["_conv_stem.weight", "_alpha.weight", "_fc.weight"]
    );
}

#[test]
fn a_lone_infinity_is_no_state_that_lasts() {
    let desk = Desk::empty();
    desk.write("i.csv", "step,grad_norm\n0,1\n10,inf\n20,1\n");
    let (json, _) = read(&desk, "i.csv");
    let sentence = json["totals"][0]["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("at 1 of 3 logged steps, step 10"),
        "{sentence}"
    );
    assert!(!sentence.contains("from step"), "{sentence}");
}

#[test]
fn of_many_layers_those_on_the_path_are_shown() {
    let desk = Desk::empty();
    let norms = (0..40).flat_map(|i| [format!("l.{i}.lin.weight"), format!("l.{i}.norm.weight")]);
    let header: Vec<String> = norms.map(|name| format!("grad_norm/{name}")).collect();
    let row = vec!["0.5"; header.len()].join(",");
    desk.write(
        "m.csv",
        format!("step,{}\n0,{row}\n1,{row}\n", header.join(",")),
    );
    let text = desk.vgrad(["read", "m.csv"]).fine().stdout;
    let rows = |text: &str, name: &str| {
        text.lines()
            .filter(|line| line.contains(name) && line.contains("-0.3"))
            .count()
    };
    assert_eq!(rows(&text, ".norm"), 0, "{text}");
    // Every second of 40, the last among them, and the first.
    assert_eq!(rows(&text, ".lin"), 21, "{text}");
    assert!(
        words(&text).contains("layers off the path are not shown"),
        "{text}"
    );
    let text = desk.vgrad(["read", "m.csv", "--verbose"]).fine().stdout;
    assert_eq!(
        [rows(&text, ".norm"), rows(&text, ".lin")],
        [40, 40],
        "{text}"
    );
}

#[test]
fn the_output_of_a_run_is_no_norm() {
    let desk = Desk::with(SMALL);
    desk.run("").fine();
    let text = words(
        &desk
            .vgrad(["read", "runs/trial/gradients.csv"])
            .fine()
            .stdout,
    );
    assert!(
        text.contains("1 layer, such as the output, is off the path"),
        "{text}"
    );
}

/// One network in three forms: layers by name, by number beside a name, and a column each.
#[test]
fn an_output_alone_is_off_the_path_in_every_form() {
    let desk = Desk::empty();
    let norms = [
        ("h1", "1e-3"),
        ("h2", "1e-2"),
        ("h3", "1e-1"),
        ("output", "100"),
    ];
    let rows = |row: &dyn Fn(usize, &str, &str) -> String| -> String {
        let numbered = norms.iter().zip(1..);
        numbered
            .map(|((name, norm), number)| row(number, name, norm))
            .collect()
    };
    let by_name = rows(&|_, name, norm| format!("0,{name},{norm}\n"));
    desk.write(
        "n.csv",
        format!("step,layer,activation_grad_norm\n{by_name}"),
    );
    let by_number = rows(&|number, name, norm| format!("0,{number},{name},{norm}\n"));
    desk.write(
        "o.csv",
        format!("step,layer,name,activation_grad_norm\n{by_number}"),
    );
    let names = norms.map(|(name, _)| format!("activation_grad_norm/{name}"));
    let values = norms.map(|(_, norm)| norm).join(",");
    desk.write(
        "w.csv",
        format!("step,{}\n0,{values}\n1,{values}\n", names.join(",")),
    );
    for log in ["n.csv", "o.csv", "w.csv"] {
        let (json, _) = read(&desk, log);
        let network = &json["networks"][0];
        assert_eq!(path(&json, 0), ["h1", "h2", "h3"], "{log}");
        assert_eq!(network["layers"].as_array().unwrap().len(), 4, "{log}");
        near(&network["initial"]["attenuation_decades"], 2.0);
        assert_eq!(network["verdict"], "healthy", "{log}");
    }
    let text = words(&desk.vgrad(["read", "n.csv"]).fine().stdout);
    assert!(text.contains("; the output is off the path"), "{text}");
    assert!(text.contains("4 output ·"), "{text}");
}

#[test]
fn chains_that_are_compared_have_their_names() {
    let desk = Desk::empty();
    let log = sample("sb3_progress.csv");
    let text = desk.vgrad(["compare", &log, &log]).fine().stdout;
    for chain in ["sb3_progress.csv:policy", "sb3_progress.csv:value"] {
        assert_eq!(text.matches(chain).count(), 2, "{text}");
    }
}
