//! The skip connection's sum λ·h + s·u.

use crate::base::{Scalar, simd};

use super::{
    Backward, BackwardChunk, Forward, Layer, Role, Saves, TensorShape, entries, entries_mut,
};

/// The branch's factor s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BranchScale {
    /// A constant.
    Fixed(f64),
    /// A parameter that starts at 0 (ReZero, arXiv:2003.04887).
    Learned,
}

/// λ·h + s·u, h (the main path) being the first input and u (the branch) the
/// second.
///
/// Backward: ∂L/∂h = λ·g, ∂L/∂u = s·g, ∂L/∂s = ⟨g, u⟩. With λ = 1 and s = 0 the
/// Jacobian of the main path is the identity, bit for bit.
pub struct ResidualAdd {
    /// Width of all values.
    pub width: usize,
    /// λ.
    pub shortcut: f64,
    /// s.
    pub scale: BranchScale,
}

impl ResidualAdd {
    fn scale<T: Scalar>(&self, trained: &[T]) -> T {
        match self.scale {
            BranchScale::Fixed(scale) => T::from_f64(scale),
            BranchScale::Learned => trained[0],
        }
    }

    fn is_learned(&self) -> bool {
        self.scale == BranchScale::Learned
    }
}

impl<T: Scalar> Layer<T> for ResidualAdd {
    fn width(&self) -> usize {
        self.width
    }

    fn tensors(&self) -> Vec<TensorShape> {
        let scale = TensorShape::vector("skip.scale", 1, Role::Constant(0.0));
        if self.is_learned() {
            vec![scale]
        } else {
            Vec::new()
        }
    }

    fn saves(&self) -> Saves {
        Saves {
            inputs: self.is_learned(),
            partials: usize::from(self.is_learned()),
            ..Saves::default()
        }
    }

    fn forward(&self, pass: Forward<T>) {
        let (shortcut, scale) = (
            T::from_f64(self.shortcut),
            self.scale(pass.parameters.trained),
        );
        let [main, branch, _] = pass.inputs.each_ref().map(entries);
        let output = entries_mut(pass.output);
        simd::dispatch(
            #[inline(always)]
            || {
                for ((y, h), u) in output.iter_mut().zip(main).zip(branch) {
                    *y = shortcut * *h + scale * *u;
                }
            },
        );
    }

    fn partials(&self, chunk: BackwardChunk<T>, partials: &mut [f64]) {
        let (grad, branch) = (entries(&chunk.grad_output), entries(&chunk.inputs[1]));
        let products = grad.iter().zip(branch);
        partials[0] = products.map(|(g, u)| (*g).to_f64() * (*u).to_f64()).sum();
    }

    fn backward(&self, pass: Backward<T>) {
        let (shortcut, scale) = (
            T::from_f64(self.shortcut),
            self.scale(pass.parameters.trained),
        );
        let grad = entries(&pass.grad_output);
        let [main, branch, _] = pass.grad_inputs;
        main.write_or_add(grad.iter().map(|g| shortcut * *g));
        branch.write_or_add(grad.iter().map(|g| scale * *g));
    }
}
