//! The distinct words of a column, and their order.

use std::collections::HashMap;

/// Words as they come, each distinct text numbered by first appearance.
#[derive(Default)]
pub struct Words {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
    /// The line on which each first stood.
    lines: Vec<u64>,
}

/// Words in order: numeric if all are numbers, else by text. Spellings of the
/// same number, such as 1 and 1.0, are one word.
pub struct Ordered {
    /// The words, by rank.
    pub names: Vec<String>,
    /// The rank of each number that [`Words::number`] gave out.
    pub rank: Vec<u32>,
}

impl Words {
    /// The number of a word; `line` is where it stands.
    pub fn number(&mut self, text: &str, line: impl FnOnce() -> u64) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        self.lines.push(line());
        number
    }

    /// The line on which the word of this number first stood.
    pub fn line(&self, number: u32) -> u64 {
        self.lines[number as usize]
    }

    /// Whether all words are numbers but for NaN and infinities, and there are both.
    pub fn are_numbers_with_gaps(&self) -> bool {
        let values: Option<Vec<f64>> = self.texts.iter().map(|text| text.parse().ok()).collect();
        values.is_some_and(|values| {
            values.iter().any(|value| value.is_finite())
                && !values.iter().all(|value| value.is_finite())
        })
    }

    /// The words in order.
    pub fn ordered(&self) -> Ordered {
        let values: Option<Vec<f64>> = self
            .texts
            .iter()
            // Adding 0 turns -0 into 0, so that the first spelling names the word.
            .map(|text| finite(text).map(|value| value + 0.0))
            .collect();
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        match &values {
            Some(values) => order.sort_by(|&a, &b| values[a].total_cmp(&values[b])),
            None => order.sort_by_key(|&a| &self.texts[a]),
        }
        let mut names: Vec<String> = Vec::new();
        let mut rank = vec![0; self.texts.len()];
        let mut last: Option<usize> = None;
        for number in order {
            let same = match (&values, last) {
                (Some(values), Some(last)) => values[last] == values[number],
                _ => false,
            };
            if !same {
                names.push(self.texts[number].clone());
            }
            rank[number] = names.len() as u32 - 1;
            last = Some(number);
        }
        Ordered { names, rank }
    }
}

/// A finite number, if the text is one.
pub fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in order, and the rank of each text.
    fn ordered(texts: &[&str]) -> (Vec<String>, Vec<u32>) {
        let mut words = Words::default();
        let numbers: Vec<u32> = texts.iter().map(|text| words.number(text, || 1)).collect();
        let Ordered { names, rank } = words.ordered();
        let ranks = numbers.iter().map(|&number| rank[number as usize]);
        (names, ranks.collect())
    }

    #[test]
    fn numbers_are_in_numeric_order() {
        let (names, ranks) = ordered(&["10", "9", "-1", "10", "1e1", "9.0"]);
        assert_eq!(names, ["-1", "9", "10"]);
        assert_eq!(ranks, [2, 1, 0, 2, 2, 1]);
        let (names, ranks) = ordered(&["0", "-0", "1"]);
        assert_eq!(names, ["0", "1"]);
        assert_eq!(ranks, [0, 0, 1]);
    }

    #[test]
    fn texts_are_in_text_order() {
        let (names, ranks) = ordered(&["b", "10", "9", "b", "B"]);
        assert_eq!(names, ["10", "9", "B", "b"]);
        assert_eq!(ranks, [3, 0, 1, 3, 2]);
    }

    #[test]
    fn gaps_show_among_numbers_only() {
        let gaps = |texts: &[&str]| {
            let mut words = Words::default();
            for text in texts {
                words.number(text, || 1);
            }
            words.are_numbers_with_gaps()
        };
        assert!(gaps(&["inf", "2"]));
        assert!(!gaps(&["1", "2"]));
        assert!(!gaps(&["infant", "inf", "3"]));
    }
}
