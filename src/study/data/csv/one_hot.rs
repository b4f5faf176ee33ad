//! Feature columns: numbers as they are, words as a feature each.

use super::CATEGORICAL;
use super::row::Row;
use super::text::Lines;
use super::words::{Ordered, Words};
use crate::base::Problem;

/// A feature column of the file.
pub struct OneHotColumn {
    /// Its name in the header.
    pub name: String,
    /// The words seen in it, if it is categorical.
    words: Option<Words>,
}

impl OneHotColumn {
    /// A column of which nothing has been read.
    pub fn new(is_categorical: bool, name: String) -> Self {
        Self {
            name,
            words: is_categorical.then(Words::default),
        }
    }

    /// What its cells hold.
    pub fn expected(&self) -> &'static str {
        match self.words {
            Some(_) => "a word",
            None => "a finite number",
        }
    }

    /// The number in the row's cell, or that of its word; `None` if it is missing.
    ///
    /// # Errors
    /// A cell that should be a number and is none.
    pub fn read(
        &mut self,
        row: &Row,
        column: usize,
        lines: &mut Lines,
    ) -> Result<Option<f64>, Problem> {
        let Some(words) = &mut self.words else {
            return row.number(column);
        };
        let number = |word| f64::from(words.number(word, || lines.of(row.byte())));
        Ok(row.word(column).map(number))
    }
}

/// Features as a network gets them.
pub struct Expanded {
    /// A name per feature; that of a word is `column=word`.
    pub names: Vec<String>,
    /// Row by row a value per feature; NaN where the cell is missing.
    pub values: Vec<f64>,
}

/// Makes of each categorical column a feature per word. `cells` holds, row by
/// row, what [`OneHotColumn::read`] gave for each of `columns`, or NaN.
///
/// # Errors
/// More features than memory holds.
pub fn expand(columns: &[OneHotColumn], cells: Vec<f64>) -> Result<Expanded, Problem> {
    let orders: Vec<Option<Ordered>> = columns
        .iter()
        .map(|column| column.words.as_ref().map(Words::ordered))
        .collect();
    let mut names = Vec::new();
    for (column, order) in columns.iter().zip(&orders) {
        match order {
            None => names.push(column.name.clone()),
            Some(order) => {
                let words = order.names.iter();
                names.extend(words.map(|word| format!("{}={word}", column.name)));
            }
        }
    }
    if orders.iter().all(Option::is_none) {
        return Ok(Expanded {
            names,
            values: cells,
        });
    }
    let rows = cells.len() / columns.len();
    let mut values: Vec<f64> = Vec::new();
    let fits = rows
        .checked_mul(names.len())
        .is_some_and(|numbers| values.try_reserve_exact(numbers).is_ok());
    if !fits {
        let what = format!(
            "{rows} rows of {} features do not fit into memory",
            names.len()
        );
        return Err(Problem::at_key(CATEGORICAL, what)
            .help("name columns with fewer distinct words, and the others in ignore"));
    }
    for row in cells.chunks_exact(columns.len()) {
        for (&cell, order) in row.iter().zip(&orders) {
            match order {
                None => values.push(cell),
                Some(order) if cell.is_nan() => {
                    values.extend(order.names.iter().map(|_| f64::NAN));
                }
                Some(order) => {
                    let one = values.len() + order.rank[cell as usize] as usize;
                    values.resize(values.len() + order.names.len(), 0.0);
                    values[one] = 1.0;
                }
            }
        }
    }
    Ok(Expanded { names, values })
}
