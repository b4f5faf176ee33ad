//! Numbers in a range: `{ from = 1e-4, to = 1e-1, count = 7, log = true }`.

use toml::{Table, Value};

use super::super::key_path::KeyPath;
use super::super::message::Message;
use super::super::shape::Shape;
use super::super::validate::{Fault, ValueKind, faults};

/// Numbers from one to another, evenly spaced or evenly spaced in their logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SweepRange {
    from: f64,
    to: f64,
    count: u64,
    is_log: bool,
    /// Whether its key takes whole numbers, to which they are then rounded.
    is_whole: bool,
}

impl SweepRange {
    /// Reads a range of what a key of this shape takes, which stands at `path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(table: &Table, shape: &Shape, path: &KeyPath) -> Result<Self, Vec<Fault>> {
        let range = Self::parse(table, shape).map_err(|message| {
            const EXAMPLE: &str =
                "write it as in { from = 1e-4, to = 1e-1, count = 7, log = true }";
            vec![Fault {
                path: path.clone(),
                kind: ValueKind::Value,
                message: message.help(EXAMPLE),
            }]
        })?;
        let ends = [range.value(0), range.value(range.count - 1)];
        let found: Vec<Fault> = ends
            .iter()
            .flat_map(|end| faults(end, shape, path))
            .collect();
        if found.is_empty() {
            Ok(range)
        } else {
            Err(found)
        }
    }

    fn parse(table: &Table, shape: &Shape) -> Result<Self, Message> {
        const KEYS: [&str; 4] = ["from", "to", "count", "log"];
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let what = format!("a range has no key `{key}`");
            return Err(Message::new(what, "expected from, to, count and log"));
        }
        let number = |key: &str| {
            let value = table.get(key)?;
            let number = value.as_float();
            number.or_else(|| value.as_integer().map(|number| number as f64))
        };
        let count = table.get("count").and_then(Value::as_integer);
        let count = count.and_then(|count| u64::try_from(count).ok());
        let (Some(from), Some(to), Some(count)) = (number("from"), number("to"), count) else {
            return Err(Message::new(
                "the range is not whole",
                "expected the numbers from and to, and count ≥ 1",
            ));
        };
        let is_log = table.get("log").and_then(Value::as_bool).unwrap_or(false);
        if is_log && !(from > 0.0 && to > 0.0) {
            return Err(Message::new(
                "the range has no logarithm",
                "expected from > 0 and to > 0 with log = true",
            ));
        }
        if count == 0 || (count > 1 && from == to) || !(to - from).is_finite() {
            return Err(Message::new(
                format!("from {from} to {to} there are not {count} numbers"),
                "expected count ≥ 1, and from unlike to for more than one",
            ));
        }
        let range = Self {
            from,
            to,
            count,
            is_log,
            is_whole: shape.of_type("number").is_empty(),
        };
        match range.is_whole.then(|| range.first_twice()).flatten() {
            None => Ok(range),
            Some(number) => Err(Message::new(
                format!("the range gives {number} twice"),
                "expected no more numbers than there are whole ones between from and to",
            )),
        }
    }

    /// The first whole number that it gives twice.
    fn first_twice(&self) -> Option<i64> {
        let whole = |place: u64| self.number(place).round() as i64;
        let has_room = (self.to - self.from).abs() >= (self.count - 1) as f64;
        let places: Box<dyn Iterator<Item = u64>> = match (self.is_log, has_room) {
            (false, true) => return None,
            // The gaps of a logarithmic range grow with its numbers.
            (_, _) if self.from > self.to => Box::new((1..self.count).rev()),
            _ => Box::new(1..self.count),
        };
        for place in places {
            let (number, before) = (whole(place), whole(place - 1));
            if number == before {
                return Some(number);
            }
            if self.is_log && number.abs_diff(before) > 1 {
                break;
            }
        }
        None
    }

    /// How many numbers it has.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Never: a range has a number.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn number(&self, place: u64) -> f64 {
        if place == 0 || self.count < 2 {
            return self.from;
        }
        if place == self.count - 1 {
            return self.to;
        }
        let share = place as f64 / (self.count - 1) as f64;
        if self.is_log {
            self.from * (self.to / self.from).powf(share)
        } else {
            self.from + (self.to - self.from) * share
        }
    }

    /// The number at a place below [`SweepRange::len`].
    pub fn value(&self, place: u64) -> Value {
        let number = self.number(place);
        if self.is_whole {
            Value::Integer(number.round() as i64)
        } else {
            Value::Float(number)
        }
    }
}
