//! Scenes of known shape and the cameras around them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A point or direction in space, or a colour.
pub type Vector = [f64; 3];

/// What the cameras look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scene {
    /// Four matt spheres under one light, before black.
    #[default]
    Spheres,
}

struct Sphere {
    centre: Vector,
    radius: f64,
    colour: Vector,
}

const SPHERES: [Sphere; 4] = [
    Sphere {
        centre: [0.0, -0.05, 0.0],
        radius: 0.30,
        colour: [0.90, 0.20, 0.15],
    },
    Sphere {
        centre: [0.34, 0.12, 0.10],
        radius: 0.20,
        colour: [0.20, 0.80, 0.25],
    },
    Sphere {
        centre: [-0.30, 0.16, -0.18],
        radius: 0.20,
        colour: [0.20, 0.35, 0.95],
    },
    Sphere {
        centre: [-0.08, -0.16, 0.36],
        radius: 0.16,
        colour: [0.95, 0.85, 0.20],
    },
];

/// Where the light comes from, before it is given length 1.
const LIGHT: Vector = [1.0, 2.0, 1.0];
/// What of a colour shows in the shade.
const SHADE: f64 = 0.4;

impl Sphere {
    /// How far along a ray it is hit first, if it is in front of the eye.
    fn distance(&self, ray: &Ray) -> Option<f64> {
        let to_centre = minus(self.centre, ray.eye);
        let along = dot(to_centre, ray.direction);
        let aside = dot(to_centre, to_centre) - along * along;
        let half_chord = (self.radius * self.radius - aside).sqrt();
        // NaN where the ray passes by.
        Some(along - half_chord).filter(|distance| *distance > 0.0)
    }

    /// Its colour at a point of it: Lambert's law over the shade.
    fn colour_at(&self, point: Vector) -> Vector {
        let normal = unit(minus(point, self.centre));
        let lit = dot(normal, unit(LIGHT)).max(0.0);
        self.colour.map(|c| c * (SHADE + (1.0 - SHADE) * lit))
    }
}

impl Scene {
    /// What is seen along a ray: the colour of the nearest thing, black where there is none.
    pub fn colour(self, ray: &Ray) -> Vector {
        let Self::Spheres = self;
        let hits = SPHERES
            .iter()
            .filter_map(|sphere| Some((sphere.distance(ray)?, sphere)));
        let nearest = hits.min_by(|(a, _), (b, _)| a.total_cmp(b));
        nearest.map_or([0.0; 3], |(distance, sphere)| {
            sphere.colour_at(ray.at(distance))
        })
    }
}

/// What one pixel sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ray {
    /// Where it starts.
    pub eye: Vector,
    /// Of length 1.
    pub direction: Vector,
}

impl Ray {
    /// The point at a distance.
    pub fn at(&self, distance: f64) -> Vector {
        std::array::from_fn(|k| self.eye[k] + distance * self.direction[k])
    }
}

/// A camera on a circle around the scene, 30° above it, 2 from its middle, which it looks at.
pub struct Camera {
    eye: Vector,
    forward: Vector,
    right: Vector,
    up: Vector,
}

/// How far from the middle of a picture its edge is, at distance 1.
const HALF_WIDTH: f64 = 0.3;

impl Camera {
    /// Camera `view`, from 0, of `views` at equal angles.
    pub fn new(view: usize, views: usize) -> Self {
        let angle = 2.0 * std::f64::consts::PI * view as f64 / views as f64;
        let (sin, cos) = angle.sin_cos();
        let root = 3f64.sqrt() / 2.0;
        let eye = [cos * root, 0.5, sin * root].map(|x| 2.0 * x);
        let forward = eye.map(|x| -x / 2.0);
        let right = unit(cross(forward, [0.0, 1.0, 0.0]));
        Self {
            eye,
            forward,
            right,
            up: cross(right, forward),
        }
    }

