//! Which experiment a run is of, as far as it decides the gradients.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::base::Problem;
use crate::lab::config::Spec;

/// Bytes of a file read at once.
const PIECE: usize = 1 << 16;

/// An experiment without its name, seed, log, rules and paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Fingerprint {
    /// SHA-256 of the keys below, in hexadecimal.
    pub hash: String,
    /// The keys of data, network, train and precision with their values; a
    /// file's is the SHA-256 of its content.
    pub keys: BTreeMap<String, Value>,
}

impl Fingerprint {
    /// Of a spec whose paths are relative to `folder`.
    ///
    /// # Errors
    /// If a file that it names cannot be read.
    pub fn of(spec: &Spec, folder: &Path) -> Result<Self, Problem> {
        let mut whole = json!({
            "data": spec.data,
            "network": spec.network,
            "train": spec.train,
            "precision": spec.precision,
        });
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
        // A list of equal widths is the same network as one width for all.
        if let Some([first, others @ ..]) = whole["network"]["width"].as_array().map(Vec::as_slice)
            && others.iter().all(|width| width == first)
        {
            whole["network"]["width"] = first.clone();
        }
        let mut keys = BTreeMap::new();
        flatten(&whole, "", &mut keys);
        // Sorted by key, so that the order of the fields in the code is free.
        let text = serde_json::to_string(&keys)
            .map_err(|error| Problem::new(format!("the spec cannot be hashed: {error}")))?;
        Ok(Self {
            hash: hexadecimal(&Sha256::digest(text)),
            keys,
        })
    }
}

/// Leaves with their paths. Absent keys count as not there, so that a new
/// optional key leaves old hashes as they are.
fn flatten(value: &Value, path: &str, keys: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(members) if !members.is_empty() => children(members, path, keys),
        leaf => {
            keys.insert(path.to_owned(), leaf.clone());
        }
    }
}

fn children(members: &Map<String, Value>, path: &str, keys: &mut BTreeMap<String, Value>) {
    for (name, value) in members {
        let dot = if path.is_empty() { "" } else { "." };
        flatten(value, &format!("{path}{dot}{name}"), keys);
    }
}

fn hash_of_file(path: &Path, key: &str) -> Result<String, Problem> {
    let failed = |error: std::io::Error| {
        Problem::in_file(path, format!("cannot be read: {error}")).help(format!(
            "it is `{key}` of the run's spec, and a baseline compares runs of the same files only"
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

    fn print(folder: &Path, set: &[&str]) -> Fingerprint {
        let set: Vec<String> = set.iter().map(|text| (*text).to_owned()).collect();
        let overrides = Overrides::parse(&set).unwrap();
        let spec = Spec::from_text("a.toml".as_ref(), TEXT.to_owned(), &overrides);
        Fingerprint::of(&spec.unwrap().spec, folder).unwrap()
    }

    #[test]
    fn only_what_decides_the_gradients_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("a.csv"), "x,y\n1,2\n").unwrap();
        fs::write(file("b.csv"), "x,y\n1,2\n").unwrap();
        fs::write(file("c.csv"), "x,y\n1,3\n").unwrap();
        let same = |set: &[&str]| print(folder.path(), set) == print(folder.path(), &[]);
        for change in [
            "name=b",
            "seed=7",
            "log.every=2",
            "check.0.min=0.1",
            "data.source.csv.path=b.csv",
            "network.width=[4, 4, 4]",
        ] {
            assert!(same(&[change]), "{change}");
        }
        for change in [
            "data.source.csv.path=c.csv",
            "train.learning_rate=0.2",
            "network.depth=4",
            "network.width=[4, 4, 5]",
            "precision=f64",
            "network.weights=a.csv",
        ] {
            assert!(!same(&[change]), "{change}");
        }
    }

    #[test]
    fn a_missing_file_is_named_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides::default();
        let spec = Spec::from_text("a.toml".as_ref(), TEXT.to_owned(), &overrides)
            .unwrap()
            .spec;
        let problem = Fingerprint::of(&spec, folder.path())
            .unwrap_err()
            .to_string();
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
