//! `vgrad gather`: the table of a sweep whose cells were run elsewhere.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::form::form;
use super::{Failure, Global, Outcome, output};
use crate::lab::form::Form;
use crate::lab::sweep::{FORMS, Shard, SweepFolder, SweepTable};

/// Write the table of a sweep that was run in shards, and list what is missing
#[derive(Args, Debug)]
pub struct GatherArgs {
    /// The folder of the sweep
    folder: PathBuf,
    /// Exit with 1 while a cell is missing or has failed
    #[arg(long)]
    strict: bool,
    /// The form of the table on stdout
    #[arg(long, value_parser = form(FORMS), default_value = FORMS[0].name)]
    format: &'static Form<SweepTable>,
}

/// The most cells that are named one by one.
const NAMED: usize = 20;

impl GatherArgs {
    pub fn run(&self, global: &Global) -> Result<Outcome, Failure> {
        let (folder, sweep) = SweepFolder::open(&self.folder)?;
        let table = SweepTable::read(&sweep, &folder)?;
        folder.keep("sweep.csv", &table.to_csv()?)?;
        output::result(&(self.format.write)(&table, global.detail())?)?;
        let is_open = |status: &str| matches!(status, "missing" | "failed");
        let open: Vec<u64> = table
            .rows
            .iter()
            .filter(|row| is_open(row.status))
            .map(|row| row.index)
            .collect();
        if open.is_empty() {
            if !global.quiet {
                output::remark(&match table.rows.len() {
                    1 => "the one cell is there".to_owned(),
                    cells => format!("all {cells} cells are there"),
                });
            }
            return Ok(Outcome::Done);
        }
        let named: Vec<String> = open.iter().take(NAMED).map(u64::to_string).collect();
        let more = open.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        output::warn(&format!(
            "{} of {} cells are missing or failed: {}{more}",
            open.len(),
            table.rows.len(),
            named.join(", ")
        ));
        match folder.shards() {
            Some(shards) => {
                let owners: BTreeSet<u64> = open
                    .iter()
                    .map(|cell| Shard::owner(*cell, shards))
                    .collect();
                let owners: Vec<String> = owners.iter().map(u64::to_string).collect();
                output::remark(&format!(
                    "submit the array again with --array={}",
                    owners.join(",")
                ));
            }
            None => output::remark("run the same `vgrad sweep` again: it does what is missing"),
        }
        Ok(if self.strict {
            Outcome::GateFailed
        } else {
            Outcome::Done
        })
    }
}
