//! Floor 1, the engine: activations, initialisation, losses, layers, the
//! network and the optimizers.

pub mod activation;
pub mod init;
pub mod layer;
pub mod loss;
pub mod optim;
