//! The JSON file of the `aliyun` command-line tool, `~/.aliyun/config.json`, with the modes that the
//! official SDKs accept.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{
    Credentials, Error, Inputs, OidcToken, Passed, Recipe, RoleRequest, RoleSettings, ini_profile, oauth,
    read_file, shown,
};
use crate::cloud::endpoint::{is_private, is_region};

/// The profile that is asked for, else the file's current one.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, Passed> {
    let expressly = inputs.profile.is_some() || inputs.shared_credentials_file.is_some();
    if !expressly && inputs.is_true(DISABLED) {
        return Err(Passed::NotConfigured(format!("command-line profile: switched off by {DISABLED}")));
    }
    let Some((path, text)) = file(inputs)? else {
        return Err(match inputs.profile.as_deref().filter(|name| !ini_profile::has_profile(inputs, name)) {
            Some(name) => {
                Error::wrong("profile", format!("there is no file ~/.aliyun/config.json with {name:?}"))
                    .into()
            }
            None => Passed::NotConfigured("command-line profile: no file ~/.aliyun/config.json".to_owned()),
        });
    };
    let file: File = serde_json::from_str(&text).map_err(|error| {
        // What does not fit is not shown: it could be a secret in the wrong place.
        let (line, column) = (error.line(), error.column());
        let problem = format!("is not a configuration of the aliyun tool (line {line}, column {column})");
        Error::wrong(path.display(), problem)
    })?;
    let asked = inputs.profile.as_deref().or_else(|| inputs.variable(PROFILE).map(|(_, name)| name));
    let name = asked.or(file.current.as_deref()).unwrap_or("default").to_owned();
    if file.profile(&name).is_none() && asked.is_some() && ini_profile::has_profile(inputs, &name) {
        let reason = format!("command-line profile: {} has no profile {name:?}", path.display());
        return Err(Passed::NotConfigured(reason));
    }
    let reader = Reader { inputs, path: &path, file: &file };
    Ok(reader.recipe(&name, &mut Vec::new())?)
}

/// The file that is asked for, else the tool's own; `None` if there is none.
fn file(inputs: &Inputs) -> Result<Option<(PathBuf, String)>, Error> {
    let asked = inputs.shared_credentials_file.as_deref().map(|file| ("shared_credentials_file", file));
    let variables =
        &["ALICLOUD_SHARED_CREDENTIALS_FILE", "ALIBABA_CLOUD_CONFIG_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE"];
    if let Some((place, file)) = asked.or_else(|| inputs.variable(variables)) {
        let path = inputs.path(file);
        let Some(text) = read_file(&path)? else {
            return Err(Error::wrong(place, format!("there is no file {}", path.display())));
        };
        // The SDKs read an ini file from the last of the variables.
        let is_json = text.trim_start().starts_with('{');
        return Ok(Some((path, text)).filter(|_| is_json || place == "shared_credentials_file"));
    }
    let Some(path) = inputs.in_home(".aliyun/config.json") else { return Ok(None) };
    Ok(read_file(&path)?.map(|text| (path, text)))
}

#[derive(Deserialize)]
struct File {
    current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

impl File {
    fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    name: String,
    mode: String,
    access_key_id: String,
    access_key_secret: String,
    sts_token: String,
    ram_role_arn: String,
    ram_session_name: String,
    ram_role_name: String,
    expired_seconds: u64,
    sts_region: String,
    enable_vpc: bool,
    policy: String,
    external_id: String,
    source_profile: String,
    oidc_provider_arn: String,
    oidc_token_file: String,
    cloud_sso_sign_in_url: String,
    cloud_sso_account_id: String,
    cloud_sso_access_config: String,
    access_token: String,
    cloud_sso_access_token_expire: i64,
    oauth_site_type: String,
    oauth_refresh_token: String,
    oauth_access_token: String,
    oauth_access_token_expire: i64,
    process_command: String,
}

struct Reader<'a> {
    inputs: &'a Inputs,
    path: &'a Path,
    file: &'a File,
}

