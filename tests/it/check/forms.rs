//! The forms of a report.

use serde_json::Value;

use super::gate::{check, command, csv, rule};
use crate::desk::{Desk, Ended};

/// A network of 15 layers of which 12 fail a rule, one that holds, and odd names.
fn desk() -> Desk {
    let desk = Desk::empty();
    let norms: Vec<String> = (1..=15)
        .map(|l| if l > 12 { "1" } else { "1e-9" }.to_owned())
        .collect();
    let norms: Vec<&str> = norms.iter().map(String::as_str).collect();
    desk.write("a&b,<c>.csv", csv(&[&norms]));
    desk.write(
        "r%1.toml",
        rule("quantity = 'activation_grad_norm'; min = 1e-7")
            + &rule("quantity = 'layers_left_out'; max = 0"),
    );
    desk
}

fn told(desk: &Desk, form: &str, word: &str) -> Ended {
    let ended = check(
        desk,
        &format!("a&b,<c>.csv --rules r%1.toml --format {form}"),
    );
    let last = ended.stderr.lines().last().unwrap_or("");
    assert!(last.starts_with(word), "{ended:?}");
    ended
}

#[test]
fn json_has_every_finding() {
    let ended = told(&desk(), "json", "FAIL");
    assert_eq!(ended.code, Some(1));
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["verdict"], "fail");
    assert_eq!(
        (&report["fails"], &report["holds"]),
        (&12.into(), &4.into())
    );
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 16);
    let worst = &findings[0];
    assert_eq!(worst["state"], "fails");
    assert_eq!(worst["value"], 1e-9);
    assert_eq!(worst["limit"], 1e-7);
    assert_eq!(worst["source"], "rule");
    assert_eq!(worst["file"], "r%1.toml");
    assert!((worst["beyond_decades"].as_f64().unwrap() - 2.0).abs() < 1e-12);
    let whole = findings
        .iter()
        .find(|finding| finding["layer"].is_null())
        .unwrap();
    assert_eq!(whole["quantity"], "layers_left_out");
    assert_eq!(whole["beyond_decades"], Value::Null);
    assert_eq!(whole["beyond"], 0.0);
}

#[test]
fn human_shows_the_worst_and_all_on_demand() {
    let desk = desk();
    let lines = |flags: &str| {
        let ended = check(&desk, &format!("a&b,<c>.csv --rules r%1.toml {flags}"));
        ended.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    // Twelve layers fail; the three that hold and the other rule take a line each.
    let short = lines("");
    assert_eq!(short.len(), 12 + 2 + 3, "{short:?}");
    assert!(
        short
            .iter()
            .any(|line| line.contains("3 layers, nearest: 13"))
    );
    assert_eq!(lines("-v").len(), 16 + 3);
    desk.write(
        "many.toml",
        rule("quantity = 'activation_grad_norm'; min = 1e-7").repeat(2),
    );
    let many = check(&desk, "a&b,<c>.csv --rules many.toml").stdout;
    assert!(many.contains("and 4 more"), "{many}");
    let all = check(&desk, "a&b,<c>.csv --rules many.toml -v").stdout;
    assert!(!all.contains("more"), "{all}");
    assert_eq!(all.lines().count(), 30 + 3);
}

#[test]
fn github_gets_at_most_ten_annotations_of_a_kind_and_a_table() {
    let desk = desk();
    let run = |extra: &[(&str, &str)], arguments: &str| {
        let mut command = command(&desk, arguments);
        let summary = desk.path("summary.md");
        command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", summary);
        command.envs(extra.iter().copied());
        Ended::of(command.output().unwrap())
    };
    // Chosen by itself.
    let ended = run(&[], "a&b,<c>.csv --rules r%1.toml");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.lines().last().unwrap().starts_with("FAIL"),
        "{ended:?}"
    );
    let errors: Vec<&str> = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("::error "))
        .collect();
    assert_eq!(errors.len(), 10, "{}", ended.stdout);
    assert!(errors[9].contains("and 3 more"), "{}", errors[9]);
    let title = "::error title=activation_grad_norm ≥ 1e-7 at the initial step%3A fails,file=r%251.toml::layer ";
    assert!(errors[0].starts_with(title), "{}", errors[0]);
    assert!(errors[0].contains("2.000 decades beyond"), "{}", errors[0]);
    let summary = desk.read("summary.md");
    assert!(summary.contains("a&b,&lt;c>.csv"), "{summary}");
    assert_eq!(
        summary
            .lines()
            .filter(|line| line.starts_with("| fails |"))
            .count(),
        12
    );
    assert!(
        summary
            .lines()
            .filter(|l| l.starts_with("| "))
            .all(|l| l.matches(" | ").count() == 5),
        "{summary}"
    );
    // Appended to, not replaced; what holds is a notice.
    desk.write("zero.toml", rule("quantity = 'layers_left_out'; max = 0"));
    let ended = run(&[], "a&b,<c>.csv --rules zero.toml");
    assert_eq!(
        ended
            .stdout
            .lines()
            .filter(|line| line.starts_with("::notice "))
            .count(),
        1
    );
    assert!(desk.read("summary.md").starts_with(&summary));
    // What cannot be checked is an error too.
    let ended = run(&[], "none.csv --rules zero.toml");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stdout.starts_with("::error "), "{ended:?}");
    assert!(
        ended.stderr.lines().last().unwrap().starts_with("CANNOT"),
        "{ended:?}"
    );
    let human = run(&[], "a&b,<c>.csv --rules zero.toml --format human");
    assert!(
        human.stdout.ends_with("PASS: 1 hold of 1 check\n"),
        "{human:?}"
    );
}

