//! The metadata service of an ECS instance: credentials of the instance's role.
//!
//! Nothing says beforehand whether this machine is an instance, so that the source stands last and
//! gives up soon.

use url::Url;

use super::{Error, Inputs, Passed, Recipe};

/// The service, unless it is switched off. A role's name asks for it expressly.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, Passed> {
    let variables = &["ALICLOUD_ECS_ROLE_NAME", "ALIBABA_CLOUD_ECS_METADATA"];
    let named = inputs.variable(variables).map(|(_, name)| name.to_owned());
    let role_name = inputs.ecs_role_name.clone().or(named);
    if inputs.ecs_role_name.is_none() && inputs.is_true(DISABLED) {
        let reason = format!("ECS metadata: switched off by {DISABLED}");
        return Err(Passed::NotConfigured(reason));
    }
    let allow_version_1 = !inputs.is_true("ALIBABA_CLOUD_IMDSV1_DISABLED");
    let url = match &inputs.metadata_url {
        Some(url) => url.clone(),
        None => Url::parse(ADDRESS).map_err(|error| Error::wrong("ECS metadata", error.to_string()))?,
    };
    Ok(Recipe::Metadata { url, role_name, allow_version_1, passed: Vec::new() })
}

const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
/// Link-local: only an instance sees it.
const ADDRESS: &str = "http://100.100.100.200";
