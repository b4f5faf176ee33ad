//! Every activation function, by name, so that a new one is covered.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vgrad::base::Scalar;
use vgrad::nn::activation::{Activation, Elu, LeakyRelu, Sine};

/// Every member at its defaults.
fn members() -> impl Iterator<Item = Activation> {
    let by_name = |name: &&str| serde_json::from_value((*name).into()).expect("all have defaults");
    Activation::NAMES.iter().map(by_name)
}

/// The members, and some with other parameters.
fn members_and_variants() -> Vec<Activation> {
    let variants = [
        LeakyRelu { slope: 0.3 }.into(),
        LeakyRelu { slope: 2.0 }.into(),
        Elu { alpha: 0.5 }.into(),
        Elu { alpha: 2.0 }.into(),
        Sine { omega: 1.0 }.into(),
    ];
    members().chain(variants).collect()
}

/// x, φ(x), φ'(x), φ''(x).
type Row = [f64; 4];

/// Holds value and slope to 4 units in the last place, or to what an input 4
/// such units off would give: |error| ≤ 4ε(1 + |x f'(x)/f(x)|)·|f(x)|. Numbers
/// below the smallest normal one, and x times such, have that one's spacing.
fn agrees_with_mpmath<T: Scalar>(rows: &[Row], activation: &Activation) {
    let (epsilon, smallest) = (T::epsilon().to_f64(), T::min_positive_value().to_f64());
    let curve = activation.elementwise::<T>();
    let exact = rows
        .iter()
        .filter(|row| T::from_f64(row[0]).to_f64() == row[0]);
    let mut checked = 0;
    for &[x, value, slope, curvature] in exact {
        let (found_value, found_slope) = curve.at(T::from_f64(x));
        for (what, found, expected, derivative) in [
            ("value", found_value, value, slope),
            ("slope", found_slope, slope, curvature),
        ] {
            let size = expected.abs().max(smallest * x.abs().max(1.0));
            let tolerance = 4.0 * epsilon * (size + (x * derivative).abs());
            let error = (found.to_f64() - expected).abs();
            assert!(
                error <= tolerance,
                "{} {} {what} at {x}: {found} instead of {expected}",
                T::NAME,
                activation.name(),
            );
        }
        checked += 1;
    }
    assert!(checked > 50, "only {checked} inputs");
}

#[test]
fn values_and_slopes_are_exact_to_a_few_units_in_the_last_place() {
    let table: BTreeMap<String, Vec<Row>> =
        serde_json::from_str(include_str!("../../fixtures/activations_mpmath.json")).unwrap();
    for activation in members() {
        let rows = table.get(activation.name()).unwrap_or_else(|| {
            panic!(
                "add {} to fixtures/activations_mpmath.py",
                activation.name()
            )
        });
        agrees_with_mpmath::<f32>(rows, &activation);
        agrees_with_mpmath::<f64>(rows, &activation);
    }
}

#[test]
fn tails_are_not_lost() {
    let at = |name: &str, x: f64| {
        let activation: Activation = serde_json::from_value(name.into()).unwrap();
        activation.elementwise::<f64>().at(x)
    };
    let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-14, "{a} and {b}");
    // Each is e^x to leading order; 1 − σ, 1 − tanh² or ln(1 + e^x) taken
    // literally gives 0.
    close(at("sigmoid", 40.0).1, (-40f64).exp());
    close(at("sigmoid", -40.0).1, (-40f64).exp());
    close(at("tanh", 20.0).1, 4.0 * (-40f64).exp());
    close(at("softplus", -40.0).0, (-40f64).exp());
    assert_eq!(at("softplus", -800.0).0, 0.0);
    assert_eq!(at("softplus", 800.0).0, 800.0);
    assert_eq!(at("tanh", 1e-20).0, 1e-20);
}

