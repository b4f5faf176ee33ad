//! What is measured of a batch or a test set that is looked at in several parts.

use crate::common::{labels, normal, plain};
use ndarray::Array2;
use vgrad::base::team::Team;
use vgrad::nn::loss::Targets;
use vgrad::nn::train_step::Step;
use vgrad::study::data::Split;
use vgrad::study::train::evaluate;

#[test]
fn a_short_last_part_of_the_test_set_weighs_by_its_rows() {
    let architecture = plain("tanh", "xavier_normal", 3, vec![4], 2);
    let team = Team::new(1).unwrap();
    let split = Split {
        inputs: normal(1, 5, 3) * 3.0,
        targets: labels(5, 2),
    };
    let rows = [0, 1, 2, 3, 4];
    let mut network = architecture.network("cross_entropy", 5, true);
    let mut loss = |rows: &[usize], at_a_time: usize| {
        let part = Split {
            inputs: split.inputs.select(ndarray::Axis(0), rows),
            targets: match &split.targets {
                Targets::Classes(all) => Targets::Classes(rows.iter().map(|&r| all[r]).collect()),
                Targets::Numbers(_) => unreachable!(),
            },
        };
        let numbers: Vec<usize> = (0..rows.len()).collect();
        let metrics = evaluate(&mut network, &part, &numbers, at_a_time, &team);
        metrics.unwrap().loss
    };
    // The mean of the rows' losses, each looked at alone.
    let mean = rows.iter().map(|&row| loss(&[row], 1)).sum::<f64>() / 5.0;
    for at_a_time in [1, 2, 3, 4, 5] {
        let whole = loss(&rows, at_a_time);
        assert!((whole - mean).abs() < 1e-14, "{at_a_time}: {whole} {mean}");
    }
}

#[test]
fn a_unit_is_dead_if_it_is_in_every_part_of_the_batch() {
    // 70 rows are summed in two parts: x = 1 in the first, −1 in the second.
    const ROWS: usize = 70;
    let architecture = plain("relu", "he_normal", 1, vec![4], 2);
    let team = Team::new(1).unwrap();
    let mut network = architecture.network::<f64>("cross_entropy", ROWS, true);
    // z = x, −x, −1 and −1: alive in the first part, in the second, nowhere.
    let hidden = &mut network.layer_params_mut()[0].trained;
    hidden.copy_from_slice(&[1.0, -1.0, 0.0, 0.0, 0.0, 0.0, -1.0, -1.0]);
    let x = |(row, _)| if row < ROWS / 2 { 1.0 } else { -1.0 };
    let inputs = Array2::from_shape_fn((ROWS, 1), x);
    let rows: Vec<usize> = (0..ROWS).collect();
    network.load(&inputs, &labels(ROWS, 2), &rows);
    let step = Step {
        observe: true,
        ..Step::default()
    };
    network.step(&team, step);
    let layer = network.metrics(1);
    assert_eq!(layer.dead_fraction, Some(0.5));
    // φ(z) is 1 for one of four units in every row: mean 1/4, variance 3/16.
    assert_eq!(layer.activation_mean, Some(0.25));
    assert_eq!(layer.activation_std, Some(0.1875f64.sqrt()));
}
