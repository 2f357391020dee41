//! The caller: whose credentials the chain gives, and in which account they are.
//!
//! The account is asked once and holds for the process. Credentials that are renewed can come from another
//! account (a file, a server or a command answers differently): whenever the AccessKey ID changes, the account
//! is asked again, and another one than at first ends it. Nothing else is asked with such a key.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex as AsyncMutex;

use super::account::SharedConnection;
use crate::cloud::{
    credentials::{Access, Chain},
    error::Error,
    key::Credentials,
    signer::{CachedCredentials, CredentialsSource, FetchedCredentials, Signer},
};

/// The caller of a client: the identity whose credentials the chain finds.
pub struct Caller {
    shared: Arc<SharedConnection>,
    cached: Arc<CachedCredentials>,
    identity: Arc<Mutex<Option<Identity>>>,
    /// Held by whoever asks for the account, so that only one does.
    asking: AsyncMutex<()>,
}

/// Whose credentials these are, and of which key that is known.
#[derive(Clone)]
struct Identity {
    account_id: String,
    access_key_id: String,
}

impl Caller {
    /// Nothing is read or asked yet.
    pub fn new(shared: Arc<SharedConnection>, chain: Chain) -> Self {
        let identity = Arc::default();
        let source = FromChain { shared: Arc::clone(&shared), chain, identity: Arc::clone(&identity) };
        Self {
            shared,
            cached: Arc::new(CachedCredentials::new(source)),
            identity,
            asking: AsyncMutex::new(()),
        }
    }

    /// Signs with the caller's credentials, which are found by the first request.
    pub fn signer(&self) -> Signer {
        Signer::Cached(Arc::clone(&self.cached))
    }

    /// The caller's account. Asked once, however many ask at a time; a failure is not kept.
    ///
    /// # Errors
    /// Any failure of GetCallerIdentity.
    pub async fn account_id(&self) -> Result<String, Error> {
        if let Some(known) = read(&self.identity) {
            return Ok(known.account_id);
        }
        let _one = self.asking.lock().await;
        // Another may have got the response while we waited.
        if let Some(known) = read(&self.identity) {
            return Ok(known.account_id);
        }
        let response = self.shared.get_caller_identity(&self.signer()).await?;
        // Nobody signed only where there are no credentials; no key has an empty ID, so that the next one is asked for its
        // account.
        let (account_id, access_key_id) = (response.value.account_id, response.signed_by.unwrap_or_default());
        write(&self.identity, Identity { account_id: account_id.clone(), access_key_id });
        // Others may have renewed the key meanwhile, when there was no account to compare with.
        let present = self.cached.credentials(self.shared.now(), None).await?;
        let checked = check(&self.shared, &self.identity, &present).await;
        if checked.is_err() {
            self.cached.forget().await;
        }
        checked.map(|()| account_id)
    }
}

/// The chain of sources, whose credentials must stay in one account.
struct FromChain {
    shared: Arc<SharedConnection>,
    chain: Chain,
    identity: Arc<Mutex<Option<Identity>>>,
}

impl CredentialsSource for FromChain {
    fn fetch(&self) -> BoxFuture<'_, Result<FetchedCredentials, Error>> {
        Box::pin(async move {
            // Read anew each time: files are renewed by other programs.
            let recipe = self.chain.recipe().await?;
            let transport = self.shared.sender.transport();
            let credentials = recipe.fetch(&Access { transport, roles: &*self.shared }).await?;
            check(&self.shared, &self.identity, &credentials).await?;
            Ok(FetchedCredentials { credentials, can_renew: recipe.can_renew() })
        })
    }
}

/// Asks whose credentials these are, if the account is known and the key is another than that is known of.
async fn check(
    shared: &SharedConnection,
    identity: &Mutex<Option<Identity>>,
    credentials: &Credentials,
) -> Result<(), Error> {
    let Some(known) = read(identity).filter(|known| known.access_key_id != credentials.access_key_id())
    else {
        return Ok(());
    };
    let response = shared.get_caller_identity(&Signer::Given(credentials.clone())).await?;
    let now = response.value.account_id;
    if now != known.account_id {
        let (began_with, key) = (known.account_id, Box::new(credentials.source().clone()));
        return Err(Error::AccountChanged { began_with, now, key });
    }
    write(identity, Identity { access_key_id: credentials.access_key_id().to_owned(), ..known });
    Ok(())
}

fn read(identity: &Mutex<Option<Identity>>) -> Option<Identity> {
    identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn write(identity: &Mutex<Option<Identity>>, known: Identity) {
    *identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
}
