//! `--predictive`: the probabilities on the test set, what they are worth, and ensembles.

use serde_json::Value;

use crate::desk::Desk;

/// Three classes that overlap, so that a network errs and is unsure.
fn desk(dropout: &str) -> Desk {
    Desk::with(&format!(
        "[data]\nsource = {{ blobs = {{ samples = 400, classes = 3, spread = 2.0 }} }}\n\
         test_fraction = 0.5\n[network]\ndepth = 2\nwidth = 16\nactivation = \"relu\"\n{dropout}\
         [train]\nsteps = 60\nbatch_size = 32\nlearning_rate = 0.1\n[log]\nevery = 30\n"
    ))
}

/// The classes that came true and the probabilities, row by row.
fn rows(text: &str) -> Vec<(String, usize, Vec<f64>)> {
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("sample,position,target,confidence,entropy,probability_0,probability_1,probability_2")
    );
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let probabilities = cells[5..].iter().map(|cell| cell.parse().unwrap());
            (
                cells[0].to_owned(),
                cells[2].parse().unwrap(),
                probabilities.collect(),
            )
        })
        .collect()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key}: {value}"))
}

/// Accuracy, mean log loss and entropy, calibration error, share of the errors in the most
/// uncertain tenth: as the definitions say, one sample after the other.
fn expected(rows: &[(usize, Vec<f64>)]) -> [f64; 5] {
    let n = rows.len() as f64;
    let (mut right, mut loss, mut entropy) = (0.0, 0.0, 0.0);
    let mut bins = [[0.0f64; 3]; 15];
    let mut unsure = Vec::new();
    for (target, p) in rows {
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let most = p.iter().copied().fold(0.0, f64::max);
        let hit = f64::from(u8::from(p[*target] == most));
        right += hit / n;
        loss -= p[*target].ln() / n;
        let own: f64 = p
            .iter()
            .map(|p| if *p > 0.0 { -p * p.ln() } else { 0.0 })
            .sum();
        entropy += own / n;
        let mut bin = 0;
        while most > (bin + 1) as f64 / 15.0 {
            bin += 1;
        }
        bins[bin][0] += 1.0;
        bins[bin][1] += most;
        bins[bin][2] += hit;
        unsure.push((own, hit));
    }
    let calibration = bins
        .iter()
        .map(|[_, sure, hits]| (sure - hits).abs() / n)
        .sum();
    unsure.sort_by(|a, b| b.0.total_cmp(&a.0));
    let errors = |some: &[(f64, f64)]| some.iter().filter(|(_, hit)| *hit == 0.0).count() as f64;
    let caught = errors(&unsure[..rows.len().div_ceil(10)]) / errors(&unsure);
    [right, loss, entropy, calibration, caught]
}

fn is_measured(told: &Value, rows: &[(usize, Vec<f64>)]) {
    let keys = [
        "accuracy",
        "log_loss",
        "entropy",
        "calibration_error",
        "errors_in_most_uncertain_tenth",
    ];
    for (key, expected) in keys.into_iter().zip(expected(rows)) {
        let told = number(told, key);
        assert!(
            (told - expected).abs() < 1e-9,
            "{key}: {told}, not {expected}"
        );
    }
    assert_eq!(number(told, "samples") as usize, rows.len());
}

