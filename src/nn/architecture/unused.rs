//! Keys of `[network]` that mean nothing to an architecture, each with the reason.

use super::NetworkSpec;
use crate::activation::{Activation, Tanh};
use crate::base::Conflict;

/// A key that an architecture has no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The key, below `network`.
    pub key: &'static str,
    /// Why it has none: a clause.
    pub why: &'static str,
    /// What to do besides removing it.
    pub instead: &'static str,
}

impl Unused {
    /// One that another architecture has a use for.
    pub const fn new(key: &'static str, why: &'static str) -> Self {
        Self {
            key,
            why,
            instead: "choose another architecture",
        }
    }
}

/// The first of `keys` that is not at its default.
pub(super) fn unused(network: &NetworkSpec, keys: &[Unused]) -> Option<Conflict> {
    let plain = NetworkSpec::new(network.depth, network.width.clone(), tanh_or(network));
    let values = [network, &plain].map(|network| serde_json::to_value(network).ok());
    let [Some(given), Some(default)] = values else {
        return None;
    };
    let differs = |one: &&Unused| given.get(one.key) != default.get(one.key);
    let Unused { key, why, instead } = keys.iter().find(differs)?;
    let name = network.architecture.name();
    Some(Conflict::new(
        &[&format!("network.{key}"), "network.architecture"],
        format!("`network.architecture` = {name} has no use for `network.{key}`: {why}"),
        "not with this architecture",
        &format!("remove `{key}`, or {instead}"),
    ))
}

/// φ at its default: tanh where the architecture has its own, else what it is.
fn tanh_or(network: &NetworkSpec) -> Activation {
    if network.architecture.blueprint::<f64>().has_activation() {
        network.activation.clone()
    } else {
        Tanh {}.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Relu;
    use crate::norm::Batch;
    use crate::width::Width;

    #[test]
    fn a_key_without_use_is_refused_unless_it_is_at_its_default() {
        let network = NetworkSpec::new(3, Width::All(4), Relu {}.into());
        let keys =
            ["bias", "norm", "init", "weights"].map(|key| Unused::new(key, "it has no such part"));
        assert_eq!(unused(&network, &keys), None);
        let normed = NetworkSpec {
            norm: Batch {}.into(),
            dropout: 0.5,
            ..network
        };
        let conflict = unused(&normed, &keys).unwrap();
        assert_eq!(conflict.keys, ["network.norm", "network.architecture"]);
        let told = "mlp has no use for `network.norm`: it has no such part";
        assert!(conflict.what.contains(told), "{}", conflict.what);
        assert_eq!(unused(&normed, &keys[..1]), None);
        assert_eq!(normed.check(), None, "an MLP uses every key");
    }
}
