//! One case per mistake.

use super::{GOOD, Workbench, holds};

/// Runs the good spec with `from` replaced by `to`; the error must hold the parts.
#[track_caller]
pub(super) fn edited(from: &str, to: &str, parts: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    holds(&Workbench::new().error(text.as_bytes(), &[]), parts);
}

/// Runs the good spec with flags; the error must hold the parts.
#[track_caller]
pub(super) fn flagged(flags: &[&str], parts: &[&str]) {
    let sets: Vec<&str> = flags.iter().flat_map(|flag| ["--set", *flag]).collect();
    holds(&Workbench::new().error(GOOD.as_bytes(), &sets), parts);
}

#[test]
fn misspelt_keys() {
    edited(
        "depth",
        "dpeth",
        &[
            "x.toml:5:1",
            "unknown key `dpeth` in [network]",
            "`depth`, `width`",
            "did you mean `depth`?",
        ],
    );
    edited(
        "[train]",
        "[trian]",
        &["x.toml:8:2", "unknown key `trian`", "did you mean `train`?"],
    );
    edited(
        "steps",
        "loss_ = 1\nsteps",
        &["x.toml:9:1", "did you mean `loss`?"],
    );
    edited(
        "width = 8",
        "width = 8\nlearning_rate = 0.1",
        &["x.toml:7:1", "`learning_rate` belongs in [train]"],
    );
    // A parameter of a choice, written beside the choice.
    for (key, example) in [
        (
            "path",
            "source = { csv = { path = \"…\", target = \"…\" } }",
        ),
        (
            "target",
            "source = { csv = { path = \"…\", target = \"…\" } }",
        ),
        (
            "test_path",
            "source = { csv = { path = \"…\", target = \"…\", test_path = \"…\" } }",
        ),
        ("csv", "source = { csv = { path = \"…\", target = \"…\" } }"),
        ("arms", "expected one of `source`"),
        ("noise", "source = { spirals = { noise = … } }"),
    ] {
        edited(
            "source = \"digits\"",
            &format!("{key} = \"train.csv\""),
            &["x.toml:3:1", "in [data]", example],
        );
    }
    edited(
        "steps = 3",
        "steps = 3\nmomentum = 0.9",
        &["x.toml:10:1", "optimizer = { sgd = { momentum = … } }"],
    );
    edited(
        "\"digits\"",
        "\"data/train.csv\"",
        &[
            "x.toml:3:10",
            "write { csv = { path = \"…\", target = \"…\" } }",
        ],
    );
    edited(
        "\"relu\"",
        "{ leaky_relu = { slop = 1 } }",
        &["x.toml:7:31", "unknown key `slop`", "did you mean `slope`?"],
    );
    edited(
        "\"relu\"",
        "{ relu = { slope = 1 } }",
        &["x.toml:7:25", "it has no parameters"],
    );
    edited(
        "max",
        "mx",
        &[
            "x.toml:13:1",
            "unknown key `mx` in `check.0`",
            "did you mean `max`?",
        ],
    );
    flagged(
        &["network.dpeth=3"],
        &["--set network.dpeth=3", "did you mean `depth`?"],
    );
    flagged(
        &["train.optimizer.sdg.momentum=0"],
        &["\"sdg\"", "did you mean `sgd`?"],
    );
}

#[test]
fn misspelt_values() {
    edited(
        "\"relu\"",
        "\"Re-LU\"",
        &[
            "x.toml:7:14",
            "`network.activation` is \"Re-LU\"",
            "`sigmoid`",
            "did you mean `relu`?",
        ],
    );
    edited(
        "\"relu\"",
        "{ leaky_rel = {} }",
        &["x.toml:7:16", "did you mean `leaky_relu`?"],
    );
    edited(
        "\"digits\"",
        "\"digts\"",
        &["x.toml:3:10", "`csv`", "did you mean `digits`?"],
    );
    edited(
        "attenuation_decades",
        "attenuation",
        &["x.toml:12:12", "did you mean `attenuation_decades`?"],
    );
    edited(
        "[data]",
        "precision = \"f16\"\n[data]",
        &["x.toml:2:13", "\"f32\" or \"f64\""],
    );
    edited(
        "\"digits\"",
        "{ csv = \"train.csv\" }",
        &[
            "x.toml:3:18",
            "write { csv = { path = \"…\", target = \"…\" } }",
        ],
    );
    edited(
        "steps = 3",
        "steps = 3\nbatch_size = \"all\"",
        &["x.toml:10:14", "an integer ≥ 1 or \"full\""],
    );
    edited(
        "\"digits\"",
        "\"csv\"",
        &[
            "x.toml:3:10",
            "needs `path`, `target`",
            "{ csv = { path = …, target = … } }",
        ],
    );
    edited(
        "\"relu\"",
        "{ relu = {}, tanh = {} }",
        &["x.toml:7:14", "2 names, `relu`, `tanh`"],
    );
    edited("\"relu\"", "{}", &["x.toml:7:14", "an empty table"]);
}

