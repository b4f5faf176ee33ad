//! Several seeds are one row, one card and one line with a band; lines that
//! coincide stay visible; what guessing reaches is a line of its own.

use serde_json::json;

use crate::browser::Browser;
use crate::desk::{Desk, SMALL};
use crate::recorded::{data, markup};

/// A seed of two layers whose second reads 1.
fn seed(desk: &Desk, folder: &str, norm: &str) {
    let text = format!("step,layer,activation_grad_norm\n0,1,{norm}\n0,2,1\n");
    desk.write(&format!("{folder}/gradients.csv"), text);
}

/// Two groups of three seeds.
fn two_groups() -> Desk {
    let desk = Desk::with(SMALL);
    for activation in ["tanh", "relu"] {
        let set = format!("--set network.activation={activation}");
        desk.run(&format!("--out runs/{activation} --seeds 3 {set}"))
            .fine();
    }
    desk.vgrad(["report", "runs/tanh", "runs/relu"]).fine();
    desk
}

#[test]
fn a_group_is_one_row_and_one_card() {
    let desk = two_groups();
    let page = markup(&desk, "report.html");
    assert_eq!(page.matches("<article class=\"card").count(), 2);
    assert_eq!(
        page.matches("<th scope=\"row\"><span class=\"run\">")
            .count(),
        2
    );
    assert_eq!(page.matches("mean of 3 seeds").count(), 2);
    assert!(page.contains("<dt>Seeds</dt><dd>0, 1, 2</dd>"));
    // One change, and it is no seed.
    assert!(page.contains("The specs differ in one key"));
    let of_seeds = |end: &str| -> Vec<f64> {
        let seeds = (0..3).map(|i| desk.summary(&format!("runs/tanh/seed-{i}")));
        seeds
            .map(|summary| summary[end]["attenuation_decades"].as_f64().unwrap())
            .collect()
    };
    for end in ["initial", "final"] {
        let values = of_seeds(end);
        let mean = values.iter().sum::<f64>() / 3.0;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        // t(0.975, 2) = 4.302653, scipy.stats.t.ppf.
        let half = 4.302_653 * (squares / 2.0).sqrt() / 3f64.sqrt();
        let [mean, low, high] = [mean, mean - half, mean + half].map(|v| format!("{v:.2}"));
        let text = format!("{mean} [{low},\u{a0}{high}]").replace('-', "−");
        assert!(page.contains(&text), "{end}: {text}");
    }
    let data = data(&desk, "report.html");
    assert_eq!(data["runs"].as_array().unwrap().len(), 6);
    let targets = data["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 2);
    assert_eq!(targets[1]["runs"], json!([3, 4, 5]));
}

#[test]
#[ignore = "needs chromium"]
fn a_group_is_one_line_with_its_band() {
    let mut browser = Browser::start();
    let desk = two_groups();
    browser.open(&desk.path("report.html"));
    browser.unfold();
    for (chart, panels) in [("ends", 2), ("profile", 1), ("loss", 2), ("accuracy", 2)] {
        let of_targets = format!("{chart}.data.filter(t => t.legendgroup.startsWith('target'))");
        let lines = format!("{of_targets}.filter(t => t.line.width > 0).map(t => t.line.color)");
        let lines = browser.value(&lines);
        let lines = lines.as_array().unwrap();
        assert_eq!(lines.len(), 2 * panels, "{chart}");
        let bands = format!("{of_targets}.filter(t => t.fill === 'tonexty').length");
        assert_eq!(browser.value(&bands), 2 * panels, "{chart}");
        let mut colors: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
        colors.sort_unstable();
        colors.dedup();
        assert_eq!(colors.len(), 2, "{chart}");
    }
    // The mean of log10 at step 0, layer 1.
    let norms = (0..3).map(|i| {
        let table = desk.table(&format!("runs/tanh/seed-{i}/gradients.csv"));
        table.only("step", "0").numbers("activation_grad_norm")[0].log10()
    });
    let mean = norms.sum::<f64>() / 3.0;
    let shown = "ends.data.filter(t => t.name === 'tanh')[0].y[0]";
    let shown = browser.value(shown).as_f64().unwrap();
    // Norms are kept to a thousandth of a decade.
    assert!((shown - mean).abs() < 1e-3, "{shown} {mean}");
    assert_eq!(browser.complaints, [""; 0]);
}

/// A 0 among the seeds is their mean, and a layer is found by its number.
#[test]
#[ignore = "needs chromium"]
fn the_mean_leaves_no_seed_out() {
    let mut browser = Browser::start();
    let desk = Desk::empty();
    for (i, norm) in ["0", "1", "1"].into_iter().enumerate() {
        seed(&desk, &format!("zeros/seed-{i}"), norm);
    }
    for (i, norm) in ["1e-4", "1e-2"].into_iter().enumerate() {
        seed(&desk, &format!("apart/seed-{i}"), norm);
    }
    desk.write(
        "apart/seed-2/gradients.csv",
        "step,layer,activation_grad_norm\n0,2,1\n",
    );
    desk.vgrad(["report", "zeros", "apart"]).fine();
    browser.open(&desk.path("report.html"));
    browser.unfold();
    let mean = |name: &str| format!("profile.data.find(t => t.name === '{name}').y");
    assert_eq!(browser.value(&mean("zeros")), json!([null, 0]));
    assert_eq!(browser.value(&mean("apart")), json!([-3, 0]));
    let marks = "profile.data.filter(t => t.legendgroup === 'target0' && t.mode === 'markers').map(t => [t.name, t.x])";
    assert_eq!(browser.value(marks), json!([["exactly 0", [1]]]));
    // The table, whose script stands apart, is drawn too.
    assert_eq!(
        browser.value("document.querySelectorAll('#layers tbody tr').length"),
        2
    );
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
#[ignore = "needs chromium"]
fn runs_that_coincide_stay_visible() {
    let mut browser = Browser::start();
    let desk = Desk::with(SMALL);
    for run in ["a", "b", "c"] {
        let depth = if run == "c" { 6 } else { 4 };
        desk.run(&format!("--out runs/{run} --set network.depth={depth}"))
            .fine();
    }
    desk.vgrad(["report", "runs/a", "runs/b", "runs/c"]).fine();
    browser.open(&desk.path("report.html"));
    browser.unfold();
    for chart in ["ends", "profile", "loss"] {
        let widths = format!(
            "{chart}.data.filter(t => t.legendgroup.startsWith('target')).map(t => [t.legendgroup, t.line.width])"
        );
        let widths: Vec<(String, f64)> = serde_json::from_value(browser.value(&widths)).unwrap();
        let of = |name: &str| widths.iter().find(|(own, _)| own == name).unwrap().1;
        // By at least a pixel on either side.
        assert!(of("target0") >= of("target1") + 2.0, "{chart}: {widths:?}");
        assert_eq!(of("target1"), of("target2"), "{chart}");
        let note = format!("document.getElementById('{chart}-note').textContent");
        let note = browser.value(&note);
        assert!(
            note.as_str()
                .unwrap()
                .contains("coincide, the ones below drawn wider: a, b."),
            "{chart}: {note}"
        );
    }
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
#[ignore = "needs chromium"]
fn guessing_is_a_line_in_loss_and_accuracy() {
    let mut browser = Browser::start();
    let desk = Desk::with(SMALL);
    desk.run("--out runs/a").fine();
    desk.vgrad(["report", "runs/a"]).fine();
    browser.open(&desk.path("report.html"));
    browser.unfold();
    let summary = desk.summary("runs/a");
    // The entropy of three classes of nearly equal size.
    let loss = summary["guessing_loss"].as_f64().unwrap();
    assert!((loss - 3f64.ln()).abs() < 0.01, "{loss}");
    let accuracy = summary["learned_by"]["guessing"].as_f64().unwrap();
    for (chart, level) in [("loss", loss), ("accuracy", accuracy)] {
        let lines = format!("{chart}.data.filter(t => t.name === 'guessing')");
        let ends = browser.value(&format!("{lines}.map(t => [t.x, t.y])"));
        let ends: Vec<[[f64; 2]; 2]> = serde_json::from_value(ends).unwrap();
        let [x, y] = ends[0];
        assert_eq!((ends.len(), x), (1, [0.0, 6.0]), "{chart}");
        assert!(
            y[0] == y[1] && (y[0] - level).abs() < 1e-5,
            "{chart}: {y:?}"
        );
        let range = browser.value(&format!("{chart}._fullLayout.yaxis.range"));
        let [low, high]: [f64; 2] = serde_json::from_value(range).unwrap();
        assert!(low < level && level < high, "{chart}");
    }
    assert_eq!(browser.complaints, [""; 0]);
}
