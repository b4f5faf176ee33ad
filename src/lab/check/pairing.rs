//! Which seeds of a run and of its baseline belong together.

use super::compare::BaselineComparison;
use super::figure::Pairing;
use crate::base::Problem;

impl BaselineComparison<'_> {
    /// The seeds that both have, or else how the two are compared; what is not quite the same
    /// is told in `remarks`.
    ///
    /// # Errors
    /// If they have none in common, and one of them has no interval.
    pub fn pairing(&self, remarks: &mut Vec<String>) -> Result<Pairing, Problem> {
        let (old, new) = (&self.old.seeds, &self.new.seeds);
        if old == new {
            return Ok(Pairing::BySeed(
                (0..old.len().max(1)).map(|i| (i, i)).collect(),
            ));
        }
        // One run beside one, and of a lone file nobody knows the seed.
        if old.len().max(new.len()) == 1 && old.len() != new.len() {
            return Ok(Pairing::BySeed(vec![(0, 0)]));
        }
        let list = |seeds: &[u64]| match seeds {
            [] => "no seed".to_owned(),
            [one] => format!("seed {one}"),
            [first, .., last] if last - first == seeds.len() as u64 - 1 => {
                format!("seeds {first} to {last}")
            }
            _ => {
                let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
                format!("seeds {}", seeds.join(", "))
            }
        };
        let common: Vec<(usize, usize)> = old
            .iter()
            .enumerate()
            .filter_map(|(i, seed)| Some((i, new.binary_search(seed).ok()?)))
            .collect();
        let (of_old, of_new) = (list(old), list(new));
        if !common.is_empty() {
            let seeds: Vec<u64> = common.iter().map(|(i, _)| old[*i]).collect();
            remarks.push(format!(
                "the baseline has {of_old}, the target {of_new}; compared are {}",
                list(&seeds)
            ));
            return Ok(Pairing::BySeed(common));
        }
        if old.len() < 2 || new.len() < 2 {
            return Err(Problem::in_file(
                self.file,
                format!("cannot compare: it has {of_old}, the target {of_new}, and two initialisations differ by more than the tolerance"),
            )
            .help(format!(
                "check a run of {of_old}{}",
                old.first().map_or_else(String::new, |seed| format!(
                    " (`vgrad check SPEC --seed {seed}{}`)",
                    if old.len() > 1 { format!(" --seeds {}", old.len()) } else { String::new() }
                ))
            )));
        }
        remarks.push(format!(
            "the baseline has {of_old}, the target {of_new}: only their means are compared"
        ));
        Ok(Pairing::Apart)
    }
}
