//! A client of the cloud: one set of credentials and endpoints, and every account that they reach.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    actions::{
        account::{AccountClient, SharedConnection},
        caller::Caller,
        session::MemberSession,
    },
    api::arn::RoleArn,
    chance::Chance,
    credentials::Chain,
    endpoint::Endpoints,
    error::Error,
    send::sender::Sender,
    signer::{CachedCredentials, Signer},
    transport::{
        clock::Clock,
        http::{Transport, TransportSettings},
        trust::ExtraRoots,
    },
};

/// What a client is made of.
#[derive(Clone)]
pub struct ClientOptions {
    /// The base URL of each product.
    pub endpoints: Endpoints,
    /// Where the credentials come from. Nothing is read before the first request.
    pub credentials: Chain,
    /// The longest time for opening one connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest time for one request and its response; retries have the same again.
    pub read_timeout: Duration,
    /// How often a request is sent again at most, after throttling, server errors and broken connections.
    pub max_retries: u32,
    /// The `User-Agent` header; visible ASCII.
    pub user_agent: String,
    /// Which certificates are trusted beside those that the environment names.
    pub extra_roots: ExtraRoots,
    /// The name of the role to assume in every account that is not the caller's.
    pub member_account_role: String,
}

/// A client; clones share connections and sessions.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    shared: Arc<SharedConnection>,
    caller: Caller,
    member_account_role: String,
    /// By the ARN of the role.
    sessions: Mutex<HashMap<String, Arc<CachedCredentials>>>,
}

impl Client {
    /// Makes a client. Reads nothing and opens nothing: TLS is set up by the first call.
    pub fn new(options: ClientOptions) -> Self {
        let settings = TransportSettings {
            connect_timeout: options.connect_timeout,
            read_timeout: options.read_timeout,
            user_agent: options.user_agent,
            past_proxies: options.endpoints.are_loopback(),
            extra_roots: options.extra_roots,
        };
        let transport = Transport::new(settings, Clock::system());
        let sender = Sender::new(transport, Chance::system(), options.max_retries);
        let shared = Arc::new(SharedConnection::new(sender, options.endpoints));
        Self(Arc::new(Inner {
            caller: Caller::new(Arc::clone(&shared), options.credentials),
            shared,
            member_account_role: options.member_account_role,
            sessions: Mutex::default(),
        }))
    }

    /// The account of the credentials. Asked once, however many ask at a time; a failure is not kept.
    ///
    /// # Errors
    /// Any failure of GetCallerIdentity.
    pub async fn caller_account_id(&self) -> Result<String, Error> {
        self.0.caller.account_id().await
    }

    /// A client for one account: the caller's own (also `None`), or another through the member
    /// account role.
    ///
    /// # Errors
    /// Any failure to learn the caller's account; [`Error::AssumeRole`].
    pub async fn account(&self, account_id: Option<&str>) -> Result<AccountClient, Error> {
        let Some(account_id) = account_id else {
            return Ok(AccountClient::new(self.shared(), None, self.0.caller.signer()));
        };
        // The account goes before the credentials: whose they must be depends on whether it is the caller's own.
        let own = self.caller_account_id().await? == account_id;
        let signer = if own { self.0.caller.signer() } else { self.member(account_id) };
        let account = AccountClient::new(self.shared(), Some(account_id.to_owned()), signer);
        // Before any action: a role that cannot be assumed must not look like an action that failed, whose outcome may
        // be unknown.
        account.check_credentials().await?;
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

    /// The time by the cloud's clock, as far as a response has shown it; else the local time.
    pub fn server_now(&self) -> Timestamp {
        self.0.shared.now()
    }

    fn shared(&self) -> Arc<SharedConnection> {
        Arc::clone(&self.0.shared)
    }

    /// Whose credentials sign in a member account: a session, opened by the first who needs it.
    fn member(&self, account_id: &str) -> Signer {
        let role_arn = RoleArn { account_id, role_name: &self.0.member_account_role }.to_string();
        let mut sessions = self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.entry(role_arn.clone()).or_insert_with(|| {
            Arc::new(CachedCredentials::new(MemberSession::new(
                self.shared(),
                self.0.caller.signer(),
                account_id,
                role_arn,
            )))
        });
        Signer::Cached(Arc::clone(session))
    }

    /// The caller's own credentials, as the chain gives them.
    #[cfg(test)]
    pub(super) async fn caller_credentials(&self) -> Result<super::key::Credentials, Error> {
        let found = self.0.caller.signer().credentials(self.server_now(), None).await?;
        Ok(found.expect("the caller signs"))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
