//! Sums of squares over the whole range, against slow twins.

use super::*;

/// √Σ x² by the largest entry: every square is at most 1.
fn slow_norm(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0, |a: f64, x| a.max(x.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let squares = values.iter().map(|x| (x / largest).powi(2));
    largest * squares.sum::<f64>().sqrt()
}

/// Powers of ten over f64's whole range; the smallest ones are subnormal.
fn powers() -> impl Iterator<Item = f64> {
    [5e-324, 3e-320, 1e-310, 1e-300]
        .into_iter()
        .chain((-29..=30).map(|e| 10f64.powi(10 * e)))
}

/// `count` entries of either sign between `size`/2 and `size`.
fn entries(size: f64, count: usize) -> Vec<f64> {
    let entry = |k: usize| size * (0.5 + (k * 37 % 64) as f64 / 128.0);
    (0..count)
        .map(|k| if k % 3 == 0 { -entry(k) } else { entry(k) })
        .collect()
}

#[track_caller]
fn assert_norm(found: f64, values: &[f64]) {
    let expected = slow_norm(values);
    // Rounding, and half of the smallest number where that is more.
    let error = (found - expected).abs();
    assert!(
        found == expected || error <= 1e-14 * expected + 5e-324,
        "{found:e} instead of {expected:e}"
    );
}

/// The sum of squares as a step takes it: piece by piece.
fn by_pieces(values: &[f64], piece: usize) -> Squares {
    let mut sum = SquareSum::default();
    values.chunks(piece).for_each(|part| sum.add(part));
    sum.total()
}

#[test]
fn norms_are_right_over_the_whole_range() {
    for size in powers() {
        for count in [1, 16, 100, 1000] {
            let values = entries(size, count);
            assert_norm(sum_of_squares(&values).norm(), &values);
            assert_norm(by_pieces(&values, 64).norm(), &values);
            let halves = values.split_at(count / 2);
            let joined = sum_of_squares(halves.0) + sum_of_squares(halves.1);
            assert_norm(joined.norm(), &values);
        }
    }
}

#[test]
fn sums_of_parts_of_any_two_sizes_are_right() {
    for a in powers().chain([0.0]) {
        for b in powers().chain([0.0]) {
            let (first, second) = (entries(a, 128), entries(b, 128));
            let both = [&first[..], &second].concat();
            let (own, other) = (sum_of_squares(&first), sum_of_squares(&second));
            assert_norm((own + other).norm(), &both);
            assert_norm([own, other].into_iter().sum::<Squares>().norm(), &both);
            assert_norm(by_pieces(&both, 64).norm(), &both);
            if a > 0.0 {
                let ratio = slow_norm(&second) / slow_norm(&first);
                let found = other.norm_over(own);
                let error = (found / ratio - 1.0).abs();
                // Norms below 1e-300 are rounded, their quotient is not.
                assert!(
                    found == ratio || error < 1e-13 || slow_norm(&first).min(b) < 1e-300,
                    "{found:e} instead of {ratio:e}"
                );
            }
        }
    }
}

#[test]
fn what_was_summed_before_the_sum_became_too_large_counts() {
    // The first entries' sum, 3e289, is safe; with the second ones it is not.
    let values = [entries(1e144, 64), entries(3e144, 64)].concat();
    assert_norm(by_pieces(&values, 64).norm(), &values);
}

#[test]
fn a_factor_scales_the_norm_wherever_both_are() {
    for size in powers() {
        for factor in [0.0, 1e-200, 1e-5, 1.0, 1e5, 1e200] {
            let values = entries(size, 64);
            let scaled: Vec<f64> = values.iter().map(|x| x * factor).collect();
            if scaled.iter().any(|x| x.is_infinite()) {
                continue;
            }
            let found = sum_of_squares(&values).times(factor).norm();
            let expected = slow_norm(&scaled);
            // Subnormal entries are rounded before their norm is taken.
            let error = (found - expected).abs();
            assert!(error <= 1e-14 * expected + 64.0 * 5e-324, "{found:e}");
        }
    }
}

#[test]
fn a_sum_in_the_middle_of_the_range_is_the_plain_sum() {
    // No scaled entry has a part in it, however the sum began.
    let values = [entries(1e-200, 64), entries(1.0, 64)].concat();
    let plain: f64 = values.iter().map(|x| x * x).sum();
    for sum in [sum_of_squares(&values), by_pieces(&values, 64)] {
        assert_eq!(sum.scale, Scale::One);
        assert!((sum.sum / plain - 1.0).abs() < 1e-15);
    }
}

#[test]
fn what_is_not_finite_shows_and_what_is_does_not() {
    for (odd, size) in [(f64::NAN, 1e-200), (f64::INFINITY, 1.0), (f64::NAN, 1e200)] {
        let values = [entries(size, 100), vec![odd]].concat();
        for sum in [sum_of_squares(&values), by_pieces(&values, 64)] {
            assert!(!sum.is_finite() && !sum.norm().is_finite());
            assert_eq!(sum.norm().is_nan(), odd.is_nan());
            let joined = sum_of_squares(&entries(1e-250, 10)) + sum;
            assert_eq!(joined.norm().is_nan(), odd.is_nan());
        }
    }
    // 1e241 squared is infinite, its norm is not; √4·MAX is.
    assert!(sum_of_squares(&[1e241f64; 256]).is_finite());
    assert!(sum_of_squares(&[f64::MAX]).is_finite());
    assert!(!sum_of_squares(&[f64::MAX; 4]).is_finite());
}

#[test]
fn norms_far_below_f32_squares_are_exact() {
    // 1e-30² = 1e-60 is below the smallest f32 (1.4e-45): a sum in f32 gives 0.
    let tiny = vec![1e-30f32; 100];
    let norm = sum_of_squares(&tiny).norm();
    assert!((norm / 1e-29 - 1.0).abs() < 1e-6, "{norm}");
    for extreme in [f32::from_bits(1), f32::MAX] {
        assert_norm(sum_of_squares(&[extreme; 9]).norm(), &[extreme.to_f64(); 9]);
    }
}

#[test]
fn no_entry_is_left_out_whatever_the_length() {
    for length in 0..300u32 {
        // Small whole numbers: sums are exact.
        let values: Vec<f32> = (0..length).map(|k| (k % 7) as f32).collect();
        let wide = values.iter().map(|x| f64::from(*x));
        let about = |origin: f64| wide.clone().map(move |x| x - origin);
        for origin in [0.0, 3.0] {
            let ([sum, squares], _) = sums_about(&values, origin);
            assert_eq!(sum, about(origin).sum::<f64>());
            assert_eq!(squares, about(origin).map(|x| x * x).sum::<f64>());
        }
        assert_eq!(
            sum_of_squares(&values).sum,
            about(0.0).map(|x| x * x).sum::<f64>()
        );
    }
}

#[test]
fn a_sum_does_not_depend_on_the_steps_after_which_it_is_cut() {
    // 1, 1/4, 1/9, … are rounded when they are added, and so show the order.
    let values: Vec<f64> = (1..=401).map(|k| 1.0 / f64::from(k)).collect();
    let whole = sum_of_squares(&values).sum;
    for steps in [1, 2, 5] {
        let sum = by_pieces(&values, steps * SquareSum::STEP).sum;
        assert_eq!(sum.to_bits(), whole.to_bits(), "{steps}");
    }
}

#[test]
fn sum_of_squares_equals_the_plain_sum() {
    let values: Vec<f64> = (0..103).map(f64::from).collect();
    // Σ k² for k = 0…102 = n(n+1)(2n+1)/6 with n = 102.
    assert_eq!(sum_of_squares(&values).sum, 102.0 * 103.0 * 205.0 / 6.0);
}
