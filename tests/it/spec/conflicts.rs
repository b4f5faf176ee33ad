//! Specs whose keys are well written and do not go together, files that are no
//! specs, and flags that cannot be read: each is told with its place.

use vgrad::lab::config::{Overrides, Spec};

use super::cases::{edited, flagged};
use super::{GOOD, Workbench, holds};
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
    // The pixels of an image vary too, unless a layer has one.
    let image = [
        "network.norm=batch",
        "train.batch_size=1",
        "network.architecture=conv",
    ];
    flagged(
        &[
            &image[..],
            &["network.architecture.conv.downsample=[1,2,3]"],
        ]
        .concat(),
        &["train.batch_size", "a layer has one row"],
    );
    flagged(
        &["network.architecture.conv.kernel=17"],
        &["outermost taps", "at most 15"],
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
        &["x.toml:12:19", "has no values", "expected a list"],
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
        &["`check` has no entry 7", "it has 1 entry, counted from 0"],
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
