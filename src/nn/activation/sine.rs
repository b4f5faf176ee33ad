//! The sine.

use super::{Pointwise, Sides};
use crate::base::Scalar;
use crate::base::family::member;

member! {
    /// sin(omega·x), which is flat on neither side; wants `init = "siren"` with the same omega. Sitzmann et al. 2020, arXiv:2006.09661.
    pub struct Sine {
        /// Radians per unit of x.
        #[schemars(extend("exclusiveMinimum" = 0))]
        omega: f64 = 30.0,
    }
}
impl Pointwise for Sine {
    const SATURATES: Sides = Sides::None;
    #[inline(always)]
    fn eval<T: Scalar>(&self, x: T) -> (T, T) {
        let omega = T::from_f64(self.omega);
        let (angle, largest) = (omega * x, T::max_value());
        // Asked this way round a NaN stays a NaN; an infinite angle has no sine.
        let angle = if angle > largest { largest } else { angle };
        let angle = if angle < -largest { -largest } else { angle };
        let (sin, cos) = angle.fast_sin_cos();
        (sin, omega * cos)
    }
    fn max_slope(&self) -> f64 {
        self.omega.abs()
    }
}
