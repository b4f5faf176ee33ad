//! Writing a spec back as TOML.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value, ser};

use super::sections::Spec;
use crate::base::Problem;
use crate::base::paths::{rebase, resolve};

impl Spec {
    /// The spec as TOML that reads back as the same spec. Its first line names
    /// the JSON Schema, relative to where the text will lie or as a URL.
    ///
    /// # Errors
    /// A path that is not UTF-8 cannot be written.
    pub fn to_toml(&self, schema: &str) -> Result<String, Problem> {
        let mut document = ser::to_document(self)
            .map_err(|error| Problem::new(format!("the spec cannot be written: {error}")))?;
        lay_out(&mut document);
        if self.gan.is_some()
            && let Some(train) = document["train"].as_table_mut()
        {
            // [gan] has its own.
            train.remove("loss");
        }
        Ok(format!("#:schema {schema}\n{document}"))
    }

    /// Rewrites the relative paths in it, so that a spec that moves from the
    /// folder `from` to the folder `to` still names the same files.
    pub fn rebase_paths(&mut self, from: &Path, to: &Path) {
        self.map_paths(&|path| rebase(path, from, to));
    }

    /// Gives each path in it the name that `new` has for it.
    pub fn map_paths(&mut self, new: &dyn Fn(&Path) -> PathBuf) {
        self.data.source.map_paths(new);
        if let Some(weights) = &mut self.network.weights {
            *weights = new(weights);
        }
    }
}

impl Spec {
    /// Makes paths that are relative to `folder` absolute, so that specs of
    /// different folders can be compared.
    pub fn resolve_paths(&mut self, folder: &Path) {
        self.data.source.resolve(folder);
        if let Some(weights) = &mut self.network.weights {
            *weights = resolve(&folder.join(&*weights));
        }
    }
}

