//! One SIMD register of either precision.

use pulp::bytemuck::Pod;
use pulp::{Arch, Simd};

use super::kernel::Product;
use super::transpose::Transpose;

/// A scalar type with the register operations that a product needs: plain numbers,
/// whatever their bits.
pub trait Register: Transpose + Default + Pod {
    /// A register of the instruction set `S`: plain numbers.
    type Of<S: Simd>: Pod;

    /// All lanes `value`.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Of<S>;
    /// a·b + c, rounded once where the instruction set fuses.
    fn mul_add<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>, c: Self::Of<S>) -> Self::Of<S>;
    /// Computes a sum of products with the instructions of `arch`: compiled here, once
    /// for each precision, and not wherever a product is asked for.
    #[doc(hidden)]
    fn multiply(product: Product<Self>, arch: Arch, buffer: &mut [Self]);
    /// Lanes of a register.
    fn lanes<S: Simd>() -> usize {
        size_of::<Self::Of<S>>() / size_of::<Self>()
    }
}

macro_rules! register {
    ($T:ty: $Register:ident, $splat:ident, $mul_add:ident) => {
        impl Register for $T {
            type Of<S: Simd> = S::$Register;

            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: Self) -> S::$Register {
                simd.$splat(value)
            }
            #[inline(always)]
            fn mul_add<S: Simd>(
                simd: S,
                a: S::$Register,
                b: S::$Register,
                c: S::$Register,
            ) -> S::$Register {
                simd.$mul_add(a, b, c)
            }
            fn multiply(product: Product<Self>, arch: Arch, buffer: &mut [Self]) {
                product.run(arch, buffer);
            }
        }
    };
}
register! { f32: f32s, splat_f32s, mul_add_e_f32s }
register! { f64: f64s, splat_f64s, mul_add_e_f64s }
