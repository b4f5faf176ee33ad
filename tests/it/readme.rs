//! Every block of the README runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Commands of the README that a test does not repeat, each with its reason.
const NOT_REPEATED: &[(&str, &str)] = &[("cargo test", "it is what runs this test")];

/// The experiments whose gradients the README's second picture shows, in its order.
const THROUGH_TIME: [&str; 5] = [
    "pixels_tanh_gaussian",
    "pixels_tanh_orthogonal",
    "pixels_lstm_forget_0",
    "pixels_lstm_forget_1",
    "pixels_gru",
];

/// The experiments whose gradients the README's first picture shows, in its order.
const CURES: [&str; 5] = [
    "deep_sigmoid",
    "deep_sigmoid_layer_norm",
    "deep_sigmoid_batch_norm",
    "deep_sigmoid_relu",
    "deep_sigmoid_skip",
];

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("```").filter(|found| !found.is_empty()) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if found == language {
                blocks.push(block.join("\n"));
            }
        }
    }
    blocks
}

/// Runs a line of shell where `vgrad` is the program under test.
fn shell(line: &str, folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_vgrad");
    let path = format!(
        "{}:{}",
        Path::new(program).parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let line = line.replace("cargo run --release -- ", "vgrad ");
    Command::new("sh")
        .args(["-c", &line])
        .current_dir(folder)
        .env("PATH", path)
        .env("VGRAD_THREADS", "1")
        // The README speaks of a desk; a CI server accepts no baseline unasked.
        .env_remove("CI")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .unwrap()
}

#[test]
fn it_is_read_in_one_go() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let lines = readme.lines().count();
    assert!(
        lines < 200,
        "{lines} lines: what is for few stands beside what it describes"
    );
}

#[test]
fn shell_blocks_run() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["experiments", "experiments/baselines"] {
        let to = folder.path().join(part);
        fs::create_dir(&to).unwrap();
        let files = fs::read_dir(Path::new(ROOT).join(part)).unwrap();
        for file in files
            .map(Result::unwrap)
            .filter(|file| file.path().is_file())
        {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let blocks = blocks("sh");
    assert!(
        blocks.len() >= 4,
        "the README's shell blocks were not found"
    );
    let lines = blocks.iter().flat_map(|block| block.lines());
    for line in lines.filter(|line| NOT_REPEATED.iter().all(|(command, _)| command != line)) {
        let output = shell(line, folder.path());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{errors}");
    }
    assert!(
        folder
            .path()
            .join("runs/deep_sigmoid/summary.json")
            .exists()
    );
}

#[test]
fn spec_blocks_run() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = blocks("toml");
    assert!(!blocks.is_empty());
    let table = Path::new(ROOT).join("experiments/own_csv.csv");
    fs::copy(table, folder.path().join("own_csv.csv")).unwrap();
    for block in blocks {
        fs::write(folder.path().join("spec.toml"), block).unwrap();
        let output = shell(
            "vgrad run spec.toml --set train.steps=2 --quiet",
            folder.path(),
        );
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The lines of a picture through `points` points, each point as x and y.
fn lines_of(svg: &str, points: usize) -> Vec<Vec<[f64; 2]>> {
    let lists = svg.split("points=\"").skip(1);
    let lists = lists.map(|rest| rest.split('"').next().unwrap());
    let pair = |text: &str| {
        let (x, y) = text.split_once(',').unwrap();
        [x, y].map(|number| number.parse().unwrap())
    };
    lists
        .map(|list| list.split_whitespace().map(pair).collect())
        .filter(|line: &Vec<_>| line.len() == points)
        .collect()
}

/// log10 ‖∂L/∂h‖ of every layer at step 0.
fn norms(run: &Path) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(run.join("gradients.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = header.iter().position(|it| it == "activation_grad_norm");
    let number = |row: csv::StringRecord| row[column.unwrap()].parse::<f64>().unwrap();
    reader
        .records()
        .map(|row| number(row.unwrap()).log10())
        .collect()
}

/// The README's pictures show what is measured at step 0, which depends on the draws
/// alone. `VGRAD_DRAW=1 cargo test --test it readme::the_picture` draws them anew.
#[test]
fn the_pictures_show_what_is_measured() {
    the_picture(
        "deep_sigmoid_cures.svg",
        &CURES,
        "A deep network and its cures",
    );
    the_picture("time_steps.svg", &THROUGH_TIME, "The gradient through time");
    let drawn = fs::read_to_string(format!("{ROOT}/experiments/time_steps.svg")).unwrap();
    for word in ["over the time steps", "\ntime step\n"] {
        assert!(drawn.contains(word), "no {word} in the picture");
    }
}

/// The picture `file` of the experiments `names`, a line for each over all layers.
fn the_picture(file: &str, names: &[&str], title: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = Path::new(ROOT).join("experiments").join(file);
    for name in names {
        let spec = format!("{ROOT}/experiments/{name}.toml");
        let line = format!("vgrad run {spec} --set train.steps=0 --quiet --out {name}");
        assert!(shell(&line, folder.path()).status.success(), "{line}");
    }
    if std::env::var_os("VGRAD_DRAW").is_some() {
        let runs = names.join(" ");
        let line = format!(
            "vgrad plot {runs} --figure layers --width 760 --title '{title}' -o '{}'",
            file.display()
        );
        assert!(shell(&line, folder.path()).status.success(), "{line}");
    }
    let measured: Vec<Vec<f64>> = names
        .iter()
        .map(|name| norms(&folder.path().join(name)))
        .collect();
    let last = measured[0].len() - 1;
    let lines = lines_of(&fs::read_to_string(&file).unwrap(), last + 1);
    assert_eq!(lines.len(), names.len(), "a line for each network");
    // The axis: the ends of the longest line are as far apart as its norms.
    let ends = (lines[0][0][1], lines[0][last][1]);
    let unit = (ends.1 - ends.0) / (measured[0][last] - measured[0][0]);
    for ((name, line), norms) in names.iter().zip(&lines).zip(&measured) {
        for (layer, ([_, y], norm)) in (1..).zip(line.iter().zip(norms)) {
            let shown = measured[0][0] + (y - ends.0) / unit;
            // A coordinate is a whole number, of which some 90 make a decade.
            assert!(
                (shown - norm).abs() < 0.03,
                "{name}, layer {layer}: 10^{shown} is drawn, 10^{norm} measured"
            );
        }
    }
}
