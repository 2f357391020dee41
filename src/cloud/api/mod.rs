//! Answers of the actions that the provider calls, one file for each product, with versions and
//! action names.
//!
//! Only what is documented as always there is required; everything else is optional, since a
//! missing field in a response is not a reason to fail. Must not know how a request is sent.

pub mod arn;
pub mod form;
pub mod mssp;
pub mod ram;
pub mod resource_directory;
pub mod resource_manager;
pub mod sts;

/// A product and the version of its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Resource Access Management (RAM): templates of roles, policies.
    Ram,
    /// Resource Management, which also serves service-linked roles.
    ResourceManager,
    /// Security Token Service (STS): sessions of roles.
    Sts,
    /// Managed Security Service (MSS): subscriptions.
    Mssp,
}

impl Product {
    /// The version that every request names.
    pub fn version(self) -> &'static str {
        match self {
            Self::Ram => "2015-05-01",
            Self::ResourceManager => "2020-03-31",
            Self::Sts => "2015-04-01",
            Self::Mssp => "2016-12-28",
        }
    }
}
