//! Networks of sines, and of what theory makes of encoded inputs.

use super::measured::Case;

fn siren(bias: bool) -> Case {
    let mut case = Case::new(format!(
        "activation = \"sine\"\ninit = \"siren\"\nbias = {bias}"
    ));
    case.width = 64;
    case
}

/// u = omega²·q follows u ← 1 − e^(−2u) to 0.796812, where χ = 1 + e^(−2u) = 1.203188:
/// gradients grow by ½ log10 χ = 0.04017 decades per layer toward the input.
#[test]
fn without_biases_gradients_grow_by_a_tenth_per_layer() {
    let prediction = siren(false).predict().unwrap();
    let u = 900.0 * prediction.q_star.unwrap().0;
    assert!((u - 0.796_812).abs() < 1e-6, "{u}");
    assert!((prediction.chi_1.unwrap().0 - 1.203_188).abs() < 1e-6);
    let last = prediction.layers.last().unwrap();
    let decades = last.decades.unwrap().0;
    assert!((decades + 0.040_17).abs() < 1e-5, "{decades}");
    siren(false).check();
}

/// Biases b of U(±1/√n) shift the phases: with v = omega²·(q − 1/3n) of the weights' part and
/// s = E cos 2ωb = sin(2ω/√n)/(2ω/√n) = −0.15242 at n = 256, v ← 1 − s·e^(−2v), which ends at
/// 1.01985, and χ = 1 + s·e^(−2v) = 0.98015: gradients shrink a little, where they would grow
/// by 1.3 % a layer if biases were normal.
#[test]
fn biases_take_the_growth_away() {
    let mut case = siren(true);
    case.width = 256;
    let prediction = case.predict().unwrap();
    let v = 900.0 * (prediction.q_star.unwrap().0 - 1.0 / 768.0);
    assert!((v - 1.019_85).abs() < 1e-4, "{v}");
    assert!((prediction.chi_1.unwrap().0 - 0.980_15).abs() < 1e-4);
    case.check();
}

/// Xavier leaves the phases of a sine of frequency 30 random: χ = omega²/2 = 450, 1.3266
/// decades per layer. At frequency 1 it is critical.
#[test]
fn xaviers_variance_explodes_at_frequency_30() {
    let case = |omega: f64| {
        let mut case = Case::new(format!("activation = {{ sine = {{ omega = {omega} }} }}"));
        (case.width, case.depth) = (64, 10);
        case
    };
    let decades = |case: &Case| case.predict().unwrap().decay_decades_per_layer.unwrap().0;
    assert!((decades(&case(30.0)) + 1.326_6).abs() < 1e-4);
    case(30.0).check();
    let critical = case(1.0).predict().unwrap();
    assert!((critical.chi_1.unwrap().0 - 1.0).abs() < 1e-6);
}

/// A feature of square 1 becomes itself and four waves, of mean square ½ over wide phases:
/// layer 1 reads a mean square of (1 + 4·½)/5 where the waves are fast.
#[test]
fn encoded_inputs_are_what_layer_1_reads() {
    let mut case = Case::new(
        "activation = \"identity\"\ninit = \"lecun_normal\"\n\
         encoding = { fourier = { bands = 2 } }",
    );
    (case.width, case.depth, case.batch) = (64, 3, 64);
    let prediction = case.predict().unwrap();
    let square = prediction.input_square.0;
    // sin² + cos² = 1 for each wave, whatever the phase; standardised features have square 1.
    assert!((square - 3.0 / 5.0).abs() < 1e-6, "{square}");
    assert!((prediction.layers[0].q.0 - square).abs() < 1e-9);
    case.check();
}

#[test]
fn layers_that_read_the_input_again_have_no_theory() {
    let mut case = Case::new("activation = \"tanh\"\nskip = { concat = { at = [3] } }");
    (case.width, case.depth) = (16, 4);
    let refused = case.predict().unwrap_err();
    assert_eq!(refused.key, "network.skip");
    assert!(refused.reason.contains("concat"), "{refused}");
}
