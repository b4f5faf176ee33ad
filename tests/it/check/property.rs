//! What must hold of every run.

use std::path::Path;

use proptest::prelude::*;
use vgrad::lab::check::{GateVerdict, Moment, Questions, State, ask};
use vgrad::lab::records::Target;

/// A CSV file of one step with these norms, given as log10.
fn write(path: &Path, logs: &[f64]) -> Target {
    let mut text = "step,layer,name,activation_grad_norm\n".to_owned();
    for (i, log) in logs.iter().enumerate() {
        text += &format!("0,{},hidden_{},{:e}\n", i + 1, i + 1, 10f64.powf(*log));
    }
    std::fs::write(path, text).unwrap();
    Target::open(path).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    /// What was accepted passes, a layer scaled by 10^±0.2 is told by name, and
    /// a tolerance of 0.3 lets it pass again.
    #[test]
    fn the_baseline_sees_one_layer(
        logs in proptest::collection::vec(-60.0..20.0f64, 1..40),
        at in any::<prop::sample::Index>(),
        up in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        let asked = Questions { accept: vec![Moment::Initial], tolerance: 0.1, ..Questions::default() };
        let target = write(&file, &logs);
        let accepted = ask(&target, &asked).unwrap().candidate.unwrap();
        let verdict = |target: &Target, tolerance: f64| {
            let questions = Questions {
                baseline: Some(("b.json".into(), accepted.clone())),
                tolerance,
                ..Questions::default()
            };
            let report = ask(target, &questions).unwrap().report;
            (report.verdict(), report)
        };
        prop_assert_eq!(verdict(&target, 0.0).0, GateVerdict::Pass);

        let layer = at.index(logs.len());
        let mut changed = logs.clone();
        changed[layer] += if up { 0.2 } else { -0.2 };
        let target = write(&file, &changed);
        let (failed, report) = verdict(&target, 0.1);
        // At an end of the path it may be for the better, which is no failure.
        let is_better = report.findings.iter().any(|f| f.state == State::Improved);
        prop_assert!(failed == GateVerdict::Fail || is_better && failed == GateVerdict::Pass);
        let layers: Vec<usize> = report
            .findings
            .iter()
            .filter(|finding| finding.state != State::Holds)
            .filter_map(|finding| finding.layer)
            .collect();
        prop_assert_eq!(layers, vec![layer + 1]);
        prop_assert_eq!(verdict(&target, 0.3).0, GateVerdict::Pass);
    }
}
