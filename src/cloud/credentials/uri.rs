//! A server that answers with credentials: `credentials_uri`.

use url::Url;

use super::{Error, Inputs, Passed, Recipe};

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
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(Recipe::Uri(url)),
        _ => Err(Error::wrong(place, format!("{text:?} is not an HTTP URL")).into()),
    }
}
