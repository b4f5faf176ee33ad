//! Runs of more rows than a chart can tell apart.

use std::fmt::Write;

use crate::desk::{Desk, SMALL};
use crate::recorded::{data, markup};

/// A run folder whose `training.csv` has so many rows; its loss is
/// 1000 + step, with one −5 at step 777 and one NaN at step 9.
fn long(rows: usize) -> Desk {
    let desk = Desk::with(SMALL);
    desk.run("--out run").fine();
    let mut text =
        "step,epoch,learning_rate,train_loss,train_accuracy,test_loss,test_accuracy,grad_norm,clipped\n"
            .to_owned();
    for step in 0..rows {
        let loss = match step {
            777 => "-5".to_owned(),
            9 => "NaN".to_owned(),
            _ => format!("{}", 1000 + step),
        };
        let test = if step % 1000 == 0 { "0.5,0.25" } else { "," };
        let _ = writeln!(text, "{step},0,0.1,{loss},0.5,{test},1,0");
    }
    desk.write("run/training.csv", text);
    desk
}

#[test]
fn curves_keep_their_extremes_and_their_last_value() {
    let desk = long(10_001);
    desk.vgrad(["report", "run"]).fine();
    let curves = &data(&desk, "report.html")["runs"][0]["curves"];
    let loss = &curves["train_loss"];
    // 400 points at most: 10001 rows at 32 to a point are 313.
    assert_eq!(loss["per_point"], 32);
    assert_eq!(loss["low"].as_array().unwrap().len(), 313);
    // Rows 768 … 799 and 0 … 31.
    assert_eq!(
        (&loss["low"][24], &loss["high"][24]),
        (&(-5.0).into(), &1799.0.into())
    );
    assert_eq!(
        (&loss["low"][0], &loss["high"][0]),
        (&1000.0.into(), &"NaN".into())
    );
    assert_eq!(curves["test_loss"]["per_point"], 1);
    assert_eq!(curves["test_loss"]["first"][10], 10_000);
    let page = markup(&desk, "report.html");
    for words in [
        "<dt>Training loss, last logged batch</dt><dd>11000</dd>",
        "run: each point of loss and accuracy is the min–max of up to 32 rows.",
    ] {
        assert!(page.contains(words), "{words}");
    }
    desk.vgrad(["plot", "run", "--figure", "curves", "-o", "a.svg"])
        .fine();
    let svg = desk.read("a.svg");
    for words in [
        "Of up to 32 rows each the smallest",
        "1 value is NaN or infinite",
    ] {
        assert!(svg.contains(words), "{words}");
    }
}

/// The most memory that a program takes may not grow with its rows. 400 000
/// rows at 88 bytes, kept in a vector that doubles, take some 46 MB.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_rows() {
    let most = |rows: usize, command: &str| -> u64 {
        let desk = long(rows);
        let mut program = desk.program();
        program.args([command, "run", "-o"]);
        program.arg(if command == "plot" { "a.svg" } else { "a.html" });
        let mut child = program.stdout(std::process::Stdio::null()).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            // VmHWM: the largest resident set so far, in kB (proc(5)).
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let number = line.and_then(|line| line.split_whitespace().next());
            peak = peak.max(number.map_or(0, |number| number.parse().unwrap()));
        }
        assert!(child.wait().unwrap().success());
        peak
    };
    for command in ["plot", "report"] {
        let (few, many) = (most(20_000, command), most(400_000, command));
        assert!(few > 0);
        assert!(many < few + 24_000, "{command}: {few} kB, {many} kB");
    }
}
