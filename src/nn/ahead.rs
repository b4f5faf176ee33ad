//! What the processor is asked to fetch for the layers to come, while the layer at
//! hand computes: one call before each stage of a layer's work. Nothing of this has an
//! effect on results, and three calls that do nothing would do; what it is worth,
//! [`crate::base::prefetch`] says.

use std::slice::from_ref;

use crate::base::Scalar;
use crate::base::prefetch::{plan, touch};
use crate::graph::Graph;
use crate::layer::entries;
use crate::model::Model;
use crate::node_shards::NodeShards;
use crate::params::LayerParams;
use crate::shard::Shard;
use crate::times::Phase;

/// How many nodes ahead their descriptions are touched.
const AHEAD: usize = 4;

/// Node `n` is about to run forward over `shard`: fetches the next product's weights
/// and what the next node writes.
pub fn before_forward<T: Scalar>(model: Model<T>, shard: &Shard<T>, n: usize) {
    let graph = model.graph;
    touch_node(graph, from_ref(shard), n + AHEAD, n + 2 * AHEAD);
    touch_params(model, n + AHEAD);
    if let Some(b) = product_params(model, n)
        && let Some(next) = graph.nodes.get(n + 1)
    {
        let weights = first_product(graph, model.layer_params[b + 1..].iter());
        let output = shard.value(graph, next.output);
        plan([weights, entries(&output), shard.saved(n + 1)]);
    }
}

/// Node `n` is about to run backward over `shard`: fetches the weights of the product
/// before it, and what the node before it reads and writes.
pub fn before_backward<T: Scalar>(model: Model<T>, shard: &Shard<T>, n: usize) {
    let graph = model.graph;
    let (near, far) = (n.wrapping_sub(AHEAD), n.wrapping_sub(2 * AHEAD));
    touch_node(graph, from_ref(shard), near, far);
    touch_params(model, near);
    if let Some(b) = product_params(model, n)
        && let Some(next) = graph.nodes[..n].last()
    {
        let weights = first_product(graph, model.layer_params[..b].iter().rev());
        let output = shard.value(graph, next.output);
        let saved = if next.saves.output {
            entries(&output)
        } else {
            shard.saved(n - 1)
        };
        let gradient = shard.gradient(graph, next.inputs[0]);
        plan([weights, saved, entries(&gradient)]);
    }
}

/// The gradient of `params` is about to be computed from `shards`: fetches what the
/// update needs, and what the next gradient is made of in the first two shards.
pub fn before_gradient<T: Scalar>(shards: NodeShards<T>, params: &LayerParams<T>) {
    let NodeShards { graph, shards, n } = shards;
    touch_node(graph, shards, n + AHEAD, n + 2 * AHEAD);
    let mut later = graph.nodes[n + 1..].iter();
    let mut factors = [&[][..]; 4];
    if let Some(next) = later.find(|node| node.saves.grad_output) {
        for (pair, shard) in factors.as_chunks_mut().0.iter_mut().zip(shards) {
            *pair = [
                entries(&shard.value(graph, next.inputs[0])),
                entries(&shard.gradient(graph, next.output)),
            ];
        }
    }
    let [x, delta, other_x, other_delta] = factors;
    let [trained, state] = params.updated();
    plan([trained, state, x, delta, other_x, other_delta]);
}

/// Touches what graph and shards know of node `near`, and node `far` itself, if there
/// are such nodes.
fn touch_node<T: Scalar>(graph: &Graph<T>, shards: &[Shard<T>], near: usize, far: usize) {
    if let Some(node) = graph.nodes.get(far) {
        touch(node);
    }
    // Node n writes value n + 1; the node itself need not be there yet. (Value 0 is
    // the input, before the first node.)
    if let Some(value) = graph.values.get(far.wrapping_add(1)) {
        touch(value);
    }
    if let Some(node) = graph.nodes.get(near) {
        touch(&*node.layer);
        touch(&node.inputs[..]);
        for shard in shards {
            shard.touch(graph, near);
        }
    }
}

/// Touches the description of node `n`'s parameters, if it has any.
fn touch_params<T: Scalar>(model: Model<T>, n: usize) {
    if let Some(Some(b)) = model.params_of.get(n) {
        touch(&model.layer_params[*b]);
    }
}

/// The parameters of node `n` if it is a matrix product: only a product has the time to
/// fetch.
fn product_params<T: Scalar>(model: Model<T>, n: usize) -> Option<usize> {
    model.params_of[n].filter(|_| is_product(model.graph, n))
}

fn is_product<T: Scalar>(graph: &Graph<T>, n: usize) -> bool {
    graph.nodes[n].layer.phase() == Phase::Products
}

/// The trained tensors of the first product among `layer_params`: those of a norm on the
/// way to it are short.
fn first_product<'a, T: Scalar>(
    graph: &Graph<T>,
    mut layer_params: impl Iterator<Item = &'a LayerParams<T>>,
) -> &'a [T] {
    let product = layer_params.find(|params| is_product(graph, params.node));
    product.map_or(&[], |params| &params.trained)
}
