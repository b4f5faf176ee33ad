//! Views of a scene as rays of light: what a radiance field is trained on.

mod scene;

pub use scene::Scene;

use ndarray::Array2;
use rand::RngExt;

use super::raw_table::{Inputs, RawTable, Reading, room};
use super::{DataSource, LoadContext};
use crate::base::Problem;
use crate::base::family::member;
use crate::base::rng::stream;
use crate::nn::loss::{TargetKind, Targets};
use scene::Camera;

member! {
    /// A neural radiance field: rays from cameras around a scene, each with the pixel's colour as its target; the network tells colour and density of every point on a ray, and light is gathered along it. The last view is the test set. Mildenhall et al. 2020, arXiv:2003.08934.
    pub struct Nerf {
        /// What the cameras look at.
        scene: Scene = Scene::Spheres,
        /// Cameras on a circle around it.
        #[schemars(range(min = 2))]
        views: usize = 16,
        /// Rows and columns of a view's pixels.
        #[schemars(range(min = 1))]
        size: usize = 24,
        /// Points on a ray, one in each of as many equal stretches, drawn once.
        #[schemars(range(min = 1))]
        samples: usize = 24,
    }
}

/// Where along a ray the first stretch begins and the last one ends.
const NEAR: f64 = 1.4;
const FAR: f64 = 2.6;

/// Numbers of a point: its place, and the width of the stretch it stands for.
const NUMBERS: usize = 4;

impl Nerf {
    /// That there are more points than memory holds. The key to blame is the one that has
    /// grown most from its default.
    fn too_large(&self) -> Problem {
        let Self {
            views,
            size,
            samples,
            ..
        } = *self;
        let usual = Self::default();
        let times = |own: usize, usual: usize| own as f64 / usual as f64;
        let keys = [
            ("views", times(views, usual.views)),
            ("size", times(size, usual.size).powi(2)),
            ("samples", times(samples, usual.samples)),
        ];
        let (most, _) = keys
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .expect("three of them");
        let what = format!(
            "{views} views of {size} × {size} rays, with {samples} points on each, do not fit \
             into memory"
        );
        Problem::at_key(format!("data.source.nerf.{most}"), what)
            .help("lower size, views or samples")
    }

    /// Depth t_i of the points, from 1, whose places within their stretches are `places`,
    /// each with its width δ_i up to the next point, the last up to the far end.
    fn depths(places: &[f64]) -> Vec<[f64; 2]> {
        let count = places.len() as f64;
        let depth = |(i, place): (usize, &f64)| NEAR + (i as f64 + place) / count * (FAR - NEAR);
        let depths: Vec<f64> = places.iter().enumerate().map(depth).collect();
        let ends = depths.iter().skip(1).chain([&FAR]);
        depths
            .iter()
            .zip(ends)
            .map(|(t, end)| [*t, end - t])
            .collect()
    }
}

impl DataSource for Nerf {
    fn load(&self, context: &LoadContext) -> Result<RawTable, Problem> {
        if context.targets == Some(TargetKind::Classes) {
            return Err(Problem::at_key(
                "train.loss",
                "the targets of nerf are colours, not classes",
            )
            .help("set train.loss = \"mse\""));
        }
        let numbers = [self.views, self.size, self.size, self.samples, NUMBERS];
        let mut inputs = room(numbers).ok_or_else(|| self.too_large())?;
        let pixels = self.size * self.size;
        let features = self.samples * NUMBERS;
        let rays = self.views * pixels;
        let mut colours = Vec::with_capacity(rays * 3);
        let mut rng = stream(context.seed, "data", 0);
        let mut places = vec![0.5; self.samples];
        for view in 0..self.views {
            let camera = Camera::new(view, self.views);
            for pixel in 0..pixels {
                let ray = camera.ray([pixel / self.size, pixel % self.size], self.size);
                if view + 1 < self.views {
                    places.fill_with(|| rng.random());
                } else {
                    places.fill(0.5);
                }
                for [depth, width] in Self::depths(&places) {
                    inputs.extend(ray.at(depth));
                    inputs.push(width);
                }
                colours.extend(self.scene.colour(&ray));
            }
        }
        let colours = Array2::from_shape_vec((rays, 3), colours);
        Ok(RawTable {
            inputs: Inputs::Numbers(inputs),
            features,
            targets: Targets::Numbers(colours.expect("a colour per ray")),
            targets_each: 1,
            class_names: Vec::new(),
            test_rows: Some(pixels),
            reading: Reading::default(),
        })
    }

