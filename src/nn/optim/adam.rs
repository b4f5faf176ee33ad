//! Adam's scaling.

use super::transform::{StepInfo, Transform};
use crate::base::Scalar;

/// m ← β₁m + (1 − β₁)u, v ← β₂v + (1 − β₂)u², then
/// u ← m/(1 − β₁ᵗ) / (√v/√(1 − β₂ᵗ) + eps). Kingma & Ba 2015,
/// arXiv:1412.6980, algorithm 1; eps stands where PyTorch's Adam has it.
#[derive(Clone, Copy)]
pub struct ScaleByAdam<T> {
    betas: [f64; 2],
    keep: [T; 2],
    take: [T; 2],
    eps: T,
    /// 1/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ).
    scales: [T; 2],
}

/// Adam's scaling; its decays as in the paper.
pub fn adam<T: Scalar>(beta1: f64, beta2: f64, eps: f64) -> ScaleByAdam<T> {
    let betas = [beta1, beta2];
    ScaleByAdam {
        betas,
        keep: betas.map(T::from_f64),
        take: betas.map(|beta| T::from_f64(1.0 - beta)),
        eps: T::from_f64(eps),
        scales: [T::one(); 2],
    }
}

impl<T: Scalar> Transform<T> for ScaleByAdam<T> {
    type State = ([T; 1], [T; 1]);

    fn prepare(&mut self, info: &StepInfo) {
        // 1 − βᵗ cancels for β near 1: in f64 whatever the precision.
        let [mean, square] = self.betas.map(|beta| 1.0 - beta.powf(info.t as f64));
        self.scales = [T::from_f64(1.0 / mean), T::from_f64(1.0 / square.sqrt())];
    }

    #[inline(always)]
    fn apply(&self, update: T, _param: T, ([m], [v]): &mut Self::State) -> T {
        *m = self.keep[0] * *m + self.take[0] * update;
        *v = self.keep[1] * *v + self.take[1] * update * update;
        self.scales[0] * *m / (self.scales[1] * v.sqrt() + self.eps)
    }
}
