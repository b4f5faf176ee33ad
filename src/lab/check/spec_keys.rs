//! The keys of a run's spec: which decide the gradients, and which have changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::base::Problem;
use crate::lab::config::Spec;

/// Bytes of a file read at once.
const PIECE: usize = 1 << 16;
/// The sections that decide what is computed.
const DECIDING: [&str; 5] = ["data", "network", "train", "gan", "precision"];
/// Sections that no norm depends on; the seed is told by the seeds.
const IDLE: [&str; 6] = ["name", "seed", "log", "check", "sweep", "remedy"];
/// The keys of `[train]` that the gradients of the first step depend on.
const AT_START: [&str; 2] = ["train.batch_size", "train.loss"];

/// Keys with their values.
pub type Keys = BTreeMap<String, Value>;

/// The spec of a run, key by key.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecKeys {
    /// SHA-256 of the keys of data, network, train and precision, in hexadecimal.
    pub hash: String,
    /// All keys but the seed, with their values; a file's is the SHA-256 of its content.
    pub keys: Keys,
}

/// A key whose value is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedKey {
    /// The key: `network.depth`.
    pub key: String,
    /// Its value in the baseline, as JSON; `None` where it has none.
    pub before: Option<String>,
    /// Its value in the run.
    pub now: Option<String>,
}

impl ChangedKey {
    /// "network.depth 4 → 5".
    pub fn in_words(&self) -> String {
        let shown = |value: &Option<String>| {
            let text = value.as_deref().unwrap_or("(absent)");
            // The end of a hash tells nobody anything.
            match text.char_indices().nth(24) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text.to_owned(),
            }
        };
        format!(
            "{} {} → {}",
            self.key,
            shown(&self.before),
            shown(&self.now)
        )
    }
}

impl SpecKeys {
    /// Of a spec whose paths are relative to `folder`.
    ///
    /// # Errors
    /// If a file that it names cannot be read.
    pub fn of(spec: &Spec, folder: &Path) -> Result<Self, Problem> {
        let unwritable =
            |error: serde_json::Error| Problem::new(format!("the spec cannot be hashed: {error}"));
        let mut whole = serde_json::to_value(spec).map_err(unwritable)?;
        let mut files = spec.data.source.input_files();
        files.extend(
            spec.network
                .weights
                .as_deref()
                .map(|file| ("network.weights", file)),
        );
        for (key, file) in files {
            let pointer = format!("/{}", key.replace('.', "/"));
            if let Some(slot) = whole.pointer_mut(&pointer) {
                *slot = json!(format!("sha256:{}", hash_of_file(&folder.join(file), key)?));
            }
        }
        let keys = leaves(whole);
        let deciding: BTreeMap<_, _> = keys.iter().filter(|(key, _)| decides(key)).collect();
        // Sorted by key, so that the order of the fields in the code is free.
        let text = serde_json::to_string(&deciding).map_err(unwritable)?;
        Ok(Self {
            hash: hexadecimal(&Sha256::digest(text)),
            keys,
        })
    }
}

/// Whether a key is of a section that decides what is computed.
pub fn decides(key: &str) -> bool {
    DECIDING.contains(&section(key))
}

