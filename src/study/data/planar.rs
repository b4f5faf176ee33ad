//! Point sets in the plane.

use std::f64::consts::PI;

use rand::RngExt;
use rand_distr::StandardNormal;

use super::raw_table::{RawTable, reserve};
use super::{DataSource, LoadContext};
use crate::base::Problem;
use crate::base::family::member;
use crate::base::rng::stream;

member! {
    /// Points on interleaved spiral arms, one class per arm. A. Karpathy, CS231n notes; after the two spirals of Lang & Witbrock 1988.
    pub struct Spirals {
        /// Arms.
        #[schemars(range(min = 2))]
        classes: u32 = 3,
        /// Points, all arms together.
        #[schemars(range(min = 1))]
        samples: usize = 1500,
        /// Standard deviation of a point's angle, in radians.
        #[schemars(range(min = 0.0))]
        noise: f64 = 0.1,
    }
}

/// The angle along one arm, in radians.
const ARM: f64 = 4.0;

impl DataSource for Spirals {
    /// Arm k: radius t, angle 2πk/classes + 4t + noise, t evenly from 0 to 1.
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let mut points = reserve("spirals", self.samples, 2, self.classes)?;
        let mut labels = Vec::with_capacity(self.samples);
        let mut rng = stream(context.seed, "data", 0);
        for arm in 0..self.classes {
            let count = share(self.samples, arm, self.classes);
            let start = 2.0 * PI * f64::from(arm) / f64::from(self.classes);
            for i in 0..count {
                let radius = linspace(i, count);
                let noise: f64 = rng.sample(StandardNormal);
                let angle = start + ARM * radius + self.noise * noise;
                points.extend([radius * angle.cos(), radius * angle.sin()]);
                labels.push(arm);
            }
        }
        Ok(RawTable::labelled(points, 2, labels, self.classes))
    }
}

member! {
    /// Two interleaving half circles, one per class, as scikit-learn's make_moons.
    pub struct Moons {
        /// Points, both moons together.
        #[schemars(range(min = 1))]
        samples: usize = 1500,
        /// Standard deviation of the noise on each coordinate; the radius is 1.
        #[schemars(range(min = 0.0))]
        noise: f64 = 0.1,
    }
}

impl DataSource for Moons {
    /// (cos a, sin a) and (1 − cos a, ½ − sin a), a evenly from 0 to π.
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let points = reserve("moons", self.samples, 2, 2)?;
        Ok(two_curves(
            points,
            self.samples,
            self.noise,
            context.seed,
            |class, i, count| {
                let (sin, cos) = (PI * linspace(i, count)).sin_cos();
                if class == 0 {
                    [cos, sin]
                } else {
                    [1.0 - cos, 0.5 - sin]
                }
            },
        ))
    }
}

member! {
    /// A circle within a circle, one per class, as scikit-learn's make_circles.
    pub struct Circles {
        /// Points, both circles together.
        #[schemars(range(min = 1))]
        samples: usize = 1500,
        /// Standard deviation of the noise on each coordinate; the outer radius is 1.
        #[schemars(range(min = 0.0))]
        noise: f64 = 0.1,
        /// The inner radius.
        #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
        factor: f64 = 0.5,
    }
}

impl DataSource for Circles {
    /// r(cos a, sin a), r = 1 and `factor`, a evenly over the full turn.
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let points = reserve("circles", self.samples, 2, 2)?;
        Ok(two_curves(
            points,
            self.samples,
            self.noise,
            context.seed,
            |class, i, count| {
                let radius = if class == 0 { 1.0 } else { self.factor };
                let (sin, cos) = (2.0 * PI * i as f64 / count as f64).sin_cos();
                [radius * cos, radius * sin]
            },
        ))
    }
}

member! {
    /// Normal clouds evenly on a circle, one class per cloud: the modes that a generator is to find. As the ring of Metz et al. 2017, arXiv:1611.02163.
    pub struct Ring {
        /// Clouds; cloud k lies at the angle 2πk/modes.
        #[schemars(range(min = 1))]
        modes: u32 = 8,
        /// Points, all clouds together.
        #[schemars(range(min = 1))]
        samples: usize = 2000,
        /// The circle's radius.
        #[schemars(range(min = 0.0))]
        radius: f64 = 1.0,
        /// Standard deviation of a cloud on each coordinate.
        #[schemars(range(min = 0.0))]
        std: f64 = 0.05,
    }
}

impl DataSource for Ring {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        let mut points = reserve("ring", self.samples, 2, self.modes)?;
        let mut labels = Vec::with_capacity(self.samples);
        let mut rng = stream(context.seed, "data", 0);
        for mode in 0..self.modes {
            let (sin, cos) = (2.0 * PI * f64::from(mode) / f64::from(self.modes)).sin_cos();
            for _ in 0..share(self.samples, mode, self.modes) {
                for centre in [self.radius * cos, self.radius * sin] {
                    let noise: f64 = rng.sample(StandardNormal);
                    points.push(centre + self.std * noise);
                }
                labels.push(mode);
            }
        }
        Ok(RawTable::labelled(points, 2, labels, self.modes))
    }
}

