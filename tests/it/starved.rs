//! A generator whose loss is flat, by every command that tells of it.

use serde_json::Value;

use crate::desk::Desk;

/// The samples lie so far from all that the generator makes that the discriminator is sure
/// of itself: the saturating loss has a slope of less than 10^-7 with the seeds 0 and 1,
/// the non-saturating one of 1. On the way through the layers less than a decade is lost.
pub const FAR: &str = r#"
[data]
source = { csv = { path = "far.csv", target = "y" } }
standardize = false
[network]
depth = 1
width = 4
activation = "relu"
[train]
steps = 2
batch_size = 8
learning_rate = 0.001
[gan]
noise = 2
discriminator_steps = 100
[gan.discriminator]
depth = 1
width = 4
activation = { leaky_relu = { slope = 0.2 } }
[gan.train]
optimizer = "adam"
learning_rate = 0.6
"#;

/// Forty rows near (20, 20), each with the target that `of_row` says.
pub fn rows(of_row: impl Fn(usize) -> String) -> String {
    let row = |i: usize| {
        let scatter = |k: usize| 20.0 + ((i * k) % 17) as f64 / 8.0 - 1.0;
        format!("{},{},{}\n", scatter(5), of_row(i), scatter(11))
    };
    "a,y,b\n".to_owned() + &(0..40).map(row).collect::<String>()
}

fn desk() -> Desk {
    let desk = Desk::with(FAR);
    desk.write("far.csv", rows(|i| format!("{}", i as f64 / 2.0)));
    desk
}

fn ended(desk: &Desk, words: &str) -> String {
    desk.vgrad(words.split_whitespace()).fine().stdout
}

/// Decades that the loss takes at one end of a run, as a table shows them.
fn by_loss(summary: &Value, end: &str) -> String {
    let slope = summary[end]["loss_slope"].as_f64().unwrap();
    format!("+ {:.2} by the loss", -slope.min(1.0).log10())
}

/// The texts of a picture, however their lines are broken.
fn words(svg: &str) -> String {
    let texts = svg
        .split('<')
        .filter_map(|tag| tag.strip_prefix("text ")?.split_once('>'));
    let words = texts.flat_map(|(_, text)| text.split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn targets_are_not_looked_at() {
    let desk = desk();
    let told = desk.run("--out a").fine().stderr;
    assert!(
        told.contains("csv: 40 rows, 2 features; 32 to train, 8 to test"),
        "{told}"
    );
    // Whatever stands in their column, nothing else changes.
    for (out, of_row) in [
        (
            "words",
            (|i| format!("word{}", i % 3)) as fn(usize) -> String,
        ),
        ("one", |_| "same".to_owned()),
        ("gaps", |i| ["", "inf", "NA", "1"][i % 4].to_owned()),
    ] {
        desk.write("far.csv", rows(of_row));
        desk.run(&format!("--out {out}")).fine();
        assert!(desk.csv_files("a") == desk.csv_files(out), "{out}");
    }
    // A test file may have other ones, or none.
    desk.write("test.csv", "b,a\n20,21\n21,20.5\n");
    let with = "--set data.source.csv.test_path=test.csv --out tested";
    let told = desk.run(with).fine().stderr;
    assert!(told.contains("40 to train, 2 to test"), "{told}");
    // A column that is not there is a slip all the same: its like would be a feature.
    desk.run("--set data.source.csv.target=z --out b")
        .refused(&["no column is named \"z\""]);
}

#[test]
fn a_run_says_whose_its_layers_are_and_who_won_once() {
    let desk = desk();
    let told = desk.run("--out a").fine().stdout;
    assert!(
        told.contains("layers 1–2 are the generator's, from 3 on the discriminator's"),
        "{told}"
    );
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(&format!(
            "in all {}",
            by_loss(&desk.summary("a"), "initial")
        )),
        "{told}"
    );
    assert_eq!(words.matches("the discriminator won").count(), 1, "{told}");
    assert_eq!(
        words
            .matches("the discriminator is so sure of itself")
            .count(),
        1,
        "{told}"
    );
    // Where nothing is trained, nothing is said of that.
    let told = desk.run("--set train.steps=0 --out b").fine().stdout;
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("training no steps; loss of the first batch"),
        "{told}"
    );
    assert!(
        !words.contains("steps/s") && !words.contains("has been trained"),
        "{told}"
    );
    assert!(
        !words.contains("nearly flat"),
        "the slope of a fresh one is near ½: {told}"
    );
}

