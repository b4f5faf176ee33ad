//! The multilayer perceptron.

use super::chain::{LayerChain, Links};
use super::{Blueprint, NetworkSpec, Setting};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::columns::Columns;
use crate::layer::join_columns::JoinColumns;
use crate::layer::render::{POINT, Render};
use crate::skip::Site;

member! {
    /// A multilayer perceptron: `depth` hidden layers of linear map, norm and activation, then a linear output layer.
    pub struct Mlp {}
}

impl Mlp {
    /// The place of hidden layer `layer`, from 1, on the path that decay is
    /// measured along: the main path passes through the h_l of all hidden
    /// layers, or with a skip every k layers 1, 1+k, …, depth. `None` off it.
    pub fn position(network: &NetworkSpec, layer: usize) -> Option<u32> {
        let every = network.skip.choice::<f64>().layers_per_skip();
        let is_hidden = (1..=network.depth).contains(&layer);
        (is_hidden && (layer - 1).is_multiple_of(every)).then_some(layer as u32)
    }
}

impl<T: Scalar> Blueprint<T> for Mlp {
    fn check(&self, network: &NetworkSpec) -> Option<Conflict> {
        network.skip.choice::<T>().check(&Site {
            depth: network.depth,
            width: &network.width,
            order: network.order,
        })
    }

    fn layers(&self, network: &NetworkSpec, _positions: usize) -> usize {
        network.depth.saturating_add(1)
    }

    fn build(
        &self,
        network: &NetworkSpec,
        setting: &Setting,
        graph: &mut GraphBuilder<T>,
        input: ValueId,
    ) -> ValueId {
        if setting.is_ray {
            return along_ray(network, setting, graph, input);
        }
        of_rows(network, setting, graph, input)
    }
}

/// The network over the rows of `input`; returns its output.
fn of_rows<T: Scalar>(
    network: &NetworkSpec,
    setting: &Setting,
    graph: &mut GraphBuilder<T>,
    input: ValueId,
) -> ValueId {
    let encoded = network.encoding.scheme().add(graph, input);
    let links = Dense { network, encoded };
    let chain = LayerChain {
        graph,
        network,
        setting,
        links: &links,
    };
    chain.build(encoded)
}

/// The network over the points of rays, and the colours that come of it.
fn along_ray<T: Scalar>(
    network: &NetworkSpec,
    setting: &Setting,
    graph: &mut GraphBuilder<T>,
    input: ValueId,
) -> ValueId {
    let width = setting.inputs;
    let part = |first, count| Columns {
        read: width,
        first,
        count,
    };
    let points = graph.add(1, part(0, width - 1), &[input]);
    let deltas = graph.add(1, part(width - 1, 1), &[input]);
    let of_points = Setting {
        outputs: POINT,
        ..*setting
    };
    let output = of_rows(network, &of_points, graph, points);
    let render = Render {
        points: setting.positions,
    };
    graph.add(network.depth + 1, render, &[output, deltas])
}

/// Maps from all units of a layer to all of the next.
struct Dense<'a> {
    network: &'a NetworkSpec,
    /// What layer 1 reads.
    encoded: ValueId,
}

impl<T: Scalar> Links<T> for Dense<'_> {
    fn width(&self, l: usize) -> usize {
        self.network.width.of(l)
    }

    fn read(&self, graph: &mut GraphBuilder<T>, l: usize, x: ValueId) -> ValueId {
        if !self.network.skip.choice::<T>().brings_input_to(l) {
            return x;
        }
        let parts = [x, self.encoded];
        let widths = parts.map(|part| graph.width(part));
        graph.add(l, JoinColumns { widths }, &parts)
    }
}
