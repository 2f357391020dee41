//! The environment of the process, read once and passed on as a value.

use std::{collections::BTreeMap, ops::RangeInclusive, path::PathBuf};

/// The environment of the process, as a value.
#[derive(Clone, Default)]
pub struct ProviderEnvironment {
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) home: Option<PathBuf>,
}

impl ProviderEnvironment {
    /// Reads it; variables that are not UTF-8 are left out.
    #[expect(clippy::disallowed_methods, reason = "the edge where the environment comes in")]
    pub fn from_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: std::env::vars_os().filter_map(text).collect(), home: std::env::home_dir() }
    }

    /// The first of these variables that is set and not empty.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        let set =
            |name: &&str| self.variables.get(*name).map(String::as_str).filter(|value| !value.is_empty());
        names.iter().find_map(set)
    }
}

/// Of `client_connect_timeout`, in milliseconds.
pub(super) const CONNECT_TIMEOUT: &str = "CLIENT_CONNECT_TIMEOUT";
/// Of `client_read_timeout`, in milliseconds.
pub(super) const READ_TIMEOUT: &str = "CLIENT_READ_TIMEOUT";

/// What both may be, in argument and variable; up to a day, longer than any request can wait for.
pub(super) const TIMEOUT_MILLISECONDS: RangeInclusive<u64> = 1..=86_400_000;
