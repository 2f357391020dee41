//! What the actions of the products need: an account, and whose credentials sign.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use crate::cloud::{
    api::{Product, ram},
    endpoint::Endpoints,
    error::Error,
    send::{
        progress::{CallProgress, CallTracker},
        sender::{ApiRequest, Idempotency, Sender},
    },
    signer::Signer,
};

/// What all accounts of a client share: the connection to the cloud, and what is the same in each of them.
#[derive(Debug)]
pub struct SharedConnection {
    pub(super) sender: Sender,
    pub(super) endpoints: Endpoints,
    /// By service name; the same in every account (inferred: a template names no account).
    templates: Mutex<HashMap<String, Arc<OnceCell<ram::ServiceLinkedRoleTemplate>>>>,
}

impl SharedConnection {
    /// Over a sender. Sends nothing yet.
    pub fn new(sender: Sender, endpoints: Endpoints) -> Self {
        Self { sender, endpoints, templates: Mutex::default() }
    }

    /// The time by the cloud's clock, as far as a response has shown it.
    pub fn now(&self) -> Timestamp {
        self.sender.transport().clock().now()
    }

    /// Where the template of a service is kept once it is known.
    pub(super) fn template(&self, service_name: &str) -> Arc<OnceCell<ram::ServiceLinkedRoleTemplate>> {
        let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(templates.entry(service_name.to_owned()).or_default())
    }
}

/// The actions of the products, in one account.
#[derive(Clone, Debug)]
pub struct AccountClient {
    pub(super) shared: Arc<SharedConnection>,
    account_id: Option<String>,
    signer: Signer,
    tracker: Arc<CallTracker>,
}

impl AccountClient {
    /// An account, if it is named, and whose credentials sign there.
    pub fn new(shared: Arc<SharedConnection>, account_id: Option<String>, signer: Signer) -> Self {
        Self { shared, account_id, signer, tracker: Arc::default() }
    }

    /// The account; `None` for the caller's own if nobody has named it.
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// Gets the credentials, so that what prevents it is known before the first action.
    ///
    /// # Errors
    /// No credentials, or [`Error::AssumeRole`].
    pub async fn check_credentials(&self) -> Result<(), Error> {
        self.signer.credentials(self.shared.now(), None).await.map(drop)
    }

    /// How far the last request came, for a caller that has stopped waiting for it.
    pub fn last_call(&self) -> CallProgress {
        self.tracker.take()
    }

    /// Any action that changes nothing, with its response as it came.
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn read_only(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<serde_json::Value, Error> {
        self.read(product, action, parameters).await
    }

    pub(super) async fn read<T: DeserializeOwned + Send>(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<T, Error> {
        self.call(product, action, parameters, Idempotency::Safe).await
    }

    pub(super) async fn call<T: DeserializeOwned + Send>(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
        idempotency: Idempotency,
    ) -> Result<T, Error> {
        let endpoint = self.shared.endpoints.of(product);
        let request = ApiRequest { product, endpoint, action, parameters };
        Ok(self.shared.sender.send(&self.signer, request, idempotency, Some(&*self.tracker)).await?.value)
    }
}
