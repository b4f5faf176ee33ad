//! `vgrad schema`: the JSON Schema of a spec.

use clap::Args;

use super::{Failure, Outcome, output};
use crate::lab::config::schema_json;

/// Print the JSON Schema of a spec, with which editors complete and check it
#[derive(Args, Debug)]
pub struct SchemaArgs {}

impl SchemaArgs {
    pub fn run(&self) -> Result<Outcome, Failure> {
        output::result(&schema_json())?;
        Ok(Outcome::Done)
    }
}
