//! JSON as programs write it, and the dicts that Python prints: NaN and infinity stand
//! bare, quotation marks may be single, a number may be wrapped as `tensor(0.5)`.

use super::number::number;
use crate::lab::logs::series::Digits;

/// How deep values may be nested.
const MOST_DEPTH: usize = 32;
/// The most bytes of one value that is held whole.
pub const MOST_VALUE: usize = 16 << 20;
/// The longest list whose numbers are taken as one series each.
const MOST_LIST: usize = 4096;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum DictValue {
    /// None, null, true and false.
    Nothing,
    /// A number and how it is written.
    Number(f64, Digits),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<DictValue>),
    /// Keys and values, in their order.
    Dict(Vec<(String, DictValue)>),
}

/// A value of a dict, by the keys that lead to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The keys, joined by slashes.
    pub path: String,
    /// What it is.
    pub value: LeafValue,
}

/// What stands at the end of the keys.
#[derive(Clone, Debug, PartialEq)]
pub enum LeafValue {
    /// A number and how it is written.
    Number(f64, Digits),
    /// A text that is no number.
    Text(String),
    /// A distribution.
    Histogram,
}

impl DictValue {
    /// Reads a value at the beginning of a text, and gives what follows it.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        if text.len() > MOST_VALUE {
            return None;
        }
        let mut reader = Reader { text, depth: 0 };
        let value = reader.value()?;
        Some((value, reader.text))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dict(pairs) => pairs
                .iter()
                .find(|(own, _)| own == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// A number, also one within quotation marks.
    pub fn number(&self) -> Option<(f64, Digits)> {
        match self {
            Self::Number(value, digits) => Some((*value, *digits)),
            Self::Text(text) => number(text),
            _ => None,
        }
    }

    /// What a dict holds, with the keys that lead there.
    pub fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.collect("", &mut leaves);
        leaves
    }

    fn collect(&self, path: &str, leaves: &mut Vec<Leaf>) {
        let below = |key: &str| match path {
            "" => key.to_owned(),
            path => format!("{path}/{key}"),
        };
        match self {
            Self::Dict(pairs) if self.get("bins").is_some() && pairs.len() <= 8 => {
                leaves.push(Leaf {
                    path: path.to_owned(),
                    value: LeafValue::Histogram,
                });
            }
            Self::Dict(pairs) => {
                for (key, value) in pairs {
                    value.collect(&below(key), leaves);
                }
            }
            Self::List(values) if values.len() <= MOST_LIST && !path.is_empty() => {
                for (i, value) in values.iter().enumerate() {
                    value.collect(&below(&i.to_string()), leaves);
                }
            }
            _ => {
                let value = match (self.number(), self) {
                    (Some((value, digits)), _) => LeafValue::Number(value, digits),
                    (None, Self::Text(text)) => LeafValue::Text(text.clone()),
                    _ => return,
                };
                leaves.push(Leaf {
                    path: path.to_owned(),
                    value,
                });
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// The next character, blanks left out.
    fn peek(&mut self) -> Option<char> {
        self.text = self.text.trim_start();
        self.text.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.text = &self.text[wanted.len_utf8()..];
        }
        is_there
    }

    fn value(&mut self) -> Option<DictValue> {
        if self.depth == MOST_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = match self.peek()? {
            '{' => self.dict(),
            '[' => self.list('[', ']'),
            '(' => self.list('(', ')'),
            '"' | '\'' => self.quoted().map(DictValue::Text),
            _ => self.word(),
        };
        self.depth -= 1;
        value
    }

    fn dict(&mut self) -> Option<DictValue> {
        self.take('{');
        let mut pairs = Vec::new();
        while !self.take('}') {
            let key = match self.peek()? {
                '"' | '\'' => self.quoted()?,
                _ => self.bare()?.to_owned(),
            };
            if !self.take(':') {
                return None;
            }
            pairs.push((key, self.value()?));
            if !self.take(',') && self.peek()? != '}' {
                return None;
            }
        }
        Some(DictValue::Dict(pairs))
    }

    fn list(&mut self, open: char, close: char) -> Option<DictValue> {
        self.take(open);
        let mut values = Vec::new();
        while !self.take(close) {
            values.push(self.value()?);
            if !self.take(',') && self.peek()? != close {
                return None;
            }
        }
        Some(DictValue::List(values))
    }

    fn quoted(&mut self) -> Option<String> {
        let mut chars = self.text.char_indices();
        let (_, quote) = chars.next()?;
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.text = &self.text[at + c.len_utf8()..];
                    return Some(text);
                }
                '\\' => match chars.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'u' => {
                        let code: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&code, 16).ok()?;
                        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    other => text.push(other),
                },
                c => text.push(c),
            }
        }
        None
    }

    /// Characters up to the next that has a meaning.
    fn bare(&mut self) -> Option<&'a str> {
        let end = self
            .text
            .find(|c: char| ",:{}[]()\"'".contains(c) || c.is_whitespace());
        let (word, rest) = self.text.split_at(end.unwrap_or(self.text.len()));
        self.text = rest;
        (!word.is_empty()).then_some(word)
    }

    fn word(&mut self) -> Option<DictValue> {
        let word = self.bare()?;
        // tensor(0.5, device='cuda:0'), np.float64(0.5)
        if self.text.starts_with('(') {
            let DictValue::List(values) = self.call()? else {
                return None;
            };
            return Some(values.into_iter().next().unwrap_or(DictValue::Nothing));
        }
        Some(match (word, number(word)) {
            (_, Some((value, digits))) => DictValue::Number(value, digits),
            ("null" | "None" | "true" | "false" | "True" | "False", None) => DictValue::Nothing,
            _ => return None,
        })
    }

    /// What stands between brackets: values, of which some have names.
    fn call(&mut self) -> Option<DictValue> {
        self.take('(');
        let mut values = Vec::new();
        while !self.take(')') {
            let before = self.text;
            match self.value() {
                Some(value) => values.push(value),
                None => {
                    // device='cuda:0'
                    self.text = before;
                    self.bare()?;
                    let _ = self.value();
                }
            }
            if !self.take(',') && self.peek()? != ')' {
                return None;
            }
        }
        Some(DictValue::List(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Vec<(String, Option<f64>)> {
        let (value, _) = DictValue::read(text).unwrap_or_else(|| panic!("{text}"));
        let leaves = value.leaves().into_iter();
        leaves
            .filter_map(|leaf| match leaf.value {
                LeafValue::Number(value, _) => Some((leaf.path, Some(value))),
                LeafValue::Histogram => Some((leaf.path, None)),
                LeafValue::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn python_and_json_are_read_alike() {
        for text in [
            r#"{"loss": 0.5, "g": {"a.b": 1e-3, "n": null}, "l": [2], "ok": true}"#,
            "{'loss': '0.5', 'g': {'a.b': tensor(0.001, device='cuda:0'), 'n': None}, 'l': (2,)}",
        ] {
            let expected = [("loss", 0.5), ("g/a.b", 0.001), ("l/0", 2.0)];
            let expected = expected.map(|(path, value)| (path.to_owned(), Some(value)));
            assert_eq!(leaves(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_has_its_words() {
        let found = leaves("{\"a\": NaN, \"b\": -Infinity, 'c': nan, \"d\": \"inf\"}");
        let found: Vec<f64> = found.into_iter().filter_map(|(_, value)| value).collect();
        assert!(found[0].is_nan() && found[2].is_nan());
        assert_eq!([found[1], found[3]], [f64::NEG_INFINITY, f64::INFINITY]);
    }

    #[test]
    fn a_histogram_is_told_from_a_list() {
        let text = "{'h': {'_type': 'histogram', 'values': [1, 2], 'bins': [0, 1, 2]}}";
        assert_eq!(leaves(text), [("h".to_owned(), None)]);
    }

    #[test]
    fn what_is_nested_too_deep_or_open_is_no_value() {
        assert!(DictValue::read(&"[".repeat(100_000)).is_none());
        assert!(DictValue::read(&"{'a':".repeat(100_000)).is_none());
        for text in ["{'a': 1", "{'a' 1}", "{\"a\": x}", "", "'", "{\"\\u12"] {
            assert!(DictValue::read(text).is_none(), "{text}");
        }
    }
}
