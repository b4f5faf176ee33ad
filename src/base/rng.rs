//! Random numbers by purpose.
//!
//! Every random draw of a run comes from a stream named by the run's seed, a
//! purpose (`"init"`, `"shuffle"`, `"dropout"` …) and an index (layer, epoch …),
//! on ChaCha8, a named generator whose output is fixed for ever. So a draw
//! depends neither on threads nor on logging, and adding a layer does not move
//! the numbers of another.

use rand::SeedableRng;
pub use rand::rngs::ChaCha8Rng;

/// The stream for one purpose and index of a run's seed.
pub fn stream(seed: u64, purpose: &str, index: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&fnv1a(purpose).to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// FNV-1a, 64 bit: a fixed hash, so that a purpose's name is part of the key.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_seed_purpose_and_index_and_repeat() {
        let first = |seed, purpose, index| stream(seed, purpose, index).next_u64();
        let base = first(1, "init", 2);
        assert_eq!(base, first(1, "init", 2));
        assert_ne!(base, first(2, "init", 2));
        assert_ne!(base, first(1, "shuffle", 2));
        assert_ne!(base, first(1, "init", 3));
    }

    #[test]
    fn hash_is_fnv1a() {
        // Test vector of the FNV specification (draft-eastlake-fnv, 64 bit, "foobar").
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }
}