#[test]
fn tables_over_seeds_and_cells_show_what_the_verdict_counts() {
    let desk = desk();
    let seeds = ended(&desk, "run trial.toml --seeds 2 --out s");
    // Headings on two lines: the table is no wider than a terminal.
    let heads: Vec<&str> = seeds.lines().take(2).map(str::trim_end).collect();
    assert!(
        heads[0].ends_with("energy") && heads[1].ends_with("distance"),
        "{seeds}"
    );
    let is_wide = |line: &str| line.chars().count() > 80;
    assert!(!seeds.lines().any(is_wide), "{seeds}");
    let sweep = "sweep trial.toml --grid gan.loss=[\"saturating\",\"non_saturating\"] --grid seed=[0,1] --out w";
    let sweep = ended(&desk, sweep);
    assert!(
        sweep.lines().next().unwrap().ends_with("energy distance"),
        "{sweep}"
    );
    let table = desk.table("w/sweep.csv");
    let mut losses = Vec::new();
    for seed in 0..2 {
        let summary = desk.summary(&format!("s/seed-{seed}"));
        for end in ["initial", "final"] {
            let by_loss = by_loss(&summary, end);
            let figure = by_loss.trim_end_matches(" by the loss").replace(' ', "");
            assert!(seeds.contains(&figure), "no {figure} in {seeds}");
        }
        // Cells 0 and 1 are these very runs.
        let told = table.numbers("loss_decades")[seed];
        assert_eq!(
            format!("+ {told:.2} by the loss"),
            by_loss(&summary, "initial")
        );
        losses.push(summary["test_loss"].as_f64().unwrap());
    }
    let mean = format!("{:.4}", (losses[0] + losses[1]) / 2.0);
    let own = |text: &str, row: &str| {
        let row = text.lines().find(|line| line.trim_start().starts_with(row));
        row.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    assert!(own(&seeds, "mean").contains(&mean), "{seeds}");
    let cells = own(&sweep, "saturating");
    assert!(
        cells.contains(&mean) && cells.matches("by the loss").count() == 2,
        "{sweep}"
    );
    assert!(
        own(&sweep, "non_saturating").contains("+ 0.00 by the loss"),
        "{sweep}"
    );
    let map = ended(&desk, "plot w --x gan.loss --y seed");
    assert!(map.contains("--quantity loss_decades"), "{map}");
    let map = ended(
        &desk,
        "plot w --x gan.loss --y seed --quantity loss_decades",
    );
    assert!(
        map.contains(&format!("{:.4}", table.numbers("loss_decades")[0])),
        "{map}"
    );
}

#[test]
fn pages_and_figures_show_it_too() {
    let desk = desk();
    desk.run("--seeds 2 --out s").fine();
    desk.run("--set gan.loss=non_saturating --out n").fine();
    let compared = desk.vgrad(["compare", "s/seed-0", "n"]).stdout;
    assert!(compared.contains(" + by the loss, initial "), "{compared}");
    ended(&desk, "report s/seed-0 n -o page.html");
    let page = desk.read("page.html");
    for end in ["initial", "final"] {
        let shown = by_loss(&desk.summary("s/seed-0"), end).replacen('+', "&#43;", 1);
        let plain = shown.replace("&#43;", "+");
        let count = page.matches(&shown).count() + page.matches(&plain).count();
        // In the first table and on the card.
        assert_eq!(count, 2, "{plain}");
    }
    assert!(page.contains("data-head=\"Loss\">energy distance "));
    assert!(page.contains("id=\"energy-distance\"") && page.contains("\"energy_distance\":"));
    ended(&desk, "plot s --figure curves -o curves.svg");
    let curves = desk.read("curves.svg");
    for title in ["Loss over training", "Energy distance over training"] {
        assert!(curves.contains(title), "{title}");
    }
    ended(&desk, "plot s -o all.svg");
    let all = words(&desk.read("all.svg"));
    for caption in [
        "loss takes off all layers is counted in",
        "s, from 3 on the discriminator",
    ] {
        assert!(all.contains(caption), "{all}");
    }
}

#[test]
fn cures_are_ranked_by_the_verdict_that_the_loss_makes() {
    let desk = desk();
    let told = ended(&desk, "remedies trial.toml --seeds 2 --out r");
    assert!(
        told.lines().next().unwrap().contains("energy distance"),
        "{told}"
    );
    assert!(
        told.contains("by the loss") && told.contains("healthy instead of vanishing"),
        "{told}"
    );
    let json = "remedies trial.toml --seeds 2 --out r --format json";
    let json: Value = serde_json::from_str(&ended(&desk, json)).unwrap();
    let ranked = json["remedies"].as_array().unwrap();
    let place = |name: &str| ranked.iter().position(|row| row["name"] == name).unwrap();
    let better = place("non-saturating loss");
    assert_eq!(ranked[better]["verdict"], "healthy");
    assert_eq!(ranked[better]["helped"], true);
    // He's init comes nearer to the data by less than a tenth, and its loss stays flat.
    let flat = place("He init");
    assert_eq!(ranked[flat]["verdict"], "vanishing");
    assert_eq!(ranked[flat]["helped"], false);
    let loss = |place: usize| ranked[place]["test_loss"].as_f64().unwrap();
    assert!(better < flat && loss(flat) < loss(better), "{told}");
    let reason = ranked[flat]["reason"].as_str().unwrap();
    let lost: f64 = reason.split_whitespace().nth(3).unwrap().parse().unwrap();
    assert!(
        reason.starts_with("gradients still lose") && lost > 4.0,
        "{reason}"
    );
    // And the folder says the same when it is read again.
    let shown = ended(&desk, "plot r");
    assert!(
        shown.contains("lost over the layers and by the loss"),
        "{shown}"
    );
    ended(&desk, "report r -o page.html");
    assert!(desk.read("page.html").contains(">Energy distance<"));
}

#[test]
fn a_rule_about_the_layers_says_what_it_does_not_see() {
    let desk = desk();
    desk.run("--out a").fine();
    let rule = |quantity: &str, limit: &str| {
        format!("[[check]]\nquantity = \"{quantity}\"\nat = \"initial\"\n{limit}\n")
    };
    let layers = rule("attenuation_decades", "max = 3.0");
    desk.write("layers.toml", &layers);
    let checked = desk.vgrad(["check", "a", "--rules", "layers.toml"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked
            .stderr
            .contains("warning: attenuation_decades is about the layers alone")
    );
    assert!(
        checked
            .stderr
            .contains("quantity = \"loss_slope\" and min = 0.001"),
        "{checked:?}"
    );
    desk.write(
        "both.toml",
        layers.clone() + &rule("loss_slope", "min = 0.01"),
    );
    let checked = desk.vgrad(["check", "a", "--rules", "both.toml"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(
        !checked.stderr.contains("about the layers alone"),
        "{checked:?}"
    );
    // log10(0.01 / slope) decades beyond.
    let slope = desk.summary("a")["initial"]["loss_slope"].as_f64().unwrap();
    let margin = format!("{:+.3} decades", -2.0 - slope.log10());
    assert!(checked.stdout.contains(&margin), "{margin}: {checked:?}");
    // A healthy one has nothing to be told.
    desk.run("--set gan.loss=non_saturating --out n").fine();
    let checked = desk.vgrad(["check", "n", "--rules", "layers.toml"]).fine();
    assert!(
        !checked.stderr.contains("about the layers alone"),
        "{checked:?}"
    );
}