/// Neither value nor slope of a finite input is NaN, and no slope is infinite.
fn finite_stays_finite<T: Scalar>(x: T) {
    for activation in members() {
        let (value, slope) = activation.elementwise::<T>().at(x);
        let name = activation.name();
        assert!(slope.is_finite(), "{name}'({x}) = {slope}");
        // SELU's scale of 1.05 carries the largest inputs beyond the range.
        let overflows = x.abs() > T::max_value() / T::from_f64(2.0);
        assert!(
            value.is_finite() || (overflows && !value.is_nan()),
            "{name}({x}) = {value}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn finite_f32_stay_finite(bits in any::<u32>()) {
        let x = f32::from_bits(bits);
        prop_assume!(x.is_finite());
        finite_stays_finite(x);
    }

    #[test]
    fn finite_f64_stay_finite(bits in any::<u64>()) {
        let x = f64::from_bits(bits);
        prop_assume!(x.is_finite());
        finite_stays_finite(x);
    }
}

#[test]
fn the_ends_of_the_range_stay_finite() {
    for sign in [-1.0, 1.0] {
        for x in [f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1), 0.0] {
            finite_stays_finite(x.copysign(sign));
        }
        for x in [f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), 0.0] {
            finite_stays_finite(x.copysign(f64::from(sign)));
        }
    }
}

#[test]
fn nan_stays_nan() {
    for activation in members() {
        let name = activation.name();
        assert!(
            activation.elementwise::<f32>().at(f32::NAN).0.is_nan(),
            "{name}"
        );
        assert!(
            activation.elementwise::<f64>().at(f64::NAN).0.is_nan(),
            "{name}"
        );
    }
}

