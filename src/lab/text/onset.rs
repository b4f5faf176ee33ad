//! Where a network begins to fail, in a sentence.

use super::numbering::Numbering;
use crate::lab::onset::{Condition, Onset};

/// Where it begins in a sentence.
pub fn onset_sentence(onset: &Onset, numbering: Numbering) -> String {
    let since = since(onset.step);
    let named = numbering.named(onset.layer, &onset.name);
    let one = numbering.along().one();
    let [first, last] = numbering.up_to(onset.layer);
    let up_to = numbering.ranges(&[[first, last]]);
    let verb = |many: &'static str, one: &'static str| if first == last { one } else { many };
    let lie = verb("lie", "lies");
    match onset.condition {
        Condition::NonFinite => non_finite(onset.step, named),
        Condition::Zero => format!("{up_to} {} nothing {since}", verb("receive", "receives")),
        Condition::Drop => {
            format!("{named} receives less than 1/1000 of what the next {one} gets {since}")
        }
        Condition::Rise => {
            format!("{named} receives more than 1000 times what the next {one} gets {since}")
        }
        Condition::Loss => format!("{up_to} {lie} decades below the last one {since}"),
        Condition::Gain => format!("{up_to} {lie} decades above the last one {since}"),
    }
}

fn since(step: u64) -> String {
    match step {
        0 => "from the start".to_owned(),
        step => format!("since step {step}"),
    }
}

/// Where numbers stop being finite.
pub(super) fn non_finite(step: u64, place: String) -> String {
    format!("a number stopped being finite at step {step}, beginning at {place}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::architecture::Along;

    #[test]
    fn the_onset_names_layers_and_step() {
        assert_eq!(
            told(Condition::Zero, 40, 3, Numbering::Layers),
            "layers 1–3 receive nothing since step 40"
        );
        assert_eq!(
            told(Condition::Zero, 0, 1, Numbering::Layers),
            "layer 1 receives nothing from the start"
        );
        assert_eq!(
            told(Condition::NonFinite, 7, 5, Numbering::Layers),
            "a number stopped being finite at step 7, beginning at layer 5 (x)"
        );
    }

    #[test]
    fn of_stacked_recurrent_layers_it_names_the_time_steps_of_the_last() {
        let stacked = Numbering::of(Along::Time, 41..=80);
        assert_eq!(
            told(Condition::Loss, 0, 63, stacked),
            "time steps 1–23 of stacked layer 2 lie decades below the last one from the start"
        );
        assert_eq!(
            told(Condition::Zero, 3, 41, stacked),
            "time step 1 of stacked layer 2 receives nothing since step 3"
        );
        assert_eq!(
            told(Condition::Drop, 0, 42, stacked),
            "time step 2 of stacked layer 2 (x) receives less than 1/1000 of what the next time \
             step gets from the start"
        );
        assert_eq!(
            told(Condition::NonFinite, 4, 81, stacked),
            "a number stopped being finite at step 4, beginning at the output layer"
        );
    }

    fn told(condition: Condition, step: u64, layer: usize, numbering: Numbering) -> String {
        let onset = Onset {
            condition,
            name: "x".to_owned(),
            ..Onset::non_finite(step, layer, None)
        };
        onset_sentence(&onset, numbering)
    }
}
