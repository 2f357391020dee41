//! Between the wire's messages and the framework's ideas: one file per message family.

pub(super) mod diagnostics;
pub(super) mod function;
pub(super) mod schema;
pub(super) mod value;
