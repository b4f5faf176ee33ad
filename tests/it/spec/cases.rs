//! One case per mistake.

use vgrad::lab::config::{Overrides, Spec};

use super::{GOOD, Workbench, holds};

/// Runs the good spec with `from` replaced by `to`; the error must hold the parts.
#[track_caller]
fn edited(from: &str, to: &str, parts: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    holds(&Workbench::new().error(text.as_bytes(), &[]), parts);
}

/// Runs the good spec with flags; the error must hold the parts.
#[track_caller]
fn flagged(flags: &[&str], parts: &[&str]) {
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
        &["x.toml:14:10", "has 1 entries", "a list of 2"],
    );
}

#[test]
fn keys_that_do_not_go_together() {
    edited(
        "steps = 3",
        "steps = 3\nepochs = 2",
        &[
            "x.toml:9",
            "both `train.epochs` and `train.steps`",
            "remove one",
        ],
    );
    edited(
        "[train]",
        "skip = { identity = { every = 5 } }\n[train]",
        &[
            "x.toml:8:31",
            "= 5 does not divide `network.depth` − 1 = 12",
        ],
    );
    edited(
        "[train]",
        "skip = \"highway\"\norder = \"norm-activation-linear\"\n[train]",
        &["x.toml:8:8", "pre-activation"],
    );
    edited(
        "width = 8",
        "width = [8, 8]",
        &[
            "x.toml:6:9",
            "2 widths for `network.depth` = 13",
            "expected 13 widths",
        ],
    );
    for skip in ["\"identity\"", "\"rezero\"", "\"highway\""] {
        let widths = format!("width = [9{}]\nskip = {skip}", ", 8".repeat(12));
        edited(
            "width = 8",
            &widths,
            &["x.toml:7:8", "9 units in layer 1, 8 in layer 2"],
        );
    }
    flagged(
        &["network.norm=batch", "train.batch_size=1"],
        &["--set train.batch_size=1", "variance over one sample"],
    );
    flagged(
        &["train.optimizer.sgd.nesterov=true"],
        &[
            "--set train.optimizer.sgd.nesterov=true",
            "add `momentum = 0.9`",
        ],
    );
    flagged(
        &["data.source=sine"],
        &["--set data.source=sine", "set `loss = \"mse\"`"],
    );
    let csv = "{ csv = { path = \"a\", target = \"y\", test_path = \"b\" } }\ntest_fraction = 0.1";
    edited(
        "\"digits\"",
        csv,
        &["x.toml:4:17", "brings its own test file"],
    );
    edited(
        "[train]",
        "[log]\ncheckpoint_every = \"30x\"\n[train]",
        &["x.toml:9:20", "\"30s\", \"5m\", \"1h\""],
    );
}

#[test]
fn checks_that_cannot_hold() {
    edited(
        "max = 1e9",
        "",
        &["x.toml:11", "has no limit", "`min`, `max` or both"],
    );
    edited(
        "max = 1e9",
        "max = 1\nmin = 2",
        &["x.toml:14:7", "min = 2 above max = 1"],
    );
    edited(
        "max = 1e9",
        "max = 1\nlayers = [1, 2]",
        &["x.toml:14:10", "one number for the whole network"],
    );
    for layers in ["[3, 2]", "[1, 15]"] {
        let text = format!("max = 1\nlayers = {layers}");
        let text = GOOD
            .replace("attenuation_decades", "delta_norm")
            .replace("max = 1e9", &text);
        let error = Workbench::new().error(text.as_bytes(), &[]);
        holds(&error, &["x.toml:14:10", "within 1 to 14"]);
    }
}

#[test]
fn axes_of_a_sweep() {
    let axis = |text: &str, parts: &[&str]| {
        edited("[[check]]", &format!("[sweep]\n{text}\n[[check]]"), parts)
    };
    axis(
        "\"network.dpeth\" = [1]",
        &["x.toml:12:1", "did you mean `depth`?"],
    );
    axis(
        "\"network.depth\" = [1, 0]",
        &["x.toml:12:23", "is 0", "an integer ≥ 1"],
    );
    axis(
        "\"network.depth\" = []",
        &["x.toml:12:19", "has 0 entries", "at least 1"],
    );
    axis("seed = 3", &["x.toml:12:8", "expected a list"]);
    axis("name = [\"a\"]", &["x.toml:12:1", "cannot be an axis"]);
    flagged(
        &["sweep.\"network.depth\"=[0]"],
        &["--set sweep.\"network.depth\"=[0]", "an integer ≥ 1"],
    );
}

