//! What a provider is to Terraform: a schema, a configuration, and what it offers.
//!
//! Must not know the wire; the server asks, the provider answers.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    data_source::DataSource, diagnostics::Diagnostics, function::Function, list_resource::ListResource,
    resource::Resource, schema::Schema, value::Object,
};

/// A provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The provider block.
    fn schema(&self) -> Schema;

    /// The managed resources, in documentation order.
    fn resources(&self) -> Vec<Arc<dyn Resource>>;

    /// The data sources, in documentation order.
    fn data_sources(&self) -> Vec<Arc<dyn DataSource>> {
        Vec::new()
    }

    /// The list resources, in documentation order. Each belongs to a managed resource.
    fn list_resources(&self) -> Vec<Arc<dyn ListResource>> {
        Vec::new()
    }

    /// The functions, in documentation order. They work without a configuration.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }

    /// Checks a configuration beyond its attributes' validators. Values may be unknown; nothing
    /// may be asked from the network. An empty text counts as not set, here and in [`Provider::configure`].
    fn validate(&self, config: &Object) -> Diagnostics;

    /// Takes a configuration, in place of an earlier one. During plan values may be unknown.
    ///
    /// `terraform_version` is the client's own version, which may be OpenTofu's.
    async fn configure(&self, config: Object, terraform_version: &str) -> Diagnostics;
}
