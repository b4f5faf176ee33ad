//! How far apart two clouds of samples are.

use ndarray::{ArrayView1, ArrayView2};

use crate::base::Scalar;
use crate::base::team::Team;

/// The energy distance 2E‖x − y‖ − E‖x − x'‖ − E‖y − y'‖ over all pairs of rows of `x` and
/// `y`, [samples, features] each, a row with itself included; `within_x` is E‖x − x'‖ (see
/// [`mean_distance`]). 0 if and only if the rows are the same. Székely & Rizzo 2013.
pub fn energy_distance<T: Scalar>(
    x: ArrayView2<T>,
    y: ArrayView2<T>,
    within_x: f64,
    team: &Team,
) -> f64 {
    2.0 * mean_distance(x, y, team) - within_x - mean_distance(y, y, team)
}

/// Mean Euclidean distance over all pairs of a row of `x` and a row of `y`, in f64. Row after
/// row, so that the sum does not depend on the team.
pub fn mean_distance<T: Scalar>(x: ArrayView2<T>, y: ArrayView2<T>, team: &Team) -> f64 {
    let mut sums = vec![0.0; x.nrows()];
    team.each_numbered(&mut sums, |i, sum| {
        let distances = y.rows().into_iter().map(|row| distance(x.row(i), row));
        *sum = distances.sum();
    });
    sums.iter().sum::<f64>() / (x.nrows() * y.nrows()) as f64
}

fn distance<T: Scalar>(a: ArrayView1<T>, b: ArrayView1<T>) -> f64 {
    let wide = |x: &T| Scalar::to_f64(*x);
    let differences = a.iter().zip(b).map(|(a, b)| wide(a) - wide(b));
    differences.map(|d| d * d).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn it_is_the_mean_over_all_pairs() {
        let team = Team::new(2).unwrap();
        let (x, y) = (
            array![[0.0, 0.0], [3.0, 4.0]],
            array![[0.0, 0.0], [0.0, 8.0]],
        );
        let (x, y) = (x.view(), y.view());
        // Between: 0, 8, 5, 5; within x: 0, 5, 5, 0; within y: 0, 8, 8, 0.
        assert_eq!(mean_distance(x, y, &team), 4.5);
        let within = mean_distance(x, x, &team);
        assert_eq!(within, 2.5);
        assert_eq!(energy_distance(x, y, within, &team), 9.0 - 2.5 - 4.0);
        assert_eq!(energy_distance(x, x, within, &team), 0.0);
    }
}
