//! Choices of a spec that are each fine and do not go together.

/// Keys that contradict each other. Whoever makes a demand states it, be it the
/// spec's sections or a member of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The keys from the spec's root, the one to point at first, e.g.
    /// `network.skip.identity.every`.
    pub keys: Vec<String>,
    /// What is wrong.
    pub what: String,
    /// What was expected at the first key.
    pub expected: String,
    /// What to do.
    pub help: String,
}

impl Conflict {
    /// That `keys` do not go together.
    pub fn new(keys: &[&str], what: impl Into<String>, expected: &str, help: &str) -> Self {
        Self {
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            what: what.into(),
            expected: expected.to_owned(),
            help: help.to_owned(),
        }
    }
}
