//! What keeps the tokens of a transformer apart, its effect measured at the start.

use super::hint::{Hint, TOKENS, needed};
use super::tokens::token_spreads;
use crate::lab::config::LoadedSpec;
use crate::lab::json::Real;
use crate::lab::remedies::{CURES, Patient};

/// The cures that lead tokens around attention, by name, the mildest first.
const CANDIDATES: [&str; 3] = ["skips", "pre-norm", "deepnorm"];
/// 1 minus the similarity of tokens from which on they are told apart.
const APART: f64 = 0.01;

/// The first that leaves the tokens apart behind the last block, where as it is `before` is
/// left of their differences; none once `is_over` says that time ran out.
pub fn token_hint(
    patient: &Patient,
    load: &dyn Fn(&[String]) -> Option<LoadedSpec>,
    before: f64,
    is_over: &dyn Fn() -> bool,
) -> Option<Hint> {
    let named = |name: &&str| CURES.iter().find(|cure| cure.name == *name);
    let cures = CANDIDATES.iter().filter_map(named);
    cures.take_while(|_| !is_over()).find_map(|cure| {
        let sets = cure.changes(patient).ok()?;
        let loaded = load(&sets)?;
        let after = token_spreads(&loaded)?.last()?.spread;
        (after >= APART).then(|| Hint {
            name: cure.name.to_owned(),
            set: needed(sets, &loaded, load),
            why: cure.why.to_owned(),
            quantity: TOKENS,
            step: 0,
            before: Real(before),
            after: Real(after),
            predicted: None,
            later: None,
            is_good: false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_is_a_cure() {
        for name in CANDIDATES {
            assert!(CURES.iter().any(|cure| cure.name == name), "{name}");
        }
    }
}
