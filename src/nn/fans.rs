//! The fans of a map, which an init draws its weights by.

/// How many values one output of a map reads, and how many outputs read one
/// input. They need not be the shape of its matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fans {
    /// fan_in.
    pub inputs: usize,
    /// fan_out.
    pub outputs: usize,
    /// The side k of a convolution's kernel: the rows of the matrix are then those of
    /// its k·k taps, one tap after the other.
    pub kernel: Option<usize>,
    /// Whether the map reads the network's input.
    pub is_first: bool,
}

impl Fans {
    /// Of a map inside a network that is no convolution.
    pub fn new(inputs: usize, outputs: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel: None,
            is_first: false,
        }
    }
}
