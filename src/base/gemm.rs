//! The only matrix product.
