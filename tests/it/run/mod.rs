//! `vgrad run` through the real program: what it writes, what it refuses, and
//! what it leaves when it is stopped.

mod bad_data;
mod bad_images;
mod bad_sizes;
mod bad_weights;
mod batch;
mod determinism;
mod disk_full;
mod divergence;
mod files;
mod folders;
mod generators;
mod output;
mod parameters;
mod pictures;
mod range;
mod rays;
mod resume;
mod round_trip;
mod seeds;
mod signals;
mod tensorboard;
mod twin;
mod verdict;
