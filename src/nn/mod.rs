//! Floor 1, the engine: activations, initialisation, losses, layers, the
//! network and the optimizers.

use vgrad_base as base;

pub mod activation;
pub mod adversary;
mod ahead;
pub mod architecture;
pub mod chunk;
pub mod encoding;
pub mod fans;
pub mod graph;
pub mod image;
pub mod init;
pub mod layer;
mod lent;
pub mod logistic;
pub mod loss;
pub mod mean_field;
pub mod measure;
mod model;
pub mod moments;
pub mod network;
pub mod node_shards;
pub mod norm;
pub mod objective;
mod observe;
pub mod optim;
pub mod order;
mod orthonormal;
pub mod params;
pub mod pass;
pub mod propagation;
pub mod readout;
pub mod shard;
pub mod skip;
pub mod snapshot;
pub mod times;
pub mod train_step;
pub mod width;
pub mod work;