#[test]
fn wrong_types() {
    edited(
        "depth = 13",
        "depth = \"13\"",
        &[
            "x.toml:5:9",
            "`network.depth` is the string \"13\"",
            "expected an integer ≥ 1",
        ],
    );
    edited(
        "depth = 13",
        "depth = 13.0",
        &["x.toml:5:9", "the number 13.0", "expected an integer ≥ 1"],
    );
    edited(
        "width = 8",
        "width = true",
        &[
            "x.toml:6:9",
            "an integer ≥ 1 or a list, each an integer ≥ 1",
        ],
    );
    edited(
        "0.1",
        "\"0.1\"",
        &["x.toml:10:17", "expected a finite number > 0"],
    );
    edited(
        "\"relu\"",
        "3",
        &["x.toml:7:14", "expected one of `identity`"],
    );
    edited(
        "[train]",
        "bias = 1\n[train]",
        &["x.toml:8:8", "expected true or false"],
    );
    edited(
        "[data]",
        "network = 3\n[data]",
        &["x.toml:5", "duplicate key"],
    );
    edited(
        "\"good\"",
        "7",
        &["x.toml:1:8", "expected a string", "put it in quotes: \"7\""],
    );
}

#[test]
fn missing_keys_and_sections() {
    edited(
        "source = \"digits\"",
        "",
        &["x.toml:2:2", "`source` is missing in [data]"],
    );
    edited(
        "depth = 13",
        "",
        &[
            "x.toml:4:2",
            "`depth` is missing in [network]",
            "an integer ≥ 1",
        ],
    );
    edited("width = 8", "", &["x.toml:4:2", "`width` is missing"]);
    edited(
        "activation = \"relu\"",
        "",
        &["x.toml:4:2", "`activation` is missing"],
    );
    edited(
        "learning_rate = 0.1",
        "",
        &["x.toml:8:2", "`learning_rate` is missing"],
    );
    edited(
        "steps = 3",
        "",
        &[
            "x.toml:8:2",
            "neither `train.epochs` nor `train.steps`",
            "add `epochs = 20` or `steps = 2000`",
        ],
    );
    edited(
        "[data]\nsource = \"digits\"",
        "",
        &[
            "x.toml",
            "the section [data] is missing",
            "add [data] with `source`",
        ],
    );
    edited(
        "quantity = \"attenuation_decades\"",
        "",
        &["x.toml:11", "`quantity` is missing"],
    );
    flagged(
        &["data.source.csv.path=a.csv"],
        &["--set data.source.csv.path=a.csv", "`target` is missing"],
    );
}

#[test]
fn ranges_in_the_file() {
    edited(
        "depth = 13",
        "depth = 0",
        &[
            "x.toml:5:9",
            "`network.depth` is 0",
            "expected an integer ≥ 1",
        ],
    );
    edited(
        "width = 8",
        "width = 0",
        &["x.toml:6:9", "`network.width` is 0"],
    );
    edited(
        "width = 8",
        "width = [8, 8, 0]",
        &["x.toml:6:16", "entry 3 of `network.width`"],
    );
    edited(
        "0.1",
        "0",
        &["x.toml:10:17", "expected a finite number > 0"],
    );
    edited("0.1", "nan", &["x.toml:10:17", "is nan", "finite"]);
    edited("0.1", "-inf", &["x.toml:10:17", "is -inf", "finite"]);
    edited(
        "[train]",
        "dropout = 1.0\n[train]",
        &["x.toml:8:11", "in [0, 1)"],
    );
    edited(
        "[train]",
        "dropout = -0.1\n[train]",
        &["x.toml:8:11", "in [0, 1)"],
    );
    edited(
        "steps = 3",
        "steps = 3\noptimizer = { adam = { beta2 = 1 } }",
        &[
            "x.toml:10:32",
            "`train.optimizer.adam.beta2`",
            "its default, 0.999",
        ],
    );
    edited(
        "[data]",
        "seed = -1\n[data]",
        &["x.toml:2:8", "an integer ≥ 0"],
    );
    edited(
        "13",
        "99999999999999999999",
        &["x.toml:5:9", "more than 64 bits"],
    );
    edited(
        "max = 1e9",
        "max = nan",
        &["x.toml:13:7", "`check.0.max` is nan"],
    );
    edited(
        "max = 1e9",
        "max = 1\nlayers = [1]",
        &["x.toml:14:10", "has 1 entry", "a list of 2"],
    );
}
