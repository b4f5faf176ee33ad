//! Floor 0: numbers and loops over them, random streams, the one matrix product,
//! the team of threads, and what all floors share: errors, families of named
//! choices, suggestions for misspelt names, counts in words, the memory that is left.

pub mod circular;
pub mod compiled;
pub mod conflict;
pub mod counted;
pub mod crc32c;
pub mod elementary;
pub mod family;
pub mod gemm;
pub mod memory;
pub mod nearest;
pub mod paths;
pub mod prefetch;
pub mod problem;
pub mod rng;
pub mod scalar;
pub mod scratch;
pub mod simd;
pub mod spectral;
pub mod squares;
pub mod sums;
pub mod team;

pub use conflict::Conflict;
pub use counted::counted;
pub use problem::Problem;
pub use scalar::Scalar;