/// Gives every section a header; what lies below stays in one line, as a
/// person would write it.
fn lay_out(document: &mut DocumentMut) {
    for (_, item) in document.iter_mut() {
        let sections = |values: &toml_edit::Array| values.iter().all(Value::is_inline_table);
        let whole = std::mem::take(item);
        *item = match whole {
            Item::Value(Value::InlineTable(table)) => Item::Table(table.into_table()),
            Item::Value(Value::Array(values)) if sections(&values) => {
                let list = Item::Value(Value::Array(values)).into_array_of_tables();
                Item::ArrayOfTables(list.expect("a list of tables"))
            }
            other => other,
        };
        if let Some(table) = item.as_table_mut() {
            table.fmt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::config::Overrides;
    use proptest::prelude::*;

    /// A spec with every key, made of the pieces given.
    fn text(pieces: &Pieces) -> String {
        let Pieces {
            seed,
            width,
            source,
            optimizer,
            init,
            skip,
            every,
            rate,
        } = pieces;
        format!(
            r#"seed = {seed}
            precision = "f64"
            [data]
            source = {source}
            standardize = false
            [network]
            depth = 3
            width = {width}
            activation = {{ leaky_relu = {{ slope = {rate} }} }}
            init = {init}
            skip = {skip}
            weights = "w/a \"b\".safetensors"
            [train]
            steps = 7
            optimizer = {optimizer}
            learning_rate = {rate}
            clip_grad_norm = {rate}
            schedule = {{ cosine = {{ min = 1e-9 }} }}
            [log]
            every = {every}
            checkpoint_every = "5m"
            [[check]]
            quantity = "attenuation_decades"
            max = 3
            [[check]]
            quantity = "delta_norm"
            at = "every"
            min = 1e-30
            layers = [1, 2]
            [sweep]
            "network.width" = [8, [1, 2, 3]]
            seed = [0, 1]"#
        )
    }

    #[derive(Clone, Debug)]
    struct Pieces {
        seed: u32,
        width: &'static str,
        source: &'static str,
        optimizer: &'static str,
        init: &'static str,
        skip: &'static str,
        every: &'static str,
        rate: f64,
    }

    fn pieces() -> impl Strategy<Value = Pieces> {
        use prop::sample::select;
        let network = (
            any::<u32>(),
            select(vec!["64", "[5, 5, 5]"]),
            select(vec![
                "\"lsuv\"",
                "{ he_normal = { gain = 0.3 } }",
                "\"mean_field\"",
            ]),
            select(vec![
                "\"none\"",
                "\"rezero\"",
                "{ identity = { every = 2 } }",
            ]),
        );
        let rest = (
            select(vec![
                "\"digits\"",
                "{ csv = { path = \"a.csv\", target = \"y\" } }",
                "{ spirals = { noise = 0 } }",
            ]),
            select(vec![
                "\"sgd\"",
                "{ adamw = { eps = 1e-12 } }",
                "\"rmsprop\"",
            ]),
            select(vec!["3", "\"log\""]),
            (1e-12..1e9f64).prop_filter("more than 0", |rate| *rate > 0.0),
        );
        (network, rest).prop_map(
            |((seed, width, init, skip), (source, optimizer, every, rate))| Pieces {
                seed,
                width,
                source,
                optimizer,
                init,
                skip,
                every,
                rate,
            },
        )
    }

    fn load(folder: &Path, text: &str) -> Spec {
        let path = folder.join("experiment.toml");
        std::fs::write(&path, text).unwrap();
        match Spec::load(&path, &Overrides::default()) {
            Ok(loaded) => loaded.spec,
            Err(error) => panic!("{error}\n{text}"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
        #[test]
        fn a_written_spec_reads_back_the_same(pieces in pieces()) {
            let folder = tempfile::tempdir().unwrap();
            let spec = load(folder.path(), &text(&pieces));
            let written = spec.to_toml("vgrad.schema.json").unwrap();
            prop_assert_eq!(&load(folder.path(), &written), &spec, "{}", written);
        }
    }

    #[test]
    fn it_is_written_as_a_person_would() {
        let folder = tempfile::tempdir().unwrap();
        let spec = load(
            folder.path(),
            "[data]\nsource = \"digits\"\n[network]\ndepth = 2\nwidth = 8\nactivation = \"tanh\"\n\
             [train]\nsteps = 3\nlearning_rate = 0.1\n[[check]]\nquantity = \"r2\"\nmin = 0.5\n",
        );
        let expected = r#"#:schema ../s.json
name = "experiment"
seed = 0
precision = "f32"

[data]
source = "digits"
test_fraction = 0.2
standardize = true

[network]
depth = 2
width = 8
activation = "tanh"
init = { xavier_normal = { gain = 1.0 } }
bias = true
norm = "none"
order = "linear-norm-activation"
skip = "none"
dropout = 0.0

[train]
steps = 3
batch_size = 128
optimizer = { sgd = { momentum = 0.0, nesterov = false, weight_decay = 0.0 } }
learning_rate = 0.1
schedule = "constant"
loss = "cross_entropy"

[log]
every = 1
save_weights = false

[[check]]
quantity = "r2"
at = "initial"
min = 0.5
"#;
        assert_eq!(spec.to_toml("../s.json").unwrap(), expected);
    }

    #[test]
    fn paths_move_with_the_spec() {
        let folder = tempfile::tempdir().unwrap();
        let mut spec = load(
            folder.path(),
            "[data]\nsource = { csv = { path = \"a.csv\", target = \"y\" } }\n\
             [network]\ndepth = 2\nwidth = 8\nactivation = \"tanh\"\nweights = \"w.safetensors\"\n\
             [train]\nsteps = 3\nlearning_rate = 0.1\n",
        );
        spec.rebase_paths(folder.path(), &folder.path().join("runs/a"));
        let written = spec.to_toml("s.json").unwrap();
        for path in ["\"../../a.csv\"", "\"../../w.safetensors\""] {
            assert!(written.contains(path), "{written}");
        }
    }
}
