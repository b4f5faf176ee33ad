//! `--set path.to.key=VALUE`: changes to a spec from the command line.

use std::ops::Range;

use toml::{Table, Value};

use super::error::{Location, SpecError};
use super::key_path::KeyPath;
use super::message::{Message, unknown_key, unknown_word};
use super::shape::Shape;
use crate::base::counted;

/// The changes a command line makes to a spec, in order.
#[derive(Clone, Debug, Default)]
pub struct Overrides(Vec<Override>);

#[derive(Clone, Debug)]
struct Override {
    /// The flag as typed: `--set network.depth=0`.
    flag: String,
    path: KeyPath,
    value: Value,
    /// The bytes of the flag that name the key and the value.
    key_span: Range<usize>,
    value_span: Range<usize>,
}

impl Override {
    fn location(&self, span: &Range<usize>) -> Location {
        on_command_line(&self.flag, span.clone())
    }
}

fn on_command_line(flag: &str, span: Range<usize>) -> Location {
    Location {
        origin: "command line".to_owned(),
        line: None,
        source: Some((flag.to_owned(), span)),
    }
}

impl Overrides {
    /// Reads the arguments of `--set`.
    pub fn parse(arguments: &[String]) -> Result<Self, SpecError> {
        let read = arguments.iter().map(|argument| read(argument));
        Ok(Self(read.collect::<Result<_, _>>()?))
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds `--seed N`, which is `--set seed=N`.
    pub fn seed(&mut self, seed: i64) {
        let flag = format!("--seed {seed}");
        self.0.push(Override {
            path: KeyPath::default().child("seed"),
            value: Value::Integer(seed),
            key_span: 0..6,
            value_span: 7..flag.len(),
            flag,
        });
    }

    /// Adds the change that a flag of its own, such as `--predictive`, stands for. `key` is the
    /// path of one.
    pub fn by_flag(&mut self, flag: &str, key: &str, value: Value) {
        let path = KeyPath::parse(key).expect("the path of a key");
        self.0.push(Override {
            flag: flag.to_owned(),
            path,
            value,
            key_span: 0..flag.len(),
            value_span: 0..flag.len(),
        });
    }

    /// Adds a change, as `--set KEY=VALUE` would.
    ///
    /// # Errors
    /// If the key is not the path of one.
    pub fn change(&mut self, key: &str, value: &Value) -> Result<(), SpecError> {
        self.0.push(read(&format!("{key}={value}"))?);
        Ok(())
    }

    /// Makes the changes.
    pub fn apply(&self, table: &mut Table) -> Result<(), SpecError> {
        let mut root = Value::Table(std::mem::take(table));
        for change in &self.0 {
            let start = KeyPath::default();
            put(
                &mut root,
                &Shape::root(),
                &start,
                change.path.keys(),
                &change.value,
            )
            .map_err(|message| SpecError::new(message, change.location(&change.key_span)))?;
            drop_twin(&mut root, &change.path);
        }
        if let Value::Table(changed) = root {
            *table = changed;
        }
        Ok(())
    }

    /// The flag that set the value at `path` or above it, if one did.
    pub fn location_of(&self, path: &KeyPath) -> Option<Location> {
        let mut changes = self.0.iter().rev();
        let change = changes.find(|change| path.is_under(&change.path))?;
        Some(change.location(&change.value_span))
    }

    /// The flag that set something below `path`, if one did.
    pub fn location_below(&self, path: &KeyPath) -> Option<Location> {
        let mut changes = self.0.iter().rev();
        let change = changes.find(|change| change.path.is_under(path))?;
        Some(change.location(&change.key_span))
    }
}

/// Reads one `path.to.key=VALUE`.
fn read(argument: &str) -> Result<Override, SpecError> {
    const PREFIX: &str = "--set ";
    let flag = format!("{PREFIX}{argument}");
    let start = PREFIX.len();
    let fail = |message: Message, span: Range<usize>| {
        let message = message.or_help("write --set path.to.key=VALUE, e.g. --set network.depth=10");
        Err(SpecError::new(message, on_command_line(&flag, span)))
    };
    let Some(equals) = equals_sign(argument) else {
        let message = Message::new("`--set` without a value", "expected `=` and a value");
        return fail(message, start..flag.len());
    };
    let (key_text, value_text) = (&argument[..equals], &argument[equals + 1..]);
    let key_span = start..start + equals;
    let value_span = start + equals + 1..flag.len();
    let Some(path) = KeyPath::parse(key_text) else {
        let message = Message::new(
            format!("`{key_text}` is not the path of a key"),
            "expected keys joined by dots",
        );
        return fail(message, key_span);
    };
    if value_text.trim().is_empty() {
        let message = Message::new(
            format!("`--set {path}` without a value"),
            "expected a value",
        );
        return fail(message, value_span);
    }
    let value = match toml_value(value_text) {
        Some(value) => value,
        // A bare word; what begins like a list, table or string was meant as one.
        None if !value_text.trim_start().starts_with(['[', '{', '"', '\'']) => {
            Value::String(value_text.to_owned())
        }
        None => {
            let message = Message::new(
                format!("the value of `{path}` is not TOML"),
                "expected a TOML value, or a bare word",
            )
            .help("check brackets and quotes; a shell takes quotes away unless they are quoted");
            return fail(message, value_span);
        }
    };
    Ok(Override {
        flag: flag.clone(),
        path,
        value,
        key_span,
        value_span,
    })
}

/// The first `=` outside quotes.
fn equals_sign(argument: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in argument.char_indices() {
        match (c, quote) {
            ('=', None) => return Some(i),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

/// The value in a text that is one TOML value and nothing else.
fn toml_value(text: &str) -> Option<Value> {
    let edit: toml_edit::Value = text.trim().parse().ok()?;
    let mut table: Table = toml::from_str(&format!("v = {edit}")).ok()?;
    table.remove("v")
}

/// Sets the value at `rest`, below `at`, whose path is `done`.
fn put(
    at: &mut Value,
    shape: &Shape,
    done: &KeyPath,
    rest: &[String],
    value: &Value,
) -> Result<(), Message> {
    let Some((key, rest)) = rest.split_first() else {
        *at = value.clone();
        return Ok(());
    };
    let next = done.child(key);
    if let (Some(item), Ok(index)) = (shape.item(), key.parse::<usize>()) {
        let Value::Array(entries) = at else {
            return Err(no_entry(done, index, 0));
        };
        let count = entries.len();
        let entry = entries
            .get_mut(index)
            .ok_or_else(|| no_entry(done, index, count))?;
        return put(entry, &item, &next, rest, value);
    }
    let Some(property) = shape.property(key) else {
        return Err(if shape.is_family() {
            unknown_word(done, shape, key)
        } else {
            unknown_key(done, shape, key)
        });
    };
    if !at.is_table() {
        *at = Value::Table(Table::new());
    }
    let table = at.as_table_mut().expect("just made one");
    if shape.is_family() {
        // Another member gives way: "adam" becomes { sgd = { … } }.
        table.retain(|name, _| name == key);
    }
    let entry = table
        .entry(key.clone())
        .or_insert_with(|| Value::Table(Table::new()));
    put(entry, &property, &next, rest, value)
}

fn no_entry(list: &KeyPath, index: usize, count: usize) -> Message {
    Message::new(
        format!("`{list}` has no entry {index}"),
        format!("it has {}, counted from 0", counted(count, "entry")),
    )
    .help("set the whole list, or an entry the spec has")
}

/// `epochs` and `steps` exclude each other: the one just set stays.
fn drop_twin(root: &mut Value, path: &KeyPath) {
    let twin = match path.to_string().as_str() {
        "train.epochs" => "steps",
        "train.steps" => "epochs",
        _ => return,
    };
    if let Some(train) = root.get_mut("train").and_then(Value::as_table_mut) {
        train.remove(twin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` after `--set` of each of `flags`.
    fn changed(text: &str, flags: &[&str]) -> Table {
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let mut table = toml::from_str(text).unwrap();
        let overrides = Overrides::parse(&flags).unwrap();
        overrides.apply(&mut table).unwrap();
        table
    }

    #[track_caller]
    fn becomes(text: &str, flags: &[&str], expected: &str) {
        assert_eq!(changed(text, flags), toml::from_str(expected).unwrap());
    }

    #[test]
    fn values_are_toml_or_bare_words() {
        becomes("", &["network.depth=3"], "network.depth = 3");
        becomes(
            "",
            &["network.activation=tanh"],
            "network.activation = 'tanh'",
        );
        becomes("", &["network.width=[8, 4]"], "network.width = [8, 4]");
        becomes("", &["name=\"a=b\""], "name = 'a=b'");
        becomes(
            "",
            &["network.weights=../w = 1.st"],
            "network.weights = '../w = 1.st'",
        );
        becomes("", &["network.bias=false"], "network.bias = false");
        becomes("", &["seed=1 # one\nname=2"], "seed = \"1 # one\\nname=2\"");
    }

    #[test]
    fn the_last_one_wins() {
        becomes("seed = 1", &["seed=2", "seed=3"], "seed = 3");
        becomes(
            "[train]\nsteps = 1",
            &["train.epochs=2"],
            "train.epochs = 2",
        );
        becomes("[train]\nepochs = 1", &["train.steps=2"], "train.steps = 2");
        becomes("", &["train.steps=2", "train.epochs=1"], "train.epochs = 1");
    }

    #[test]
    fn a_member_gives_way_to_another_and_keeps_its_own_parameters() {
        let flag = &["train.optimizer.sgd.momentum=0.5"];
        let expected = "train.optimizer.sgd.momentum = 0.5";
        becomes("[train]\noptimizer = 'sgd'", flag, expected);
        becomes("[train]\noptimizer = 'adam'", flag, expected);
        becomes(
            "[train]\noptimizer = { adam = { eps = 1 } }",
            flag,
            expected,
        );
        becomes("", flag, expected);
        becomes(
            "[train]\noptimizer = { sgd = { nesterov = true } }",
            flag,
            "train.optimizer.sgd = { nesterov = true, momentum = 0.5 }",
        );
        becomes(
            "[train]\noptimizer = { sgd = {} }",
            &["train.optimizer=adam"],
            "train.optimizer = 'adam'",
        );
    }

    #[test]
    fn entries_of_lists_and_axes_can_be_set() {
        becomes(
            "[[check]]\nmax = 1\n[[check]]\nmax = 2",
            &["check.1.max=3"],
            "check = [{ max = 1 }, { max = 3 }]",
        );
        becomes(
            "[network]\nwidth = [8, 8]",
            &["network.width.0=4"],
            "network.width = [4, 8]",
        );
        becomes(
            "[sweep]\nseed = [1]",
            &["sweep.\"network.depth\"=[1, 2]"],
            "[sweep]\nseed = [1]\n\"network.depth\" = [1, 2]",
        );
    }

    #[test]
    fn seed_is_a_flag_of_its_own() {
        let mut overrides = Overrides::default();
        overrides.seed(7);
        let mut table = Table::new();
        overrides.apply(&mut table).unwrap();
        assert_eq!(table, toml::from_str("seed = 7").unwrap());
        let location = overrides
            .location_of(&KeyPath::parse("seed").unwrap())
            .unwrap();
        let (flag, span) = location.source.unwrap();
        assert_eq!((flag.as_str(), &flag[span]), ("--seed 7", "7"));
    }
}