#[test]
fn a_softmax_is_measured_as_its_table_says() {
    let desk = desk("");
    let ended = desk.vgrad(["run", "trial.toml", "--predictive", "--out=run"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let summary = desk.summary("run");
    let told = &summary["predictive"];
    let rows: Vec<_> = rows(&desk.read("run/predictive.csv"))
        .into_iter()
        .map(|(_, target, p)| (target, p))
        .collect();
    assert_eq!(rows.len(), 200);
    assert_eq!(
        (&told["method"], number(told, "members")),
        (&"softmax".into(), 1.0)
    );
    is_measured(told, &rows);
    // The same network was looked at last: the same hits and the same loss.
    assert!((number(told, "accuracy") - number(&summary, "test_accuracy")).abs() < 1e-12);
    assert!((number(told, "log_loss") - number(&summary, "test_loss")).abs() < 1e-5);
    // Some samples are wrong, or the test of them is empty.
    assert!(number(told, "errors") >= 5.0, "{told}");
    assert!(
        ended.stdout.contains("calibration error"),
        "{}",
        ended.stdout
    );
    assert!(
        desk.read("run/spec.toml")
            .contains("predictive = \"softmax\"")
    );
}

#[test]
fn passes_with_dropout_differ_and_do_not_depend_on_threads() {
    let desk = desk("dropout = 0.4\nnorm = \"batch\"\n");
    let table = |out: &str, more: &[&str]| {
        let out_flag = format!("--out={out}");
        let mut arguments = vec!["run", "trial.toml", "--predictive", "-q", &out_flag];
        arguments.extend(more);
        let ended = desk.vgrad(arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        desk.read(&format!("{out}/predictive.csv"))
    };
    let one = table("one", &["--threads=1"]);
    assert_eq!(one, table("two", &["--threads=2"]));
    let told = desk.summary("one");
    let told = &told["predictive"];
    assert_eq!(
        (&told["method"], number(told, "members")),
        (&"mc_dropout".into(), 30.0)
    );
    let rows = rows(&one);
    is_measured(
        told,
        &rows
            .iter()
            .map(|(_, t, p)| (*t, p.clone()))
            .collect::<Vec<_>>(),
    );
    // Without dropout at work it would be the softmax of the one network.
    let softmax = table("softmax", &["--set=train.predictive=softmax"]);
    assert_ne!(one, softmax);
    // A mean over more passes is another mean.
    assert_ne!(
        one,
        table("five", &["--set=train.predictive={ mc_dropout = 5 }"])
    );
    // What is judged at the end changes nothing before it.
    table("plain", &[]);
    assert_eq!(desk.csv_files("plain"), desk.csv_files("softmax"));
}

/// With a test file every seed holds out the same samples: the ensemble is the plain mean.
#[test]
fn seeds_are_an_ensemble() {
    let desk = desk("");
    let line = |i: usize| {
        let class = i % 3;
        let x = (i as f64 * 0.618).fract() * 2.5 + class as f64;
        let y = (i as f64 * 0.414).fract() * 2.5 - class as f64;
        format!("{x},{y},{class}\n")
    };
    let table = |from: usize, to: usize| {
        let lines: String = (from..to).map(line).collect();
        format!("x,y,class\n{lines}")
    };
    desk.write("train.csv", table(0, 120));
    desk.write("test.csv", table(120, 180));
    let spec = desk.read("trial.toml").replace(
        "source = { blobs = { samples = 400, classes = 3, spread = 2.0 } }\ntest_fraction = 0.5",
        "source = { csv = { path = \"train.csv\", target = \"class\", test_path = \"test.csv\" } }",
    );
    desk.write("trial.toml", spec);
    let ended = desk.vgrad([
        "run",
        "trial.toml",
        "--predictive",
        "--seeds=3",
        "--out=seeds",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let members: Vec<_> = (0..3)
        .map(|seed| rows(&desk.read(&format!("seeds/seed-{seed}/predictive.csv"))))
        .collect();
    let mean: Vec<(usize, Vec<f64>)> = (0..60)
        .map(|i| {
            let p = (0..3).map(|k| members.iter().map(|m| m[i].2[k]).sum::<f64>() / 3.0);
            (members[0][i].1, p.collect())
        })
        .collect();
    let told: Value = serde_json::from_str(&desk.read("seeds/seeds.json")).unwrap();
    let told = &told["predictive"];
    assert_eq!(
        (&told["method"], number(told, "members")),
        (&"ensemble".into(), 3.0)
    );
    is_measured(told, &mean);
    assert!(
        ended.stdout.contains("ensemble of 3 runs"),
        "{}",
        ended.stdout
    );
    let drawn = desk.vgrad(["plot", "seeds", "--figure=reliability", "--out=r.svg"]);
    assert_eq!(drawn.code, Some(0), "{}", drawn.stderr);
    let svg = desk.read("r.svg");
    assert!(svg.contains("Reliability on the test set") && svg.contains("ensemble of 3.0"));
    assert!(
        !svg.contains("A dot"),
        "a caption's parts follow on a semicolon"
    );

    desk.vgrad(["report", "seeds", "-o", "page.html"]).fine();
    let page = desk.read("page.html");
    let (_, section) = page.split_once("id=\"reliability-title\"").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    assert!(section.contains("<svg") && section.contains("ensemble of 3.0"));
    let figure = format!("{:.3}", number(told, "calibration_error"));
    for words in [
        format!("<span class=\"soft\">calibration error, ensemble</span> {figure}"),
        format!("<dt>Calibration error, ensemble</dt><dd>{figure}</dd>"),
        "<dt>Calibration error, single networks</dt>".to_owned(),
    ] {
        assert!(page.contains(&words), "{words}");
    }
    // Of one run they are its own, and without --predictive there are none.
    desk.vgrad(["report", "seeds/seed-1", "-o", "page.html"])
        .fine();
    assert!(
        desk.read("page.html")
            .contains("<dt>Calibration error</dt>")
    );
    desk.vgrad(["run", "trial.toml", "--out=plain", "-q"])
        .fine();
    desk.vgrad(["report", "plain", "-o", "page.html"]).fine();
    let page = desk.read("page.html");
    assert!(!page.contains("reliability-title") && !page.contains("alibration error"));
}

/// Where the seed draws the split, only samples that two runs held out count, each by the
/// runs that held it out.
#[test]
fn no_network_is_asked_about_what_it_was_trained_on() {
    let desk = desk("");
    let ended = desk.vgrad([
        "run",
        "trial.toml",
        "--predictive",
        "--seeds=3",
        "--out=s",
        "-q",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut by_sample = std::collections::BTreeMap::<usize, Vec<(usize, Vec<f64>)>>::new();
    for seed in 0..3 {
        for (sample, target, p) in rows(&desk.read(&format!("s/seed-{seed}/predictive.csv"))) {
            let own = by_sample.entry(sample.parse().unwrap()).or_default();
            own.push((target, p));
        }
    }
    by_sample.retain(|_, members| members.len() > 1);
    let count = by_sample.values().map(Vec::len).sum::<usize>() as f64 / by_sample.len() as f64;
    let mean: Vec<(usize, Vec<f64>)> = by_sample
        .into_values()
        .map(|members| {
            let of = |k: usize| members.iter().map(|(_, p)| p[k]).sum::<f64>();
            (
                members[0].0,
                (0..3).map(|k| of(k) / members.len() as f64).collect(),
            )
        })
        .collect();
    let told: Value = serde_json::from_str(&desk.read("s/seeds.json")).unwrap();
    let told = &told["predictive"];
    assert!((number(told, "members") - count).abs() < 1e-12);
    is_measured(told, &mean);
}

/// Runs that came to no probabilities are left out of an ensemble and told of; what is left
/// of a group never stands for it.
#[test]
fn runs_without_probabilities_are_told_of() {
    let desk = desk("");
    let run = |more: &[&str]| {
        let ended = desk.vgrad([&["run", "trial.toml", "--predictive"], more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let draw = |drawn: &str| {
        let ended = desk.vgrad(["plot", "s", "--figure=reliability", "--out", drawn]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // Without the tags: a caption is cut into lines.
        let svg = desk.read(drawn);
        let words = svg
            .split('<')
            .filter_map(|part| Some(part.split_once('>')?.1));
        let words = words.flat_map(str::split_whitespace).collect::<Vec<_>>();
        words.join(" ")
    };
    let told = |key: &str| {
        let told: Value = serde_json::from_str(&desk.read("s/seeds.json")).unwrap();
        told[key].clone()
    };
    run(&["--seeds=4", "--out=s"]);
    assert_eq!(number(&told("predictive"), "members").floor(), 2.0);
    assert!(draw("whole.svg").contains("Confidence and accuracy: s"));

    // As a run that diverged leaves its folder.
    let take = |seed: u64| {
        std::fs::remove_file(desk.path(&format!("s/seed-{seed}/predictive.csv"))).unwrap();
        let mut summary = desk.summary(&format!("s/seed-{seed}"));
        summary["predictive"] = Value::Null;
        desk.write(&format!("s/seed-{seed}/summary.json"), summary.to_string());
    };
    take(1);
    let three = draw("three.svg");
    for words in ["ensemble of", "1 of 4 runs was not judged"] {
        assert!(three.contains(words), "{words}: {three}");
    }
    take(0);
    take(3);
    let one = draw("one.svg");
    for words in ["s/seed-2: softmax of one network", "3 of 4 runs were not"] {
        assert!(one.contains(words), "{words}: {one}");
    }

    let wild = "--set=train.learning_rate=1e30";
    let alone = run(&[wild, "--out=wild"]);
    assert!(alone.contains("not judged: the run diverged"), "{alone}");
    let group = run(&[wild, "--seeds=3", "--out=s", "--force"]);
    let words = "no ensemble: 3 of 3 runs were not judged";
    assert!(group.contains(words), "{group}");
    assert_eq!(told("predictive"), Value::Null);
    let lone = run(&["--seeds=1", "--out=lone"]);
    assert!(lone.contains("softmax: accuracy"), "{lone}");
}

#[test]
fn what_has_no_probabilities_is_refused() {
    let cases = [
        ("", "--set=train.loss=mse", "train.loss"),
        ("", "--set=data.test_fraction=0.0", "test_fraction"),
        (
            "",
            "--set=train.predictive={ mc_dropout = 3 }",
            "dropout = 0.2",
        ),
        (
            "",
            "--set=train.predictive={ mc_dropout = 0 }",
            "mc_dropout",
        ),
        ("", "--set=train.predictive=guess", "softmax"),
        // It is a number of passes and no table of parameters.
        (
            "",
            "--set=train.predictive=mc_dropout",
            "which needs an integer",
        ),
        ("", "--set=train.predictive=mc_dropout", "mc_dropout = 30"),
    ];
    for (dropout, change, named) in cases {
        let desk = desk(dropout);
        let ended = desk.vgrad(["run", "trial.toml", "--predictive", change, "--out=run"]);
        assert_eq!(ended.code, Some(2), "{change}: {}", ended.stdout);
        assert!(ended.stderr.contains(named), "{change}: {}", ended.stderr);
        // Nobody typed the key that the flag stands for.
        let typed = "--set train.predictive=\"";
        assert!(!ended.stderr.contains(typed), "{}", ended.stderr);
        assert!(!desk.has("run"), "{change}");
    }
    let gan = "[gan]\nloss = \"saturating\"\n[gan.discriminator]\ndepth = 2\nwidth = 8\n\
               activation = \"relu\"\n";
    let desk = Desk::with(&(desk("").read("trial.toml") + gan));
    let ended = desk.vgrad(["run", "trial.toml", "--predictive"]);
    ended.refused(&["train.predictive", "[gan]"]);
}
