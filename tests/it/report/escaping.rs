//! Names from files and specs are letters to the page, never markup.

use serde_json::json;

use crate::browser::Browser;
use crate::desk::{Desk, SMALL};
use crate::recorded::{csv, data, decaying, markup};

const EVIL: &[&str] = &[
    "<img src=x onerror=alert(1)>",
    "<!--<script>alert(2)<",
    "&lt;b&gt;%{y}&amp;\"'",
];
const SCRIPT: &str = "</script><script>alert(3)</script>";

/// Runs in folders and of layers with such names.
fn report() -> Desk {
    let desk = Desk::with(SMALL);
    for name in EVIL {
        desk.vgrad(["run", "trial.toml", "--quiet", "--out", name])
            .fine();
    }
    // A folder's name cannot hold a slash; a layer's and a title can.
    let rows = csv(3, 2, decaying).replace("hidden_1", SCRIPT);
    desk.write("layers.csv", rows.replace("hidden_2", EVIL[0]));
    let runs = EVIL.iter().copied().chain(["layers.csv"]);
    desk.vgrad(["report", "--title", SCRIPT].into_iter().chain(runs))
        .fine();
    desk
}

#[test]
fn names_are_escaped_in_the_file() {
    let desk = report();
    let markup = markup(&desk, "report.html");
    for evil in ["<img", "alert(3)</script>", "<!--<"] {
        assert!(!markup.contains(evil), "{evil}");
    }
    // Three scripts: the data, the library, the page's own.
    let html = desk.read("report.html");
    assert_eq!(html.matches("</script>").count(), 3);
    // In the data the names are whole.
    let data = data(&desk, "report.html");
    for (i, name) in EVIL.iter().enumerate() {
        assert_eq!(data["runs"][i]["label"], **name);
    }
    assert_eq!(data["runs"][3]["names"][0], SCRIPT);
}

#[test]
#[ignore = "needs chromium"]
fn names_do_nothing_in_a_browser() {
    let mut browser = Browser::start();
    let desk = report();
    browser.resize(1200, 900);
    browser.open(&desk.path("report.html"));
    browser.unfold();
    // Every place a name can come to: charts of every run, the table, hovers.
    for select in ["training-run", "heat-run", "table-run"] {
        for run in 0..4 {
            browser.value(&format!(
                "(() => {{ const s = document.getElementById('{select}'); s.value = '{run}'; s.dispatchEvent(new Event('change')); }})()"
            ));
        }
    }
    // The third run's line: its name is in the text beside the mouse as well.
    browser.value("Plotly.Fx.hover('profile', [{curveNumber: 2, pointNumber: 0}])");
    browser.until("document.querySelectorAll('#profile .hovertext').length > 0");
    let hover = browser.value("document.querySelector('#profile .hovertext').textContent");
    assert!(hover.as_str().unwrap().starts_with(EVIL[2]), "{hover}");
    assert_eq!(
        browser.value("document.querySelectorAll('main img').length"),
        0
    );
    assert_eq!(browser.value("document.scripts.length"), 3);
    assert_eq!(
        browser.value("document.querySelector('h1').textContent"),
        SCRIPT
    );
    let names = json!([EVIL[0], EVIL[1], EVIL[2], "layers.csv"]);
    for place in ["#ends-legend button span", "#overview .run > span"] {
        let texts = format!("[...document.querySelectorAll('{place}')].map(e => e.textContent)");
        assert_eq!(browser.value(&texts), names, "{place}");
    }
    assert_eq!(browser.dialogs, 0);
    assert_eq!(browser.complaints, [""; 0]);
}
