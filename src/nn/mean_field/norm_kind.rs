//! What a norm divides by, as theory sees it.

/// What a norm divides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// Nothing.
    None,
    /// The deviation of a unit over a batch of so many samples.
    Batch(usize),
    /// The deviation or root mean square of a sample over its units, which are the
    /// same where the mean over the units is 0.
    Row,
}
