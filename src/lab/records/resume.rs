//! Logs of runs that were resumed: where a file's steps go back, the later rows
//! hold from that step on.

use std::collections::BTreeSet;

use super::layout::Layout;
use super::table::Table;
use crate::base::Problem;

/// Where the steps of a file go back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Resumption {
    /// The first row after it, from 0.
    row: u64,
    /// That row's step and line, and the step before.
    step: u64,
    line: u64,
    before: u64,
}

/// Which rows of a file hold.
#[derive(Clone, Debug, Default)]
pub struct Resumed {
    at: Vec<Resumption>,
    /// Lines on which a header stands again and the steps go on.
    headers: Vec<u64>,
    /// Rows seen.
    row: u64,
    /// Resumptions passed.
    passed: usize,
}

impl Resumed {
    /// Looks through the steps of a file. What cannot be read is left for the
    /// pass that reads all of it.
    ///
    /// # Errors
    /// If the file is sorted by layer and not by step.
    pub fn of(mut table: Table, layout: &Layout) -> Result<Self, Problem> {
        let mut found = Self::default();
        let path = table.path().to_owned();
        let (mut row, mut text, mut before) = (0, Vec::new(), None);
        // The layers of the first step, and of the first step after going back.
        let mut first: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut is_first_step = true;
        while let Ok(Some(cells)) = table.next_row() {
            let bytes = cells.bytes(layout.step);
            if bytes != &*text {
                text = bytes.to_vec();
                let Ok(step) = cells.count(layout.step) else {
                    break;
                };
                is_first_step = before.is_none();
                if let Some(before) = before
                    && step < before
                {
                    let again = first.contains(cells.bytes(layout.layer));
                    if !again {
                        return Err(Problem::at_line(
                            &path,
                            cells.line(),
                            format!("step {step} comes after step {before}"),
                        )
                        .help(
                            "sort the file by step: the rows of a step stand together, \
                             the steps ascend",
                        ));
                    }
                    let line = cells.line();
                    found.at.push(Resumption {
                        row,
                        step,
                        line,
                        before,
                    });
                }
                before = Some(step);
            }
            if is_first_step {
                first.insert(cells.bytes(layout.layer).to_vec());
            }
            row += 1;
        }
        let headers = table.headers_again().iter().copied();
        let goes_back = |header: &u64| found.at.iter().any(|at| at.line == header + 1);
        found.headers = headers.filter(|header| !goes_back(header)).collect();
        Ok(found)
    }

    /// Whether the next row, of `step`, holds: no later part of the file begins
    /// at its step or before.
    pub fn holds(&mut self, step: u64) -> bool {
        while self
            .at
            .get(self.passed)
            .is_some_and(|at| at.row <= self.row)
        {
            self.passed += 1;
        }
        self.row += 1;
        self.at[self.passed..].iter().all(|at| step < at.step)
    }

    /// What to tell the user.
    pub fn warnings(&self, table: &Table) -> Vec<String> {
        let path = table.path().display();
        let back = self.at.iter().map(|at| {
            format!(
                "{path}:{}: step {} comes after step {}: the run was resumed there, and its later \
                 rows hold from step {} on",
                at.line, at.step, at.before, at.step
            )
        });
        let headers = self.headers.iter().map(|line| {
            format!("{path}:{line}: the header stands again: what follows is read as the same run")
        });
        back.chain(headers).collect()
    }

    /// The error about a file that was resumed, where that is not wanted.
    pub fn problem(&self, table: &Table) -> Option<Problem> {
        let (line, what) = match (self.at.first(), self.headers.first()) {
            (Some(at), _) => {
                let what = format!("step {} comes after step {}", at.step, at.before);
                (at.line, what)
            }
            (None, Some(line)) => (*line, "the header stands again".to_owned()),
            (None, None) => return None,
        };
        Some(
            Problem::at_line(table.path(), line, what)
                .help("a resumed run is read without --no-resume"),
        )
    }
}
