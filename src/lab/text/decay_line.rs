//! The decay of one step in a line.

use super::loss_slope::with_loss;
use super::number::signed;
use crate::lab::decay::Decay;
use crate::nn::architecture::Along;

/// The decay of one step in a line. `layers`: those on the path.
pub fn decay_line(decay: &Decay, layers: usize, along: Along) -> String {
    let one = along.one();
    let Some(slope) = decay.decay_decades_per_layer else {
        let why = if layers == 1 {
            let one = one.replace("layer", "hidden layer");
            format!("one {one}, no decay to speak of")
        } else {
            format!(
                "{} of {layers} {one}s read 0 or are not finite, no slope",
                decay.layers_left_out
            )
        };
        return format!("step {}: {why}", decay.step);
    };
    let error = decay.std_error.map_or(String::new(), |error| {
        format!(" ± {}", slope_of(error, |x| format!("{x:.4}")))
    });
    let r2 = decay
        .r2
        .map_or(String::new(), |r2| format!(" (R² {r2:.3})"));
    let below = decay.layers_below_resolution;
    let count = |n: usize, why: &str| match n {
        0 => String::new(),
        1 => format!(", 1 {one} left out ({why})"),
        n => format!(", {n} {one}s left out ({why})"),
    };
    let left_out = count(decay.layers_left_out - below, "0 or not finite");
    let left_out = left_out + &count(below, "below the log's resolution");
    let attenuation = decay.attenuation_decades.unwrap_or(0.0);
    let sign = match (below, attenuation > 0.0) {
        (0, _) => "",
        (_, true) => "at least ",
        (_, false) => "at most ",
    };
    let in_all = with_loss(
        format!("{sign}{} in all", signed(attenuation, 2)),
        decay.decades_by_loss(),
    );
    format!(
        "step {}: {}{error} decades per {one}{r2}, {in_all}{left_out}",
        decay.step,
        slope_of(slope, |slope| signed(slope, 4))
    )
}

/// Decades per layer, four digits after the point; a small number that is not 0 does not
/// read so.
fn slope_of(slope: f64, show: impl Fn(f64) -> String) -> String {
    match slope.abs() {
        size if size > 0.0 && size < 5e-5 => format!("{slope:.1e}"),
        _ => show(slope),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_that_is_not_0_does_not_read_so() {
        let norms: Vec<(usize, Option<f64>)> = (1..=4)
            .map(|l| (l, Some(10f64.powf(2e-6 * l as f64))))
            .collect();
        let decay = Decay::measure(0, &norms).unwrap();
        let line = decay_line(&decay, 4, Along::Layers);
        assert!(line.contains("step 0: 2.0e-6"), "{line}");
    }
}
