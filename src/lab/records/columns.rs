//! Which columns a run is read for.

use super::Run;
use super::foreign::ForeignRun;
use super::layout::{Layout, headline_of};
use super::table::Table;
use crate::base::Problem;

/// The columns that a run is read for, the norm that decay is measured by first.
pub struct Columns {
    of: Of,
    names: Vec<String>,
}

enum Of {
    Table(Box<Table>),
    Log(ForeignRun),
}

impl Columns {
    /// The column `quantity`, or without one the run's headline.
    ///
    /// # Errors
    /// If the file cannot be read or does not have it.
    pub fn choose(run: &Run, quantity: Option<&str>) -> Result<Self, Problem> {
        let mut columns = match run.foreign() {
            Some(foreign) => Self {
                of: Of::Log(foreign.clone()),
                names: Vec::new(),
            },
            None => {
                let table = Table::open(&run.gradients)?;
                Layout::of(&table)?;
                Self {
                    of: Of::Table(Box::new(table)),
                    names: Vec::new(),
                }
            }
        };
        let first = match (quantity, &mut columns.of) {
            (Some(name), _) => name.to_owned(),
            (None, Of::Table(table)) => headline_of(table)?,
            (None, Of::Log(foreign)) => foreign.columns().swap_remove(0),
        };
        columns.also(&first)?;
        Ok(columns)
    }

    /// Takes another column too, and gives its place among those chosen.
    ///
    /// # Errors
    /// If the file does not have it.
    pub fn also(&mut self, name: &str) -> Result<usize, Problem> {
        let name = match &self.of {
            Of::Table(table) => {
                Layout::value(table, name)?;
                name.to_owned()
            }
            Of::Log(foreign) => foreign.column(name)?,
        };
        if let Some(at) = self.names.iter().position(|own| *own == name) {
            return Ok(at);
        }
        self.names.push(name);
        Ok(self.names.len() - 1)
    }

    /// Takes another column too where the file has it, and gives its place.
    pub fn also_if_there(&mut self, name: &str) -> Option<usize> {
        self.also(name).ok()
    }

    /// Their names.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_chosen_once_and_only_if_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.csv");
        std::fs::write(&file, "step,layer,b_norm,a_norm,x\n0,1,1,1,1\n").unwrap();
        let run = Run::open(&file).unwrap();
        let mut columns = Columns::choose(&run, None).unwrap();
        assert_eq!(columns.names(), ["b_norm"]);
        assert_eq!(columns.also("x").unwrap(), 1);
        assert_eq!(columns.also("b_norm").unwrap(), 0);
        assert_eq!(columns.also_if_there("y_norm"), None);
        assert_eq!(columns.also_if_there("a_norm"), Some(2));
        let problem = columns.also("position").unwrap_err();
        assert!(problem.what.contains("says which row it is"), "{problem}");
        let problem = Columns::choose(&run, Some("c_norm")).err().unwrap();
        assert!(problem.what.contains("no column `c_norm`"), "{problem}");
    }
}
