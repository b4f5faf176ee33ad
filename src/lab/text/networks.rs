//! What is said of a generator and the discriminator behind it.

/// What a generator's test loss is.
pub const ENERGY_DISTANCE: &str = "energy distance";

/// Whose the layers of a log are; the first `generator` of them are the generator's.
pub fn networks(generator: usize) -> String {
    format!(
        "layers 1–{generator} are the generator's, from {} on the discriminator's",
        generator + 1
    )
}