#[test]
fn slices_hold_what_points_do() {
    let x: Vec<f64> = (-50..50).map(|i| f64::from(i) * 0.2).collect();
    let (mut y, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    for activation in members_and_variants() {
        let curve = activation.elementwise::<f64>();
        curve.forward(&x, &mut y, &mut slope);
        for (i, x) in x.iter().enumerate() {
            assert_eq!((y[i], slope[i]), curve.at(*x));
        }
    }
}

/// Else the way a batch is cut into pieces would show in the results.
#[test]
fn f32_entries_do_not_depend_on_their_place_in_a_slice() {
    let odd = [f32::MIN_POSITIVE, 1e-45, 0.0, -0.0, f32::INFINITY, f32::NAN];
    let even = (0..200u8).map(|i| (f32::from(i) - 100.0) * 0.137);
    let inputs: Vec<f32> = even.chain(odd).collect();
    let bits = |x: f32| if x.is_nan() { u32::MAX } else { x.to_bits() };
    for activation in members_and_variants() {
        let curve = activation.elementwise::<f32>();
        for length in 1..=70 {
            for x in inputs.chunks(length) {
                let (mut y, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
                curve.forward(x, &mut y, &mut slope);
                for (i, x) in x.iter().enumerate() {
                    let (value_alone, slope_alone) = curve.at(*x);
                    assert_eq!(bits(y[i]), bits(value_alone), "{activation:?}({x})");
                    assert_eq!(bits(slope[i]), bits(slope_alone), "{activation:?}'({x})");
                }
            }
        }
    }
}

#[test]
fn slopes_are_central_differences() {
    // The difference is off by h²φ'''/6 ~ 1e-10 and by rounding ~ ε·8/h = 2e-10; where φ is
    // steeper than 1, the step is as many times smaller, and the rounding of x shows.
    for activation in members_and_variants() {
        let curve = activation.elementwise::<f64>();
        let slopes = grid().into_iter().map(|x| curve.at(x).1.abs());
        let steepest = slopes.fold(1.0, f64::max);
        let h = 1e-5 / steepest;
        let kinks = curve.kinks();
        for i in -80..=80 {
            let x = f64::from(i) * 0.1;
            if kinks.iter().any(|kink| (x - kink).abs() < 2.0 * h) {
                continue;
            }
            let difference = (curve.at(x + h).0 - curve.at(x - h).0) / (2.0 * h);
            let slope = curve.at(x).1;
            let rounding = 2.0 * f64::EPSILON * x.abs() * steepest / h;
            assert!(
                (slope - difference).abs() < rounding.max(2e-9),
                "{activation:?}'({x}) = {slope}, by differences {difference}"
            );
        }
    }
}

/// A grid fine enough to find a smooth φ's largest slope to 1e-7.
fn grid() -> Vec<f64> {
    (-10_000..=10_000).map(|i| f64::from(i) * 1e-3).collect()
}

#[test]
fn saturation_starts_at_a_twentieth_of_the_largest_slope() {
    for activation in members_and_variants() {
        let curve = activation.elementwise::<f64>();
        let far_left = curve.at(-1e4).0;
        let saturated = |slope: f64| curve.count_saturated(&[far_left], &[slope]);
        if saturated(0.0).is_none() {
            continue;
        }
        // Softplus comes to its largest slope only far out.
        let inputs = grid().into_iter().chain([-1e4, 1e4]);
        let slopes = inputs.map(|x| curve.at(x).1.abs());
        let limit = 0.05 * slopes.fold(0.0, f64::max);
        assert_eq!(saturated(limit * (1.0 - 1e-6)), Some(1), "{activation:?}");
        assert_eq!(saturated(limit * (1.0 + 1e-6)), Some(0), "{activation:?}");
    }
}

#[test]
fn saturation_is_counted_on_the_flat_sides() {
    let x = grid();
    let (mut y, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    for activation in members() {
        let curve = activation.elementwise::<f64>();
        curve.forward(&x, &mut y, &mut slope);
        let limit = 0.05 * slope.iter().copied().fold(0.0, f64::max);
        // A side is flat where φ' goes below the limit for good.
        let left = curve.at(-1e4).1.abs() < limit;
        let right = curve.at(1e4).1.abs() < limit;
        let on_flat_side = |x: f64| if x > 0.0 { right } else { left };
        let expected = x.iter().zip(&slope);
        let expected = expected.filter(|(x, slope)| on_flat_side(**x) && slope.abs() < limit);
        let expected = (left || right).then_some(expected.count() as u64);
        let found = curve.count_saturated(&y, &slope);
        assert_eq!(found, expected, "{activation:?}");
        // A small slope counts on a flat side, and on no other.
        for (end, flat) in [(-1e4, left), (1e4, right)] {
            let found = curve.count_saturated(&[curve.at(end).0], &[0.0]);
            let expected = (left || right).then_some(u64::from(flat));
            assert_eq!(found, expected, "{activation:?} at {end}");
        }
    }
}

/// A layer whose slope can be read off the value keeps none: nothing may tell.
#[test]
fn a_slope_read_off_the_value_is_the_slope() {
    let bits = |k: u32| f32::from_bits(k.wrapping_mul(2_654_435_761));
    let mut x: Vec<f32> = (0..64_000).map(bits).collect();
    x.splice(..7, [0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, f32::NAN]);
    let grad: Vec<f32> = (0..x.len()).map(|k| 1.0 + k as f32).collect();
    let mut readable = 0;
    for activation in members_and_variants() {
        let curve = activation.elementwise::<f32>();
        if !curve.slope_is_of_value() {
            continue;
        }
        readable += 1;
        let (mut y, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        curve.forward(&x, &mut y, &mut slope);
        let mut values = vec![0.0; x.len()];
        curve.forward(&x, &mut values, &mut []);
        let same = |a: &[f32], b: &[f32]| {
            let mut pairs = a.iter().zip(b);
            pairs.all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
        };
        assert!(same(&values, &y), "{activation:?}");
        let backward = |slope: &[f32]| {
            let mut out = vec![0.0; x.len()];
            curve.backward(&grad, &y, slope, &mut out, false);
            out
        };
        assert!(same(&backward(&[]), &backward(&slope)), "{activation:?}");
        let saturated = |slope: &[f32]| curve.count_saturated(&y, slope);
        assert_eq!(saturated(&[]), saturated(&slope), "{activation:?}");
        let (mut counts, mut expected) = (vec![0; 16_000], vec![0; 16_000]);
        curve.count_active_rows(&y, &[], &mut counts);
        curve.count_active_rows(&y, &slope, &mut expected);
        assert_eq!(counts, expected, "{activation:?}");
    }
    // Identity, hard tanh, ReLU and the three leaky ones.
    assert_eq!(readable, 6);
}
