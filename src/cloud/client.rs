//! The actions of the cloud, each sent again where that is safe.
//!
//! [`Client`] is one set of credentials and endpoints; [`AccountClient`] does the same in one
//! account, through a session of a role if it is not the caller's own.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use url::Url;

use super::{
    api::{Product, mssp, ram, resource_manager, sts},
    call::{Call, host_of},
    credentials::{self, Chain, Credentials},
    endpoint::{Endpoints, is_loopback},
    error::{self, Error, chain},
    limiter::Limiter,
    retry::{Idempotency, Waits, may_repeat},
};
use crate::text::Secrets;

/// What a client is made of.
#[derive(Clone)]
pub struct Options {
    /// Where the products answer.
    pub endpoints: Endpoints,
    /// Where the credentials come from.
    pub credentials: Chain,
    /// Time for opening a connection.
    pub connect_timeout: Duration,
    /// Time for one request and its answer.
    pub read_timeout: Duration,
    /// How often a request is sent again at most.
    pub max_retries: u32,
    /// Visible ASCII.
    pub user_agent: String,
    /// The role to assume in other accounts.
    pub member_account_role: String,
}

/// A client; clones share connections and sessions.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    options: Options,
    http: OnceLock<reqwest::Client>,
    /// The same past every proxy.
    direct: OnceLock<reqwest::Client>,
    caller_account_id: OnceCell<String>,
    limiter: Limiter,
    secrets: Secrets,
    /// What the chain gave, and the last time that it gave nothing.
    base: AsyncMutex<Base>,
    sessions: Mutex<HashMap<String, Arc<AsyncMutex<Option<Credentials>>>>>,
    /// By service name; the same in every account (inferred: a template names no account).
    templates: Mutex<HashMap<String, Arc<OnceCell<ram::ServiceLinkedRoleTemplate>>>>,
    /// What to add to the local clock to get the cloud's, in milliseconds.
    clock_offset: AtomicI64,
}

#[derive(Default)]
struct Base {
    credentials: Option<Credentials>,
    can_renew: bool,
    failure: Option<(tokio::time::Instant, credentials::Error)>,
}

