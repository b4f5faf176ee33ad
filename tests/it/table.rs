//! A CSV file, read by this file alone.

/// Header and rows of plain cells.
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Every line must end in a newline and have as many cells as the header.
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line is cut off");
        let mut lines = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let rows: Vec<_> = lines.collect();
        for row in &rows {
            assert_eq!(row.len(), header.len(), "{row:?}");
        }
        Self { header, rows }
    }

    pub fn column(&self, name: &str) -> usize {
        let found = self.header.iter().position(|column| column == name);
        found.unwrap_or_else(|| panic!("no column {name}"))
    }

    /// One cell of every row.
    pub fn cells(&self, name: &str) -> Vec<&str> {
        let column = self.column(name);
        self.rows.iter().map(|row| &*row[column]).collect()
    }

    /// One number of every row.
    pub fn numbers(&self, name: &str) -> Vec<f64> {
        let cells = self.cells(name).into_iter();
        cells
            .map(|cell| {
                cell.parse()
                    .unwrap_or_else(|_| panic!("{name} is {cell:?}"))
            })
            .collect()
    }

    /// The rows whose cell `name` is `value`.
    pub fn only(&self, name: &str, value: &str) -> Self {
        let column = self.column(name);
        let rows = self.rows.iter().filter(|row| row[column] == value);
        Self {
            header: self.header.clone(),
            rows: rows.cloned().collect(),
        }
    }
}
