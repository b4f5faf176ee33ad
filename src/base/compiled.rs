//! Generic functions that are compiled where they are written.
//!
//! A generic function is compiled wherever it is called with its types known, and at the
//! level of optimisation of that place: training asked for by a floor that is built fast,
//! not to be fast, would be six times slower. What [`compiled`] names is compiled at home,
//! once for each precision.

use std::any::Any;

/// Of two of a kind, for `f32` and for `f64`, the one of type `F`.
///
/// # Panics
/// If neither is.
#[doc(hidden)]
pub fn of_type<F: 'static>(all: [&'static (dyn Any + Sync); 2]) -> &'static F {
    let mut found = all.into_iter().filter_map(|it| {
        let any: &'static dyn Any = it;
        any.downcast_ref()
    });
    found.next().expect("one of the two precisions")
}

/// The generic function `$function` for precision `$T`, compiled in the crate that this
/// stands in: `compiled!(Signature<T> = function)`, `Signature<T>` being the name of its
/// type.
#[macro_export]
macro_rules! compiled {
    ($Signature:ident<$T:ident> = $function:ident) => {{
        static SINGLE: $Signature<f32> = $function::<f32>;
        static DOUBLE: $Signature<f64> = $function::<f64>;
        *$crate::compiled::of_type::<$Signature<$T>>([&SINGLE, &DOUBLE])
    }};
}
pub use compiled;
