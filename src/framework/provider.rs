//! What a provider is to Terraform: a schema, a configuration, and what it offers.
//!
//! Must not know the wire; the server asks, the provider answers.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    data_source::DataSource, diagnostics::Diagnostics, function::Function, list_resource::ListResource,
    resource::Resource, schema::Schema, value::Object,
};

/// A provider: its block, and what it offers. One for each process; [`super::server::Server`] calls it.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The attributes of the `provider` block. Called at most once in a process.
    fn schema(&self) -> Schema;

    /// The managed resources, in documentation order. This and the lists below are called at most once in a
    /// process, perhaps before [`Provider::configure`]: what they return must see a later configuration.
    fn resources(&self) -> Vec<Arc<dyn Resource>>;

    /// The data sources, in documentation order.
    fn data_sources(&self) -> Vec<Arc<dyn DataSource>> {
        Vec::new()
    }

    /// The list resources, in documentation order. Each has the name of one of the managed resources.
    fn list_resources(&self) -> Vec<Arc<dyn ListResource>> {
        Vec::new()
    }

    /// The functions, in documentation order. They work without a configuration, and see none.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }

    /// Checks a configuration beyond its attributes' validators. Called by `terraform validate` and before
    /// each [`Provider::configure`]. Values may be unknown; nothing is asked from the network. An empty text
    /// counts as not set, here and in [`Provider::configure`].
    fn validate(&self, config: &Object) -> Diagnostics;

    /// Takes a configuration, in place of an earlier one: a process that a person has started (`-debug`) is
    /// configured for each command. During plan values may be unknown, if they come from resources that are
    /// not created yet. An error ends the command.
    ///
    /// `terraform_version` is the client's own version, which may be OpenTofu's.
    async fn configure(&self, config: Object, terraform_version: &str) -> Diagnostics;
}
