//! The messages and the service of tfplugin6, generated from `proto/tfplugin6.proto`.
//!
//! Nothing outside [`crate::protocol`] sees these types. Names follow the definition: the request of
//! `PlanResourceChange` is [`plan_resource_change::Request`], the service to implement is
//! [`provider_server::Provider`].
//!
//! Sub-messages are `Option`, also where a client needs them: an absent `block`, `schema` or `return`
//! crashes Terraform (observed), so whoever builds a message sets them.

#![allow(
    missing_docs,
    clippy::all,
    clippy::disallowed_methods,
    reason = "generated code; the definition carries the comments"
)]

include!(concat!(env!("OUT_DIR"), "/tfplugin6.rs"));
