//! Networks that a log has side by side, each with a path of its own.

use super::order::is_ladder;
use super::parameter::words;

/// Words of two networks that are trained together.
const FAMILIES: &[&[(&str, &[&str])]] = &[
    &[
        ("policy", &["policy", "pi", "actor", "action"]),
        ("value", &["value", "vf", "critic", "qf"]),
    ],
    &[
        ("generator", &["generator", "gen", "netg"]),
        ("discriminator", &["discriminator", "disc", "netd"]),
    ],
    &[("student", &["student"]), ("teacher", &["teacher"])],
    &[
        ("encoder", &["encoder", "enc"]),
        ("decoder", &["decoder", "dec"]),
    ],
];

/// A chain and its layers, as places in the list of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainMembers {
    /// Its name; empty where there is but one.
    pub name: String,
    /// Its layers.
    pub members: Vec<usize>,
}

/// Tells the chains among layers apart. Layers that belong to none are part of each where
/// the chains share an input; between encoder and decoder, of the nearer one.
pub fn chains(names: &[&str], is_path: &[bool]) -> Vec<ChainMembers> {
    for family in FAMILIES {
        let of: Vec<Option<usize>> = names.iter().map(|name| member(family, name)).collect();
        let has = |chain: usize| {
            of.iter()
                .zip(is_path)
                .any(|(own, path)| *own == Some(chain) && *path)
        };
        if !(0..family.len()).all(has) {
            continue;
        }
        let is_serial = family[0].0 == "encoder";
        // A U-Net is one path, from the input down and up again.
        if is_serial && is_ladder(names) {
            continue;
        }
        let belongs = |i: usize, chain: usize| match of[i] {
            Some(own) => own == chain,
            // Embeddings lie before the encoder, the head behind the decoder.
            None if is_serial => (chain == 1) == is_last(names[i]),
            None => true,
        };
        let chain = |chain: usize| ChainMembers {
            name: family[chain].0.to_owned(),
            members: (0..names.len()).filter(|&i| belongs(i, chain)).collect(),
        };
        let found = (0..family.len()).map(chain);
        return found.flat_map(|chain| twins(names, chain)).collect();
    }
    let whole = ChainMembers {
        name: String::new(),
        members: (0..names.len()).collect(),
    };
    twins(names, whole)
}

/// The critics of a chain, of which some methods train two side by side: `critic.qf0`,
/// `critic.qf1`. What belongs to none is part of each.
fn twins(names: &[&str], chain: ChainMembers) -> Vec<ChainMembers> {
    let twin = |i: &usize| {
        let mut parts = names[*i].split(['.', '/']);
        let part = parts.find(|part| {
            let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
            let word = word.trim_end_matches('_').to_ascii_lowercase();
            let is_numbered = part.ends_with(|c: char| c.is_ascii_digit());
            is_numbered && ["q", "qf", "qnet", "critic", "q_net", "q_network"].contains(&&*word)
        });
        part.map(str::to_owned)
    };
    let of: Vec<Option<String>> = chain.members.iter().map(twin).collect();
    let mut found: Vec<String> = of.iter().flatten().cloned().collect();
    found.sort_unstable();
    found.dedup();
    // With a layer each and nothing else they are the layers of one network.
    if found.len() < 2
        || of.iter().flatten().count() == found.len() && of.iter().all(Option::is_some)
    {
        return vec![chain];
    }
    let members = |name: &String| {
        let all = chain.members.iter().zip(&of);
        let own = all.filter(|(_, own)| own.as_ref().is_none_or(|own| own == name));
        own.map(|(i, _)| *i).collect()
    };
    let split = found.iter().map(|name| ChainMembers {
        members: members(name),
        name: name.clone(),
    });
    split.collect()
}

/// Whether a name is that of a chain alone, which tells no layer.
pub fn is_chain(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = FAMILIES.iter().flat_map(|family| family.iter());
    words.any(|(_, words)| words.contains(&&*lower))
}

fn member(family: &[(&str, &[&str])], name: &str) -> Option<usize> {
    // In `attn.value` the value is a part of attention.
    let is_attention = words(name).any(|word| word.starts_with("att"));
    words(name).find_map(|word| {
        let chain = family.iter().position(|(_, own)| own.contains(&&*word));
        chain.filter(|_| !(is_attention && word == "value"))
    })
}

fn is_last(name: &str) -> bool {
    let mut words = words(name);
    words.any(|word| ["head", "out", "output", "classifier", "logits", "fc"].contains(&&*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Vec<(String, Vec<String>)> {
        let chains = chains(names, &vec![true; names.len()]);
        let chains = chains.into_iter().map(|chain| {
            let members = chain.members.iter().map(|&i| names[i].to_owned());
            (chain.name, members.collect())
        });
        chains.collect()
    }

    #[test]
    fn policy_and_value_are_two() {
        let names = [
            "shared.0",
            "mlp_extractor.policy_net.0",
            "mlp_extractor.value_net.0",
            "action_net",
            "value_net",
        ];
        let chains = found(&names);
        assert_eq!(
            chains[0].1,
            ["shared.0", "mlp_extractor.policy_net.0", "action_net"]
        );
        assert_eq!(
            chains[1].1,
            ["shared.0", "mlp_extractor.value_net.0", "value_net"]
        );
    }

    #[test]
    fn twin_critics_are_two() {
        let chains = found(&[
            "actor.0",
            "actor.mu",
            "critic.qf0.0",
            "critic.qf1.0",
            "critic.qf0.2",
        ]);
        let names: Vec<&str> = chains.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["policy", "qf0", "qf1"]);
        assert_eq!(chains[1].1, ["critic.qf0.0", "critic.qf0.2"]);
        // One critic, and layers that are numbered.
        assert_eq!(found(&["q1.0", "q1.2", "fc1", "fc2"]).len(), 1);
        // Layers that are called so.
        assert_eq!(found(&["q1", "q2", "q3"]).len(), 1);
        assert_eq!(found(&["features.0", "q1", "q2"]).len(), 2);
    }

    #[test]
    fn a_u_net_is_one() {
        assert_eq!(
            found(&["bottleneck", "dec1", "dec2", "enc1", "enc2"]).len(),
            1
        );
    }

    #[test]
    fn encoder_and_decoder_are_two_and_an_encoder_alone_is_none() {
        let chains = found(&["embed", "encoder.0", "decoder.0", "lm_head"]);
        assert_eq!(chains[0].1, ["embed", "encoder.0"]);
        assert_eq!(chains[1].1, ["decoder.0", "lm_head"]);
        assert_eq!(found(&["encoder.0", "encoder.1", "head"]).len(), 1);
        assert_eq!(found(&["a.attn.value", "a.attn.query", "policy"]).len(), 1);
    }
}
