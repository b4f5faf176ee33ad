//! Sentences about decay and verdicts.

use super::number::times;
use super::range::layer_ranges;
use crate::lab::decay::{Decay, Verdict};

/// A verdict as people read it.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::AtRisk => "at risk",
        other => other.name(),
    }
}

/// Both ends of a run: "healthy at the start, vanishing at the end", or where
/// they agree "vanishing from start to end".
pub fn ends(initial: Verdict, last: Verdict) -> String {
    if initial == last {
        format!("{} from start to end", word(initial))
    } else {
        format!("{} at the start, {} at the end", word(initial), word(last))
    }
}

/// What is left of the gradient on its way over `layers` layers, `attenuation`
/// being the decades lost from the last to the first.
pub fn factor_sentence(attenuation: f64, layers: usize) -> String {
    if layers < 2 {
        "with one hidden layer there is nothing to lose on the way".to_owned()
    } else if attenuation == f64::INFINITY {
        "the first layer receives no gradient at all: it reads exactly 0".to_owned()
    } else if !attenuation.is_finite() {
        "the gradients cannot be compared: a norm is not finite or the last one is 0".to_owned()
    } else if attenuation.abs() < 0.02 {
        "the first layer receives as much gradient as the last hidden layer".to_owned()
    } else {
        let verb = if attenuation > 0.0 {
            "shrinks"
        } else {
            "grows"
        };
        format!(
            "from the last hidden layer to the first the gradient {verb} {}",
            times(attenuation)
        )
    }
}

/// Where numbers stop being finite.
pub fn non_finite(step: u64, layer: usize, name: &str) -> String {
    let name = if name.is_empty() {
        String::new()
    } else {
        format!(" ({name})")
    };
    format!("a number stopped being finite at step {step}, beginning at layer {layer}{name}")
}

/// Layers up to `layer` whose norm is exactly 0: "layers 1–3 receive nothing
/// since step 40".
pub fn receives_nothing(layer: usize, step: u64) -> String {
    let verb = if layer == 1 { "receives" } else { "receive" };
    let since = if step == 0 {
        "from the start".to_owned()
    } else {
        format!("since step {step}")
    };
    format!("{} {verb} nothing {since}", layer_ranges(&[[1, layer]]))
}

/// A network whose gradients arrive, having lost `attenuation` decades, but
/// that learned nothing; `score` says so in numbers: "accuracy 0.089, guessing
/// 0.117".
pub fn nothing_learned(attenuation: f64, score: &str) -> String {
    let change = if attenuation.abs() < 0.05 {
        "none lost".to_owned()
    } else if attenuation > 0.0 {
        format!("{attenuation:.1} decades lost")
    } else {
        format!("{:.1} decades gained", -attenuation)
    };
    format!("gradients arrive ({change}), but nothing was learned: {score}")
}

/// The decay of one step in a line. `layers`: those on the path.
pub fn decay_line(decay: &Decay, layers: usize) -> String {
    let Some(slope) = decay.decay_decades_per_layer else {
        let why = if layers == 1 {
            "one hidden layer, no decay to speak of".to_owned()
        } else {
            format!(
                "{} of {layers} layers read 0 or are not finite, no slope",
                decay.layers_left_out
            )
        };
        return format!("step {}: {why}", decay.step);
    };
    let error = decay
        .std_error
        .map_or(String::new(), |error| format!(" ± {error:.4}"));
    let r2 = decay
        .r2
        .map_or(String::new(), |r2| format!(" (R² {r2:.3})"));
    let left_out = match decay.layers_left_out {
        0 => String::new(),
        1 => ", 1 layer left out (0 or not finite)".to_owned(),
        n => format!(", {n} layers left out (0 or not finite)"),
    };
    let attenuation = decay.attenuation_decades.unwrap_or(0.0);
    format!(
        "step {}: {slope:+.4}{error} decades per layer{r2}, {attenuation:+.2} in all{left_out}",
        decay.step
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_plain_words() {
        assert_eq!(
            factor_sentence(0.5, 9),
            "from the last hidden layer to the first the gradient shrinks 3.2 times"
        );
        assert_eq!(
            factor_sentence(-18.6, 9),
            "from the last hidden layer to the first the gradient grows 10^18.6 times"
        );
        assert!(factor_sentence(0.0, 9).contains("as much gradient as"));
        assert!(factor_sentence(f64::INFINITY, 9).contains("exactly 0"));
        assert!(factor_sentence(0.0, 1).contains("one hidden layer"));
        assert!(factor_sentence(f64::NAN, 2).contains("cannot be compared"));
    }

    #[test]
    fn both_ends_are_named_where_they_differ() {
        let text = ends(Verdict::Healthy, Verdict::AtRisk);
        assert_eq!(text, "healthy at the start, at risk at the end");
        let text = ends(Verdict::Vanishing, Verdict::Vanishing);
        assert_eq!(text, "vanishing from start to end");
    }

    #[test]
    fn the_onset_names_layers_and_step() {
        assert_eq!(
            receives_nothing(3, 40),
            "layers 1–3 receive nothing since step 40"
        );
        assert_eq!(
            receives_nothing(1, 0),
            "layer 1 receives nothing from the start"
        );
        assert_eq!(
            non_finite(7, 5, "output"),
            "a number stopped being finite at step 7, beginning at layer 5 (output)"
        );
    }

    #[test]
    fn learning_nothing_is_no_success() {
        assert_eq!(
            nothing_learned(2.9, "accuracy 0.089, guessing 0.117"),
            "gradients arrive (2.9 decades lost), but nothing was learned: accuracy 0.089, guessing 0.117"
        );
    }
}
