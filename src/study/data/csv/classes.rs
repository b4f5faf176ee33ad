//! The classes of a target column.

use std::collections::HashMap;

/// Class labels as they come, each distinct text numbered by first appearance.
#[derive(Default)]
pub struct Labels {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
    rows: Vec<u32>,
}

impl Labels {
    /// Adds the label of the next row.
    pub fn push(&mut self, text: &str) {
        let number = match self.numbers.get(text) {
            Some(&number) => number,
            None => {
                let number = self.texts.len() as u32;
                self.numbers.insert(text.to_owned(), number);
                self.texts.push(text.to_owned());
                number
            }
        };
        self.rows.push(number);
    }

    /// Whether all labels are numbers but for NaN and infinities, and there are both.
    pub fn are_numbers_with_gaps(&self) -> bool {
        let values: Option<Vec<f64>> = self.texts.iter().map(|text| text.parse().ok()).collect();
        values.is_some_and(|values| {
            values.iter().any(|value| value.is_finite())
                && !values.iter().all(|value| value.is_finite())
        })
    }

    /// The classes' names in order (numeric if all are numbers, else by text)
    /// and every row's class.
    pub fn finish(self) -> (Vec<String>, Vec<u32>) {
        let values: Option<Vec<f64>> = self
            .texts
            .iter()
            // Adding 0 turns -0 into 0, so that the first spelling names the class.
            .map(|text| finite(text).map(|value| value + 0.0))
            .collect();
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        match &values {
            Some(values) => order.sort_by(|&a, &b| values[a].total_cmp(&values[b])),
            None => order.sort_by_key(|&a| &self.texts[a]),
        }
        let mut names: Vec<String> = Vec::new();
        let mut class_of = vec![0; self.texts.len()];
        let mut last: Option<usize> = None;
        for number in order {
            // 1 and 1.0 are the same number, hence the same class.
            let same = match (&values, last) {
                (Some(values), Some(last)) => values[last] == values[number],
                _ => false,
            };
            if !same {
                names.push(self.texts[number].clone());
            }
            class_of[number] = names.len() as u32 - 1;
            last = Some(number);
        }
        let rows = self.rows.iter().map(|&n| class_of[n as usize]).collect();
        (names, rows)
    }
}

/// A finite number, if the text is one.
pub fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(texts: &[&str]) -> (Vec<String>, Vec<u32>) {
        let mut labels = Labels::default();
        texts.iter().for_each(|text| labels.push(text));
        labels.finish()
    }

    #[test]
    fn numbers_are_in_numeric_order() {
        let (names, rows) = classes(&["10", "9", "-1", "10", "1e1", "9.0"]);
        assert_eq!(names, ["-1", "9", "10"]);
        assert_eq!(rows, [2, 1, 0, 2, 2, 1]);
        let (names, rows) = classes(&["0", "-0", "1"]);
        assert_eq!(names, ["0", "1"]);
        assert_eq!(rows, [0, 0, 1]);
    }

    #[test]
    fn texts_are_in_text_order() {
        let (names, rows) = classes(&["b", "10", "9", "b", "B"]);
        assert_eq!(names, ["10", "9", "B", "b"]);
        assert_eq!(rows, [3, 0, 1, 3, 2]);
    }

    #[test]
    fn gaps_show_among_numbers_only() {
        let gaps = |texts: &[&str]| {
            let mut labels = Labels::default();
            texts.iter().for_each(|text| labels.push(text));
            labels.are_numbers_with_gaps()
        };
        assert!(gaps(&["1", "nan"]));
        assert!(gaps(&["inf", "2"]));
        assert!(!gaps(&["1", "2"]));
        // The bread.
        assert!(!gaps(&["naan", "nan", "3"]));
    }
}