impl Reader<'_> {
    /// `visited` holds the profiles that led here, so that a cycle ends.
    fn recipe(&self, name: &str, visited: &mut Vec<String>) -> Result<Recipe, Error> {
        let Some(profile) = self.file.profile(name) else { return Err(self.no_such_profile(name, visited)) };
        let place = format!("{}, profile {name:?}", self.path.display());
        if visited.iter().any(|seen| seen == name) {
            visited.push(name.to_owned());
            return Err(Error::wrong(
                &place,
                format!("its source profiles form a cycle: {}", visited.join(" → ")),
            ));
        }
        visited.push(name.to_owned());
        let required = |key: &str, value: &str| match value {
            "" => Err(Error::wrong(&place, format!("the key `{key}` of mode {} is missing", profile.mode))),
            value => Ok(value.to_owned()),
        };
        let keys = |token: Option<String>| -> Result<Recipe, Error> {
            Ok(Recipe::Keys(Credentials {
                access_key_id: required("access_key_id", &profile.access_key_id)?,
                access_key_secret: required("access_key_secret", &profile.access_key_secret)?.into(),
                security_token: token.map(SecretString::from),
                expires_at: None,
            }))
        };
        let assumed = |base: Recipe| -> Result<Recipe, Error> {
            Ok(Recipe::AssumeRole { base: Box::new(base), role: self.role(profile, &place)? })
        };
        match profile.mode.as_str() {
            "AK" => keys(None),
            "StsToken" => keys(Some(required("sts_token", &profile.sts_token)?)),
            "RamRoleArn" => assumed(keys(None)?),
            "ChainableRamRoleArn" => {
                let source = required("source_profile", &profile.source_profile)?;
                assumed(self.recipe(&source, visited)?)
            }
            "EcsRamRole" => {
                let role_name = Some(profile.ram_role_name.clone()).filter(|name| !name.is_empty());
                self.metadata(role_name)
            }
            "OIDC" => Ok(Recipe::AssumeRoleWithOidc {
                provider_arn: required("oidc_provider_arn", &profile.oidc_provider_arn)?,
                token: OidcToken::File(
                    self.inputs.path(&required("oidc_token_file", &profile.oidc_token_file)?),
                ),
                role: self.role(profile, &place)?,
            }),
            "CloudSSO" => self.cloud_sso(profile, place.clone(), &required),
            "OAuth" => self.oauth(profile, &place, &required),
            "External" => {
                let command = required("process_command", &profile.process_command)?;
                let command = shlex::split(&command).filter(|command| !command.is_empty());
                let problem = "the key `process_command` is not a command: a quote is not closed";
                Ok(Recipe::Process { command: command.ok_or_else(|| Error::wrong(&place, problem))?, place })
            }
            "" => Err(Error::wrong(&place, "the key `mode` is missing")),
            mode @ ("CredentialsURI"
            | "RamRoleArnWithRoleName"
            | "RsaKeyPair"
            | "BearerToken"
            | "Anonymous") => {
                let problem = format!(
                    "the mode {mode} works in the aliyun tool alone; use another profile, or set `credentials_uri` or \
                     `ecs_role_name` in the provider block"
                );
                Err(Error::wrong(&place, problem))
            }
            mode => Err(Error::wrong(&place, format!("the mode {}is not known", shown(mode)))),
        }
    }

    fn no_such_profile(&self, name: &str, visited: &[String]) -> Error {
        let known: Vec<_> = self.file.profiles.iter().map(|profile| profile.name.as_str()).collect();
        let asked_by = visited
            .last()
            .map_or_else(String::new, |by| format!(", which profile {by:?} names as its source"));
        let meant = known.iter().filter(|known| strsim::normalized_damerau_levenshtein(known, name) > 0.6);
        let meant = meant.map(|known| format!("; did you mean {known:?}?")).next().unwrap_or_default();
        let known = known.join(", ");
        Error::wrong(self.path.display(), format!("has no profile {name:?}{asked_by}, only {known}{meant}"))
    }

    fn role(&self, profile: &Profile, place: &str) -> Result<RoleSettings, Error> {
        let text = |value: &str| Some(value.to_owned()).filter(|value| !value.is_empty());
        let arn = text(&profile.ram_role_arn).ok_or_else(|| {
            Error::wrong(place, format!("the key `ram_role_arn` of mode {} is missing", profile.mode))
        })?;
        let request = RoleRequest {
            role_arn: None,
            session_name: text(&profile.ram_session_name),
            policy: text(&profile.policy),
            session_expiration: Some(profile.expired_seconds).filter(|seconds| *seconds > 0),
            external_id: text(&profile.external_id),
        };
        let mut role = RoleSettings::new(self.inputs, place, arn, request)?;
        if !profile.sts_region.is_empty() {
            if !is_region(&profile.sts_region) {
                return Err(Error::wrong(place, "the key `sts_region` is not the ID of a region"));
            }
            let vpc = if profile.enable_vpc { "-vpc" } else { "" };
            role.sts = Url::parse(&format!("https://sts{vpc}.{}.aliyuncs.com", profile.sts_region)).ok();
        }
        Ok(role)
    }

    fn metadata(&self, role_name: Option<String>) -> Result<Recipe, Error> {
        // An empty name asks the service for its role.
        let named =
            Inputs { ecs_role_name: Some(role_name.clone().unwrap_or_default()), ..self.inputs.clone() };
        match super::metadata::find(&named) {
            Ok(Recipe::Metadata { url, allow_version_1, passed, .. }) => {
                Ok(Recipe::Metadata { url, role_name, allow_version_1, passed })
            }
            Ok(other) => Ok(other),
            Err(Passed::Wrong(error)) => Err(error),
            Err(Passed::NotConfigured(reason)) => Err(Error::wrong(self.path.display(), reason)),
        }
    }

    fn cloud_sso(
        &self,
        profile: &Profile,
        place: String,
        required: &dyn Fn(&str, &str) -> Result<String, Error>,
    ) -> Result<Recipe, Error> {
        let sign_in = required("cloud_sso_sign_in_url", &profile.cloud_sso_sign_in_url)?;
        let url = Url::parse(&sign_in).and_then(|url| url.join("/cloud-credentials"));
        let url = url.map_err(|_| Error::wrong(&place, "the key `cloud_sso_sign_in_url` is not a URL"))?;
        if !is_private(&url) {
            let problem =
                "the key `cloud_sso_sign_in_url` is not an HTTPS URL: the sign-in would be sent in the open";
            return Err(Error::wrong(&place, problem));
        }
        Ok(Recipe::CloudSso {
            url,
            place,
            account_id: required("cloud_sso_account_id", &profile.cloud_sso_account_id)?,
            access_configuration: required("cloud_sso_access_config", &profile.cloud_sso_access_config)?,
            access_token: required("access_token", &profile.access_token)?.into(),
            expires_at: Some(profile.cloud_sso_access_token_expire).filter(|seconds| *seconds > 0),
        })
    }

    fn oauth(
        &self,
        profile: &Profile,
        place: &str,
        required: &dyn Fn(&str, &str) -> Result<String, Error>,
    ) -> Result<Recipe, Error> {
        let Some((site, client_id)) = oauth::site(&profile.oauth_site_type) else {
            let problem =
                format!("the key `oauth_site_type` {}is not CN or INTL", shown(&profile.oauth_site_type));
            return Err(Error::wrong(place, problem));
        };
        let access_token = Some(profile.oauth_access_token.clone()).filter(|token| !token.is_empty());
        Ok(Recipe::OAuth {
            file: self.path.to_owned(),
            profile: profile.name.clone(),
            site: match &self.inputs.oauth_site {
                Some(site) => site.clone(),
                None => Url::parse(site).map_err(|error| Error::wrong(place, error.to_string()))?,
            },
            client_id: client_id.to_owned(),
            refresh_token: required("oauth_refresh_token", &profile.oauth_refresh_token)?.into(),
            access_token: access_token.map(|token| (token.into(), profile.oauth_access_token_expire)),
        })
    }
}

const DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
const PROFILE: &[&str] = &["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"];
