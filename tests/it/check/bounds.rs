//! Norms below a log's resolution: bounds, which decide a question or leave it open.

use super::gate::{cannot, ends, rule};
use crate::desk::Desk;

/// What a loop prints with three decimals of three layers.
fn printed(norms: [&str; 3]) -> String {
    let lines = |step: usize| {
        let layers = norms.iter().enumerate();
        let layers = layers.map(|(i, norm)| format!("  fc{}.weight | grad norm: {norm}\n", i + 1));
        format!("step {step}\n{}", layers.collect::<String>())
    };
    lines(0) + &lines(1)
}

/// A desk with a log whose first layer reads 0.000: 5e-4 or less, at least 3.301 decades
/// below the last.
fn desk() -> Desk {
    let desk = Desk::empty();
    desk.write("log.txt", printed(["0.000", "0.010", "1.000"]));
    desk
}

/// Writes one rule, and gives the arguments that ask it of the log.
fn asks(desk: &Desk, text: &str) -> String {
    desk.write("r.toml", rule(text));
    "log.txt --rules r.toml".to_owned()
}

#[test]
fn what_a_bound_leaves_open_cannot_be_told() {
    let desk = desk();
    for text in [
        // Below the log's 5e-4 nothing is known.
        "quantity = 'weight_grad_norm'; at = 'initial'; min = 1e-7",
        "quantity = 'weight_grad_norm'; at = 'final'; max = 1e-5; layers = [1, 1]",
        // At least 3.301 decades.
        "quantity = 'attenuation_decades'; at = 'initial'; max = 6.0",
        "quantity = 'attenuation_decades'; at = 'every'; min = 4.0",
    ] {
        let asked = asks(&desk, text);
        cannot(&desk, &asked, &["r.toml", "below the log's resolution"]);
    }
}

#[test]
fn what_a_bound_decides_is_decided() {
    let desk = desk();
    for (text, code) in [
        (
            "quantity = 'weight_grad_norm'; at = 'initial'; min = 1e-3",
            1,
        ),
        (
            "quantity = 'weight_grad_norm'; at = 'initial'; max = 10.0",
            0,
        ),
        (
            "quantity = 'weight_grad_norm'; at = 'every'; max = 1e-3; layers = [1, 1]",
            0,
        ),
        (
            "quantity = 'attenuation_decades'; at = 'initial'; max = 3.0",
            1,
        ),
        (
            "quantity = 'attenuation_decades'; at = 'initial'; min = 3.0",
            0,
        ),
        // One side that fails is enough, whatever the other is.
        (
            "quantity = 'weight_grad_norm'; at = 'initial'; min = 1e-7; max = 0.1",
            1,
        ),
    ] {
        let asked = asks(&desk, text);
        ends(&desk, &asked, code);
    }
    // It is told as what it is.
    let asked = asks(
        &desk,
        "quantity = 'weight_grad_norm'; at = 'initial'; min = 1e-3; layers = [1, 1]",
    );
    let ended = ends(&desk, &asked, 1);
    assert!(ended.stdout.contains("at most 5.000e-4"), "{ended:?}");
    let ended = super::gate::check(&desk, &(asked + " --format json"));
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["findings"][0]["bound"], "at_most", "{json:#}");
}

#[test]
fn the_whole_gradient_that_reads_zero_is_a_bound_too() {
    let desk = Desk::empty();
    let line = |step: u32, norm: &str| {
        format!(
            " iteration {step:8}/ 100 | consumed samples: 12 | lm loss: 1.5E+00 | grad norm: {norm} |\n"
        )
    };
    desk.write(
        "log.txt",
        line(1, "1.250") + &line(2, "0.500") + &line(3, "0.000"),
    );
    for text in [
        "quantity = 'grad_norm'; at = 'final'; max = 1e-4",
        "quantity = 'grad_norm'; at = 'final'; min = 1e-4",
    ] {
        let asked = asks(&desk, text);
        cannot(&desk, &asked, &["below the log's resolution"]);
    }
    let asked = asks(&desk, "quantity = 'grad_norm'; at = 'final'; max = 1e-3");
    ends(&desk, &asked, 0);
    let asked = asks(&desk, "quantity = 'grad_norm'; at = 'final'; min = 1e-3");
    ends(&desk, &asked, 1);
}

