//! The first table: its columns and words, and the order of its rows.

use crate::desk::{Desk, SMALL};
use crate::recorded::{csv, data, decaying, markup};

/// The first table of a page, tag by tag without blanks between them.
fn table(desk: &Desk) -> String {
    let page = markup(desk, "report.html");
    let (_, rest) = page.split_once("id=\"overview\">").unwrap();
    let table = rest.split_once("</table>").unwrap().0;
    let lines: Vec<&str> = table.split_whitespace().collect();
    lines.join(" ").replace("&nbsp;", " ")
}

/// The text of each cell of a table, row by row.
fn rows(table: &str) -> Vec<Vec<String>> {
    let text = |html: &str| {
        let mut text = String::new();
        let mut is_tag = false;
        for c in html.chars() {
            match c {
                '<' => is_tag = true,
                '>' => {
                    is_tag = false;
                    text.push(' ');
                }
                _ if is_tag => {}
                _ => text.push(c),
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let rows = table.split("<tr").skip(1);
    rows.map(|row| {
        let (_, cells) = row.split_once('>').unwrap();
        let cells = cells.split("</th>").flat_map(|part| part.split("</td>"));
        let cells = cells.map(text).filter(|cell| !cell.is_empty());
        cells.collect()
    })
    .collect()
}

/// Four layers of tanh that learn three blobs, or with tiny weights nothing.
fn desk() -> Desk {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/fine --set train.steps=60 --set train.learning_rate=0.5")
        .fine();
    desk.run("--out runs/tiny --set train.steps=60 --set train.learning_rate=0.5 --set network.init={normal={std=0.001}}")
        .fine();
    desk
}

#[test]
fn it_comes_first_with_its_columns_and_the_words_of_run() {
    let desk = desk();
    desk.vgrad(["report", "runs/fine", "runs/tiny"]).fine();
    let page = markup(&desk, "report.html");
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("no {what}"));
    // Then the chart of both ends; everything else is folded.
    assert!(place("id=\"overview\"") < place("id=\"ends\""));
    assert!(place("id=\"ends\"") < place("<details"));
    for chart in ["profile", "training", "heat", "loss", "accuracy", "layers"] {
        assert!(
            place("<details") < place(&format!("id=\"{chart}\"")),
            "{chart}"
        );
    }
    assert!(!page.contains("<details open"));

    let rows = rows(&table(&desk));
    let heads = [
        "Run",
        "What was changed",
        "Decades lost",
        "Accuracy",
        "Guessing",
        "Verdict",
    ];
    assert_eq!(rows[0], heads);
    let [fine, tiny] = [&rows[1], &rows[2]];
    assert_eq!((&*fine[0], &*tiny[0]), ("fine", "tiny"));
    assert_eq!(tiny[1], "init = normal (std = 0.001)");
    for (row, run) in [(fine, "runs/fine"), (tiny, "runs/tiny")] {
        let summary = desk.summary(run);
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let lost = |end: &str| format!("{:.2}", number(&summary[end]["attenuation_decades"]));
        let theory = number(&summary["predicted"]["attenuation_decades"]);
        let [start, end] = ["initial", "final"].map(lost);
        let ends = format!("start {start} theory {theory:.2} end {end}");
        assert_eq!(row[2].replace('−', "-"), ends);
        let by = &summary["learned_by"];
        assert_eq!(row[3], format!("{:.3}", number(&by["value"])));
        assert_eq!(row[4], format!("{:.3}", number(&by["guessing"])));
    }
    // What learned nothing is no success, whatever its gradients do.
    assert_eq!(desk.summary("runs/fine")["learned"], true);
    assert_eq!(desk.summary("runs/tiny")["learned"], false);
    assert!(fine[5].starts_with("healthy learned "), "{fine:?}");
    assert!(
        tiny[5].starts_with("vanishing learned nothing "),
        "{tiny:?}"
    );
    let table = table(&desk);
    assert!(table.contains("<tr class=\"good\">") && table.contains("<tr class=\"bad\">"));
}

/// The sentence on the page is the one that `vgrad run` ends with.
#[test]
fn a_verdict_is_told_in_the_words_of_run() {
    let desk = Desk::with(SMALL);
    for (name, set) in [
        ("idle", "--set train.learning_rate=1e-9"),
        (
            "wild",
            "--set train.learning_rate=1e30 --set network.activation=relu",
        ),
    ] {
        let ended = desk.run(&format!("--out runs/{name} {set}")).fine();
        let said: Vec<&str> = ended.stdout.split_whitespace().collect();
        let said = said.join(" ");
        desk.vgrad(["report", &format!("runs/{name}")]).fine();
        let rows = rows(&table(&desk));
        // One run was changed from nothing.
        assert!(!rows[0].contains(&"What was changed".to_owned()));
        let verdict = rows[1].last().unwrap();
        let (head, sentence) = verdict.split_once(" learned nothing ").unwrap();
        assert!(
            said.contains(&format!("{head}: {sentence}")),
            "{verdict}\n{said}"
        );
    }
    let idle = desk.summary("runs/idle");
    assert_eq!(
        (&idle["verdict"], &idle["learned"]),
        (&"healthy".into(), &false.into())
    );
    desk.vgrad(["report", "runs/idle"]).fine();
    let table = table(&desk);
    assert!(table.contains("<tr class=\"doubtful\">"), "{table}");
    assert!(
        table.contains("but nothing was learned: accuracy"),
        "{table}"
    );
}

#[test]
fn an_untrained_run_and_a_lone_file_say_what_they_do_not_know() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/init --set train.steps=0").fine();
    desk.write("lone.csv", csv(5, 3, decaying));
    desk.vgrad(["report", "runs/init", "lone.csv"]).fine();
    let table = table(&desk);
    let rows = rows(&table);
    assert!(rows[1][5].starts_with("healthy not trained "), "{rows:?}");
    assert!(!rows[1][2].contains("end"), "{rows:?}");
    // What guessing reaches does not depend on whether there are steps.
    desk.run("--out runs/trained").fine();
    let guessing = &desk.summary("runs/trained")["learned_by"]["guessing"];
    assert_eq!(rows[1][4], format!("{:.3}", guessing.as_f64().unwrap()));
    assert_eq!(&desk.summary("runs/init")["chance_accuracy"], guessing);
    // 10^(layer/2): a decade and a half over the four hidden layers.
    assert_eq!(rows[2][2], "start 1.50 end 1.50");
    assert_eq!(&rows[2][3..5], ["–", "–"]);
    assert!(table.contains("<tr class=\"open\">") && !table.contains("<tr class=\"good\">"));
}

#[test]
fn a_pattern_stands_in_natural_order() {
    let desk = Desk::empty();
    let names = ["depth-10.csv", "depth-2.csv", "depth-30.csv"];
    for name in names {
        desk.write(name, csv(3, 2, decaying));
    }
    desk.vgrad(["report"].into_iter().chain(names)).fine();
    let rows = rows(&table(&desk));
    let order: Vec<&str> = rows[1..].iter().map(|row| &*row[0]).collect();
    assert_eq!(order, ["depth-2.csv", "depth-10.csv", "depth-30.csv"]);
    let data = data(&desk, "report.html");
    assert_eq!(data["targets"][0]["label"], "depth-2.csv");
}

#[test]
fn large_and_small_numbers_have_an_exponent() {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/a").fine();
    let text = desk.read("runs/a/training.csv");
    let last = text.lines().last().unwrap();
    let mut cells: Vec<&str> = last.split(',').collect();
    cells[3] = "2.5e8";
    cells[5] = "0.0000312";
    let changed = text.replace(last, &cells.join(","));
    desk.write("runs/a/training.csv", changed);
    desk.vgrad(["report", "runs/a"]).fine();
    let page = markup(&desk, "report.html");
    assert!(page.contains("<dd>2.50e8</dd>") && page.contains("<dd>3.12e-5</dd>"));
}
