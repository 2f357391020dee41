//! Runs each of Terraform's operations over the schema and the traits: one file per operation.
//!
//! The laws behind each step are Terraform's checks on the answers; each file says which it keeps.
//! Must not know the wire: values come decoded and go out as values.

mod apply;
mod call;
mod generate;
mod import;
mod list;
mod r#move;
mod plan;
mod read;
mod read_data;
mod upgrade;
mod validate;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

pub use apply::{ApplyAnswer, ApplyRequest};
pub use import::ImportAnswer;
pub use list::{ListEvent, ListRequest};
pub use plan::{PlanAnswer, PlanRequest};
pub use read::{ReadAnswer, ReadRequest};
use tokio_util::sync::CancellationToken;

use super::{
    data_source::DataSource,
    diagnostics::{Diagnostic, Diagnostics},
    function::Function,
    list_resource::ListResource,
    provider::Provider,
    resource::{IdentitySchema, Resource},
    schema::Schema,
    value::{Root, Type},
};

/// A provider in service.
pub struct Server {
    provider: Arc<dyn Provider>,
    provider_schema: OnceLock<Schema>,
    resources: OnceLock<BTreeMap<&'static str, Registered>>,
    data_sources: OnceLock<BTreeMap<&'static str, RegisteredDataSource>>,
    list_resources: OnceLock<BTreeMap<&'static str, RegisteredListResource>>,
    functions: OnceLock<Vec<Box<dyn Function>>>,
    stop: Mutex<CancellationToken>,
}

/// A resource with its schema, built once.
pub struct Registered {
    resource: Arc<dyn Resource>,
    /// The resource's schema.
    pub schema: Schema,
    /// The type of its values.
    pub object_type: Type,
    /// What distinguishes its objects.
    pub identity: IdentitySchema,
}

/// A data source with its schema, built once.
pub struct RegisteredDataSource {
    data_source: Arc<dyn DataSource>,
    /// The data source's schema.
    pub schema: Schema,
    /// The type of its values.
    pub object_type: Type,
}

/// A list resource with its schema, built once.
pub struct RegisteredListResource {
    list_resource: Arc<dyn ListResource>,
    /// The contents of its `config` block.
    pub schema: Schema,
    /// The type of that block.
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

    /// The schema of the provider block.
    pub fn provider_schema(&self) -> &Schema {
        self.provider_schema.get_or_init(|| self.provider.schema())
    }

    /// The managed resources by type name.
    pub fn resources(&self) -> &BTreeMap<&'static str, Registered> {
        self.resources.get_or_init(|| {
            let register = |resource: Arc<dyn Resource>| {
                let schema = resource.schema();
                let object_type = schema.object_type();
                let identity = resource.identity_schema();
                (resource.type_name(), Registered { resource, schema, object_type, identity })
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

    /// The functions, in documentation order.
    pub fn functions(&self) -> &[Box<dyn Function>] {
        self.functions.get_or_init(|| self.provider.functions())
    }

    /// The resource of a type.
    ///
    /// # Errors
    /// A type that this provider does not offer.
    pub fn resource(&self, type_name: &str) -> Result<&Registered, Diagnostic> {
        self.resources().get(type_name).ok_or_else(|| not_offered("resource type", type_name))
    }

    /// The data source of a type.
    ///
    /// # Errors
    /// A type that this provider does not offer.
    pub fn data_source(&self, type_name: &str) -> Result<&RegisteredDataSource, Diagnostic> {
        self.data_sources().get(type_name).ok_or_else(|| not_offered("data source", type_name))
    }

    /// The list resource of a type.
    ///
    /// # Errors
    /// A type that this provider does not offer.
    pub fn list_resource(&self, type_name: &str) -> Result<&RegisteredListResource, Diagnostic> {
        self.list_resources().get(type_name).ok_or_else(|| not_offered("list resource", type_name))
    }

    /// Takes the provider configuration.
    ///
    /// A process that serves several commands (reattach) is configured for each: an earlier stop
    /// ends here.
    pub async fn configure(&self, config: Root, terraform_version: &str) -> Diagnostics {
        let stop = CancellationToken::new();
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop.clone();
        let config = match validate::without_empty_texts(config).object("the provider's configuration") {
            Ok(config) => config,
            Err(refused) => return refused.into(),
        };
        tokio::select! {
            biased;
            diagnostics = self.provider.configure(config, terraform_version) => diagnostics,
            () = stop.cancelled() => {
                configuring_interrupted().into()
            }
        }
    }

    /// Ends every wait of every operation in flight.
    pub fn stop(&self) {
        self.stop_token().cancel();
    }

    /// What is cancelled when every wait has to end.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn configuring_interrupted() -> Diagnostic {
    let detail = "Terraform was interrupted before the provider was ready. Nothing was changed.\n\nRun the same command again.";
    Diagnostic::error("Configuring the provider was interrupted", detail)
}

/// The answer for a kind or a name that this provider does not offer.
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

    /// The texts of this file and of the operations.
    pub(crate) fn samples() -> Samples {
        let mine = vec![
            ("configuring_interrupted", configuring_interrupted()),
            ("not_offered", not_offered("data source", "mss_role")),
        ];
        [mine, read::tests::samples(), validate::tests::samples(), upgrade::tests::samples()].concat()
    }
}
