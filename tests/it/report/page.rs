//! The page does in a browser what it promises.

use serde_json::json;

use crate::browser::Browser;
use crate::desk::{Desk, SMALL};
use crate::recorded::{csv, decaying};

/// A report on three runs of `trial.toml`, two of them seeds of one.
fn three_runs() -> Desk {
    let desk = Desk::with(SMALL);
    desk.run("--out runs/one").fine();
    desk.run("--out runs/seeds --seeds 2 --set network.activation=relu")
        .fine();
    desk.vgrad(["report", "runs/one", "runs/seeds"]).fine();
    desk
}

/// Opens the page and unfolds all of it.
fn shown(browser: &mut Browser, desk: &Desk) {
    browser.open(&desk.path("report.html"));
    browser.unfold();
}

#[test]
#[ignore = "needs chromium"]
fn a_report_works_in_a_browser() {
    let mut browser = Browser::start();
    let desk = three_runs();
    browser.resize(1200, 900);
    shown(&mut browser, &desk);

    // Every line chart holds drawn lines, the heat map its image.
    for chart in ["ends", "profile", "training", "loss", "accuracy"] {
        let lines = format!("document.querySelectorAll('#{chart} .scatterlayer .js-line').length");
        assert!(browser.value(&lines).as_u64().unwrap() >= 2, "{chart}");
    }
    for axis in ["ends", "profile", "training"] {
        let title = browser.value(&format!("{axis}._fullLayout.yaxis.title.text"));
        assert_eq!(title, "‖∂L/∂h‖", "{axis}");
    }
    assert_eq!(
        browser.value("document.querySelectorAll('#heat .heatmaplayer image').length"),
        1
    );
    // A click in the legend hides a line; the slider leaves it hidden.
    browser.click("#profile-legend button");
    let own = "profile.data.filter(t => t.legendgroup === 'target0').map(t => t.visible)";
    browser.until(&format!("{own}.every(visible => visible === false)"));
    let pressed = "document.querySelector('#profile-legend button').ariaPressed";
    assert_eq!(browser.value(pressed), "false");
    let norms = "JSON.stringify(profile.data.map(t => t.y))";
    let before = browser.value(norms);
    browser.value("document.getElementById('step').focus()");
    browser.press("End", 35);
    browser.until("document.getElementById('step-text').textContent === '6 of 6'");
    assert_ne!(browser.value(norms), before);
    browser.until(&format!("{own}.every(visible => visible === false)"));

    // Another run in the heat map.
    let cells = "JSON.stringify(heat.data[0].z)";
    let before = browser.value(cells);
    browser.value(
        "(() => { const s = document.getElementById('heat-run'); s.value = '1'; s.dispatchEvent(new Event('change')); })()",
    );
    assert_ne!(browser.value(cells), before);

    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
#[ignore = "needs chromium"]
fn the_layer_table_sorts_by_mouse_and_keyboard() {
    let mut browser = Browser::start();
    let desk = three_runs();
    browser.resize(1200, 900);
    shown(&mut browser, &desk);
    let column = |c: usize| {
        format!(
            "[...document.querySelectorAll('#layers tbody tr')].map(tr => tr.cells[{c}].textContent)"
        )
    };
    // Four hidden layers and the output.
    assert_eq!(browser.value(&column(0)), json!(["1", "2", "3", "4", "5"]));
    browser.click("#layers th:nth-child(3) button");
    browser.click("#layers th:nth-child(3) button");
    let sort = "document.querySelector('#layers th:nth-child(3)').ariaSort";
    assert_eq!(browser.value(sort), "descending");
    let values: Vec<f64> = serde_json::from_value::<Vec<String>>(browser.value(&column(2)))
        .unwrap()
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
    assert_eq!(
        desk.table("runs/one/gradients.csv")
            .only("step", "0")
            .numbers("activation_grad_norm")
            .iter()
            .map(|norm| (norm.log10() * 1000.0).round() / 1000.0)
            .fold(f64::MIN, f64::max),
        values[0]
    );
    // The focus is still on the heading, so that Enter turns the order round.
    browser.press("Enter", 13);
    browser.until("document.querySelector('#layers th:nth-child(3)').ariaSort === 'ascending'");
    browser.value(
        "(() => { const s = document.getElementById('table-run'); s.value = 'all'; s.dispatchEvent(new Event('change')); })()",
    );
    assert_eq!(
        browser.value("document.querySelectorAll('#layers tbody tr').length"),
        15
    );
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
#[ignore = "needs chromium"]
fn dark_and_light_and_narrow() {
    let mut browser = Browser::start();
    let desk = three_runs();
    browser.resize(1200, 900);
    shown(&mut browser, &desk);
    let look = "[getComputedStyle(document.body).backgroundColor, profile._fullLayout.font.color, heat._fullLayout.font.color]";
    let first = browser.value(look);
    browser.click("#theme");
    let second = browser.value(look);
    // The page and the charts alike.
    for i in 0..3 {
        assert_ne!(first[i], second[i], "{i}");
    }
    browser.click("#theme");
    assert_eq!(browser.value(look), first);
    for width in [400, 800, 1200, 2000] {
        browser.resize(width, 900);
        browser.until(&format!("innerWidth === {width}"));
        browser.until("document.documentElement.scrollWidth <= innerWidth");
        // Charts follow the window.
        browser.until(
            "[...document.querySelectorAll('.chart')].every(c => c._fullLayout.width <= innerWidth)",
        );
        // No name of a run is broken inside a word.
        browser.until(
            "[...document.querySelectorAll('.overview .run > span')].every(name => name.textContent = 'gan_saturating')",
        );
        browser.until(
            "[...document.querySelectorAll('.overview .run > span')].every(name => name.offsetHeight < 1.9 * parseFloat(getComputedStyle(name).lineHeight))",
        );
    }
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
#[ignore = "needs chromium"]
fn zeros_and_nans_are_drawn() {
    let mut browser = Browser::start();
    let desk = Desk::empty();
    desk.write(
        "odd.csv",
        csv(5, 3, |step, layer| match (step, layer) {
            (_, 1) => "0".to_owned(),
            (2, 3) => "NaN".to_owned(),
            (2, 4) => "inf".to_owned(),
            _ => decaying(step, layer),
        }),
    );
    desk.vgrad(["report", "odd.csv"]).fine();
    browser.open(&desk.path("report.html"));
    browser.unfold();
    let marks = |chart: &str| {
        format!("{chart}.data.filter(t => t.mode === 'markers').map(t => [t.name, t.x.length])")
    };
    assert_eq!(browser.value(&marks("profile")), json!([["exactly 0", 1]]));
    browser.value("document.getElementById('step').focus()");
    browser.press("End", 35);
    browser.until("profile.data.length === 3");
    assert_eq!(
        browser.value(&marks("profile")),
        json!([["exactly 0", 1], ["NaN or infinite", 2]])
    );
    assert_eq!(
        browser.value("heat.data.map(t => t.name)"),
        json!(["norm", "exactly 0", "NaN or infinite"])
    );
    let first = "document.querySelector('#layers tbody tr').cells[2].textContent";
    assert_eq!(browser.value(first), "0 exactly");
    assert_eq!(browser.complaints, [""; 0]);
}

/// Two seeds of two stacked layers of three time steps, and one of them alone.
#[test]
#[ignore = "needs chromium"]
fn a_line_stops_where_a_stacked_layer_ends() {
    let mut browser = Browser::start();
    let desk = Desk::with(
        "[data]\nsource = { gaussian = { samples = 32, features = 6 } }\npositions = 3\n\
         [network]\narchitecture = { recurrent = { cell = \"rnn\" } }\ndepth = 2\nwidth = 4\n\
         activation = \"tanh\"\n[train]\nsteps = 4\nbatch_size = 8\nlearning_rate = 0.1\n",
    );
    desk.run("--out runs/seeds --seeds 2").fine();
    let gap = "profile.data.filter(t => t.name).map(t => [t.x, t.y.map(y => y === null)])";
    let expected = json!([[
        [1, 2, 3, 3.5, 4, 5, 6, 7],
        [false, false, false, true, false, false, false, false]
    ]]);
    for target in ["runs/seeds", "runs/seeds/seed-0"] {
        desk.vgrad(["report", target]).fine();
        browser.open(&desk.path("report.html"));
        browser.unfold();
        assert_eq!(browser.value(gap), expected, "{target}");
    }
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
#[ignore = "needs chromium"]
fn both_ends_are_exact_however_long_the_run() {
    let mut browser = Browser::start();
    let desk = Desk::empty();
    desk.write("long.csv", csv(3, 1000, decaying));
    desk.vgrad(["report", "long.csv"]).fine();
    browser.open(&desk.path("report.html"));
    browser.unfold();
    // Norms are 10^(layer/2)·(1 + step), and log10 1 = 0, log10 1000 = 3.
    assert_eq!(browser.value("profile.data[0].y"), json!([0.5, 1, 1.5]));
    browser.value("document.getElementById('step').focus()");
    browser.press("ArrowRight", 39);
    // Between the ends four steps share a bucket, drawn as a band and a line.
    browser.until("profile.data.length === 3");
    browser.press("End", 35);
    browser.until("profile.data.length === 1");
    assert_eq!(browser.value("profile.data[0].y"), json!([3.5, 4, 4.5]));
    let notes = "[...document.querySelectorAll('.note')].filter(n => n.textContent.includes('min–max of 4 logged steps')).length";
    // Over training and in the heat map.
    assert_eq!(browser.value(notes), 2);
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
#[ignore = "needs chromium"]
fn theory_is_drawn_dashed_beside_a_single_target() {
    let mut browser = Browser::start();
    let desk = Desk::with(SMALL);
    desk.run("--out one").fine();
    desk.run("--out seeds --seeds 2").fine();
    let lines = "ends.data.filter(t => t.name === 'theory').map(t => [t.line.dash, t.x.length])";
    let keys = "[...document.querySelectorAll('#ends-legend button')].map(b => b.textContent)";
    for target in ["one", "seeds"] {
        desk.vgrad(["report", target]).fine();
        browser.open(&desk.path("report.html"));
        assert_eq!(browser.value(lines), json!([["dash", 4]]));
        assert_eq!(browser.value(keys), json!([target, "theory, step 0"]));
    }
    desk.vgrad(["report", "one", "seeds"]).fine();
    browser.open(&desk.path("report.html"));
    assert_eq!(browser.value(lines), json!([]));
    assert_eq!(browser.complaints, [""; 0]);
}
