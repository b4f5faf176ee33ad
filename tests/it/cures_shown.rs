//! A folder of remedies as a figure, on the terminal and on a page.

use crate::desk::{Desk, SMALL};
use crate::recorded::markup;

/// As it is, two cures that were tried, one that diverged, one that does not apply.
const RANKED: &str = "\
rank,name,set,attenuation_decades,attenuation_predicted,train_loss,test_loss,test_accuracy,test_accuracy_spread,steps_to_90_percent,verdict,helped,reason,learned,seeds
0,as it is,,4.6,4.39,1.09,1.1,0.3,0.05,,vanishing,,,false,3
1,ReLU & He <b>,network.activation=relu network.init=he_normal,-0.2,0,0.1,0.2,0.9,0.01,40,healthy,true,,true,3
2,layer norm,network.norm=layer,2.98,2.86,1.0966,1.1,0.31,0.35,,healthy,false,gradients still lose 2.98 decades,false,3
3,learning rate × 10,train.learning_rate=1,inf,4.39,NaN,NaN,,,,diverged,false,3 of 3 runs diverged,false,3
,clipping,,,,,,,,,,,nothing explodes,,0
";

fn desk() -> Desk {
    let desk = Desk::empty();
    desk.write("deep-remedies/remedies.csv", RANKED);
    desk
}

