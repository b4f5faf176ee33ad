//! A chart exported from W&B's pages: the step, then `run - metric` for every run, with
//! `__MIN` and `__MAX` beside it.

use super::wide::WideReader;
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::series::LogReader;

/// A chart exported from W&B's pages.
pub struct WandbExport;

/// Between run and metric.
const BETWEEN: &str = " - ";

impl LogFormat for WandbExport {
    fn name(&self) -> &'static str {
        "chart exported from W&B"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let header = place.header();
        let count = header.iter().filter(|own| own.contains(BETWEEN)).count();
        count > 0 && count + 2 >= header.len()
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(WideReader::open(place.input()?, &split)?))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            notes: &["a chart shows a sample of the steps"],
            ..Conventions::default()
        }
    }
}

/// Run and metric of a column; the extremes beside a value have no name.
fn split(name: &str) -> (&str, &str) {
    if name.ends_with("__MIN") || name.ends_with("__MAX") {
        return ("", "");
    }
    name.rsplit_once(BETWEEN).unwrap_or(("", name))
}
