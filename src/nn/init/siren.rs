//! The init of networks of sines.

use ndarray::ArrayViewMut2;

use super::{Initializer, Spread, fill_uniform, uniform};
use crate::base::family::member;
use crate::base::rng::ChaCha8Rng;
use crate::fans::Fans;

member! {
    /// For `activation = "sine"` with the same omega: layer 1 uniform on ±1/fan_in, all other layers on ±√(6/fan_in)/omega, biases on ±1/√fan_in. Sitzmann et al. 2020, arXiv:2006.09661, as the authors' code.
    pub struct Siren {
        /// The activation's omega.
        #[schemars(extend("exclusiveMinimum" = 0))]
        omega: f64 = 30.0,
    }
}

impl Siren {
    fn bound(&self, fans: Fans) -> f64 {
        let fan_in = fans.inputs as f64;
        if fans.is_first {
            1.0 / fan_in
        } else {
            (6.0 / fan_in).sqrt() / self.omega
        }
    }
}

impl Initializer for Siren {
    fn fill(&self, rng: &mut ChaCha8Rng, fans: Fans, weight: ArrayViewMut2<f64>, bias: &mut [f64]) {
        fill_uniform(rng, weight, self.bound(fans));
        let bound = 1.0 / (fans.inputs as f64).sqrt();
        bias.fill_with(|| uniform(rng, bound));
    }

    fn spread(&self, fans: Fans) -> Option<Spread> {
        Some(Spread {
            weight: self.bound(fans).powi(2) / 3.0,
            bias: 1.0 / (3.0 * fans.inputs as f64),
            is_bias_even: true,
            is_orthogonal: false,
        })
    }
}
