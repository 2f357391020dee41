//! The provider block over the environment, as settings of the cloud client.

use std::{collections::BTreeSet, time::Duration};

use secrecy::SecretString;

use super::{
    ProviderEnvironment, certificates,
    environment::{CONNECT_TIMEOUT, READ_TIMEOUT, TIMEOUT_MILLISECONDS},
    proxies,
    reader::Reader,
};
use crate::{
    cloud::{
        self,
        credentials::{self, variables},
    },
    framework::{
        diagnostics::{Diagnostic, Diagnostics},
        value::{Object, Path, Value},
    },
    provider::{diagnostics::because, layout::paragraphs},
};

/// A configuration that has been read and found usable.
pub(in crate::provider) struct Settings {
    /// `None` while a value is known only after apply.
    pub(in crate::provider) client: Option<cloud::ClientOptions>,
    pub(in crate::provider) allowed_account_ids: Option<BTreeSet<String>>,
    pub(in crate::provider) skip_subscription_check: bool,
}

impl Settings {
    /// Reads the provider block over the environment.
    ///
    /// # Errors
    /// Every problem that can be found without the network.
    pub(in crate::provider) async fn read(
        config: &Object,
        environment: &ProviderEnvironment,
        terraform_version: &str,
    ) -> Result<Self, Diagnostics> {
        let mut problems = validate(config, environment);
        let reader = Reader { config, environment };
        let client = reader.client_options(terraform_version, &mut problems);
        let client = client.filter(|_| Value::from(config.clone()).is_wholly_known());
        // An emulator on this machine is asked past every proxy.
        if client.as_ref().is_some_and(|client| !client.endpoints.are_loopback()) {
            problems.extend(proxies::unusable(environment));
        }
        if let Some(client) = &client {
            problems.extend(certificates::unusable(environment));
            problems.extend(client.credentials.recipe().await.err().map(no_credentials));
        }
        if problems.has_error() {
            return Err(problems);
        }
        Ok(Self {
            client,
            allowed_account_ids: config.strings("allowed_account_ids").known().map(BTreeSet::from_iter),
            skip_subscription_check: config.bool("skip_subscription_check").known().unwrap_or(false),
        })
    }
}

/// Checks what the attributes' own validators cannot see: one attribute against another, and
/// against the environment.
pub(in crate::provider) fn validate(config: &Object, environment: &ProviderEnvironment) -> Diagnostics {
    let reader = Reader { config, environment };
    let has = |attribute: &str, variables: &[&str]| {
        !config.get(attribute).is_null() || environment.first(variables).is_some()
    };
    let mut problems = Diagnostics::new();
    let (key, secret) =
        (has("access_key", variables::ACCESS_KEY_ID), has("secret_key", variables::ACCESS_KEY_SECRET));
    // Variables alone are the business of the credentials chain, which names them.
    let configured = !config.get("access_key").is_null() || !config.get("secret_key").is_null();
    if configured && !key {
        problems.push(half_a_key("access_key", "secret_key"));
    }
    if configured && !secret {
        problems.push(half_a_key("secret_key", "access_key"));
    }
    problems.extend(reader.endpoints().err().into_iter().flatten());
    problems
}

fn half_a_key(missing: &str, present: &str) -> Diagnostic {
    Diagnostic::error(
        "AccessKey is incomplete",
        format!(
            "The provider block sets `{present}`, but `{missing}` is neither there nor in the \
             environment.\n\nSet both, or set neither to use another source of credentials."
        ),
    )
    .at(Path::of(missing))
}

fn no_credentials(error: credentials::Error) -> Diagnostic {
    let reason = because(&error.to_string(), error.passed());
    let detail =
        paragraphs(&["The provider has no credentials to sign requests with.", &reason, error.next_step()]);
    let diagnostic = Diagnostic::error("No credentials", detail);
    match error.attribute() {
        Some(attribute) => diagnostic.at(Path::of(attribute)),
        None => diagnostic,
    }
}

