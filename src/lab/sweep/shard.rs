//! A part of a sweep's cells, for one of several machines.

use std::fmt;
use std::str::FromStr;

/// The cells with index % of = index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u64,
    /// How many parts there are.
    pub of: u64,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// Whether a cell is one of its own.
    pub fn has(self, cell: u64) -> bool {
        cell % self.of == self.index
    }

    /// Which shard of as many a cell belongs to.
    pub fn owner(cell: u64, of: u64) -> u64 {
        cell % of
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected I/N with 0 ≤ I < N, such as 0/4".to_owned();
        let (index, of) = text.split_once('/').ok_or_else(expected)?;
        let number = |text: &str| text.trim().parse::<u64>().ok();
        match (number(index), number(of)) {
            (Some(index), Some(of)) if index < of => Ok(Self { index, of }),
            _ => Err(expected()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_in_one_shard() {
        let shards: Vec<Shard> = (0..4).map(|i| format!("{i}/4").parse().unwrap()).collect();
        for cell in 0..100 {
            let owners = shards.iter().filter(|shard| shard.has(cell));
            assert_eq!(owners.count(), 1);
            assert!(shards[Shard::owner(cell, 4) as usize].has(cell));
        }
        for wrong in ["4/4", "1", "1/0", "-1/4", "a/b", "1/4/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
