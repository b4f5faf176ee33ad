//! The chunk of a batch: the rows over which sums are taken.
//!
//! Sums over the batch (norms, bias gradients, batch norm's statistics) are
//! taken chunk by chunk and combined in the chunks' order. Chunks follow from
//! the size of the batch alone, so results do not depend on how many chunks
//! one thread works on.

use crate::base::Scalar;
use crate::base::squares::Squares;
use crate::graph::Graph;
use crate::layer::{MAX_SHARDS, Rows};
use crate::loss::LossSums;
use crate::measure::ActivationSums;

/// Into how many chunks a batch of `rows` rows is cut.
pub fn chunk_count(rows: usize) -> usize {
    match rows {
        0..32 => 1,
        32..256 => 2,
        256..1024 => 4,
        _ => MAX_SHARDS,
    }
}

/// First and one past the last of `whole` things in part `p` of `parts`.
pub fn part(p: usize, parts: usize, whole: usize) -> std::ops::Range<usize> {
    p * whole / parts..(p + 1) * whole / parts
}

/// Some rows of a batch and the sums over them at the last pass.
pub struct Chunk {
    /// Rows it has room for.
    pub capacity: usize,
    /// Its place in the batch at hand.
    pub rows: Rows,
    /// Loss and hits.
    pub loss: LossSums,
    /// Σ (∂L/∂value)² per value; only of those that are logged.
    pub grad_squares: Vec<Squares>,
    /// What each node's activation had to say, if asked.
    pub activations: Vec<ActivationSums>,
    /// Every layer's partials, one after the other (`Node::partials`).
    pub partials: Vec<f64>,
}

impl Chunk {
    /// Room for the sums of up to `capacity` rows.
    pub fn new<T: Scalar>(graph: &Graph<T>, capacity: usize) -> Self {
        let activations = graph.nodes.iter().map(|node| {
            let units = if node.is_observed {
                node.layer.width()
            } else {
                0
            };
            ActivationSums {
                active_rows: vec![0; units],
                unit_sums: vec![0.0; units],
                ..ActivationSums::default()
            }
        });
        Self {
            capacity,
            rows: Rows {
                first: 0,
                count: 0,
                batch: 0,
            },
            loss: LossSums::default(),
            grad_squares: vec![Squares::default(); graph.values.len()],
            activations: activations.collect(),
            partials: vec![0.0; graph.partials_len()],
        }
    }
}
