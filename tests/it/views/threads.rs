//! The number of threads changes nothing that is shown or told.

use crate::desk::Desk;
use crate::recorded::{csv, decaying};

#[test]
fn figures_are_the_same_on_any_number_of_threads() {
    let desk = Desk::empty();
    let names: Vec<String> = (0..7).map(|i| format!("run-{i}.csv")).collect();
    for (i, name) in names.iter().enumerate() {
        // Cut off at different steps, so that the warnings have an order.
        let text = csv(4, 6 + i, decaying);
        desk.write(name, &text[..text.len() - 40]);
    }
    let plot = |threads: &str, more: &[&str]| {
        let words = ["plot", "--threads", threads].into_iter();
        let words = words.chain(names.iter().map(String::as_str));
        desk.vgrad(words.chain(more.iter().copied())).fine()
    };
    let one = plot("1", &["-o", "one.svg"]);
    let many = plot("5", &["-o", "many.svg"]);
    assert_eq!(desk.bytes("one.svg"), desk.bytes("many.svg"));
    assert_eq!(one.stderr, many.stderr);
    assert!(one.stderr.lines().count() >= 7, "{}", one.stderr);
    assert_eq!(plot("1", &[]).stdout, plot("5", &[]).stdout);
}

#[test]
fn of_several_broken_files_the_first_is_told() {
    let desk = Desk::empty();
    desk.write("good.csv", csv(3, 200, decaying));
    let mut late = csv(3, 2000, decaying);
    late += "2000,1,hidden_1,late,1,1\n";
    desk.write("late.csv", late);
    desk.write("early.csv", "step,layer,activation_grad_norm\n0,1,early\n");
    for command in ["plot", "report"] {
        for threads in ["1", "2", "4"] {
            let files = ["good.csv", "late.csv", "early.csv"];
            desk.vgrad([command, "--threads", threads].into_iter().chain(files))
                .refused(&["late.csv:6002", "`late`"]);
        }
    }
}
