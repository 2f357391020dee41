//! A provider of odd shapes: the framework apart from the product.
//!
//! Its one resource has attributes of every type, presence and nesting, and keeps its objects in memory.

mod laws;
mod shapes;
mod under_terraform;
mod vectors;