    fn gives(&self) -> Option<TargetKind> {
        Some(TargetKind::Numbers)
    }

    fn positions(&self) -> Option<usize> {
        Some(self.samples)
    }

    fn is_encoded(&self) -> bool {
        true
    }

    fn is_rays(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::synthetic::tests::{context, rows};

    /// Midpoints of four stretches of 0.3 from 1.4, the last of which has 0.15 to go.
    #[test]
    fn depths_by_hand() {
        let found = Nerf::depths(&[0.5; 4]);
        let expected = [[1.55, 0.3], [1.85, 0.3], [2.15, 0.3], [2.45, 0.15]];
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        let uneven = Nerf::depths(&[0.0, 0.75]);
        let expected = [[1.4, 1.05], [2.45, 0.15]];
        for (found, expected) in uneven.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    fn load(seed: u64) -> RawTable {
        let nerf = Nerf {
            views: 3,
            size: 2,
            samples: 5,
            ..Nerf::default()
        };
        let numeric = LoadContext {
            targets: Some(TargetKind::Numbers),
            ..context(seed)
        };
        nerf.load(&numeric).unwrap()
    }

    #[test]
    fn too_many_points_are_refused_under_the_key_that_makes_them_many() {
        let cases = [
            ("views", [100_000_000_000, 24, 24]),
            ("size", [16, 4_000_000_000, 24]),
            ("samples", [16, 24, 100_000_000_000]),
        ];
        for (key, [views, size, samples]) in cases {
            let nerf = Nerf {
                views,
                size,
                samples,
                ..Nerf::default()
            };
            let numeric = LoadContext {
                targets: Some(TargetKind::Numbers),
                ..context(0)
            };
            let message = nerf.load(&numeric).unwrap_err().to_string();
            let start = format!(
                "data.source.nerf.{key}: {views} views of {size} × {size} rays, with {samples} points"
            );
            assert!(message.starts_with(&start), "{message}");
        }
    }

    #[test]
    fn points_lie_on_their_rays_one_in_each_stretch() {
        let raw = load(3);
        assert_eq!((raw.samples(), raw.features), (12, 20));
        assert_eq!(raw.test_rows, Some(4));
        for (row, numbers) in rows(&raw).iter().enumerate() {
            let (view, pixel) = (row / 4, row % 4);
            let ray = Camera::new(view, 3).ray([pixel / 2, pixel % 2], 2);
            let mut reached = 0.0;
            for (i, point) in numbers.chunks_exact(4).enumerate() {
                let squares = (0..3).map(|k| (point[k] - ray.eye[k]).powi(2));
                let depth = squares.sum::<f64>().sqrt();
                let within = (depth - NEAR) / (FAR - NEAR) * 5.0 - i as f64;
                assert!((0.0..1.0).contains(&within), "{row} {i}: {within}");
                let is_middle = (within - 0.5).abs() < 1e-9;
                assert_eq!(is_middle, view == 2, "midpoints in the test view alone");
                let on_ray = ray.at(depth);
                assert!((0..3).all(|k| (point[k] - on_ray[k]).abs() < 1e-12));
                assert!(point[..3].iter().all(|x| x.abs() <= 1.0));
                reached = depth + point[3];
            }
            assert!((reached - FAR).abs() < 1e-12);
        }
    }

    #[test]
    fn the_seed_draws_the_points_and_not_the_test_view() {
        let [one, other] = [1, 2].map(|seed| rows(&load(seed)));
        assert_ne!(one[..8], other[..8]);
        assert_eq!(one[8..], other[8..]);
        assert_eq!(load(1).targets, load(2).targets);
    }
}
