//! One network of a log, read in one pass.

use crate::base::Problem;
use crate::lab::logs::OrderSource;
use crate::lab::records::{Columns, HEADLINE, Run, RunStats, Step};

/// One network of a log.
#[derive(Clone, Debug)]
pub struct Network {
    /// What tells it from the others.
    pub label: String,
    /// Its rows.
    pub run: Run,
    /// Decay, verdict, onset.
    pub stats: RunStats,
    /// Its columns, the one that decay is measured by first.
    pub columns: Vec<String>,
    /// The first logged step.
    pub first: Step,
    /// The last.
    pub last: Step,
    /// Whether the column that decay is measured by has numbers below 0: it is no norm, and
    /// there is neither decay nor verdict.
    pub has_negatives: bool,
}

impl Network {
    /// Reads it.
    ///
    /// # Errors
    /// If it cannot be understood.
    pub fn read(label: String, run: &Run) -> Result<Self, Problem> {
        let mut columns = Columns::choose(run, None)?;
        for name in run.layer_columns()? {
            if run.foreign().is_some() {
                columns.also(&name)?;
            }
        }
        let columns = columns.names().to_vec();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let (mut first, mut last) = (None, Step::default());
        let mut has_negatives = false;
        let mut stats = RunStats::of(run, &names, |step, _| {
            first.get_or_insert_with(|| step.clone());
            last.clone_from(step);
            let mut norms = step.column(0).filter_map(|(_, norm)| norm);
            has_negatives |= norms.any(|norm| norm < 0.0);
            Ok(())
        })?;
        if has_negatives {
            (stats.initial, stats.last, stats.onset) = (None, None, None);
            stats.verdict = stats.verdict.filter(|_| stats.diverged.is_some());
        }
        Ok(Self {
            label,
            run: run.clone(),
            stats,
            columns,
            first: first.unwrap_or_default(),
            last,
            has_negatives,
        })
    }

    /// Whether it has the gradients of activations, which nothing hides.
    pub fn has_activation_gradients(&self) -> bool {
        self.columns[0] == HEADLINE
    }

    /// How its layers were put in order; `None` where its file numbers them.
    pub fn order(&self) -> Option<OrderSource> {
        self.run.foreign().map(|foreign| foreign.part().order)
    }

    /// What the log calls a column.
    pub fn logged(&self, column: &str) -> Vec<String> {
        let part = self.run.foreign().map(|foreign| foreign.part());
        let column = part.and_then(|part| part.column(column));
        column.map_or_else(Vec::new, |column| column.logged.clone())
    }

    /// What its log calls the column that decay is measured by.
    pub fn logged_name(&self) -> String {
        let logged = self.logged(&self.columns[0]);
        let name = logged.first().unwrap_or(&self.columns[0]);
        format!("`{name}`")
    }

    /// The parameters that a layer is made of, as the log names them.
    pub fn parameters(&self, layer: usize) -> &[String] {
        let part = self.run.foreign().map(|foreign| foreign.part());
        let layer = part.and_then(|part| part.layers.get(layer.checked_sub(1)?));
        layer.map_or(&[], |layer| &layer.parameters)
    }

    /// Whether a value in the `column`-th of its columns is a bound, since the writer rounded.
    pub fn is_bound(&self, column: usize, value: f64) -> bool {
        let bound = self.columns.get(column);
        let bound = bound.and_then(|name| self.run.resolution(name));
        bound.is_some_and(|bound| (0.0..=bound).contains(&value))
    }

    /// What a norm is at most that reads 0, where the writer rounded.
    pub fn resolution(&self) -> Option<f64> {
        self.run.resolution(&self.columns[0])
    }
}
