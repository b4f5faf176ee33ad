//! The values of two figures, old and new, put beside each other.

use super::figure::Figure;
use super::gap::{difference, ends};
use crate::lab::records::{Spread, difference as apart};

/// Which values of the two sides belong together.
pub enum Pairing {
    /// The values of one seed: old and new place. The initialisation's scatter cancels.
    BySeed(Vec<(usize, usize)>),
    /// No seed in common: only the medians can be compared.
    Apart,
}

/// Old and new values put beside each other.
pub struct Paired {
    /// New minus old.
    pub differences: Vec<f64>,
    /// Old and new, seed by seed; empty where the two have no seed in common.
    pub values: Vec<(f64, f64)>,
    /// Whether each difference is of one seed, or no interval can be had.
    pub is_exact: bool,
    /// Lower end, median and upper end of the difference.
    pub interval: [f64; 3],
    /// The old median.
    pub base: f64,
    /// The new median.
    pub new: f64,
    /// New values.
    pub seeds: usize,
}

/// Puts the values of two figures beside each other.
pub fn pair(old: &Figure, new: &Figure, pairing: &Pairing) -> Paired {
    let (mut a, mut b) = (old.values(), new.values());
    if let Pairing::BySeed(pairs) = pairing {
        (a, b) = pairs.iter().map(|&(i, j)| (a[i], b[j])).unzip();
    }
    let is_finite = a.iter().chain(&b).all(|value| value.is_finite());
    let differences: Vec<f64> = match pairing {
        Pairing::BySeed(_) => a.iter().zip(&b).map(|(a, b)| difference(*b, *a)).collect(),
        Pairing::Apart => (b.iter())
            .flat_map(|b| a.iter().map(|a| difference(*b, *a)))
            .collect(),
    };
    let spread = match pairing {
        _ if !is_finite => None,
        Pairing::BySeed(_) => Some(Spread::of(&differences)),
        Pairing::Apart => Some(apart(&Spread::of(&a), &Spread::of(&b))),
    };
    let interval = match spread {
        Some(spread) => [spread.low, spread.median, spread.high],
        None => ends(&differences),
    };
    Paired {
        is_exact: spread.is_none() || matches!(pairing, Pairing::BySeed(_)),
        interval,
        base: ends(&a)[1],
        new: ends(&b)[1],
        seeds: b.len(),
        values: match pairing {
            Pairing::BySeed(_) => a.into_iter().zip(b).collect(),
            Pairing::Apart => Vec::new(),
        },
        differences,
    }
}

/// Place of the largest of at least one difference, whatever its sign.
pub fn furthest(differences: &[f64]) -> usize {
    let sizes = differences.iter().map(|difference| difference.abs());
    let largest = sizes.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    largest.map_or(0, |(place, _)| place)
}
