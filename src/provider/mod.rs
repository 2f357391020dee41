//! What this provider offers: its configuration and the resources of MSS.
//!
//! Must not know generated types or sockets; the cloud is reached through [`crate::cloud`] alone.

mod account;
pub mod accounts;
mod config;
mod diagnostics;
pub mod functions;
mod layout;
mod look;
mod run;
pub mod service_linked_role;
mod session;
pub mod subscription;
mod wait;

#[cfg(test)]
pub(crate) use layout::DETAIL_WIDTH;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use accounts::AccountsDataSource;
use async_trait::async_trait;
pub use config::ProviderEnvironment;
use config::Settings;
use functions::{ParseRoleArn, RoleArn, ServiceName};
use service_linked_role::{
    ServiceLinkedRoleDataSource, ServiceLinkedRoleListResource, ServiceLinkedRolePolicyDataSource,
    ServiceLinkedRoleResource, ServiceLinkedRolesDataSource,
};
use session::{ConfiguredProvider, Session};
use subscription::{SubscriptionDataSource, SubscriptionsDataSource};

use crate::{
    cloud::Client,
    framework::{
        data_source::DataSource,
        diagnostics::{Diagnostic, Diagnostics},
        function::Function,
        list_resource::ListResource,
        provider::Provider,
        resource::Resource,
        schema::Schema,
        value::{Object, Path},
    },
};

/// The source address without a host: Terraform and OpenTofu then each ask their own registry.
pub const SOURCE: &str = "mss-iac/mss";

/// The provider `mss`: what `main` serves to Terraform, and what the documentation is generated from.
pub struct Mss {
    environment: ProviderEnvironment,
    session: Arc<Session>,
}

impl Mss {
    /// The provider as the environment of its process makes it; nothing is configured yet.
    pub fn new(environment: ProviderEnvironment) -> Self {
        Self { environment, session: Arc::default() }
    }
}

#[async_trait]
impl Provider for Mss {
    fn schema(&self) -> Schema {
        config::schema()
    }

    fn resources(&self) -> Vec<Arc<dyn Resource>> {
        vec![Arc::new(ServiceLinkedRoleResource::new(Arc::clone(&self.session)))]
    }

    fn data_sources(&self) -> Vec<Arc<dyn DataSource>> {
        let session = || Arc::clone(&self.session);
        vec![
            Arc::new(ServiceLinkedRoleDataSource::new(session())),
            Arc::new(ServiceLinkedRolesDataSource::new(session())),
            Arc::new(ServiceLinkedRolePolicyDataSource::new(session())),
            Arc::new(AccountsDataSource::new(session())),
            Arc::new(SubscriptionDataSource::new(session())),
            Arc::new(SubscriptionsDataSource::new(session())),
        ]
    }

    fn list_resources(&self) -> Vec<Arc<dyn ListResource>> {
        vec![Arc::new(ServiceLinkedRoleListResource::new(Arc::clone(&self.session)))]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(RoleArn), Box::new(ParseRoleArn), Box::new(ServiceName)]
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        config::validate(config, &self.environment)
    }

    async fn configure(&self, config: Object, terraform_version: &str) -> Diagnostics {
        let settings = match Settings::read(&config, &self.environment, terraform_version).await {
            Ok(settings) => settings,
            Err(diagnostics) => return diagnostics,
        };
        let client = settings.client.map(Client::new);
        let allowed = settings.allowed_account_ids;
        let checked = match (&client, &allowed) {
            (Some(client), Some(allowed)) => check_account(client, allowed).await,
            _ => Ok(()),
        };
        if let Err(diagnostic) = checked {
            return diagnostic.into();
        }
        // Last, so that a configuration that is refused leaves the earlier one in force.
        self.session.replace(ConfiguredProvider::new(client, allowed, settings.skip_subscription_check));
        Diagnostics::new()
    }
}

/// A client as an empty provider block makes it.
///
/// # Errors
/// Whatever is wrong with the environment: no credentials, a malformed endpoint.
pub async fn client(environment: &ProviderEnvironment) -> Result<Client, Diagnostics> {
    let settings = Settings::read(&Object::empty(), environment, "").await?;
    settings
        .client
        .map(Client::new)
        .ok_or_else(|| Diagnostic::bug("An empty provider block is unknown.").into())
}

/// Refuses credentials of an account that is not meant: the one network call of Configure.
async fn check_account(client: &Client, allowed: &BTreeSet<String>) -> Result<(), Diagnostic> {
    let path = Path::of("allowed_account_ids");
    let response = tokio::time::timeout(ACCOUNT_CHECK_LIMIT, client.caller_account_id()).await;
    let Ok(response) = response else {
        return Err(not_checked_in_time().at(path));
    };
    match response {
        Ok(account_id) if allowed.contains(&account_id) => Ok(()),
        Ok(account_id) => Err(session::account_not_allowed(&account_id, allowed).at(path)),
        Err(error) => Err(not_checked(&error).at(path)),
    }
}

fn not_checked(error: &crate::cloud::Error) -> Diagnostic {
    diagnostics::cloud_error("Account could not be checked", NOT_CHECKED, error)
}

fn not_checked_in_time() -> Diagnostic {
    let why = format!("STS did not answer within {ACCOUNT_CHECK_LIMIT:?}.");
    let next = "Check the network, the proxy settings and the provider's `endpoints`, then run the same command again.";
    Diagnostic::error("Account could not be checked", layout::paragraphs(&[NOT_CHECKED, &why, next]))
}

const NOT_CHECKED: &str =
    "`allowed_account_ids` is set, but the provider could not check which account the credentials belong to.";

/// As long as a read may take by default: every command waits for it.
const ACCOUNT_CHECK_LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
pub(crate) mod tests {
    use tokio::{net::TcpListener, time::Instant};

    use super::*;
    use crate::framework::{diagnostics::Samples, value::Value};

    /// A sample of each diagnostic that this layer makes, for the snapshot.
    pub(crate) async fn samples() -> Samples {
        let mine = vec![
            ("not_checked", not_checked(&diagnostics::tests::denied())),
            ("not_checked_in_time", not_checked_in_time()),
        ];
        [
            diagnostics::tests::samples(),
            mine,
            account::tests::samples(),
            config::tests::samples().await,
            session::tests::samples(),
            look::tests::samples(),
            accounts::tests::samples(),
            service_linked_role::samples(),
        ]
        .concat()
    }

    /// Found by fuzzing: with many retries Configure took as long as they did.
    #[tokio::test(start_paused = true)]
    async fn a_silent_cloud_does_not_hold_up_configure() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let mut endpoints = Object::empty();
        endpoints.set("sts", endpoint.as_str());
        let mut config = Object::empty();
        config.set("endpoints", endpoints);
        config.set("access_key", "id");
        config.set("secret_key", "secret");
        config.set("allowed_account_ids", Value::List(vec!["1".into()]));
        config.set("max_retries", 100_i64);
        let start = Instant::now();
        let diagnostics = Mss::new(ProviderEnvironment::default()).configure(config, "1.11.4").await;
        assert!(start.elapsed() <= ACCOUNT_CHECK_LIMIT + Duration::from_secs(1), "{:?}", start.elapsed());
        let found: Vec<_> = diagnostics.into_iter().collect();
        assert_eq!(found[0].summary, "Account could not be checked");
    }
}