fn section(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

/// The keys, ascending, that two specs differ in and that can touch a norm:
/// of the first step alone, or of later ones too. Where one of the two lacks a
/// key that has a default by now, it has the default.
pub fn changed(old: &Keys, new: &Keys, only_at_start: bool) -> Vec<ChangedKey> {
    let [old, new] = [old, new].map(filled);
    // A discriminator is updated before the generator's first step.
    let trains_before = [&old, &new]
        .iter()
        .any(|side| side.keys().any(|key| section(key) == "gan"));
    let touches = |key: &&String| {
        let is_of_training = section(key) == "train" && only_at_start && !trains_before;
        let at_start = |own: &&str| key == own || key.starts_with(&format!("{own}."));
        !IDLE.contains(&section(key)) && (!is_of_training || AT_START.iter().any(at_start))
    };
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = keys.into_iter().filter(touches).filter(|key| {
        let [a, b] = [&old, &new].map(|side| side.get(*key));
        !a.zip(b).map_or(a == b, |(a, b)| is_alike(a, b))
    });
    let text = |side: &Keys, key: &String| side.get(key).map(ToString::to_string);
    differing
        .map(|key| ChangedKey {
            key: key.clone(),
            before: text(&old, key),
            now: text(&new, key),
        })
        .collect()
}

/// The keys with the defaults of those that were not known when they were
/// written; as they are where they are no spec of today.
fn filled(keys: &Keys) -> Keys {
    let mut whole = json!({});
    for (key, value) in keys {
        let mut place = &mut whole;
        for part in key.split('.') {
            if !place.is_object() && !place.is_null() {
                return keys.clone();
            }
            place = &mut place[part];
        }
        *place = value.clone();
    }
    let spec = serde_json::from_value::<Spec>(whole);
    let whole = spec.and_then(|mut spec| {
        spec.network.fill_in();
        serde_json::to_value(&spec)
    });
    whole.map_or_else(|_| keys.clone(), leaves)
}

/// The leaves of a spec with their keys.
fn leaves(mut whole: Value) -> Keys {
    // A list of equal widths is the same network as one width for all.
    if let Some([first, others @ ..]) = whole["network"]["width"].as_array().map(Vec::as_slice)
        && others.iter().all(|width| width == first)
    {
        whole["network"]["width"] = first.clone();
    }
    let mut keys = Keys::new();
    flatten(&whole, "", &mut keys);
    keys.remove("seed");
    keys
}

/// Leaves with their paths. Absent keys count as not there, so that a new
/// optional key leaves old hashes as they are.
fn flatten(value: &Value, path: &str, keys: &mut Keys) {
    match value {
        Value::Null => {}
        Value::Object(members) if !members.is_empty() => children(members, path, keys),
        leaf => {
            keys.insert(path.to_owned(), leaf.clone());
        }
    }
}

fn children(members: &Map<String, Value>, path: &str, keys: &mut Keys) {
    for (name, value) in members {
        let dot = if path.is_empty() { "" } else { "." };
        flatten(value, &format!("{path}{dot}{name}"), keys);
    }
}

/// Equal but for the last digit of a number, which reading may change.
pub fn is_alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-14 * a.abs(),
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_alike(a, b))
        }
        _ => a == b,
    }
}

