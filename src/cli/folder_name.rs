//! The name of a run's folder: that of the experiment and what was changed.

use sha2::{Digest, Sha256};

/// No longer, lest a file system refuses it with a number added.
const LONGEST: usize = 100;

/// "deep_sigmoid+norm=batch" of a spec's name and changes such as
/// "network.norm=batch". Of changes to one key the last holds. Other characters
/// than letters, digits and a few signs become "-"; what is too long ends in a
/// hash of all of it.
pub fn folder_name(name: &str, changes: impl Iterator<Item = String>) -> String {
    let mut kept: Vec<(String, String)> = Vec::new();
    for change in changes {
        let (key, value) = change.split_once('=').unwrap_or((&change, ""));
        let (key, value) = (key.trim(), value.trim());
        kept.retain(|(earlier, _)| earlier != key);
        // The name is there already.
        if key != "name" {
            kept.push((key.to_owned(), value.to_owned()));
        }
    }
    let mut whole = name.to_owned();
    for (key, value) in kept {
        let key = key.rsplit('.').next().unwrap_or(&key).to_owned();
        whole += &format!("+{}={}", safe(&key), safe(&value));
    }
    if whole.len() <= LONGEST || whole == name {
        return whole;
    }
    let hash = Sha256::digest(whole.as_bytes());
    let hash: String = hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    // Everything but the name is ASCII; the name has at most 4 bytes a letter.
    let mut end = LONGEST - hash.len() - 1;
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}~{hash}", &whole[..end])
}

/// Without what a shell or a file system gives a meaning to.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars().filter(|c| !"\"'".contains(*c)) {
        let is_safe = c.is_ascii_alphanumeric() || "-_.=".contains(c);
        if is_safe {
            safe.push(c);
        } else if !safe.ends_with('-') {
            safe.push('-');
        }
    }
    safe.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(changes: &[&str]) -> String {
        folder_name("deep", changes.iter().map(|change| (*change).to_owned()))
    }

    #[test]
    fn changes_are_in_the_name() {
        assert_eq!(named(&[]), "deep");
        assert_eq!(named(&["network.norm=batch"]), "deep+norm=batch");
        assert_eq!(
            named(&["network.depth=5", "seed=3", "network.depth=7"]),
            "deep+seed=3+depth=7"
        );
        assert_eq!(named(&["name=other"]), "deep");
    }

    #[test]
    fn no_sign_leads_elsewhere() {
        assert_eq!(
            named(&["data.source={ csv = { path = \"../a b.csv\" } }"]),
            "deep+source=csv-=-path-=-..-a-b.csv"
        );
    }

    #[test]
    fn a_long_name_is_cut_and_stays_its_own() {
        let long = |end: &str| named(&[&format!("network.width=[{}{end}]", "64, ".repeat(50))]);
        let name = long("1");
        assert_eq!(name.len(), LONGEST);
        assert_ne!(name, long("2"));
    }
}
