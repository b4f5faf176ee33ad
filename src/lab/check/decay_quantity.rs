//! What a rule may ask of the decay at a step.

use crate::lab::decay::Decay;

/// The quantity of the network called `name`; none where it has no such value.
pub fn of_decay(decay: &Decay, name: &str) -> Option<f64> {
    match name {
        "decay_decades_per_layer" => decay.decay_decades_per_layer,
        "attenuation_decades" => decay.attenuation_decades,
        "r2" => decay.r2,
        "layers_left_out" => Some(decay.layers_left_out as f64),
        _ => None,
    }
}

/// Whether the quantity says how layers lie to each other, so that it is one of those that have
/// a norm only.
pub fn is_between_layers(name: &str) -> bool {
    matches!(
        name,
        "decay_decades_per_layer" | "attenuation_decades" | "r2"
    )
}
