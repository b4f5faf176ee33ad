//! Runs that have come to their end, read from their folders.

use std::path::Path;

use crate::base::Problem;
use crate::lab::history::LayerProfile;
use crate::lab::records::{HEADLINE, Run};
use crate::lab::summary::{Status, Summary};
use crate::nn::architecture::Along;

/// The summary of a run that has come to its end, and the norms of its hidden layers at the
/// first and the last logged step; `None` where it has not.
///
/// # Errors
/// If its files cannot be read.
pub fn finished(folder: &Path) -> Result<Option<(Summary, Vec<LayerProfile>)>, Problem> {
    let path = folder.join("summary.json");
    if !path.exists() {
        return Ok(None);
    }
    let summary = Summary::read(&path)?;
    if summary.status == Status::Interrupted {
        return Ok(None);
    }
    let mut profile: Vec<LayerProfile> = Vec::new();
    let mut steps = Run::open(folder)?.steps(&[HEADLINE])?;
    while let Some(step) = steps.next_step()? {
        let norms = step
            .column(0)
            .filter_map(|(layer, norm)| Some((layer, norm?)));
        // All but the output layer.
        let hidden = norms.take(step.layers.len().saturating_sub(1));
        for (i, (layer, norm)) in hidden.enumerate() {
            match profile.get_mut(i) {
                Some(own) => own.last = norm,
                None => profile.push(LayerProfile {
                    layer,
                    initial: norm,
                    last: norm,
                }),
            }
        }
    }
    if summary.along == Along::Time {
        profile.retain(|layer| steps.position(layer.layer).is_some());
    }
    Ok(Some((summary, profile)))
}
