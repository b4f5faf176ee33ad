//! The path to a key of the spec, e.g. `network.skip.identity.every`.

use std::fmt;

use toml_edit::Key;

/// Keys from the top of the spec down; an entry of a list is its index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// Reads a dotted path; quoted keys may hold dots themselves.
    pub fn parse(text: &str) -> Option<Self> {
        let keys = Key::parse(text).ok()?;
        Some(Self(keys.iter().map(|key| key.get().to_owned()).collect()))
    }

    /// The path one key further down.
    pub fn child(&self, key: impl fmt::Display) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_string());
        Self(keys)
    }

    /// The path one key further up; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        Some(Self(parents.to_vec()))
    }

    /// Whether `top` is this path or lies above it.
    pub fn is_under(&self, top: &Self) -> bool {
        self.0.starts_with(&top.0)
    }

    /// The keys.
    pub fn keys(&self) -> &[String] {
        &self.0
    }

    /// How a message names the table at this path.
    pub fn table(&self) -> String {
        match self.0.as_slice() {
            [] => "at the top of the spec".to_owned(),
            [section] => format!("in [{section}]"),
            _ => format!("in `{self}`"),
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            let dot = if i > 0 { "." } else { "" };
            write!(f, "{dot}{}", Key::new(key).display_repr())?;
        }
        Ok(())
    }
}