impl Client {
    /// Makes a client. Reads nothing and opens nothing: TLS is set up by the first call.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Shared {
            options,
            http: OnceLock::new(),
            direct: OnceLock::new(),
            caller_account_id: OnceCell::new(),
            limiter: Limiter::default(),
            secrets: Secrets::default(),
            base: AsyncMutex::default(),
            sessions: Mutex::default(),
            templates: Mutex::default(),
            clock_offset: AtomicI64::new(0),
        }))
    }

    /// The account of the credentials. Asked once, however many ask at a time; a failure is not kept.
    ///
    /// # Errors
    /// Any failure of GetCallerIdentity.
    pub async fn caller_account_id(&self) -> Result<String, Error> {
        let ask = || async {
            let caller = self.as_caller();
            let identity: sts::CallerIdentity =
                caller.read(Product::Sts, sts::action::GET_CALLER_IDENTITY, &[]).await?;
            Ok(identity.account_id)
        };
        self.0.caller_account_id.get_or_try_init(ask).await.cloned()
    }

    /// A client for one account: the caller's own (also `None`), or another through the member
    /// account role.
    ///
    /// # Errors
    /// Any failure to learn the caller's account; [`Error::AssumeRole`].
    pub async fn account(&self, account_id: Option<&str>) -> Result<AccountClient, Error> {
        let Some(account_id) = account_id else {
            return Ok(self.as_caller());
        };
        let own = self.caller_account_id().await? == account_id;
        let signer = if own { Signer::Caller } else { Signer::Member(self.role_arn(account_id)) };
        let account =
            AccountClient { account_id: Some(account_id.to_owned()), ..self.as_caller().signed_by(signer) };
        account.credentials(None).await?;
        Ok(account)
    }

    /// The same, with the ID of the account, which is asked for if it is not named.
    ///
    /// # Errors
    /// As [`Client::account`].
    pub async fn identified_account(
        &self,
        account_id: Option<&str>,
    ) -> Result<(String, AccountClient), Error> {
        let account_id = match account_id {
            Some(account_id) => account_id.to_owned(),
            None => self.caller_account_id().await?,
        };
        let account = self.account(Some(&account_id)).await?;
        Ok((account_id, account))
    }

    /// The time by the cloud's clock, as far as an answer has told it; else the local time.
    pub fn server_now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.0.clock_offset.load(Ordering::Relaxed));
        local_now().checked_add(offset).unwrap_or_else(|_| local_now())
    }

    /// What is masked in whatever a host says.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    fn as_caller(&self) -> AccountClient {
        AccountClient { client: self.clone(), account_id: None, signer: Signer::Caller, sts: None }
    }

    fn role_arn(&self, account_id: &str) -> String {
        format!("acs:ram::{account_id}:role/{}", self.0.options.member_account_role)
    }

    /// The HTTP client, made by the first call: trust store and proxies take time to read.
    pub(super) fn http(&self, action: &'static str, url: &Url) -> Result<&reqwest::Client, Error> {
        let endpoints = &self.0.options.endpoints;
        let endpoints = [&endpoints.ram, &endpoints.resourcemanager, &endpoints.sts, &endpoints.mssp];
        // An emulator on this machine is never behind a proxy.
        if endpoints.into_iter().all(is_loopback) {
            return self.direct_http(action, url);
        }
        self.made(&self.0.http, action, url, reqwest::Client::builder())
    }

    fn direct_http(&self, action: &'static str, url: &Url) -> Result<&reqwest::Client, Error> {
        self.made(&self.0.direct, action, url, reqwest::Client::builder().no_proxy())
    }

    fn made<'a>(
        &self,
        kept: &'a OnceLock<reqwest::Client>,
        action: &'static str,
        url: &Url,
        builder: reqwest::ClientBuilder,
    ) -> Result<&'a reqwest::Client, Error> {
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let made = http_client(&self.0.options, builder).map_err(|source| {
            let source = source.into();
            Error::Unreachable { action, host: host_of(url), sent: false, source }
        })?;
        Ok(kept.get_or_init(|| made))
    }

    /// A request to something other than the API: a metadata service, a sign-in. Over plain HTTP it goes
    /// past every proxy, which could read the credentials in the answer, or answer with its own.
    pub(super) fn plain_request(
        &self,
        method: reqwest::Method,
        url: Url,
    ) -> Result<reqwest::RequestBuilder, Error> {
        let http = match url.scheme() {
            "http" => self.direct_http("credentials", &url)?,
            _ => self.http("credentials", &url)?,
        };
        Ok(http.request(method, url))
    }

    /// The caller's own credentials, from the chain. One asks, all share; `expired` names a key that
    /// no longer works.
    pub(super) async fn base_credentials(&self, expired: Option<String>) -> Result<Credentials, Error> {
        let mut base = self.0.base.lock().await;
        if let Some(credentials) = &base.credentials {
            let refused = expired.as_ref() == Some(&credentials.access_key_id);
            if !base.can_renew || !refused && !self.ends_soon(credentials) {
                return Ok(credentials.clone());
            }
        }
        if let Some((at, error)) = &base.failure
            && at.elapsed() < FAILURE_KEPT
        {
            return Err(error.clone().into());
        }
        // Read anew each time: files are renewed by other programs.
        let outcome = match self.0.options.credentials.recipe() {
            Ok(recipe) => {
                base.can_renew = recipe.can_renew();
                credentials::fetch(self, &recipe).await
            }
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(credentials) => {
                base.failure = None;
                Ok(base.credentials.insert(credentials).clone())
            }
            Err(Error::Credentials(error)) => {
                base.failure = Some((tokio::time::Instant::now(), error.clone()));
                Err(error.into())
            }
            Err(error) => Err(error),
        }
    }

    fn ends_soon(&self, credentials: &Credentials) -> bool {
        credentials.expires_at.is_some_and(|end| end - SESSION_MARGIN <= self.server_now())
    }

    /// AssumeRole with given credentials.
    pub(super) async fn assume_role_as(
        &self,
        credentials: Credentials,
        sts: Option<&Url>,
        parameters: &[(&str, String)],
    ) -> Result<Credentials, Error> {
        let account = self.as_caller().signed_by(Signer::Fixed(credentials));
        AccountClient { sts: sts.cloned(), ..account }.assume_role(parameters).await
    }

    /// AssumeRoleWithOIDC: the token stands for a signature, and goes in a form.
    pub(super) async fn assume_role_unsigned(
        &self,
        sts: Option<&Url>,
        parameters: &[(&str, String)],
    ) -> Result<Credentials, Error> {
        let account = AccountClient { sts: sts.cloned(), ..self.as_caller().signed_by(Signer::Nobody) };
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let action = sts::action::ASSUME_ROLE_WITH_OIDC;
        let assumed: sts::AssumedRole = account.read(Product::Sts, action, &parameters).await?;
        Ok(assumed.credentials.into())
    }

    /// Learns the cloud's clock from the `Date` header of an answer.
    pub(super) fn learn_clock(&self, headers: &reqwest::header::HeaderMap) {
        let date = headers.get(reqwest::header::DATE).and_then(|value| value.to_str().ok());
        let date = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        if let Some(date) = date {
            let offset = date.timestamp().as_millisecond() - local_now().as_millisecond();
            // The header has whole seconds: less is no difference.
            let offset = if offset.abs() < 2_000 { 0 } else { offset };
            self.0.clock_offset.store(offset, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// The actions of the products, in one account.
#[derive(Clone, Debug)]
pub struct AccountClient {
    client: Client,
    account_id: Option<String>,
    signer: Signer,
    /// In place of the client's own STS.
    sts: Option<Url>,
}

/// Whose credentials sign.
#[derive(Clone, Debug)]
enum Signer {
    /// The caller's, from the chain.
    Caller,
    /// A session of the role with this ARN.
    Member(String),
    /// Given ones.
    Fixed(Credentials),
    /// Nobody's: the request is not signed.
    Nobody,
}

impl AccountClient {
    /// The account, if it was named.
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    fn signed_by(self, signer: Signer) -> Self {
        Self { signer, ..self }
    }

    /// GetRole of Resource Management.
    ///
    /// # Errors
    /// [`Error::NotFound`] with code `EntityNotExist.Role`, or any other failure.
    pub async fn get_role(&self, role_name: &str) -> Result<resource_manager::Role, Error> {
        let parameters = [("RoleName", role_name), ("Language", "en")];
        let action = resource_manager::action::GET_ROLE;
        let answer: resource_manager::RoleAnswer =
            self.read(Product::ResourceManager, action, &parameters).await?;
        Ok(answer.role)
    }

    /// CreateServiceLinkedRole of Resource Management. Not sent again if it may have been carried out.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::NotFound`] of a service, or any other failure.
    pub async fn create_service_linked_role(
        &self,
        service_name: &str,
    ) -> Result<resource_manager::Role, Error> {
        let parameters = [("ServiceName", service_name)];
        let action = resource_manager::action::CREATE_SERVICE_LINKED_ROLE;
        let answer: resource_manager::RoleAnswer =
            self.call(Product::ResourceManager, action, &parameters, Idempotency::Unsafe).await?;
        Ok(answer.role)
    }

    /// GetServiceLinkedRoleTemplate of RAM. Asked once for each service, however many accounts ask at a
    /// time; a failure is not kept.
    ///
    /// # Errors
    /// [`Error::NotFound`] of a service, or any other failure.
    pub async fn get_service_linked_role_template(
        &self,
        service_name: &str,
    ) -> Result<ram::ServiceLinkedRoleTemplate, Error> {
        let template = {
            let mut templates = self.client.0.templates.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(templates.entry(service_name.to_owned()).or_default())
        };
        let ask = || async {
            let parameters = [("ServiceName", service_name)];
            let action = ram::action::GET_SERVICE_LINKED_ROLE_TEMPLATE;
            let answer: ram::TemplateAnswer = self.read(Product::Ram, action, &parameters).await?;
            Ok(answer.service_linked_role_template)
        };
        template.get_or_try_init(ask).await.cloned()
    }

    /// ListPoliciesForRole of RAM.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the role, or any other failure.
    pub async fn list_policies_for_role(&self, role_name: &str) -> Result<Vec<ram::AttachedPolicy>, Error> {
        let parameters = [("RoleName", role_name)];
        let action = ram::action::LIST_POLICIES_FOR_ROLE;
        let answer: ram::PoliciesAnswer = self.read(Product::Ram, action, &parameters).await?;
        Ok(answer.policies.policy)
    }

    /// GetPolicy of RAM.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the policy, or any other failure.
    pub async fn get_policy(&self, policy_type: &str, policy_name: &str) -> Result<ram::PolicyAnswer, Error> {
        let parameters = [("PolicyType", policy_type), ("PolicyName", policy_name)];
        self.read(Product::Ram, ram::action::GET_POLICY, &parameters).await
    }

    /// GetPolicyVersion of RAM.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the policy or the version, or any other failure.
    pub async fn get_policy_version(
        &self,
        policy_type: &str,
        policy_name: &str,
        version_id: &str,
    ) -> Result<ram::PolicyVersion, Error> {
        let parameters =
            [("PolicyType", policy_type), ("PolicyName", policy_name), ("VersionId", version_id)];
        let action = ram::action::GET_POLICY_VERSION;
        let answer: ram::PolicyVersionAnswer = self.read(Product::Ram, action, &parameters).await?;
        Ok(answer.policy_version)
    }

    /// DeleteServiceLinkedRole of Resource Management; answers the ID of the deletion task. Not sent
    /// again if it may have been carried out.
    ///
    /// # Errors
    /// [`Error::NotFound`] with code `EntityNotExist.Role`, or any other failure.
    pub async fn delete_service_linked_role(&self, role_name: &str) -> Result<String, Error> {
        let parameters = [("RoleName", role_name)];
        let action = resource_manager::action::DELETE_SERVICE_LINKED_ROLE;
        let answer: resource_manager::DeletionAnswer =
            self.call(Product::ResourceManager, action, &parameters, Idempotency::Unsafe).await?;
        Ok(answer.deletion_task_id)
    }

    /// GetServiceLinkedRoleDeletionStatus of Resource Management.
    ///
    /// # Errors
    /// [`Error::NotFound`] of a deletion task, or any other failure.
    pub async fn get_service_linked_role_deletion_status(
        &self,
        task_id: &str,
    ) -> Result<resource_manager::DeletionTask, Error> {
        let parameters = [("DeletionTaskId", task_id)];
        let action = resource_manager::action::GET_SERVICE_LINKED_ROLE_DELETION_STATUS;
        self.read(Product::ResourceManager, action, &parameters).await
    }

    /// GetUserStatus of MSS.
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`] also for a success that says it is none, or any other failure.
    pub async fn get_user_status(&self) -> Result<mssp::UserStatus, Error> {
        let action = mssp::action::GET_USER_STATUS;
        let answer: mssp::UserStatusAnswer = self.read(Product::Mssp, action, &[]).await?;
        match (answer.success, answer.data) {
            (Some(true) | None, Some(data)) => Ok(data),
            (success, _) => Err(Error::UnexpectedAnswer {
                action,
                host: host_of(&self.client.0.options.endpoints.mssp),
                http_status: 200,
                code: answer.code,
                request_id: answer.request_id,
                problem: match success {
                    Some(false) => {
                        format!("the answer reports a failure: {}", answer.message.unwrap_or_default())
                    }
                    _ => "the answer holds no data".to_owned(),
                },
            }),
        }
    }

    async fn read<T: DeserializeOwned>(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<T, Error> {
        self.call(product, action, parameters, Idempotency::Safe).await
    }

    /// Sends a request until it is answered, may not be sent again, or the retries are used up.
    async fn call<T: DeserializeOwned>(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
        idempotency: Idempotency,
    ) -> Result<T, Error> {
        let mut waits = Waits::new(self.client.0.options.max_retries);
        let (mut nonce_repeated, mut token_renewed) = (false, false);
        let mut expired = None;
        loop {
            let credentials = self.credentials(expired.take()).await?;
            let endpoint = self.endpoint(product);
            let call = Call { client: &self.client, product, endpoint, action, parameters };
            self.client.0.limiter.admit().await;
            let failure = match call.send(credentials.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            // A used nonce is bad luck, or a proxy that sent the request twice.
            let used_nonce = failure.error.is_code(error::NONCE_USED) && idempotency == Idempotency::Safe;
            if used_nonce && !std::mem::replace(&mut nonce_repeated, true) {
                continue;
            }
            let outlived = matches!(failure.error, Error::ExpiredToken(_)) && self.can_renew().await;
            if outlived && !std::mem::replace(&mut token_renewed, true) {
                expired = credentials.map(|credentials| credentials.access_key_id);
                continue;
            }
            if matches!(failure.error, Error::Throttled(_)) {
                self.client.0.limiter.throttled(failure.asked_wait);
            }
            if !may_repeat(&failure.error, idempotency) {
                return Err(failure.error);
            }
            let Some(wait) = waits.next_wait(failure.asked_wait, fastrand::f64()) else {
                return Err(failure.error);
            };
            tracing::debug!(action, wait_ms = wait.as_millis(), error = %chain(&failure.error), "sending again");
            tokio::time::sleep(wait).await;
        }
    }

    /// The credentials to sign with. `expired` names a key that no longer works.
    async fn credentials(&self, expired: Option<String>) -> Result<Option<Credentials>, Error> {
        Ok(match (&self.signer, &self.account_id) {
            (Signer::Member(role_arn), account_id) => {
                let account_id = account_id.as_deref().unwrap_or_default();
                Some(self.session_credentials(account_id, role_arn, expired).await?)
            }
            (Signer::Caller, _) => Some(self.client.base_credentials(expired).await?),
            (Signer::Fixed(credentials), _) => Some(credentials.clone()),
            (Signer::Nobody, _) => None,
        })
    }

    /// Whether other credentials can be had in place of expired ones.
    async fn can_renew(&self) -> bool {
        match &self.signer {
            Signer::Member(_) => true,
            Signer::Caller => self.client.0.base.lock().await.can_renew,
            Signer::Fixed(_) | Signer::Nobody => false,
        }
    }

    fn endpoint(&self, product: Product) -> &Url {
        let endpoints = &self.client.0.options.endpoints;
        match product {
            Product::Ram => &endpoints.ram,
            Product::ResourceManager => &endpoints.resourcemanager,
            Product::Sts => self.sts.as_ref().unwrap_or(&endpoints.sts),
            Product::Mssp => &endpoints.mssp,
        }
    }

    /// A session's credentials, opened by the first who needs them and shared by all.
    async fn session_credentials(
        &self,
        account_id: &str,
        role_arn: &str,
        expired: Option<String>,
    ) -> Result<Credentials, Error> {
        let session = {
            let mut sessions = self.client.0.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sessions.entry(role_arn.to_owned()).or_default())
        };
        let mut session = session.lock().await;
        if let Some(credentials) = session.as_ref() {
            let ends_soon =
                credentials.expires_at.is_some_and(|end| end - SESSION_MARGIN <= self.client.server_now());
            if !ends_soon && expired.as_ref() != Some(&credentials.access_key_id) {
                return Ok(credentials.clone());
            }
        }
        let role = [("RoleArn", role_arn.to_owned()), ("RoleSessionName", SESSION_NAME.to_owned())];
        // Boxed: opening a session is a call like this one, signed by the caller.
        let opened = Box::pin(self.client.as_caller().assume_role(&role)).await.map_err(|source| {
            let (account_id, role_arn) = (account_id.to_owned(), role_arn.to_owned());
            Error::AssumeRole { account_id, role_arn, source: Box::new(source) }
        })?;
        Ok(session.insert(opened).clone())
    }

    /// AssumeRole of STS.
    fn assume_role<'a>(
        &'a self,
        parameters: &'a [(&'a str, String)],
    ) -> BoxFuture<'a, Result<Credentials, Error>> {
        Box::pin(async move {
            let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let assumed: sts::AssumedRole =
                self.read(Product::Sts, sts::action::ASSUME_ROLE, &parameters).await?;
            Ok(assumed.credentials.into())
        })
    }
}

fn http_client(
    options: &Options,
    builder: reqwest::ClientBuilder,
) -> Result<reqwest::Client, reqwest::Error> {
    // Ours is the only TLS in the process; one that is set already is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder
        .connect_timeout(options.connect_timeout)
        .timeout(options.read_timeout)
        .user_agent(&options.user_agent)
        // The signature covers the `Host` header, which HTTP/2 does not have.
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
}

#[expect(clippy::disallowed_methods, reason = "the clock comes in here: each attempt is dated")]
pub(super) fn local_now() -> Timestamp {
    Timestamp::now()
}

/// A source that gave nothing is not asked again for so long: many roles ask at the same time.
const FAILURE_KEPT: Duration = Duration::from_secs(10);
/// Sessions are opened anew this long before they end, as the official SDKs do.
const SESSION_MARGIN: SignedDuration = SignedDuration::from_secs(180);
const SESSION_NAME: &str = "terraform";
