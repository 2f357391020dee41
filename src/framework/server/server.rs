//! The provider in service: what it offers, by name and built once, and what stops its operations.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::framework::{
    data_source::DataSource,
    diagnostics::Diagnostic,
    function::Function,
    list_resource::ListResource,
    provider::Provider,
    resource::{IdentitySchema, Resource},
    schema::Schema,
    value::Type,
};

/// A provider in service: one for each process, or for each connection where a person started the process.
/// Every operation is a method, in the file of its name.
pub struct Server {
    pub(super) provider: Arc<dyn Provider>,
    provider_schema: OnceLock<Schema>,
    resources: OnceLock<BTreeMap<&'static str, RegisteredResource>>,
    data_sources: OnceLock<BTreeMap<&'static str, RegisteredDataSource>>,
    list_resources: OnceLock<BTreeMap<&'static str, RegisteredListResource>>,
    functions: OnceLock<Vec<Box<dyn Function>>>,
    stop: Mutex<CancellationToken>,
}

/// A resource with its schema, built at the first request that needs any resource.
pub struct RegisteredResource {
    pub(super) resource: Arc<dyn Resource>,
    /// What [`Resource::schema`] returned.
    pub schema: Schema,
    /// The type that its states, plans and configurations are decoded with.
    pub object_type: Type,
    /// What [`Resource::identity_schema`] returned.
    pub identity: IdentitySchema,
}

/// A data source with its schema, built at the first request that needs any data source.
pub struct RegisteredDataSource {
    pub(super) data_source: Arc<dyn DataSource>,
    /// What [`DataSource::schema`] returned.
    pub schema: Schema,
    /// The type that its states and configurations are decoded with.
    pub object_type: Type,
}

/// A list resource with its schema, built at the first request that needs any list resource.
pub struct RegisteredListResource {
    pub(super) list_resource: Arc<dyn ListResource>,
    /// The attributes of the `config` block.
    pub schema: Schema,
    /// The type that the `config` block is decoded with.
    pub object_type: Type,
}

impl Server {
    /// Serves a provider. Builds nothing yet: most processes answer few requests.
    pub fn new(provider: Arc<dyn Provider>) -> Self {
        Self {
            provider,
            provider_schema: OnceLock::new(),
            resources: OnceLock::new(),
            data_sources: OnceLock::new(),
            list_resources: OnceLock::new(),
            functions: OnceLock::new(),
            stop: Mutex::new(CancellationToken::new()),
        }
    }

    /// The schema of the provider block, built at the first call.
    pub fn provider_schema(&self) -> &Schema {
        self.provider_schema.get_or_init(|| self.provider.schema())
    }

    /// The managed resources by type name.
    pub fn resources(&self) -> &BTreeMap<&'static str, RegisteredResource> {
        self.resources.get_or_init(|| {
            let register = |resource: Arc<dyn Resource>| {
                let schema = resource.schema();
                let object_type = schema.object_type();
                let identity = resource.identity_schema();
                (resource.type_name(), RegisteredResource { resource, schema, object_type, identity })
            };
            self.provider.resources().into_iter().map(register).collect()
        })
    }

    /// The data sources by type name.
    pub fn data_sources(&self) -> &BTreeMap<&'static str, RegisteredDataSource> {
        self.data_sources.get_or_init(|| {
            let register = |data_source: Arc<dyn DataSource>| {
                let schema = data_source.schema();
                let object_type = schema.object_type();
                (data_source.type_name(), RegisteredDataSource { data_source, schema, object_type })
            };
            self.provider.data_sources().into_iter().map(register).collect()
        })
    }

    /// The list resources by type name.
    pub fn list_resources(&self) -> &BTreeMap<&'static str, RegisteredListResource> {
        self.list_resources.get_or_init(|| {
            let register = |list_resource: Arc<dyn ListResource>| {
                let schema = list_resource.schema();
                let object_type = schema.object_type();
                (list_resource.type_name(), RegisteredListResource { list_resource, schema, object_type })
            };
            self.provider.list_resources().into_iter().map(register).collect()
        })
    }

    /// The functions, in documentation order; built at the first call.
    pub fn functions(&self) -> &[Box<dyn Function>] {
        self.functions.get_or_init(|| self.provider.functions())
    }

    /// The resource of a type, for a request that names it.
    ///
    /// # Errors
    /// A type that this provider does not offer: a state or a configuration of another version.
    pub fn resource(&self, type_name: &str) -> Result<&RegisteredResource, Diagnostic> {
        self.resources().get(type_name).ok_or_else(|| not_offered("resource type", type_name))
    }

    /// The data source of a type, for a request that names it.
    ///
    /// # Errors
    /// A type that this provider does not offer.
    pub fn data_source(&self, type_name: &str) -> Result<&RegisteredDataSource, Diagnostic> {
        self.data_sources().get(type_name).ok_or_else(|| not_offered("data source", type_name))
    }

    /// The list resource of a type, for a request that names it.
    ///
    /// # Errors
    /// A type that this provider does not offer.
    pub fn list_resource(&self, type_name: &str) -> Result<&RegisteredListResource, Diagnostic> {
        self.list_resources().get(type_name).ok_or_else(|| not_offered("list resource", type_name))
    }

    /// What ends the waits from now on: an earlier stop is over.
    pub(super) fn begin(&self) -> CancellationToken {
        let stop = CancellationToken::new();
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop.clone();
        stop
    }

    /// Ends every wait of every operation in flight, each with an error that says what is true then. Called
    /// for StopProvider and at the end of the process. Later operations stop at once too, until the next
    /// [`Server::configure`].
    pub fn stop(&self) {
        self.stop_token().cancel();
    }

    /// Cancelled by [`Server::stop`]. Take it at the start of an operation: a later configuration has another
    /// one.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The error for a kind or a name that this provider does not offer. `kind` is as in "resource type".
pub fn not_offered(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "Not offered by this provider",
        format!(
            "This version of the provider does not offer the {kind} \"{name}\".\n\nCheck the name against the \
             provider's documentation, or upgrade the provider."
        ),
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        vec![("not_offered", not_offered("data source", "mss_role"))]
    }
}
