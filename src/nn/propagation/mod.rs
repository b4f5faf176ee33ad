//! How a signal and its gradient pass through layers in the limit of infinite width, and
//! what a finite one adds: the mean-field recursions over [`mean_field`](crate::mean_field)'s
//! averages, for whoever walks a network.

pub mod batch_averages;
pub mod drift;
pub mod finite_width;
pub mod pixel_covariance;
pub mod signal;
