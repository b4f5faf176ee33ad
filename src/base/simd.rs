//! The processor's instruction set, asked for once: one binary runs everywhere.

use std::sync::OnceLock;

use pulp::Arch;

/// The best instruction set of this processor that the binary has code for.
#[inline]
pub fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(Arch::new)
}

/// Plain code without vector instructions: the twin that others are tested
/// against.
pub fn plain() -> Arch {
    Arch::Scalar
}

/// All instruction sets that this processor has and the binary has code for.
pub fn available() -> Vec<Arch> {
    let mut all = vec![plain(), arch()];
    #[cfg(target_arch = "x86_64")]
    all.extend(pulp::x86::V3::try_new().map(Arch::V3));
    all
}
