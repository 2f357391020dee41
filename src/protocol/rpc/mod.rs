//! What each RPC asks of the server: one file for each kind of thing that RPCs are about.

mod data_source;
mod function;
mod list_resource;
pub(super) mod not_offered;
mod provider;
mod resource;
mod root;
mod schema;
mod transfer;

pub(super) use list_resource::Events;
