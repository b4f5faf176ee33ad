//! The engine's numbers: against their definitions, finite differences, theory
//! and PyTorch. One program, since each would compile the engine's generic code
//! anew.

mod activations;
mod adversaries;
mod batch_norm_explosion;
mod convolution;
mod gradient_check;
mod identities;
mod inits;
mod mean_field;
mod measures;
mod optim;
mod optim_pytorch;
mod pytorch;
mod rank_collapse;
mod rays;
mod sequence_laws;
mod sequences;
mod sines;
mod train_step;
