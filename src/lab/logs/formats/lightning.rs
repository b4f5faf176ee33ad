//! Lightning's CSVLogger: sorted columns; rows of training, validation and epochs share steps.

use super::wide::{WideReader, own_name};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::series::LogReader;

/// Lightning's CSVLogger: sorted columns; rows of training, validation and epochs share steps.
pub struct Lightning;

impl LogFormat for Lightning {
    fn name(&self) -> &'static str {
        "metrics.csv of Lightning's CSVLogger"
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let header = place.header();
        let has = |name: &str| header.iter().any(|own| own == name);
        // Its columns are sorted, and the norms of `grad_norm()` have the order in their names.
        let is_sorted = header.windows(2).all(|pair| pair[0] <= pair[1]);
        let is_own = header.iter().any(|own| {
            let order = own.strip_prefix("grad_");
            order.is_some_and(|own| own.contains("_norm/") || own.ends_with("_norm_total"))
        });
        has("epoch") && has("step") && (is_own || is_sorted)
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(WideReader::open(place.input()?, &own_name)?))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            may_be_bare: true,
            notes: &[
                "of the last batch before each logged step; before clipping if they are logged in on_before_optimizer_step",
            ],
            ..Conventions::default()
        }
    }
}
