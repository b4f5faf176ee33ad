//! What must hold of every run and every group of seeds.

use std::path::Path;

use proptest::prelude::*;
use vgrad::lab::check::{Answer, CheckReport, GateVerdict, Moment, Questions, State, ask};
use vgrad::lab::records::Target;

/// Folders of seeds with one step each; norms as log10, and the sign of all.
fn write(folder: &Path, seeds: &[Vec<f64>], sign: &str) -> Target {
    for (seed, logs) in seeds.iter().enumerate() {
        let mut text = "step,layer,name,x\n".to_owned();
        for (i, log) in logs.iter().enumerate() {
            text += &format!(
                "0,{},hidden_{},{sign}{:e}\n",
                i + 1,
                i + 1,
                10f64.powf(*log)
            );
        }
        let folder = folder.join(format!("seed-{seed}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("gradients.csv"), text).unwrap();
    }
    Target::open(folder).unwrap()
}

fn put(target: &Target, questions: Questions) -> Answer {
    let questions = Questions {
        quantity: Some("x".to_owned()),
        ..questions
    };
    ask(target, &questions).unwrap()
}

/// Seeds of one depth, which is often great.
fn logs() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (1..4usize, prop_oneof![1..40usize, 500..2000usize]).prop_flat_map(|(seeds, depth)| {
        let logs = proptest::collection::vec(-60.0..20.0f64, depth);
        proptest::collection::vec(logs, seeds)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    #[test]
    fn one_layer_of_every_seed_is_seen(
        logs in logs(),
        at in any::<prop::sample::Index>(),
        up in any::<bool>(),
        tilt in -0.09..0.09f64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let target = write(folder.path(), &logs, "");
        let asked = Questions { accept: vec![Moment::Initial], ..Questions::default() };
        let accepted = put(&target, asked).candidate.unwrap();
        let verdict = |target: &Target, tolerance: f64| -> (GateVerdict, CheckReport) {
            let baseline = Some(("b.json".into(), accepted.clone()));
            let report = put(target, Questions { baseline, tolerance, ..Questions::default() }).report;
            (report.verdict(), report)
        };
        let (same, report) = verdict(&target, 0.0);
        prop_assert_eq!(same, GateVerdict::Pass);
        prop_assert!(report.findings.len() >= logs[0].len(), "{}", report.last_line());
        let counted = format!("PASS: {} hold", report.findings.len());
        prop_assert!(report.last_line().starts_with(&counted));

        // A tilt that adds up to less than the tolerance passes, however deep.
        let tilted: Vec<Vec<f64>> = logs
            .iter()
            .map(|logs| {
                let step = tilt / logs.len() as f64;
                let numbered = logs.iter().enumerate();
                numbered.map(|(i, log)| log + step * i as f64).collect()
            })
            .collect();
        let (passed, report) = verdict(&write(folder.path(), &tilted, ""), 0.1);
        prop_assert_eq!(passed, GateVerdict::Pass, "{}", report.findings[0].sentence());

        let layer = at.index(logs[0].len());
        let mut changed = logs.clone();
        for (seed, logs) in changed.iter_mut().enumerate() {
            // The seeds may go their own ways.
            logs[layer] += if up == (seed % 2 == 0) { 0.2 } else { -0.2 };
        }
        let target = write(folder.path(), &changed, "");
        // At an end of the path it may be for the better, which is no failure.
        let (failed, report) = verdict(&target, 0.1);
        let is_better = report.findings.iter().any(|f| f.state == State::Improved);
        prop_assert!(failed == GateVerdict::Fail || is_better);
        let fails: Vec<_> = report.findings.iter().filter(|f| f.state != State::Holds).collect();
        let layers: Vec<usize> = fails.iter().filter_map(|f| f.layer).collect();
        prop_assert_eq!(layers, vec![layer + 1]);
        for finding in fails {
            prop_assert!(finding.beyond_decades.unwrap() > 0.0);
            prop_assert!(!finding.sentence().contains("within"), "{}", finding.sentence());
        }
        prop_assert_eq!(verdict(&target, 0.3).0, GateVerdict::Pass);

        // What has no logarithm is never compared as nothing.
        let negative = write(folder.path(), &logs, "-");
        let (cannot, report) = verdict(&negative, 0.1);
        prop_assert_eq!(cannot, GateVerdict::Cannot);
        prop_assert!(report.last_line().starts_with("CANNOT"));
        let asked = Questions { accept: vec![Moment::Initial], ..Questions::default() };
        prop_assert!(put(&negative, asked).candidate.is_none());
    }
}

#[test]
fn a_report_without_a_finding_is_no_pass() {
    let report = CheckReport::default();
    assert_eq!(report.verdict(), GateVerdict::Cannot);
    assert!(report.last_line().starts_with("CANNOT"));
}
