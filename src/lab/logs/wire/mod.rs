//! Binary forms that loggers write: framed records and protocol buffers.
//!
//! Of protocol buffers five fields of three messages are read. A crate that generates code
//! from their definitions would bring a compiler and two definitions of some hundred fields;
//! the wire format itself is a page.

pub mod checksum;
pub mod proto;
