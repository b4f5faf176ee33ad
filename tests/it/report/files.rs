//! What is read and written, and how bad input is answered.

use serde_json::json;

use crate::desk::{Desk, SMALL};
use crate::recorded::{csv, data, decaying, markup};

#[test]
fn a_run_folder_becomes_a_page() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/one").fine();
    let ended = desk.vgrad(["report", "runs/one", "-o", "page.html"]).fine();
    assert!(ended.stdout.starts_with("page.html  "), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
    let page = markup(&desk, "page.html");
    for words in [
        "Gradients of one",
        "completed",
        "Test accuracy",
        "depth = 4",
        "healthy",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let data = data(&desk, "page.html");
    let run = &data["runs"][0];
    assert_eq!(run["layers"], json!([1, 2, 3, 4, 5]));
    assert_eq!(run["high"], json!(null));
    assert_eq!(run["low"].as_array().unwrap().len(), 7);
    // Thousandths of a decade.
    let norms = desk
        .table("runs/one/gradients.csv")
        .only("step", "3")
        .numbers("activation_grad_norm");
    let logs: Vec<i64> = norms
        .iter()
        .map(|norm| (norm.log10() * 1000.0).round() as i64)
        .collect();
    assert_eq!(run["low"][3], json!(logs));
}

#[test]
fn the_page_is_the_same_every_time_and_names_no_address() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/one").fine();
    let quiet = desk.vgrad(["report", "runs/one", "--quiet"]).fine();
    assert_eq!(quiet.stdout, "report.html\n");
    let first = desk.bytes("report.html");
    desk.vgrad(["report", "runs/one", "--threads", "1"]).fine();
    assert!(first == desk.bytes("report.html"));
    let page = markup(&desk, "report.html");
    for word in ["http:", "https:", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn many_steps_are_taken_together_and_told() {
    let desk = Desk::empty();
    desk.write("long.csv", csv(3, 1000, decaying));
    desk.vgrad(["report", "long.csv"]).fine();
    let data = data(&desk, "report.html");
    let run = &data["runs"][0];
    // At most 400 buckets: 1000 steps at 4 to a bucket are 250.
    assert_eq!(run["per_bucket"], 4);
    assert_eq!(run["low"].as_array().unwrap().len(), 250);
    // Norms are 10^(layer/2)·(1 + step): steps 4 … 7 of layer 1 are from
    // 500 + 1000·log10 5 = 1199 to 500 + 1000·log10 8 = 1403.
    assert_eq!(
        (&run["low"][1][0], &run["high"][1][0]),
        (&json!(1199), &json!(1403))
    );
    assert!(
        markup(&desk, "report.html")
            .contains("long.csv: each point is the min–max of 4 logged steps")
    );
}

#[test]
fn the_rows_before_a_cut_are_read_with_a_warning() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/one").fine();
    for file in ["gradients.csv", "training.csv"] {
        let text = desk.read(&format!("runs/one/{file}"));
        desk.write(&format!("runs/one/{file}"), &text[..text.len() - 7]);
    }
    let ended = desk.vgrad(["report", "runs/one"]).fine();
    let page = markup(&desk, "report.html");
    for words in [
        "step 6 has 4 of 5 layers",
        "gradients.csv: the last line is cut off",
        "training.csv: the last line is cut off",
    ] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn differences_between_specs_are_told() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/a").fine();
    desk.run("--out runs/b --set network.depth=6 --seed 3")
        .fine();
    desk.run("--out runs/c").fine();
    desk.vgrad(["report", "runs/a", "runs/b", "-o", "ab.html"])
        .fine();
    let page = markup(&desk, "ab.html");
    assert!(page.contains("The specs differ in 2 keys"));
    assert!(
        page.contains(
            "<code>network.depth</code></th><td><code>4</code></td><td><code>6</code></td>"
        )
    );
    desk.vgrad(["report", "runs/a", "runs/c", "-o", "ac.html"])
        .fine();
    assert!(markup(&desk, "ac.html").contains("The specs agree in every key."));
}

#[test]
fn diverged_and_unfinished_runs_say_so() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/wild --set train.learning_rate=1e30 --set network.activation=relu")
        .fine();
    desk.run("--out runs/killed").fine();
    std::fs::remove_file(desk.path("runs/killed/summary.json")).unwrap();
    desk.vgrad(["report", "runs/wild", "runs/killed"]).fine();
    let page = markup(&desk, "report.html");
    for words in [
        "diverged",
        "a number stopped being finite at step",
        "unfinished",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn another_quantity_can_be_asked_for() {
    let desk = Desk::empty();
    desk.write("run.csv", csv(3, 2, decaying));
    desk.vgrad(["report", "run.csv", "--quantity", "weight_grad_norm"])
        .fine();
    // 2.5 everywhere: log10 2.5 = 0.39794.
    assert_eq!(
        data(&desk, "report.html")["runs"][0]["low"][0],
        json!([398, 398, 398])
    );
    desk.vgrad(["report", "run.csv", "--quantity", "weight_grad"])
        .refused(&[
            "run.csv:1",
            "no column `weight_grad`",
            "did you mean `weight_grad_norm`",
        ]);
}

#[test]
fn bad_input_is_refused_and_leaves_nothing() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/one").fine();
    desk.write("empty.csv", "");
    desk.write("header.csv", "step,layer,activation_grad_norm\n");
    desk.write("words.csv", "step,layer,activation_grad_norm\n0,1,many\n");
    desk.write("bare.csv", "a,b\n1,2\n");
    let before = desk.list(".");
    for (input, words) in [
        ("missing", ["missing", "does not exist"]),
        ("empty.csv", ["empty.csv", "is empty"]),
        ("header.csv", ["header.csv", "no whole step"]),
        ("words.csv", ["words.csv:2", "`many`"]),
        ("bare.csv", ["bare.csv", "no column `step`"]),
        ("runs", ["runs", "holds no run"]),
    ] {
        desk.vgrad(["report", "runs/one", input]).refused(&words);
    }
    desk.vgrad(["report", "runs/one", "-o", "no/where.html"])
        .refused(&["no/where.html", "folder no does not exist"]);
    desk.vgrad(["report", "runs/one", "-o", "runs"])
        .refused(&["runs", "is a folder"]);
    desk.vgrad(["report", "runs/one", "-o", "runs/one/training.csv"])
        .refused(&["training.csv", "not an HTML page", "not replaced"]);
    assert_eq!(desk.list("."), before);
}
