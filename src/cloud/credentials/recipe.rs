//! How to get credentials: what a configured source comes down to, and the roles to assume on top.

use super::{
    cloud_sso::CloudSso,
    error::Error,
    metadata::Metadata,
    oauth::OAuth,
    oidc::Oidc,
    process::Process,
    role::{AssumeRole, RoleSettings},
    uri::CredentialsUri,
};
use crate::cloud::{key::Credentials, transport::http::Transport};

/// A way to credentials: what the chain found, before anybody is asked.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The source to begin with; the first that is configured.
    pub source: Source,
    /// Roles to assume one after another, each with the session of the one before.
    pub roles: Vec<RoleSettings>,
}

/// A source of credentials that is configured, with its settings.
#[derive(Clone, Debug)]
pub enum Source {
    /// An AccessKey or a session that is written down.
    Keys(Credentials),
    /// A session of a role, for a token of an identity provider.
    Oidc(Oidc),
    /// What the metadata service of an ECS instance gives.
    Metadata(Metadata),
    /// What a server responds with.
    Uri(CredentialsUri),
    /// What a command prints to its standard output.
    Process(Process),
    /// What Cloud SSO gives for a sign-in.
    CloudSso(CloudSso),
    /// What the command-line tool's OAuth sign-in gives.
    OAuth(OAuth),
}

/// What following a recipe may use: the network, but nothing about who uses the credentials.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// For services and sign-ins.
    pub transport: &'a Transport,
    /// For roles: STS, which is a floor above.
    pub roles: &'a dyn AssumeRole,
}

impl Recipe {
    /// A source, and nothing on top.
    pub(super) fn of(source: Source) -> Self {
        Self { source, roles: Vec::new() }
    }

    /// The same with a role on top.
    pub(super) fn with_role(mut self, role: RoleSettings) -> Self {
        self.roles.push(role);
        self
    }

    /// Whether asking again can give other credentials. Written keys stay what they are.
    pub fn can_renew(&self) -> bool {
        !(matches!(self.source, Source::Keys(_)) && self.roles.is_empty())
    }

    /// Follows the recipe, over the network if need be.
    ///
    /// # Errors
    /// [`Error::Failed`] with what the source responded.
    pub async fn fetch(&self, access: &Access<'_>) -> Result<Credentials, Error> {
        let mut credentials = self.source.fetch(access).await?;
        for role in &self.roles {
            credentials = access.roles.assume_role(credentials, role).await?;
        }
        Ok(credentials)
    }
}

impl Source {
    async fn fetch(&self, access: &Access<'_>) -> Result<Credentials, Error> {
        match self {
            Self::Keys(credentials) => Ok(credentials.clone()),
            Self::Oidc(oidc) => oidc.fetch(access.roles).await,
            Self::Metadata(metadata) => metadata.fetch(access.transport).await,
            Self::Uri(uri) => uri.fetch(access.transport).await,
            Self::Process(process) => process.fetch().await,
            Self::CloudSso(sign_in) => sign_in.fetch(access.transport).await,
            Self::OAuth(sign_in) => sign_in.fetch(access.transport).await,
        }
    }

    /// Remembers why the sources before were passed over, where that is worth telling.
    pub(super) fn after(self, reasons: Vec<String>) -> Self {
        match self {
            Self::Metadata(metadata) => Self::Metadata(metadata.after(reasons)),
            other => other,
        }
    }
}