#[test]
fn names_that_are_no_folder() {
    for (name, why) in [
        ("a/b", "'/'"),
        (".a", "starts with a dot"),
        ("", "is empty"),
        ("a b", "' '"),
        ("ä", "'ä'"),
        ("..", "starts with a dot"),
    ] {
        edited(
            "\"good\"",
            &format!("\"{name}\""),
            &["x.toml:1:8", why, "letters, digits"],
        );
        flagged(&[&format!("name=\"{name}\"")], &["command line:1:12", why]);
    }
    let bench = Workbench::new();
    std::fs::write(
        bench.folder().join("my spec.toml"),
        GOOD.replace("name = \"good\"", ""),
    )
    .unwrap();
    let output = bench.vgrad(&["run", "my spec.toml"]);
    assert_eq!(output.status.code(), Some(2));
    holds(
        &String::from_utf8(output.stderr).unwrap(),
        &[
            "my spec.toml",
            "expected letters",
            "the file's stem is taken",
        ],
    );
}

#[test]
fn what_is_no_toml() {
    edited("depth = 13", "depth =", &["x.toml:5", "not valid TOML"]);
    edited("[train]", "[train", &["x.toml:8", "not valid TOML"]);
    edited(
        "depth = 13",
        "depth = 13\ndepth = 14",
        &["x.toml:6", "duplicate key"],
    );
    let error = Workbench::new().error(b"name = \"a\"\nseed = \xff", &[]);
    holds(&error, &["x.toml:2", "not UTF-8"]);
    for empty in ["", " \n\t\n"] {
        holds(
            &Workbench::new().error(empty.as_bytes(), &[]),
            &["x.toml", "the spec is empty", "vgrad new"],
        );
    }
    let deep = format!("a = {}", "[".repeat(100_000));
    holds(
        &Workbench::new().error(deep.as_bytes(), &[]),
        &["x.toml:1", "not valid TOML"],
    );
}

#[test]
fn what_is_no_file() {
    let bench = Workbench::new();
    std::fs::create_dir_all(bench.folder().join("run")).unwrap();
    let error = |name: &str| {
        let output = bench.vgrad(&["run", name]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    holds(
        &error("none.toml"),
        &["none.toml", "No such file", "help: "],
    );
    holds(&error("run"), &["--> run", "is a folder", "help: "]);
    std::fs::write(bench.folder().join("run/spec.toml"), GOOD).unwrap();
    holds(&error("run"), &["run/spec.toml"]);
}

#[test]
fn flags_that_cannot_be_read() {
    flagged(
        &["network.depth"],
        &["--set network.depth", "expected `=` and a value"],
    );
    flagged(
        &["network.depth="],
        &["--set network.depth=", "without a value"],
    );
    flagged(&["=3"], &["not the path of a key"]);
    flagged(&["network..depth=3"], &["not the path of a key"]);
    flagged(
        &["network.width=[8"],
        &["--set network.width=[8", "is not TOML"],
    );
    flagged(&["network.width.1=8"], &["`network.width` has no entry 1"]);
    flagged(
        &["check.7.max=8"],
        &["`check` has no entry 7", "there are 1 entries"],
    );
    flagged(&["name=2024"], &["--set name=2024", "put it in quotes"]);
}

#[test]
fn a_flag_is_blamed_only_for_what_it_set() {
    let bench = Workbench::new();
    let text = GOOD.replace("depth = 13", "depth = 0");
    holds(
        &bench.error(text.as_bytes(), &["--set", "network.width=3"]),
        &["x.toml:5:9"],
    );
    let error = bench.error(GOOD.as_bytes(), &["--set", "network.depth=0"]);
    assert!(!error.contains("x.toml"), "{error}");
    // Of two keys that do not go together, the one just set is to blame.
    let text = GOOD.replace("[train]", "skip = { identity = { every = 4 } }\n[train]");
    let error = bench.error(text.as_bytes(), &["--set", "network.depth=12"]);
    holds(&error, &["--set network.depth=12", "− 1 = 11"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]
    /// Whatever is typed into a spec or a flag, the answer is a spec or a message.
    #[test]
    fn no_text_panics(
        at in 0..GOOD.len(), cut in 0..20usize,
        put in "[a-z0-9.\"'{}\\[\\]=,\n#é∂ -]{0,12}|nan|\\[|= \\{ |'''|\u{feff}|\r\n",
        flag in "(network|train|check|sweep|data)(\\.[a-z0-9\"]{1,9}){0,3}=(\\PC{0,8}|nan|\\[1, 2\\])",
    ) {
        let end = (at + cut).min(GOOD.len());
        let text = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
        let bench = Workbench::new();
        let path = bench.folder().join("x.toml");
        std::fs::write(&path, &text).unwrap();
        for flags in [vec![], vec![flag]] {
            let loaded = Overrides::parse(&flags).and_then(|overrides| Spec::load(&path, &overrides));
            if let Err(error) = loaded {
                proptest::prop_assert!(error.to_string().contains("help: "), "{}", error);
            }
        }
    }
}
