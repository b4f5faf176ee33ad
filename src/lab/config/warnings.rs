//! What is allowed in a spec, and is rarely meant so.

use super::sections::Spec;
use crate::nn::activation::Activation;
use crate::nn::architecture::NetworkSpec;
use crate::nn::init::Init;

impl Spec {
    /// Whole sentences, each about keys that go together and are rarely meant so.
    pub fn warnings(&self) -> Vec<String> {
        let behind = self.gan.as_ref().map(|gan| &gan.discriminator);
        let behind = behind.map(|network| ("gan.discriminator", network));
        let networks = [("network", &self.network)].into_iter().chain(behind);
        // One file holds the weights of both.
        let drawn = networks.filter(|_| self.network.weights.is_none());
        let found = drawn.filter_map(|(section, network)| two_omegas(section, network));
        found.collect()
    }
}

/// Sines whose weights are drawn for sines of another omega.
fn two_omegas(section: &str, network: &NetworkSpec) -> Option<String> {
    let (Activation::Sine(sine), Init::Siren(siren)) = (&network.activation, &network.init) else {
        return None;
    };
    (sine.omega != siren.omega).then(|| {
        format!(
            "`{section}.init.siren.omega` = {} draws the weights for sines of that omega, and \
             `{section}.activation.sine.omega` = {}: the bound √(6/fan_in)/omega keeps the spread \
             of all layers where both are the same (Sitzmann 2020, arXiv:2006.09661)",
            siren.omega, sine.omega
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::config::Overrides;

    const TEXT: &str = "[data]\nsource = 'ring'\n[network]\ndepth = 3\nwidth = 4\n\
                        activation = 'sine'\n[train]\nsteps = 1\nlearning_rate = 0.1\n\
                        [gan]\n[gan.discriminator]\ndepth = 2\nwidth = 4\nactivation = 'relu'\n";

    fn warnings(set: &[&str]) -> Vec<String> {
        let set: Vec<String> = set.iter().map(|text| (*text).to_owned()).collect();
        let overrides = Overrides::parse(&set).unwrap();
        let loaded = Spec::from_text("a.toml".as_ref(), TEXT.to_owned(), &overrides);
        loaded.unwrap().spec.warnings()
    }

    #[test]
    fn two_omegas_are_warned_about_in_either_network() {
        assert!(warnings(&[]).is_empty());
        // Both are 30 by default.
        assert!(warnings(&["network.init=siren"]).is_empty());
        let [warning] = &warnings(&["network.init.siren.omega=1.5"])[..] else {
            panic!("expected one warning");
        };
        for part in [
            "`network.init.siren.omega` = 1.5",
            "`network.activation.sine.omega` = 30",
            "√(6/fan_in)/omega",
        ] {
            assert!(warning.contains(part), "{warning}");
        }
        // The weights of a file are not drawn.
        let drawn = [
            "network.init.siren.omega=1.5",
            "network.weights=a.safetensors",
        ];
        assert!(warnings(&drawn).is_empty());
        let behind = [
            "gan.discriminator.init=siren",
            "gan.discriminator.activation.sine.omega=10.0",
        ];
        let [warning] = &warnings(&behind)[..] else {
            panic!("expected one warning");
        };
        assert!(
            warning.contains("`gan.discriminator.activation.sine.omega` = 10"),
            "{warning}"
        );
        // An init for sines before another φ is nobody's second omega.
        assert!(warnings(&["network.activation=relu", "network.init=siren"]).is_empty());
    }
}