#[test]
fn a_baseline_holds_no_bound() {
    let desk = Desk::empty();
    desk.write("zeros.txt", printed(["0.000", "0.000", "0.000"]));
    let ended = super::gate::check(&desk, "zeros.txt --baseline b.json --accept");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("below the log's resolution"),
        "{ended:?}"
    );
    assert!(!desk.path("b.json").exists());
    desk.write("log.txt", printed(["0.000", "0.010", "1.000"]));
    let ended = super::gate::check(&desk, "log.txt --baseline b.json --accept");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let held: serde_json::Value = serde_json::from_str(&desk.read("b.json")).unwrap();
    let step = &held["steps"][0];
    assert!(
        step["layers"][0]["log10"]["weight_grad_norm"].is_null(),
        "{held:#}"
    );
    assert_eq!(
        step["layers"][1]["log10"]["weight_grad_norm"]["median"],
        -2.0
    );
    assert!(step["attenuation_decades"].is_null(), "{held:#}");
    ends(&desk, "log.txt --baseline b.json", 0);
    // A layer that has risen above the resolution has nothing to be held against.
    desk.write("log.txt", printed(["0.100", "0.010", "1.000"]));
    cannot(&desk, "log.txt --baseline b.json", &["attenuation_decades"]);
}

#[test]
fn a_bound_far_below_the_baseline_fails() {
    let desk = Desk::empty();
    let accepts = |norms: [&str; 3]| {
        desk.write("log.txt", printed(norms));
        ends(&desk, "log.txt --baseline b.json --accept", 0);
        desk.write("log.txt", printed(["0.000", "0.100", "1.000"]));
    };
    // 0.010 is now 5e-4 at most: 1.301 decades less, and 2 decades lost are 3.301 at least.
    accepts(["0.010", "0.100", "1.000"]);
    let ended = ends(&desk, "log.txt --baseline b.json", 1);
    assert!(ended.stdout.contains("at most 10^-3.301"), "{ended:?}");
    assert!(ended.stdout.contains("at least 3.301"), "{ended:?}");
    let ended = super::gate::check(&desk, "log.txt --baseline b.json --format json");
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let fails = findings.iter().filter(|own| own["state"] == "fails");
    let mut told: Vec<(&str, &str)> = fails
        .map(|own| {
            (
                own["quantity"].as_str().unwrap(),
                own["bound"].as_str().unwrap(),
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("attenuation_decades", "at_least"),
            ("weight_grad_norm", "at_most")
        ],
        "{json:#}"
    );
    let first = findings.iter().find(|own| own["layer"] == 1).unwrap();
    assert!(
        (first["value"].as_f64().unwrap() + 3.301).abs() < 1e-9,
        "{first:#}"
    );
    assert_eq!(first["baseline"], -2.0, "{first:#}");
    // All three are gone.
    desk.write("log.txt", printed(["0.000", "0.000", "0.000"]));
    let ended = ends(&desk, "log.txt --baseline b.json", 1);
    assert!(ended.stderr.contains("attenuation_decades"), "{ended:?}");
}

#[test]
fn a_bound_beside_a_smaller_baseline_cannot_be_told() {
    let desk = Desk::empty();
    let with_first = |norm: &str| {
        let rows = [[norm, "0.100", "1.000"]; 2];
        let rows = rows.iter().enumerate().flat_map(|(step, norms)| {
            let layers = norms.iter().enumerate();
            layers.map(move |(i, norm)| format!("{step},{},hidden_{},{norm}\n", i + 1, i + 1))
        });
        "step,layer,name,activation_grad_norm\n".to_owned() + &rows.collect::<String>()
    };
    desk.write("log.csv", with_first("1e-8"));
    ends(&desk, "log.csv --baseline b.json --accept", 0);
    desk.write("log.csv", with_first("<5e-7"));
    let words = [
        "b.json",
        "cannot tell at the initial step",
        "attenuation_decades",
        "activation_grad_norm of layer 1",
        "below the log's resolution",
    ];
    cannot(&desk, "log.csv --baseline b.json", &words);
    // What fails has failed, whatever cannot be told of another layer.
    desk.write("log.csv", with_first("<5e-7").replace("0.100", "0.001"));
    let ended = ends(&desk, "log.csv --baseline b.json", 1);
    assert!(ended.stderr.contains("cannot tell"), "{ended:?}");
}

/// A norm that reads 0.001 is one from 0.0005 to 0.0015, so that 0.00149 may be the same.
#[test]
fn a_change_within_the_last_digit_cannot_be_told() {
    let desk = Desk::empty();
    desk.write("log.txt", printed(["0.001490", "0.200000", "0.100000"]));
    ends(&desk, "log.txt --baseline b.json --accept", 0);
    desk.write("log.txt", printed(["0.001", "0.200", "0.100"]));
    let words = [
        "cannot tell at the initial step",
        "weight_grad_norm of layer 1",
        "its last digit decides",
    ];
    cannot(&desk, "log.txt --baseline b.json", &words);
    // Beside 0.1 there is no doubt: 0.0015 at most.
    desk.write("log.txt", printed(["0.100000", "0.200000", "0.100000"]));
    ends(&desk, "log.txt --baseline b.json --accept", 0);
    desk.write("log.txt", printed(["0.001", "0.200", "0.100"]));
    ends(&desk, "log.txt --baseline b.json", 1);
}