impl Reader<'_> {
    fn client_options(
        &self,
        terraform_version: &str,
        problems: &mut Diagnostics,
    ) -> Option<cloud::ClientOptions> {
        let connect_timeout = self.milliseconds("client_connect_timeout", CONNECT_TIMEOUT, problems);
        let read_timeout = self.milliseconds("client_read_timeout", READ_TIMEOUT, problems);
        // A problem with the endpoints has been reported by `validate`.
        let endpoints = self.endpoints().ok()?;
        Some(cloud::ClientOptions {
            endpoints,
            credentials: credentials::Chain::new(self.credentials()),
            connect_timeout,
            read_timeout,
            max_retries: self.max_retries(),
            user_agent: self.user_agent(terraform_version),
            extra_roots: certificates::extra_roots(self.environment),
            member_account_role: self
                .text("member_account_role", &[])
                .unwrap_or_else(|| DEFAULT_MEMBER_ACCOUNT_ROLE.to_owned()),
        })
    }

    fn credentials(&self) -> credentials::Inputs {
        let secret = |name: &str| self.config.string(name).known().map(SecretString::from);
        let text = |name: &str| self.config.string(name).known().filter(|text| !text.is_empty());
        credentials::Inputs {
            access_key_id: text("access_key"),
            access_key_secret: secret("secret_key"),
            security_token: secret("security_token"),
            profile: text("profile"),
            shared_credentials_file: text("shared_credentials_file"),
            ecs_role_name: text("ecs_role_name"),
            credentials_uri: text("credentials_uri"),
            assume_role: self
                .config
                .object("assume_role")
                .known()
                .map(|block| role_request(&block, "session_name")),
            assume_role_with_oidc: self
                .config
                .object("assume_role_with_oidc")
                .known()
                .map(|block| oidc_request(&block)),
            environment: self.environment.variables.clone(),
            home: self.environment.home.clone(),
            sts_is_set: self.is_endpoint_set("sts"),
            metadata_url: self.metadata_url(),
            oauth_site: None,
        }
    }

    fn milliseconds(&self, attribute: &str, variable: &str, problems: &mut Diagnostics) -> Duration {
        let argument = self.config.number(attribute).known().and_then(|number| number.to_u64());
        let milliseconds = argument.or_else(|| {
            let text = self.environment.first(&[variable])?;
            let number = text.parse().ok().filter(|number| TIMEOUT_MILLISECONDS.contains(number));
            if number.is_none() {
                problems.push(malformed_variable(variable, text));
            }
            number
        });
        milliseconds.map_or(DEFAULT_TIMEOUT, Duration::from_millis)
    }

    fn max_retries(&self) -> u32 {
        let number = self.config.number("max_retries").known().and_then(|number| number.to_u64());
        // The validator keeps it in range.
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(DEFAULT_MAX_RETRIES)
    }

    fn user_agent(&self, terraform_version: &str) -> String {
        let product = format!("terraform-provider-mss/{}", env!("CARGO_PKG_VERSION"));
        let parts = [
            Some(product),
            Some(format!("Terraform/{terraform_version}")),
            self.text("configuration_source", &[]),
            self.environment.first(&["TF_APPEND_USER_AGENT"]).map(str::to_owned),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        // A header takes visible ASCII only.
        parts.join(" ").chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
    }
}

fn role_request(block: &Object, session_name: &str) -> credentials::RoleRequest {
    credentials::RoleRequest {
        role_arn: text(block, "role_arn"),
        session_name: text(block, session_name),
        policy: text(block, "policy"),
        session_expiration: block.number("session_expiration").known().and_then(|number| number.to_u64()),
        external_id: text(block, "external_id"),
    }
}

/// A text that is set; an empty one is not.
fn text(block: &Object, name: &str) -> Option<String> {
    block.string(name).known().filter(|text| !text.is_empty())
}

fn oidc_request(block: &Object) -> credentials::OidcRequest {
    credentials::OidcRequest {
        provider_arn: text(block, "oidc_provider_arn"),
        token: text(block, "oidc_token").map(SecretString::from),
        token_file: text(block, "oidc_token_file"),
        role: role_request(block, "role_session_name"),
    }
}

fn malformed_variable(variable: &str, text: &str) -> Diagnostic {
    Diagnostic::error(
        "Malformed environment variable",
        format!(
            "The environment variable {variable} has the value {text:?}, which is not a whole number of \
             milliseconds from {} to {}.\n\nCorrect or unset the variable.",
            TIMEOUT_MILLISECONDS.start(),
            TIMEOUT_MILLISECONDS.end()
        ),
    )
}

/// What the resource directory creates in every member account.
const DEFAULT_MEMBER_ACCOUNT_ROLE: &str = "ResourceDirectoryAccountAccessRole";
/// Of a connection and of a request: the defaults of the alicloud provider.
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(60_000);
const DEFAULT_MAX_RETRIES: u32 = 5;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) async fn samples() -> Samples {
        let environment = [("ALIBABA_CLOUD_ECS_METADATA_DISABLED".to_owned(), "true".to_owned())].into();
        let inputs = credentials::Inputs { environment, ..credentials::Inputs::default() };
        let nothing = credentials::Chain::new(inputs).recipe().await.unwrap_err();
        vec![
            ("half_a_key", half_a_key("secret_key", "access_key")),
            ("no_credentials", no_credentials(nothing)),
            ("malformed_variable", malformed_variable(READ_TIMEOUT, "soon")),
        ]
    }
}