#[test]
fn the_figure_names_every_cure_and_marks_the_spec_as_it_is() {
    let desk = desk();
    let all = "plot deep-remedies -o a.svg";
    let ended = desk.vgrad(all.split(' ')).fine();
    assert!(
        ended.stdout.starts_with("a.svg: cures ("),
        "{}",
        ended.stdout
    );
    let svg = desk.read("a.svg");
    for words in [
        "Cures tried: deep-remedies",
        "decades lost at step 0",
        "test accuracy",
        "ReLU &amp; He &lt;b&gt;",
        "layer norm",
        "as it is",
        "did not help",
        "95 % interval over the seeds",
        "learning rate × 10",
        "1 cure does not apply",
    ] {
        assert!(svg.contains(words), "no {words:?} in {svg}");
    }
    // Three points with finite numbers; that of the spec as it is is the largest.
    let circles: Vec<&str> = svg.split("<circle ").skip(1).collect();
    assert_eq!(circles.len(), 3);
    let number = |circle: &str, key: &str| -> f64 {
        let (_, rest) = circle.split_once(&format!("{key}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let largest = circles
        .iter()
        .copied()
        .max_by(|a, b| number(a, " r").total_cmp(&number(b, " r")));
    let baseline = largest.unwrap();
    // It lost the most decades and reached the least: right of and below the others.
    for circle in circles.iter().filter(|circle| **circle != baseline) {
        assert!(number(circle, " r") < number(baseline, " r"));
        assert!(number(circle, "cx") < number(baseline, "cx"));
        assert!(number(circle, "cy") < number(baseline, "cy"));
    }
}

/// Names in a column do not touch: 40 cures that came to the same.
#[test]
fn names_of_many_cures_do_not_touch() {
    let desk = Desk::empty();
    let mut csv: String = RANKED
        .lines()
        .take(2)
        .map(|line| format!("{line}\n"))
        .collect();
    for n in 1..=40 {
        csv += &format!("{n},cure number {n},,0.1,0.1,0.2,0.2,0.9,0.01,40,healthy,true,,true,3\n");
    }
    desk.write("many/remedies.csv", csv);
    for size in ["", " --width 500 --height 500", " --legend inside"] {
        let all = format!("plot many -o a.svg{size}");
        desk.vgrad(all.split(' ')).fine();
        let svg = desk.read("a.svg");
        // Column and row of each name, in quarters of a pixel.
        let mut names: Vec<(i64, i64)> = svg
            .split("<text ")
            .skip(1)
            .filter(|text| text.contains("cure") && text.contains(char::is_numeric))
            .filter(|text| !text.contains("Cures") && !text.contains("interval"))
            .map(|text| {
                let number = |key: &str| {
                    let (_, rest) = text.split_once(&format!("{key}=\"")).unwrap();
                    rest.split('"').next().unwrap().parse().unwrap()
                };
                (number("x"), number("y"))
            })
            .collect();
        names.sort_unstable();
        assert!(names.len() > 20, "{size}: {}", names.len());
        for pair in names.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            assert!(pair[1].1 - pair[0].1 >= 4 * 12, "{size}: {pair:?}");
        }
    }
}

#[test]
fn the_terminal_lists_them() {
    let desk = desk();
    let text = desk.vgrad(["plot", "deep-remedies"]).fine().stdout;
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["deep-remedies"]);
    assert_eq!(lines[1], ["decades", "accuracy"]);
    assert_eq!(lines[2][..5], ["as", "it", "is", "4.60", "0.300"]);
    assert_eq!(
        lines[3][..7],
        ["1", "ReLU", "&", "He", "<b>", "-0.20", "0.900"]
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn a_page_has_the_ranked_table_and_the_figure() {
    let desk = desk();
    desk.vgrad(["report", "deep-remedies"]).fine();
    let page = desk.read("report.html");
    let place = |what: &str| {
        page.find(what)
            .unwrap_or_else(|| panic!("no {what} in {page}"))
    };
    let cure = "<span>ReLU &#38; He &#60;b&#62; <small>";
    assert!(place("<span>as it is</span>") < place(cure));
    assert!(place(cure) < place("<span>layer norm <small>"));
    assert!(place("<span>layer norm <small>") < place("<svg "));
    for words in [
        "<h1>Cures tried: deep-remedies</h1>",
        "accuracy 0.900 instead of 0.300",
        "network.activation=relu network.init=he_normal",
        "0.310 ± 0.350",
        "gradients still lose 2.98 decades",
        "3 of 3 runs diverged",
        "clipping: nothing explodes",
        "<td class=\"number\" data-head=\"Decades lost\">all</td>",
        "<td class=\"number\" data-head=\"By theory\">2.86</td>",
    ] {
        place(words);
    }
    assert!(!page.contains("<b>") && !page.contains("http-equiv=\"refresh\""));
    desk.vgrad(["report", "deep-remedies", "--title", "A <title>"])
        .fine();
    assert!(markup(&desk, "report.html").contains("<h1>A &#60;title&#62;</h1>"));
    // Without accuracies the loss tells.
    let none = RANKED
        .replace(",0.3,0.05,", ",,,")
        .replace(",0.9,0.01,", ",,,");
    desk.write("loss/remedies.csv", none.replace(",0.31,0.35,", ",,,"));
    desk.vgrad(["report", "loss"]).fine();
    let page = desk.read("report.html");
    assert!(page.contains(">Test loss<") && page.contains("test loss"));
}

/// The columns that an earlier program did not write are unknown.
#[test]
fn an_earlier_ranking_is_read() {
    let desk = Desk::empty();
    let earlier: String = RANKED
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            cells[..cells.len() - 2].join(",") + "\n"
        })
        .collect();
    desk.write("old/remedies.csv", earlier);
    desk.vgrad(["report", "old"]).fine();
    let page = desk.read("report.html");
    let (_, body) = page.split_once("</style>").unwrap();
    assert!(body.contains("accuracy 0.900 instead") && !body.contains("learned"));
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let desk = desk();
    // Stopped before a ranking was written.
    desk.write(
        "half/as-it-is/seed-0/gradients.csv",
        "step,layer,x_norm\n0,1,1\n",
    );
    for command in ["plot half", "report half", "plot half -o a.svg"] {
        desk.vgrad(command.split(' ')).refused(&[
            "half",
            "remedies.csv",
            "same `vgrad remedies` again",
        ]);
    }
    desk.write("trial.toml", SMALL);
    desk.run("--out run").fine();
    desk.vgrad(["plot", "run", "--figure", "cures", "-o", "a.svg"])
        .refused(&["figure `cures`", "vgrad remedies"]);
    desk.vgrad(["plot", "deep-remedies", "--figure", "layers", "-o", "a.svg"])
        .refused(&["figure `layers`"]);
    desk.vgrad(["plot", "deep-remedies", "--quantity", "x_norm"])
        .refused(&["--quantity x_norm", "no run"]);
    desk.vgrad(["report", "deep-remedies", "--quantity", "x_norm"])
        .refused(&["--quantity x_norm", "no run"]);
    desk.vgrad(["report", "deep-remedies", "run"])
        .refused(&["run", "a page for each"]);
    desk.write(
        "none/remedies.csv",
        RANKED.lines().next().unwrap().to_owned() + "\n",
    );
    desk.vgrad(["plot", "none"])
        .refused(&["none/remedies.csv", "rank 0"]);
    desk.write("odd/remedies.csv", RANKED.replace("2.98", "much"));
    desk.vgrad(["report", "odd"])
        .refused(&["odd/remedies.csv:4", "`much`", "attenuation_decades"]);
    desk.write("short/remedies.csv", "rank,name\n0,as it is\n");
    desk.vgrad(["plot", "short"])
        .refused(&["short/remedies.csv", "no column"]);
    assert!(!desk.has("a.svg") && !desk.has("report.html"));
    // Beside runs they have figures of their own.
    let both = "plot run deep-remedies -o both.svg";
    let told = desk.vgrad(both.split(' ')).fine().stdout;
    assert!(told.contains("layers") && told.contains("cures"), "{told}");
}
