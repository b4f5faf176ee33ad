//! Threads and logging change nothing; seeds do.

use crate::desk::{Desk, SMALL};

/// Everything that draws numbers or sums over the batch, in several pieces.
const RICH: &str = r#"
[data]
source = { spirals = { samples = 800 } }
[network]
depth = 5
width = 8
activation = "gelu"
norm = "batch"
skip = { identity = { every = 2, scale = 0.5 } }
dropout = 0.2
[train]
steps = 9
batch_size = 300
optimizer = "adam"
learning_rate = 0.01
clip_grad_norm = 0.5
[log]
evaluate_every = 4
"#;

#[test]
fn threads_change_no_byte() {
    for spec in [SMALL, RICH] {
        let desk = Desk::with(spec);
        desk.run("--threads 1 --out threads-1").fine();
        let expected = desk.csv_files("threads-1");
        for threads in [2, 3, 8] {
            let out = format!("threads-{threads}");
            desk.run(&format!("--threads {threads} --out {out}")).fine();
            assert!(desk.csv_files(&out) == expected, "{threads} threads");
        }
    }
}

#[test]
fn logging_changes_no_common_row() {
    for spec in [SMALL, RICH] {
        let desk = Desk::with(spec);
        for every in ["1", "7", "log"] {
            let flags = "--set log.evaluate_every=3 --set train.steps=20";
            desk.run(&format!("{flags} --set log.every={every} --out {every}"))
                .fine();
        }
        for sparse in ["7", "log"] {
            for file in ["gradients.csv", "training.csv"] {
                let all = desk.read(&format!("1/{file}"));
                let some = desk.read(&format!("{sparse}/{file}"));
                assert!(some.lines().count() < all.lines().count());
                let all: std::collections::HashSet<&str> = all.lines().collect();
                for row in some.lines() {
                    assert!(all.contains(row), "{file}: {row}");
                }
            }
        }
    }
}

#[test]
fn looking_at_the_test_set_changes_nothing() {
    let desk = Desk::with(RICH);
    desk.run("--set log.evaluate_every=1 --out often").fine();
    desk.run("--set log.evaluate_every=1000 --out seldom")
        .fine();
    let [often, seldom] = ["often", "seldom"].map(|out| desk.csv_files(out)[0].clone());
    assert!(often == seldom);
}

#[test]
fn seeds_differ() {
    for spec in [SMALL, RICH] {
        let desk = Desk::with(spec);
        desk.run("--seed 1 --out one").fine();
        desk.run("--set seed=2 --out two").fine();
        desk.run("--set seed=1 --out one-again").fine();
        let column = |out: &str| {
            let table = desk.table(&format!("{out}/gradients.csv"));
            table.numbers("activation_grad_norm")
        };
        let (one, two) = (column("one"), column("two"));
        assert!(one.iter().zip(&two).all(|(a, b)| a != b), "{one:?} {two:?}");
        assert_eq!(one, column("one-again"));
    }
}
