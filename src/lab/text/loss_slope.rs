//! What is said of the slope of a generator's loss.

use super::number::times;
use crate::lab::decay::Decay;

/// That the loss makes all layers' gradients smaller; empty where it does not.
pub fn by_loss(decay: &Decay) -> String {
    if !decay.loss_matters() {
        return String::new();
    }
    let lost = decay.loss_decades();
    if lost.is_infinite() {
        return "; the generator's loss is flat, so that nothing arrives at any layer".to_owned();
    }
    format!(
        "; the generator's loss, which is nearly flat, makes all of them smaller {}",
        times(lost)
    )
}

/// Decades that the layers lose, and beside them those that a generator's loss takes off all
/// of them, where there is one: "-0.08 + 5.77 by the loss". The verdict counts both.
pub fn with_loss(layers: String, by_loss: Option<f64>) -> String {
    match by_loss {
        None => layers,
        Some(lost) => format!("{layers} + {lost:.2} by the loss"),
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
        let shown = |decay: &Decay| with_loss("0.00".to_owned(), decay.decades_by_loss());
        assert_eq!(shown(&flat), "0.00 + 5.00 by the loss");
        assert_eq!(shown(&decay), "0.00");
        assert_eq!(by_loss(&decay.clone().with_loss_slope(Some(3.0))), "");
        // Half a decade is worth a word where it makes the verdict.
        let half = |decay: &Decay| by_loss(&decay.clone().with_loss_slope(Some(0.3)));
        assert_eq!(half(&decay), "");
        let nearly = Decay::measure(0, &[(1, Some(1.0)), (2, Some(800.0))]).unwrap();
        assert!(
            half(&nearly).ends_with("smaller 3.3 times"),
            "{}",
            half(&nearly)
        );
    }
}
