//! What is said of the slope of a generator's loss.

use super::number::times;
use crate::lab::decay::Decay;

/// Decades below which it is not worth a word.
const WORTH: f64 = 0.3;

/// That the loss makes all layers' gradients smaller; empty where it does not.
pub fn by_loss(decay: &Decay) -> String {
    let lost = decay.loss_decades();
    if lost < WORTH {
        return String::new();
    }
    if lost.is_infinite() {
        return "; the generator's loss is flat, so that nothing arrives at any layer".to_owned();
    }
    format!(
        "; the generator's loss, which is nearly flat, makes all of them smaller {}",
        times(lost)
    )
}

/// The same in a line of numbers.
pub fn loss_in_numbers(decay: &Decay) -> String {
    match decay.loss_decades() {
        lost if lost < WORTH => String::new(),
        lost => format!(", and {lost:+.2} by the loss's slope"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_loss_is_told_of_and_a_steep_one_is_not() {
        let norms = [(1, Some(1.0)), (2, Some(1.0))];
        let decay = Decay::measure(0, &norms).unwrap();
        assert_eq!(by_loss(&decay), "");
        let flat = decay.clone().with_loss_slope(Some(1e-5));
        assert!(by_loss(&flat).contains("10^5.0"), "{}", by_loss(&flat));
        assert_eq!(loss_in_numbers(&flat), ", and +5.00 by the loss's slope");
        assert_eq!(by_loss(&decay.with_loss_slope(Some(3.0))), "");
    }
}