/// Two classes of points on curves, with noise of this standard deviation on each coordinate.
/// `curve(class, i, count)` is the i-th of a class's `count` points.
fn two_curves(
    mut points: Vec<f64>,
    samples: usize,
    deviation: f64,
    seed: u64,
    curve: impl Fn(u32, usize, usize) -> [f64; 2],
) -> RawTable {
    let mut labels = Vec::with_capacity(samples);
    let mut rng = stream(seed, "data", 0);
    for class in 0..2 {
        let count = share(samples, class, 2);
        for i in 0..count {
            for coordinate in curve(class, i, count) {
                let noise: f64 = rng.sample(StandardNormal);
                points.push(coordinate + deviation * noise);
            }
            labels.push(class);
        }
    }
    RawTable::labelled(points, 2, labels, 2)
}

/// How many of `samples` a class gets; the first classes get what remains.
fn share(samples: usize, class: u32, classes: u32) -> usize {
    samples / classes as usize + usize::from((class as usize) < samples % classes as usize)
}

/// The i-th of `count` values evenly from 0 to 1, both included.
fn linspace(i: usize, count: usize) -> f64 {
    i as f64 / (count.max(2) - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::synthetic::tests::{class_counts, context, rows};

    #[test]
    fn spirals_without_noise_lie_on_their_arms() {
        let spirals = Spirals {
            classes: 3,
            samples: 31,
            noise: 0.0,
        };
        let raw = spirals.load(&context(0)).unwrap();
        assert_eq!(class_counts(&raw), [11, 10, 10]);
        let points = rows(&raw);
        assert_eq!(points[0], [0.0, 0.0]);
        // The end of the second arm: radius 1 at 2π/3 + 4 radians.
        let end = &points[20];
        let angle = 2.0 * PI / 3.0 + 4.0;
        assert!((end[0] - angle.cos()).abs() < 1e-15 && (end[1] - angle.sin()).abs() < 1e-15);
    }

    #[test]
    fn moons_without_noise_are_scikit_learns() {
        let moons = Moons {
            samples: 6,
            noise: 0.0,
        };
        // sklearn.datasets.make_moons(6, shuffle=False)
        let expected = [
            [1.0, 0.0],
            [0.0, 1.0],
            [-1.0, 0.0],
            [0.0, 0.5],
            [1.0, -0.5],
            [2.0, 0.5],
        ];
        assert_near(&rows(&moons.load(&context(0)).unwrap()), &expected);
    }

    #[test]
    fn circles_without_noise_are_scikit_learns() {
        let circles = Circles {
            samples: 8,
            noise: 0.0,
            factor: 0.5,
        };
        // sklearn.datasets.make_circles(8, shuffle=False, factor=0.5)
        let expected = [
            [1.0, 0.0],
            [0.0, 1.0],
            [-1.0, 0.0],
            [0.0, -1.0],
            [0.5, 0.0],
            [0.0, 0.5],
            [-0.5, 0.0],
            [0.0, -0.5],
        ];
        assert_near(&rows(&circles.load(&context(0)).unwrap()), &expected);
    }

    #[test]
    fn a_ring_of_four_without_spread_is_a_square() {
        let ring = Ring {
            modes: 4,
            samples: 6,
            radius: 2.0,
            std: 0.0,
        };
        let raw = ring.load(&context(0)).unwrap();
        assert_eq!(class_counts(&raw), [2, 2, 1, 1]);
        let expected = [
            [2.0, 0.0],
            [2.0, 0.0],
            [0.0, 2.0],
            [0.0, 2.0],
            [-2.0, 0.0],
            [0.0, -2.0],
        ];
        assert_near(&rows(&raw), &expected);
    }

    #[test]
    fn noise_has_the_deviation_asked_for() {
        let clean = rows(
            &Moons {
                samples: 20_000,
                noise: 0.0,
            }
            .load(&context(1))
            .unwrap(),
        );
        let noisy = rows(
            &Moons {
                samples: 20_000,
                noise: 0.3,
            }
            .load(&context(1))
            .unwrap(),
        );
        let squares: f64 = clean
            .iter()
            .flatten()
            .zip(noisy.iter().flatten())
            .map(|(a, b)| (a - b).powi(2))
            .sum();
        // 40000 draws: the standard error of the deviation is 0.3/√80000 ≈ 0.001.
        assert!(((squares / 40_000.0).sqrt() - 0.3).abs() < 0.005);
    }

    fn assert_near(points: &[Vec<f64>], expected: &[[f64; 2]]) {
        assert_eq!(points.len(), expected.len());
        for (point, expected) in points.iter().zip(expected) {
            for (found, expected) in point.iter().zip(expected) {
                let is_near = (found - expected).abs() < 4e-16 * expected.abs().max(2.0);
                assert!(is_near, "{point:?} {expected}");
            }
        }
    }
}