fn hash_of_file(path: &Path, key: &str) -> Result<String, Problem> {
    let failed = |error: std::io::Error| {
        Problem::in_file(path, format!("cannot be read: {error}")).help(format!(
            "it is `{key}` of the run's spec, and a baseline tells whether its content has changed"
        ))
    };
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match std::io::Read::read(&mut file, &mut piece).map_err(failed)? {
            0 => return Ok(hexadecimal(&hasher.finalize())),
            n => hasher.update(&piece[..n]),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::config::Overrides;
    use std::fs;

    const TEXT: &str = "[data]\nsource = { csv = { path = 'a.csv', target = 'y' } }\n[network]\ndepth = 3\nwidth = 4\n\
                        activation = 'relu'\n[train]\nsteps = 1\nlearning_rate = 0.1\n[[check]]\nquantity = 'r2'\nmin = 0.5\n";

    fn keys(folder: &Path, set: &[&str]) -> SpecKeys {
        let set: Vec<String> = set.iter().map(|text| (*text).to_owned()).collect();
        let overrides = Overrides::parse(&set).unwrap();
        let spec = Spec::from_text("a.toml".as_ref(), TEXT.to_owned(), &overrides);
        SpecKeys::of(&spec.unwrap().spec, folder).unwrap()
    }

    #[test]
    fn only_what_can_touch_the_norms_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("a.csv"), "x,y\n1,2\n").unwrap();
        fs::write(file("b.csv"), "x,y\n1,2\n").unwrap();
        fs::write(file("c.csv"), "x,y\n1,3\n").unwrap();
        let old = keys(folder.path(), &[]);
        let told = |set: &[&str], only_at_start: bool| {
            let new = keys(folder.path(), set);
            let changed = changed(&old.keys, &new.keys, only_at_start);
            let changed: Vec<String> = changed.iter().map(ChangedKey::in_words).collect();
            (changed.join(", "), new.hash == old.hash)
        };
        for change in [
            "name=b",
            "seed=7",
            "log.every=2",
            "check.0.min=0.1",
            "data.source.csv.path=b.csv",
            "network.width=[4, 4, 4]",
        ] {
            assert_eq!(told(&[change], false), (String::new(), true), "{change}");
        }
        // These act after the first step alone.
        for change in [
            "train.learning_rate=0.2",
            "train.optimizer.sgd.momentum=0.5",
            "train.steps=3",
            "train.clip_grad_norm=1",
        ] {
            assert_eq!(told(&[change], true), (String::new(), false), "{change}");
            let (all, _) = told(&[change], false);
            assert!(all.contains(" → "), "{change}");
        }
        for (change, words) in [
            ("data.source.csv.path=c.csv", "data.source.csv.path"),
            ("network.depth=4", "network.depth 3 → 4"),
            ("network.width=[4, 4, 5]", "network.width 4 → [4,4,5]"),
            ("precision=f64", "precision \"f32\" → \"f64\""),
            ("train.batch_size=7", "train.batch_size 128 → 7"),
            ("train.loss=mse", "train.loss"),
            (
                "network.weights=a.csv",
                "network.weights (absent) → \"sha256:",
            ),
        ] {
            let (told, same_hash) = told(&[change], true);
            assert!(told.contains(words) && !same_hash, "{change}: {told}");
        }
    }

    #[test]
    fn keys_that_came_later_have_their_default() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "x,y\n1,2\n").unwrap();
        let new = keys(folder.path(), &[]);
        let mut old = new.keys.clone();
        old.retain(|key, _| key != "network.bias" && decides(key));
        assert_eq!(changed(&old, &new.keys, false), []);
        // What is no spec is compared as it is.
        old.insert("network.colour".to_owned(), json!("red"));
        let told = changed(&old, &new.keys, false);
        let told: Vec<&str> = told.iter().map(|changed| &*changed.key).collect();
        assert_eq!(told, ["network.bias", "network.colour"]);
    }

    /// Runs write down what a spec may leave out, and did not always.
    #[test]
    fn what_an_architecture_takes_by_itself_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "x,y\n1,2\n").unwrap();
        let recurrent = |more: &[&str]| {
            let cell = ["network.architecture.recurrent.cell=rnn"];
            keys(folder.path(), &[&cell, more].concat())
        };
        let of_state = "network.architecture.recurrent.recurrent_init";
        let (left_out, written) = (
            recurrent(&[]),
            recurrent(&["network.readout=last", &format!("{of_state}=xavier_normal")]),
        );
        assert!(!left_out.keys.contains_key("network.readout"));
        assert_eq!(changed(&left_out.keys, &written.keys, false), []);
        let other = recurrent(&["network.readout=mean"]);
        let told = changed(&left_out.keys, &other.keys, true);
        let told: Vec<String> = told.iter().map(ChangedKey::in_words).collect();
        assert_eq!(told, ["network.readout \"last\" → \"mean\""]);
    }

    #[test]
    fn a_missing_file_is_named_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides::default();
        let spec = Spec::from_text("a.toml".as_ref(), TEXT.to_owned(), &overrides)
            .unwrap()
            .spec;
        let problem = SpecKeys::of(&spec, folder.path()).unwrap_err().to_string();
        assert!(
            problem.contains("a.csv") && problem.contains("data.source.csv.path"),
            "{problem}"
        );
    }

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            hexadecimal(&Sha256::digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
