//! Whatever a file holds, compared with itself it differs by exactly nothing.

use proptest::prelude::*;
use vgrad::lab::compare::forms::FORMS;
use vgrad::lab::compare::{Agreement, CompareRequest, Comparison, Missing, StepChoice};
use vgrad::lab::form::Detail;
use vgrad::lab::records::Target;

/// Positive numbers of all sizes, zeros and empty cells.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (-320.0..300.0f64).prop_map(|log| format!("{:e}", 10f64.powf(log))),
        1 => Just("0".to_owned()),
        1 => Just(String::new()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_file_equals_itself(
        seeds in prop::collection::vec(prop::collection::vec(cell(), 6), 1..4),
        at in prop_oneof![Just(StepChoice::Initial), Just(StepChoice::Final), Just(StepChoice::Mean), Just(StepChoice::Step(1))],
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (seed, cells) in seeds.iter().enumerate() {
            let mut text = "step,layer,n_norm\n".to_owned();
            for (i, cell) in cells.iter().enumerate() {
                text += &format!("{},{},{cell}\n", i / 3, i % 3);
            }
            let run = folder.path().join(format!("seed-{seed}"));
            std::fs::create_dir(&run).unwrap();
            std::fs::write(run.join("gradients.csv"), text).unwrap();
        }
        let paths = [folder.path().to_owned(), folder.path().to_owned()];
        let targets = Target::open_all(&paths).unwrap();
        let request = CompareRequest { quantity: None, at, tolerance: 0.0, threads: 2 };
        let Ok(comparison) = Comparison::of(&targets, &request) else {
            // Nothing but empty cells.
            return Ok(());
        };
        for layer in &comparison.pairs[0].layers {
            if let Some(difference) = layer.difference {
                prop_assert_eq!(difference.mean, 0.0);
            }
            // Seeds or steps that disagree on having a figure are left uncompared.
            prop_assert!(matches!(layer.finding, Agreement::Equal | Agreement::NotComparable));
            let is_empty = layer.reference == Err(Missing::Empty);
            if seeds.len() == 1 && at != StepChoice::Mean && !is_empty {
                prop_assert_eq!(layer.finding, Agreement::Equal);
            }
        }
        for form in FORMS {
            prop_assert!(!(form.write)(&comparison, Detail::default()).unwrap().is_empty());
        }
    }
}
