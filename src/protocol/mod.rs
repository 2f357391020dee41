//! tfplugin6 on the wire: decodes each request, asks [`crate::framework::server`], encodes the
//! response.
//!
//! | File | Question |
//! |---|---|
//! | `v6` | which RPCs are there? |
//! | `frame` | how is any of them served? |
//! | `servers` | who answers which client? |
//! | `rpc` | what does each ask of the server? |
//! | `convert` | how do values, schemas and diagnostics look on the wire? |
//!
//! The only place that sees generated types. It must not know any resource by name, nor the cloud.
//! Protocol version 6.11 (Terraform 1.16) is spoken; older clients ignore what they do not know.

mod convert;
mod frame;
pub mod generated;
mod rpc;
mod servers;
mod v6;

pub use v6::ProviderService;

/// A sample of each diagnostic that this layer makes, for the snapshot.
#[cfg(test)]
pub(crate) async fn samples() -> crate::framework::diagnostics::Samples {
    frame::tests::samples().await
}
