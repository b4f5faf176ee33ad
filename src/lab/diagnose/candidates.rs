//! Which cures are tried against what was found, and in which order.

use super::mechanism::Mechanism;
use super::trouble::Trouble;
use crate::lab::remedies::{CURES, Cure, CureKind, USUAL_RATE};

/// The cures of some mechanisms: those of what comes to the network from outside, and of steps
/// that no network stands, which are tried first and kept, then the others. Where the gradients
/// arrive, the steps come before the network.
pub fn candidates(trouble: Trouble, mechanisms: &[&Mechanism]) -> [Vec<&'static Cure>; 2] {
    let wanted = mechanisms.iter().flat_map(|one| one.cures);
    let wanted: Vec<CureKind> = wanted.copied().collect();
    let of = |kinds: &[CureKind]| {
        let kinds = kinds.iter().filter(|kind| wanted.contains(kind));
        let cures = kinds.flat_map(|kind| CURES.iter().filter(|cure| cure.kind == *kind));
        cures.collect::<Vec<_>>()
    };
    let inner = match trouble.gradients {
        true => [
            CureKind::Adversary,
            CureKind::Discriminator,
            CureKind::Gradients,
            CureKind::Optimizer,
            CureKind::Precision,
        ],
        false => [
            CureKind::Optimizer,
            CureKind::Gradients,
            CureKind::Adversary,
            CureKind::Discriminator,
            CureKind::Precision,
        ],
    };
    let mut outer = of(&[CureKind::Data, CureKind::Dropout]);
    if trouble.rate && trouble.gradients {
        outer.extend(CURES.iter().find(|cure| cure.name == USUAL_RATE));
    }
    let names: Vec<&str> = outer.iter().map(|cure| cure.name).collect();
    let inner = of(&inner).into_iter();
    let inner = inner.filter(|cure| !names.contains(&cure.name)).collect();
    [outer, inner]
}
