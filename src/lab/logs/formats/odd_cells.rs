//! Cells of norms that hold text.

use crate::lab::logs::text::csv::CsvRows;

/// What programs write where there is no number.
const NOTHING: [&str; 7] = ["na", "n/a", "null", "none", "nil", "-", "–"];

/// The cells of norms in which there is no number: the first, in words, and how many.
#[derive(Debug, Default)]
pub struct OddCells {
    first: Option<String>,
    count: u64,
}

impl OddCells {
    /// Takes note of a cell of the row at hand that holds no number.
    pub fn note(&mut self, rows: &CsvRows, column: usize) {
        let cell = rows.cell(column);
        let is_nothing = |own: &&str| cell.eq_ignore_ascii_case(own);
        if cell.is_empty() || NOTHING.iter().any(is_nothing) {
            return;
        }
        self.count += 1;
        self.first.get_or_insert_with(|| {
            let cell: String = cell.chars().take(40).collect();
            format!(
                "{}: `{}` in the column `{}` is no number",
                rows.place(),
                cell.escape_debug(),
                rows.header()[column]
            )
        });
    }

    /// That they are left out, where there are some.
    pub fn warning(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        Some(match self.count {
            1 => format!("{first}, and is left out"),
            2 => format!("{first}, and is left out, like 1 other cell"),
            n => format!("{first}, and is left out, like {} other cells", n - 1),
        })
    }
}
