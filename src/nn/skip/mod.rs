//! The choice of skip connection, a file for each.

mod concat;
mod deepnorm;
mod highway;
mod identity;
mod none;
mod rezero;

pub use concat::Concat;
pub use deepnorm::Deepnorm;
pub use highway::Highway;
pub use identity::Identity;
pub use none::NoSkip;
pub use rezero::Rezero;

use crate::base::family::family;
use crate::base::{Conflict, Scalar, counted};
use crate::graph::{GraphBuilder, ValueId};
use crate::mean_field::Joining;
use crate::order::Order;
use crate::width::Width;

family! {
    /// Skip connections around the hidden layers 2 … depth.
    pub enum Skip {
        NoSkip = "none",
        Identity = "identity",
        Rezero = "rezero",
        Highway = "highway",
        Deepnorm = "deepnorm",
        Concat = "concat",
    }
    /// The choice itself.
    fn choice<T> -> Join<T>;
}

/// The network that a skip stands in, for what it demands of it.
pub struct Site<'a> {
    /// Number of hidden layers.
    pub depth: usize,
    /// Their widths.
    pub width: &'a Width,
    /// The order of their parts.
    pub order: Order,
}

/// Where the main path and the branch that left it meet again.
pub struct Junction {
    /// The branch's last layer, from 1.
    pub layer: usize,
    /// h on the main path, before the branch [batch, width].
    pub main: ValueId,
    /// u(h), what the branch made of it [batch, width].
    pub branch: ValueId,
}

/// A choice of skip connection.
pub trait Join<T: Scalar> {
    /// Layers between two points of the main path, which it joins.
    fn layers_per_skip(&self) -> usize {
        1
    }

    /// Whether the map of hidden layer `layer` reads the encoded input too.
    fn brings_input_to(&self, layer: usize) -> bool {
        let _ = layer;
        false
    }

    /// What in the network around it does not go with it.
    fn check(&self, site: &Site) -> Option<Conflict>;

    /// What theory must know of it at its start; `None` where there is no theory.
    fn theory(&self) -> Option<Joining> {
        None
    }

    /// Joins branch and main path; returns h after it.
    fn join(&self, graph: &mut GraphBuilder<T>, at: Junction) -> ValueId;
}

/// The skip called `name` adds layers, which takes one width for all.
fn equal_widths(name: &str, site: &Site) -> Option<Conflict> {
    let odd = site.width.first_odd()?;
    let what = format!(
        "a skip connection (`{name}`) adds layers of unequal width: {} in layer 1, {} in layer {odd}",
        counted(site.width.of(1), "unit"),
        site.width.of(odd),
    );
    Some(Conflict::new(
        &["network.skip", "network.width"],
        what,
        "needs hidden layers of one width",
        "use one width for all layers, or `skip = \"none\"`",
    ))
}
