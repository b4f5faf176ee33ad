//! Floor 0, the ground: numbers and loops over them, random streams, the one
//! matrix product, the team of threads, and the pattern by which a family of
//! things is named.

pub mod elementary;
pub mod family;
pub mod gemm;
pub mod nearest;
pub mod paths;
pub mod prefetch;
pub mod problem;
pub mod rng;
pub mod scalar;
pub mod scratch;
pub mod simd;
pub mod sums;
pub mod team;

pub use problem::Problem;
pub use scalar::Scalar;
