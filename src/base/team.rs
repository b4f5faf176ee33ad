//! The team of threads.