    /// What the pixel in this row and column, both from 0 at the top left, of a picture of
    /// `size` × `size` sees.
    pub fn ray(&self, [row, column]: [usize; 2], size: usize) -> Ray {
        let place = |i: usize| 2.0 * (i as f64 + 0.5) / size as f64 - 1.0;
        let (x, y) = (HALF_WIDTH * place(column), -HALF_WIDTH * place(row));
        let towards = std::array::from_fn(|k| self.forward[k] + x * self.right[k] + y * self.up[k]);
        Ray {
            eye: self.eye,
            direction: unit(towards),
        }
    }
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn minus(a: Vector, b: Vector) -> Vector {
    std::array::from_fn(|k| a[k] - b[k])
}

fn cross(a: Vector, b: Vector) -> Vector {
    std::array::from_fn(|k| {
        let (i, j) = ((k + 1) % 3, (k + 2) % 3);
        a[i] * b[j] - a[j] * b[i]
    })
}

fn unit(a: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    a.map(|x| x / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: Vector, expected: Vector) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    /// View 0 of any number stands at (√3, 1, 0), looks along −(√3, 1, 0)/2, has its right
    /// at −z and its up at (−½, √3/2, 0).
    #[test]
    fn the_first_camera_by_hand() {
        let root = 3f64.sqrt();
        let camera = Camera::new(0, 5);
        close(camera.eye, [root, 1.0, 0.0]);
        close(camera.forward, [-root / 2.0, -0.5, 0.0]);
        close(camera.right, [0.0, 0.0, -1.0]);
        close(camera.up, [-0.5, root / 2.0, 0.0]);
        // The top left of 2 × 2: half of 0.3 to the left, which is +z, and up.
        let ray = camera.ray([0, 0], 2);
        let towards = [-root / 2.0 - 0.15 * 0.5, -0.5 + 0.15 * root / 2.0, 0.15];
        close(ray.direction, unit(towards));
        // The view a quarter of the way round stands at z = √3.
        close(Camera::new(1, 4).eye, [0.0, 1.0, root]);
    }

    /// The middle of view 0, along −(√3, 1, 0)/2 from (√3, 1, 0), hits the green sphere and
    /// behind it the red one; a corner passes all spheres by.
    #[test]
    fn the_nearest_of_two_spheres_is_seen() {
        let root = 3f64.sqrt();
        let camera = Camera::new(0, 16);
        let ray = camera.ray([0, 0], 1);
        close(ray.direction, camera.forward);
        // Red: (c − o)·d = 2 + 0.05/2, what is aside 0.05²·¾. Green: (c − o)·d = 1.5 − 0.17√3 +
        // 0.44, and c − o = (0.34 − √3, −0.88, 0.1).
        let red = 2.025 - (0.09f64 - 0.0025 * 0.75).sqrt();
        let along = 1.94 - 0.17 * root;
        let aside = (0.34 - root).powi(2) + 0.7744 + 0.01 - along * along;
        let green = along - (0.04 - aside).sqrt();
        for (sphere, distance) in [(0, red), (1, green)] {
            let found = SPHERES[sphere].distance(&ray).unwrap();
            assert!((found - distance).abs() < 1e-12, "{found} {distance}");
        }
        let point = [root - green * root / 2.0, 1.0 - green / 2.0];
        // The normal is (point − centre)/0.2, the light (1, 2, 1)/√6.
        let lit = ((point[0] - 0.34) + 2.0 * (point[1] - 0.12) - 0.1) / 0.2 / 6f64.sqrt();
        let shade = 0.4 + 0.6 * lit;
        assert!(green < red && lit > 0.0, "{green} {red} {lit}");
        close(
            Scene::Spheres.colour(&ray),
            [0.20 * shade, 0.80 * shade, 0.25 * shade],
        );
        let corner = camera.ray([0, 0], 8);
        assert_eq!(Scene::Spheres.colour(&corner), [0.0; 3]);
        // Behind the eye there is nothing.
        let away = Ray {
            direction: ray.direction.map(|x| -x),
            ..ray
        };
        assert_eq!(Scene::Spheres.colour(&away), [0.0; 3]);
    }
}
