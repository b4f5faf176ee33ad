//! What is left of the gradient on its way.

use super::number::times;
use crate::nn::architecture::Along;

/// Decades that are no change worth a word.
const NO_CHANGE: f64 = 0.02;

/// What is left of the gradient on its way over `layers` layers, `attenuation`
/// being the decades lost from the last to the first.
pub fn factor_sentence(attenuation: f64, layers: usize, along: Along) -> String {
    let [one, last] = [along.one(), along.last()];
    if layers < 2 {
        let one = one.replace("layer", "hidden layer");
        format!("with one {one} there is nothing to lose on the way")
    } else if attenuation == f64::INFINITY {
        format!("the first {one} receives no gradient at all: it reads exactly 0")
    } else if !attenuation.is_finite() {
        "the gradients cannot be compared: a norm is not finite or the last one is 0".to_owned()
    } else if attenuation.abs() < NO_CHANGE {
        format!("the first {one} receives as much gradient as the {last}")
    } else {
        format!(
            "from the {last} to the first the gradient {} {}",
            verb(attenuation),
            times(attenuation)
        )
    }
}

/// Whether two healthy ends are worth a word each: where one of them shrinks the gradient and
/// the other lets it grow, or it loses over a decade more.
pub(super) fn differ([start, end]: [f64; 2]) -> bool {
    let is_told = |decades: f64| decades.abs() >= NO_CHANGE;
    let turns = is_told(start) && is_told(end) && verb(start) != verb(end);
    turns || (start - end).abs() > 1.0
}

/// What the gradient does on its way at the start and at the end of a run.
pub(super) fn factors_sentence([start, end]: [f64; 2], along: Along) -> String {
    let way = |decades: f64| match decades.abs() < NO_CHANGE {
        true => "keeps its size".to_owned(),
        false => format!("{} {}", verb(decades), times(decades)),
    };
    format!(
        "from the {} to the first the gradient {} at the start and {} at the end",
        along.last(),
        way(start),
        way(end)
    )
}

fn verb(attenuation: f64) -> &'static str {
    match attenuation > 0.0 {
        true => "shrinks",
        false => "grows",
    }
}

/// What gradients that arrive have lost on their way.
pub(super) fn change(attenuation: f64) -> String {
    if attenuation.abs() < 0.05 {
        "none lost".to_owned()
    } else if attenuation > 0.0 {
        format!("{attenuation:.1} decades lost")
    } else {
        format!("{:.1} decades gained", -attenuation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_plain_words() {
        assert_eq!(
            factor_sentence(0.5, 9, Along::Layers),
            "from the last hidden layer to the first the gradient shrinks 3.2 times"
        );
        assert_eq!(
            factor_sentence(-18.6, 9, Along::Layers),
            "from the last hidden layer to the first the gradient grows 10^18.6 times"
        );
        assert!(factor_sentence(0.0, 9, Along::Layers).contains("as much gradient as"));
        assert!(factor_sentence(f64::INFINITY, 9, Along::Layers).contains("exactly 0"));
        assert!(factor_sentence(0.0, 1, Along::Layers).contains("one hidden layer"));
        assert!(factor_sentence(f64::NAN, 2, Along::Layers).contains("cannot be compared"));
    }
}
