//! The prediction beside what a run measured: in its files, its closing report, figures and
//! pages.

use serde_json::Value;

use crate::desk::{Desk, SMALL};
use crate::recorded::{data, markup};

const IDENTITY: &str = "--set network.init=identity";

fn predicted(desk: &Desk, arguments: &str) -> Value {
    let all = format!("predict trial.toml --format json {arguments}");
    let ended = desk.vgrad(all.split_whitespace()).fine();
    serde_json::from_str(&ended.stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn a_summary_holds_what_predict_says() {
    let desk = Desk::with(SMALL);
    for (name, changes) in [
        ("known", ""),
        ("unknown", IDENTITY),
        // Infinite and undefined numbers are there too.
        ("zero", "--set network.init.normal.std=0"),
        ("norm", "--set network.norm=batch"),
    ] {
        desk.run(&format!("--out {name} {changes}")).fine();
        assert_eq!(
            desk.summary(name)["predicted"],
            predicted(&desk, changes),
            "{name}"
        );
        // What was written is read back.
        desk.vgrad(["report", name]).fine();
    }
    desk.run("--seeds 2 --out group").fine();
    for seed in 0..2 {
        let of_seed = predicted(&desk, &format!("--seed {seed}"));
        let run = format!("group/seed-{seed}");
        assert_eq!(desk.summary(&run)["predicted"], of_seed);
    }
}

/// An earlier program wrote no prediction; everything else about its runs is as it was.
#[test]
fn summaries_without_a_prediction_are_read() {
    let desk = Desk::with(SMALL);
    desk.run("--out a").fine();
    let mut summary = desk.summary("a");
    summary.as_object_mut().unwrap().remove("predicted");
    let compare = ["compare", "a", "b", "--format", "json"];
    desk.run("--out b").fine();
    let before = desk.vgrad(compare).fine().stdout;
    desk.write("a/summary.json", summary.to_string());
    assert_eq!(desk.vgrad(compare).fine().stdout, before);
    let rule = "[[check]]\nquantity = \"attenuation_decades\"\nat = \"initial\"\nmax = 3.0\n";
    desk.write("rules.toml", rule);
    desk.vgrad(["check", "a", "--rules", "rules.toml"]).fine();
    desk.vgrad(["plot", "a", "--figure", "layers", "-o", "a.svg"])
        .fine();
    assert!(!desk.read("a.svg").contains("theory"));
    desk.vgrad(["report", "a"]).fine();
    assert_eq!(
        data(&desk, "report.html")["runs"][0]["predicted"],
        Value::Null
    );
    assert!(!markup(&desk, "report.html").contains("Dashed is what theory"));
    // What is no prediction is no panic either.
    summary["predicted"] = 5.into();
    desk.write("a/summary.json", summary.to_string());
    desk.vgrad(["report", "a"])
        .refused(&["a/summary.json", "cannot be read"]);
}

#[test]
fn a_run_ends_with_theory_beside_the_measurement() {
    let desk = Desk::with(SMALL);
    let said = |arguments: &str| {
        let text = desk.run(arguments).fine().stdout;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = said("--out a");
    let prediction = predicted(&desk, "");
    let [low, high] = [0, 1].map(|i| number(&prediction["attenuation_interval"][i]));
    let line = format!(
        "theory: {:+.4} decades per layer, {:+.2} in all [{low:+.2}, {high:+.2}]",
        number(&prediction["decay_decades_per_layer"]),
        number(&prediction["attenuation_decades"]),
    );
    assert!(text.contains(&line), "no {line:?} in {text}");
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words}"));
    assert!(place("decay step 0:") < place("theory:") && place("theory:") < place("step 6:"));
    let text = said(&format!("--out b {IDENTITY}"));
    let line = "theory: none, because of `network.init`: the identity init draws no random";
    assert!(text.contains(line), "{text}");
    let text = said("--out c --set network.depth=1");
    assert!(text.contains("theory: one hidden layer"), "{text}");
    let text = said("--out d --set network.init.normal.std=0");
    assert!(text.contains("theory: nothing is left"), "{text}");
    let deep = "--set network.activation=gelu --set network.init=he_normal --set network.depth=30";
    let text = said(&format!("--out e {deep}"));
    assert!(text.contains("; finite width dominates"), "{text}");
    // A column of several seeds.
    let text = said("--seeds 2 --out group");
    assert!(text.contains("decades, start theory end"), "{text}");
    let cell = format!("{:+.2}", number(&prediction["attenuation_decades"]));
    assert!(text.contains(&cell), "{text}");
}

#[test]
fn the_figure_of_the_layers_has_a_dashed_line_of_theory() {
    let desk = Desk::with(SMALL);
    desk.run("--out a").fine();
    desk.run("--seeds 2 --out group").fine();
    let figure = |arguments: &str| {
        let all = format!("plot {arguments} --figure layers -o a.svg");
        desk.vgrad(all.split_whitespace()).fine();
        desk.read("a.svg")
    };
    for target in ["a", "group"] {
        let svg = figure(target);
        assert!(svg.contains("theory, step 0"), "{target}");
        assert!(svg.contains("starts at the norm of layer 4"), "{target}");
        // The colour of no run: two dashes between three gaps or more.
        let dashes = svg.matches("#D55E00").count();
        assert!(dashes > 3, "{target}: {dashes}");
    }
    // Theory speaks of one quantity, and of one target at a time.
    for arguments in ["a group", "a --quantity weight_grad_norm"] {
        assert!(!figure(arguments).contains("theory"), "{arguments}");
    }
}

/// From the measured norm of the last hidden layer on, theory's ratios.
#[test]
fn a_page_has_theory_in_its_first_chart_and_tables() {
    let desk = Desk::with(SMALL);
    let skips = "--set network.depth=5 --set network.skip.identity.every=2";
    for (name, changes, path) in [
        (
            "plain",
            "",
            [Some(1), Some(2), Some(3), Some(4), None, None],
        ),
        (
            "skips",
            skips,
            [Some(1), None, Some(3), None, Some(5), None],
        ),
    ] {
        desk.run(&format!("--out {name} {changes}")).fine();
        desk.vgrad(["report", name]).fine();
        let run = &data(&desk, "report.html")["runs"][0];
        let layers = predicted(&desk, changes)["layers"].clone();
        let measured = &run["table"]["initial"][0];
        let last = path.iter().flatten().max().unwrap() - 1;
        for (i, cell) in run["predicted"].as_array().unwrap().iter().enumerate() {
            match path[i] {
                None => assert_eq!(*cell, Value::Null, "{name}"),
                Some(layer) => {
                    let lost = number(&layers[layer - 1]["attenuation_decades"]);
                    let expected = number(&measured[last]) - 1000.0 * lost;
                    assert!((number(cell) - expected).abs() < 1.5, "{name} {layer}");
                }
            }
        }
        let page = markup(&desk, "report.html");
        let prediction = predicted(&desk, changes);
        let shown = |value: &Value| {
            let text = format!("{:.2}", number(value));
            text.replace('-', "−")
        };
        let all = shown(&prediction["attenuation_decades"]);
        assert!(
            page.contains(&format!("<span class=\"soft\">theory</span> {all}")),
            "{name}"
        );
        let [low, high] = [0, 1].map(|i| shown(&prediction["attenuation_interval"][i]));
        let fact = format!("<dd>{all} [{low},\u{a0}{high}]</dd>");
        assert!(page.contains(&fact), "{name}: no {fact}");
        assert!(page.contains("Dashed is what theory"), "{name}");
    }
    desk.run(&format!("--out none {IDENTITY}")).fine();
    desk.vgrad(["report", "none", "plain"]).fine();
    let page = markup(&desk, "report.html");
    assert!(page.contains("none, because of network.init: the identity init"));
    assert!(!page.contains("Dashed is what theory"));
}
