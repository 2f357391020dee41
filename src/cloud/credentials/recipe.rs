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

/// A way to credentials.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What to begin with.
    pub source: Source,
    /// Roles to assume one after another, each with the session of the one before.
    pub roles: Vec<RoleSettings>,
}

/// What to begin with.
#[derive(Clone, Debug)]
pub enum Source {
    /// The credentials are here.
    Keys(Credentials),
    /// A session of a role, for a token of an identity provider.
    Oidc(Oidc),
    /// What the metadata service of an ECS instance gives.
    Metadata(Metadata),
    /// What a server answers.
    Uri(CredentialsUri),
    /// What a command prints.
    Process(Process),
    /// What Cloud SSO gives for a sign-in.
    CloudSso(CloudSso),
    /// What the command-line tool's OAuth sign-in gives.
    OAuth(OAuth),
}

/// What getting credentials may use.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// For services.
    pub transport: &'a Transport,
    /// For roles.
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

    /// Whether asking again can give other credentials.
    pub fn can_renew(&self) -> bool {
        !(matches!(self.source, Source::Keys(_)) && self.roles.is_empty())
    }

    /// Follows it.
    ///
    /// # Errors
    /// [`Error::Failed`] with what the source answered.
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
