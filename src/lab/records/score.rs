//! What a run reached, and what guessing reaches.

use super::run_data::RunData;

/// What a run reached, beside what guessing does where that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score<'a> {
    /// The column: `test_accuracy`, `train_loss` ….
    pub quantity: &'a str,
    /// What it reached.
    pub value: f64,
    /// What guessing reaches.
    pub guessing: Option<f64>,
}

impl Score<'_> {
    /// Whether it is an accuracy and not a loss.
    pub fn is_accuracy(&self) -> bool {
        self.quantity.ends_with("accuracy")
    }
}

impl RunData {
    /// What it reached: what learning is judged by, else the last figure that
    /// its files have.
    pub fn score(&self) -> Option<Score<'_>> {
        let summary = self.run.summary.as_ref();
        if let Some(by) = summary.and_then(|summary| summary.learned_by.as_ref()) {
            return Some(Score {
                quantity: &by.quantity,
                value: by.value?,
                guessing: Some(by.guessing),
            });
        }
        let [accuracy, loss] = self.guessing();
        let curves = &self.stats.curves;
        let known = [
            ("test_accuracy", &curves.test_accuracy, accuracy),
            ("train_accuracy", &curves.train_accuracy, accuracy),
            ("test_loss", &curves.test_loss, loss),
            ("train_loss", &curves.train_loss, loss),
        ];
        known.into_iter().find_map(|(quantity, curve, guessing)| {
            Some(Score {
                quantity,
                value: curve.last()?,
                guessing,
            })
        })
    }

    /// The accuracy and the loss of guessing, as far as the summary tells.
    pub fn guessing(&self) -> [Option<f64>; 2] {
        let Some(summary) = &self.run.summary else {
            return [None, None];
        };
        let told = |end: &str| {
            let by = summary.learned_by.as_ref()?;
            by.quantity.ends_with(end).then_some(by.guessing)
        };
        [
            told("accuracy").or(summary.chance_accuracy),
            summary.guessing_loss.or_else(|| told("loss")),
        ]
    }
}
