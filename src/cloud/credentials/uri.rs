//! A server that answers with credentials: `credentials_uri`.
//!
//! Plain HTTP is for servers beside the provider: on this machine, or link-local.

use url::Url;

use super::{Error, Inputs, Passed, Recipe};
use crate::cloud::endpoint::{is_link_local, is_private};

/// The URI that is set.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, Passed> {
    let variables = &["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"];
    let set = inputs.credentials_uri.as_deref().map(|uri| ("credentials_uri", uri));
    let Some((place, text)) = set.or_else(|| inputs.variable(variables)) else {
        return Err(Passed::NotConfigured(format!(
            "credentials URI: neither `credentials_uri` in the provider block nor {} in the environment",
            variables.join(", ")
        )));
    };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {
            if is_private(&url) || is_link_local(&url) {
                return Ok(Recipe::Uri(url));
            }
            let problem = format!(
                "{text:?} is plain HTTP to a host that is not this machine: credentials would be sent in the open; use \
                 HTTPS"
            );
            Err(Error::wrong(place, problem).into())
        }
        _ => Err(Error::wrong(place, format!("{text:?} is not an HTTP URL")).into()),
    }
}
