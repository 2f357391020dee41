//! One argument of the provider block, or the variables of the environment behind it.

use super::ProviderEnvironment;
use crate::framework::value::{Knowable, Object};

/// Reads single settings: an argument, else the environment.
pub(super) struct Reader<'a> {
    pub(super) config: &'a Object,
    pub(super) environment: &'a ProviderEnvironment,
}

impl Reader<'_> {
    /// An argument, else the first variable that is set.
    pub(super) fn text(&self, attribute: &str, variables: &[&str]) -> Option<String> {
        let argument = self.config.string(attribute).known().filter(|text| !text.is_empty());
        argument.or_else(|| self.environment.first(variables).map(str::to_owned))
    }
}

/// Whether an attribute has a value or will have one.
pub(super) fn is_set<T>(value: &Knowable<T>) -> bool {
    !value.is_null()
}
