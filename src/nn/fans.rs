//! The fans of a map, which an init draws its weights by.

/// How many values one output of a map reads, and how many outputs read one
/// input. They need not be the shape of its matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fans {
    /// fan_in.
    pub inputs: usize,
    /// fan_out.
    pub outputs: usize,
}
