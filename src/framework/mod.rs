//! Terraform's ideas, free of any wire and any cloud: values that may be unknown, schemas as
//! data, diagnostics, and what happens in each operation on a resource.
//!
//! [`server`] runs an operation: it applies the schema (validators, defaults, computed values,
//! replacement) and calls the traits of [`provider`] and [`resource`] for the rest. The laws it
//! keeps are those that Terraform enforces on every response (Terraform's own documents
//! "Resource Instance Change Lifecycle" and "Wire Format for Terraform Objects").
//!
//! It must not know gRPC, protobuf, HTTP or Alibaba Cloud.

pub mod data_source;
pub mod diagnostics;
pub mod function;
pub mod list_resource;
pub mod model;
pub mod private;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod server;
pub mod value;

/// A sample of each diagnostic that this layer makes, for the snapshot.
#[cfg(test)]
pub(crate) fn samples() -> diagnostics::Samples {
    [diagnostics::samples(), private::tests::samples(), server::tests::samples(), value::tests::samples()]
        .concat()
}
