//! Names from files and specs are letters to the page, never markup.

use crate::browser::Browser;
use crate::desk::{Desk, SMALL};
use crate::runs::{csv, data, decaying, markup};

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
fn names_do_nothing_in_a_browser() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let desk = report();
    browser.resize(1200, 900);
    browser.open(&desk.path("report.html"));
    browser.until("document.querySelectorAll('#heat .main-svg').length > 0");
    // Every place a name can come to: charts of every run, the table, hovers.
    for select in ["training-run", "heat-run", "table-run"] {
        for run in 0..4 {
            browser.value(&format!(
                "(() => {{ const s = document.getElementById('{select}'); s.value = '{run}'; s.dispatchEvent(new Event('change')); }})()"
            ));
        }
    }
    browser.value("Plotly.Fx.hover('profile', [{curveNumber: 0, pointNumber: 0}, {curveNumber: 3, pointNumber: 0}])");
    browser.until("document.querySelectorAll('#profile .hovertext').length > 0");
    assert_eq!(
        browser.value("document.querySelectorAll('main img').length"),
        0
    );
    assert_eq!(browser.value("document.scripts.length"), 3);
    assert_eq!(
        browser.value("document.querySelector('h1').textContent"),
        SCRIPT
    );
    let legend = browser.value("document.querySelector('#profile .legendtext').textContent");
    assert_eq!(legend, EVIL[0]);
    assert_eq!(browser.dialogs, 0);
    assert_eq!(browser.complaints, [""; 0]);
}
