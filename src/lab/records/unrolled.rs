//! What the path of a lone file of layers is made of, by the names of its rows.

use std::path::Path;

use super::table::Table;
use crate::nn::architecture::Along;

/// Time, where the first row is `hidden_1.1`, as a recurrent network's is, and rows have
/// positions on the path. What cannot be read is told by who reads all of it.
pub fn along(path: &Path) -> Along {
    match first_name(path) {
        Some(name) if is_time_step(&name) => Along::Time,
        _ => Along::Layers,
    }
}

fn first_name(path: &Path) -> Option<String> {
    let mut table = Table::open(path).ok()?;
    let name = table.find("name")?;
    table.find("position")?;
    let row = table.next_row().ok()??;
    std::str::from_utf8(row.bytes(name)).ok().map(str::to_owned)
}

/// Whether a name is `hidden_l.t`.
fn is_time_step(name: &str) -> bool {
    let numbers = name.strip_prefix("hidden_");
    let numbers = numbers.and_then(|both| both.split_once('.'));
    numbers.is_some_and(|(layer, step)| [layer, step].iter().all(|n| n.parse::<usize>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::is_time_step;

    #[test]
    fn time_steps_have_two_numbers() {
        assert!(is_time_step("hidden_2.13"));
        for other in ["hidden_2", "hidden_2.weight", "block_1.2", "output"] {
            assert!(!is_time_step(other), "{other}");
        }
    }
}
