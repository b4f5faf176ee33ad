//! The skip connection's sum h + s·u.

use crate::base::{Scalar, simd};

use super::{Backward, Forward, Layer, Role, TensorShape};

/// The branch's factor s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BranchScale {
    /// A constant.
    Fixed(f64),
    /// A parameter that starts at 0 (ReZero, arXiv:2003.04887).
    Learned,
}

/// h + s·u, h (the main path) being the first input and u (the branch) the
/// second.
///
/// Backward: ∂L/∂h = g, ∂L/∂u = s·g, ∂L/∂s = ⟨g, u⟩. With s = 0 the Jacobian
/// of the main path is the identity, bit for bit.
pub struct ResidualAdd {
    /// Width of all values.
    pub width: usize,
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

    fn saves_inputs(&self) -> bool {
        self.is_learned()
    }

    fn backward_partials_len(&self) -> usize {
        usize::from(self.is_learned())
    }

    fn forward(&self, pass: Forward<T>) {
        let scale = self.scale(pass.parameters.trained);
        let [main, branch, _] = pass.inputs;
        simd::dispatch(
            #[inline(always)]
            || {
                for ((out, main), branch) in pass.output.iter_mut().zip(main).zip(branch) {
                    *out = *main + scale * *branch;
                }
            },
        );
    }

    fn backward_partials(&self, pass: &Backward<T>, partials: &mut [f64]) {
        if self.is_learned() {
            let products = pass.grad_output.iter().zip(pass.inputs[1]);
            partials[0] = products
                .map(|(grad, branch)| (*grad).to_f64() * (*branch).to_f64())
                .sum();
        }
    }

    fn backward(&self, pass: Backward<T>) {
        let scale = self.scale(pass.parameters.trained);
        let [mut main, mut branch, _] = pass.grad_inputs;
        main.write_or_add(pass.grad_output.iter().copied());
        branch.write_or_add(pass.grad_output.iter().map(|grad| scale * *grad));
    }
}
