//! What is measured of a batch or a test set that is looked at in several parts.

use crate::common::{labels, named, normal, plain, training_pass};
use ndarray::{Array2, ArrayView1, ArrayView2};
use vgrad::base::squares::sum_of_squares;
use vgrad::base::team::Team;
use vgrad::nn::activation::{Activation, PerRule};
use vgrad::nn::loss::Targets;
use vgrad::nn::measure::{ParamSums, PhiSums};
use vgrad::nn::moments::Moments;
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
    let phi = network.sums(1).phi.unwrap();
    assert_eq!(
        (phi.inactive.unwrap().dead, phi.units, phi.rows),
        (2, 4, ROWS)
    );
    // φ(z) is 1 for one of four units in every row: mean 1/4, variance 3/16.
    assert_eq!(phi.values.mean, 0.25);
    assert_eq!(phi.values.std(), 0.1875f64.sqrt());
    // One half of the rows is (1, 0, 0, 0), the other (0, 1, 0, 0): a row agrees with
    // ROWS/2 − 1 of the ROWS − 1 others.
    let expected = (ROWS as f64 / 2.0 - 1.0) / (ROWS as f64 - 1.0);
    assert!((phi.correlation().unwrap() - expected).abs() < 1e-12);
}

/// A hidden layer of `activation` over 250 rows, which are summed in several parts: its
/// sums, φ's input and output, and ∂L/∂W.
fn observed(activation: &str, scale: f64) -> (PhiSums, ParamSums, [Array2<f64>; 2], Vec<f64>) {
    const ROWS: usize = 250;
    let architecture = plain(activation, "xavier_normal", 3, vec![40], 2);
    let inputs = normal(5, ROWS, 3) * scale + 1.0;
    let (network, ..) = training_pass(&architecture, "cross_entropy", &inputs, &labels(ROWS, 2));
    let params = &network.layer_params()[0];
    let (weight, bias) = params.trained.split_at(3 * 40);
    let weight = ArrayView2::from_shape((3, 40), weight).unwrap();
    let z = inputs.dot(&weight) + ArrayView1::from(bias);
    let curve: Activation = named(activation);
    let h = z.mapv(|z| curve.elementwise().at(z).0);
    let gradient = params.gradient[..3 * 40].to_vec();
    let sums = network.sums(1);
    (sums.phi.unwrap(), sums.params.unwrap(), [z, h], gradient)
}

#[test]
fn samples_correlate_as_their_scalar_products_say() {
    for (activation, scale) in [("tanh", 1.0), ("sigmoid", 0.1), ("relu", 3.0)] {
        let (phi, _, [_, h], _) = observed(activation, scale);
        let products = h.dot(&h.t());
        let squares = products.diag().sum();
        let rows = h.nrows() as f64;
        let between = (products.sum() - squares) / (rows * (rows - 1.0));
        let expected = between / (squares / rows);
        let found = phi.correlation().unwrap();
        assert!(
            (found - expected).abs() < 1e-12,
            "{activation}: {found} {expected}"
        );
    }
}

#[test]
fn one_sample_or_none_that_is_not_zero_has_no_correlation() {
    let phi = |rows: usize, value: f64| {
        let values = Moments::of(&vec![value; 3 * rows]);
        let unit_sums = sum_of_squares(&[rows as f64 * value; 3]);
        let sums = PhiSums {
            rows,
            units: 3,
            values,
            unit_sums,
            ..PhiSums::default()
        };
        sums.correlation()
    };
    assert_eq!((phi(1, 0.5), phi(4, 0.0)), (None, None));
    // All samples at one point, wherever in f64's range.
    for value in [1e-200, 0.5, 1e200] {
        assert!((phi(4, value).unwrap() - 1.0).abs() < 1e-12, "{value}");
    }
}

#[test]
fn entries_beyond_published_limits_are_counted() {
    let beyond = |values: &Array2<f64>, [low, high]: [f64; 2]| {
        let outside = values.iter().filter(|x| **x < low || **x > high);
        Some(outside.count() as u64)
    };
    let (phi, _, [z, h], _) = observed("tanh", 6.0);
    assert_eq!(phi.beyond.karpathy, beyond(&h, [-0.97, 0.97]));
    assert_eq!(phi.beyond.deep_diagnosis, beyond(&z, [-5.0, 5.0]));
    assert_eq!(phi.beyond.debugger, beyond(&z, [-9.4999, 9.4999]));
    assert!(phi.beyond.debugger > Some(0));
    let (phi, _, [z, _], _) = observed("sigmoid", 15.0);
    assert_eq!(phi.beyond.karpathy, None, "said of tanh alone");
    assert_eq!(phi.beyond.debugger, beyond(&z, [-23.0, 16.99999]));
    assert!(phi.beyond.debugger > Some(0));
    let (phi, ..) = observed("relu", 6.0);
    assert_eq!(phi.beyond, PerRule::default());
}

#[test]
fn units_are_rarely_active_below_one_row_of_a_hundred() {
    let (phi, _, [z, _], _) = observed("relu", 0.42);
    let active = z
        .columns()
        .into_iter()
        .map(|z| z.iter().filter(|z| **z > 0.0).count());
    let active: Vec<usize> = active.collect();
    let units = |holds: fn(&&usize) -> bool| active.iter().filter(holds).count();
    let inactive = phi.inactive.unwrap();
    assert_eq!(inactive.dead, units(|rows| **rows == 0));
    // Of 250 rows one or two.
    assert_eq!(inactive.rarely_active, units(|rows| **rows < 3));
    assert!(inactive.rarely_active > inactive.dead);
}

#[test]
fn the_mean_size_of_a_gradient_is_that_of_its_entries() {
    let (_, params, _, gradient) = observed("tanh", 1.0);
    let sizes: f64 = gradient.iter().map(|g| g.abs()).sum();
    let found = params.weight_grads.unwrap();
    assert!((found.sizes - sizes).abs() < 1e-12 * sizes);
    assert_eq!((params.weights, found.zeros), (120, 0));
}