#[test]
fn junit_reads_as_xml() {
    let desk = desk();
    let ended = told(&desk, "junit", "FAIL");
    let document = roxmltree::Document::parse(&ended.stdout).unwrap();
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"));
    let suites: Vec<_> = root.children().filter(|node| node.is_element()).collect();
    assert_eq!(suites.len(), 1);
    assert_eq!(suites[0].attribute("name"), Some("a&b,<c>.csv"));
    assert_eq!(suites[0].attribute("tests"), Some("2"));
    assert_eq!(suites[0].attribute("failures"), Some("1"));
    let cases: Vec<_> = suites[0]
        .children()
        .filter(|node| node.has_tag_name("testcase"))
        .collect();
    assert_eq!(cases.len(), 2);
    let failure = cases[0]
        .children()
        .find(|node| node.has_tag_name("failure"))
        .unwrap();
    assert_eq!(failure.text().unwrap().trim().lines().count(), 12);
    assert!(!cases[1].has_children());
    // What cannot be checked is an error of its own.
    let ended = check(&desk, "none.csv --rules r%1.toml --format junit");
    let document = roxmltree::Document::parse(&ended.stdout).unwrap();
    assert!(
        document
            .descendants()
            .any(|node| node.has_tag_name("error")),
        "{}",
        ended.stdout
    );
}

#[test]
fn benchmark_has_numbers_alone() {
    let ended = told(&desk(), "benchmark", "FAIL");
    let entries: Value = serde_json::from_str(&ended.stdout).unwrap();
    let entries = entries.as_array().unwrap();
    let attenuation = entries
        .iter()
        .find(|e| e["name"] == "attenuation (initial)")
        .unwrap();
    assert!((attenuation["value"].as_f64().unwrap() - 9.0).abs() < 1e-9);
    assert_eq!(attenuation["unit"], "decades");
    for entry in entries {
        assert!(entry["name"].is_string() && entry["value"].is_f64() && entry["unit"].is_string());
    }
    // A chart has no place for infinity.
    let desk = Desk::empty();
    desk.write("zero.csv", csv(&[&["0", "1", "1"]]));
    desk.write("r.toml", rule("quantity = 'r2'; max = 2"));
    let ended = check(&desk, "zero.csv --rules r.toml --format benchmark");
    let entries: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(
        entries
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["value"].is_f64())
    );
}

#[test]
fn every_form_says_that_it_cannot() {
    let desk = desk();
    for form in ["json", "github", "junit", "benchmark"] {
        let ended = check(&desk, &format!("none.csv --rules r%1.toml --format {form}"));
        assert_eq!(ended.code, Some(2), "{form}");
        assert!(
            ended.stderr.lines().last().unwrap().starts_with("CANNOT"),
            "{ended:?}"
        );
        assert!(ended.stderr.contains("none.csv"), "{ended:?}");
    }
}
