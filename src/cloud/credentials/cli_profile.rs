//! The JSON file of the `aliyun` command-line tool, `~/.aliyun/config.json`, with the modes that the
//! official SDKs accept.
//!
//! Only the profile in use is judged: what is wrong in another is the business of whoever uses that. A JSON
//! null, which the official library for Python writes, is an absent key.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use url::Url;

use super::{
    cloud_sso::CloudSso,
    error::{Error, NoRecipe},
    fields::Fields,
    files, ini_profile,
    inputs::{Inputs, RoleRequest},
    metadata, oauth,
    oidc::{Oidc, OidcToken},
    process::Process,
    quote::{other_names, quote_name},
    recipe::{Recipe, Source},
    role::RoleSettings,
    variables,
};
use crate::cloud::{
    endpoint::{is_private, is_region, sts_of_region},
    key::Credentials,
    place::Place,
};

/// The profile that is asked for, else the file's current one.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, NoRecipe> {
    let expressly = inputs.profile.is_some() || inputs.shared_credentials_file.is_some();
    if !expressly && inputs.is_true(DISABLED) {
        return Err(NoRecipe::NotConfigured(format!("command-line profile: switched off by {DISABLED}")));
    }
    let Some(file) = File::read(inputs)? else { return Err(no_file(inputs)) };
    let name = file.name_in_use(inputs);
    let asked = inputs.asked_profile().is_some();
    if file.profile(&name).is_none()
        && (!asked && file.is_empty() || asked && ini_profile::has_profile(inputs, &name))
    {
        let reason = format!("command-line profile: {} has no profile {name:?}", file.path.display());
        return Err(NoRecipe::NotConfigured(reason));
    }
    if !asked && file.profile(&name).is_some_and(is_untouched) {
        let reason = format!("command-line profile: profile {name:?} in {} is empty", file.path.display());
        return Err(NoRecipe::NotConfigured(reason));
    }
    Ok(file.recipe(inputs, &name)?)
}

/// Refuses keys in the provider block beside a profile there that assumes a role: alicloud would assume it with
/// these keys, the official libraries would not, and the two end in different accounts.
pub(super) fn refuse_role_beside_keys(inputs: &Inputs) -> Result<(), Error> {
    let Some(name) = inputs.profile.as_deref() else { return Ok(()) };
    if inputs.access_key_id.as_deref().unwrap_or_default().is_empty() {
        return Ok(());
    }
    let mode = File::read(inputs).ok().flatten().and_then(|file| file.mode_of(name));
    match mode.as_deref() {
        Some("RamRoleArn" | "ChainableRamRoleArn") => {
            let problem = format!(
                "it stands beside profile {name:?}, which assumes a role: whether these keys are to assume it cannot \
                 be told"
            );
            let next =
                "Remove `profile`, or the keys; to assume the role with these keys, set `assume_role`.";
            Err(Error::wrong(Place::Attribute("access_key"), problem).advise(next))
        }
        _ => Ok(()),
    }
}

fn no_file(inputs: &Inputs) -> NoRecipe {
    match inputs.profile.as_deref().filter(|name| !ini_profile::has_profile(inputs, name)) {
        Some(name) => Error::wrong(
            Place::Attribute("profile"),
            format!("there is no file ~/.aliyun/config.json with {name:?}"),
        )
        .into(),
        None => NoRecipe::NotConfigured("command-line profile: no file ~/.aliyun/config.json".to_owned()),
    }
}

/// Whether a profile is as the tool makes it when it is installed: without mode and key.
fn is_untouched(profile: &Map<String, Json>) -> bool {
    let is_empty = |key: &str| profile.get(key).is_none_or(|value| value.is_null() || value == "");
    is_empty("access_key_id") && (is_empty("mode") || profile.get("mode").is_some_and(|mode| mode == "AK"))
}

/// Whether a file has the form of the tool's: what has another says nothing of the account that is meant.
fn may_hold_profiles(json: &Json) -> bool {
    let Some(file) = json.as_object() else { return json.is_null() };
    match file.get("profiles") {
        None | Some(Json::Null) => true,
        Some(Json::Array(profiles)) => profiles.is_empty() || profiles.iter().any(Json::is_object),
        Some(_) => false,
    }
}

/// The file, as far as it is JSON.
struct File {
    path: PathBuf,
    json: Json,
}

impl File {
    /// The file that is asked for, else the tool's own; `None` if there is none.
    fn read(inputs: &Inputs) -> Result<Option<Self>, Error> {
        let asked = inputs.shared_credentials_file.as_deref();
        let asked = asked.map(|file| (Place::Attribute("shared_credentials_file"), file));
        if let Some((place, file)) = asked.or_else(|| inputs.placed(variables::CLI_FILE)) {
            let path = inputs.path(file);
            let Some(text) = files::read(&path)? else {
                return Err(Error::wrong(place, format!("there is no file {}", path.display())));
            };
            return Self::parse(path, &text).map(Some);
        }
        if let Some(found) = Self::in_place_of_ini(inputs)? {
            return Ok(Some(found));
        }
        let Some(path) = inputs.in_home(".aliyun/config.json") else { return Ok(None) };
        files::read(&path)?.map(|text| Self::parse(path, &text)).transpose()
    }

    /// The SDKs read an ini file from this variable, the alicloud provider the tool's JSON.
    fn in_place_of_ini(inputs: &Inputs) -> Result<Option<Self>, Error> {
        let Some(file) = inputs.value(&[variables::CREDENTIALS_FILE]) else { return Ok(None) };
        let path = inputs.path(file);
        let text = files::read(&path)?.filter(|text| text.trim_start().starts_with('{'));
        text.map(|text| Self::parse(path, &text)).transpose()
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, Error> {
        // A file of nothing configures nothing.
        if text.trim().is_empty() {
            return Ok(Self { path, json: Json::Null });
        }
        // What does not fit is not shown: it could be a secret in the wrong place.
        let wrong = |at: String| {
            let problem = format!("is not a configuration of the aliyun tool ({at})");
            Error::wrong(Place::File(path.clone()), problem)
        };
        let json = serde_json::from_str(text)
            .map_err(|error| wrong(format!("line {}, column {}", error.line(), error.column())))?;
        if !may_hold_profiles(&json) {
            return Err(wrong("`profiles` is a list of objects".to_owned()));
        }
        Ok(Self { path, json })
    }

    fn name_in_use(&self, inputs: &Inputs) -> String {
        let current = || self.json.get("current").and_then(Json::as_str).filter(|name| !name.is_empty());
        inputs.asked_profile().or_else(current).unwrap_or("default").to_owned()
    }

    fn profiles(&self) -> impl Iterator<Item = (&str, &Map<String, Json>)> {
        let profiles = self.json.get("profiles").and_then(Json::as_array).into_iter().flatten();
        profiles.filter_map(|profile| Some((profile.get("name")?.as_str()?, profile.as_object()?)))
    }

    fn is_empty(&self) -> bool {
        self.profiles().next().is_none()
    }

    fn profile(&self, name: &str) -> Option<&Map<String, Json>> {
        self.profiles().find(|(found, _)| *found == name).map(|(_, profile)| profile)
    }

    fn mode_of(&self, name: &str) -> Option<String> {
        self.profile(name)?.get("mode")?.as_str().map(str::to_owned)
    }

    /// What a profile comes down to: its own source, or that of the profile that it is chained to.
    fn recipe(&self, inputs: &Inputs, name: &str) -> Result<Recipe, Error> {
        let mut visited: Vec<&str> = Vec::new();
        let mut roles = Vec::new();
        let mut name = name;
        loop {
            let Some(keys) = self.profile(name) else {
                return Err(self.no_such_profile(name, visited.last()));
            };
            let profile = Profile::new(inputs, &self.path, name, keys);
            self.check_chain(&profile, &visited)?;
            visited.push(name);
            if profile.mode()? != "ChainableRamRoleArn" {
                let recipe = profile.recipe()?;
                // The innermost role was found last and is assumed first.
                return Ok(roles.into_iter().rev().fold(recipe, Recipe::with_role));
            }
            roles.push(profile.role()?);
            name = profile.source()?;
        }
    }

    fn check_chain(&self, profile: &Profile, visited: &[&str]) -> Result<(), Error> {
        if visited.contains(&profile.name) {
            let shown: Vec<_> = visited.iter().chain([&profile.name]).copied().collect();
            let problem = format!("its source profiles form a cycle: {}", shown.join(" → "));
            return Err(Error::wrong(profile.place(), problem));
        }
        if visited.len() >= LONGEST_CHAIN {
            let problem = format!("it is reached over more than {LONGEST_CHAIN} source profiles");
            return Err(Error::wrong(profile.place(), problem));
        }
        Ok(())
    }

    fn no_such_profile(&self, name: &str, asked_by: Option<&&str>) -> Error {
        let known: Vec<_> = self.profiles().map(|(name, _)| name).take(MOST_NAMES).collect();
        let asked_by =
            asked_by.map_or_else(String::new, |by| format!(", which profile {by:?} names as its source"));
        let meant = known.iter().filter(|known| strsim::normalized_damerau_levenshtein(known, name) > 0.6);
        let meant = meant.map(|known| format!("; did you mean {known:?}?")).next().unwrap_or_default();
        let problem =
            format!("has no profile {name:?}{asked_by}{}{meant}", other_names(known.iter().copied()));
        Error::wrong(Place::File(self.path.clone()), problem)
            .advise("Choose one of these with `profile`, or make it with `aliyun configure --profile NAME`.")
    }
}

/// The profile that is read, with its place for errors.
struct Profile<'a> {
    inputs: &'a Inputs,
    path: &'a Path,
    name: &'a str,
    fields: Fields<'a>,
}

impl<'a> Profile<'a> {
    fn new(inputs: &'a Inputs, path: &'a Path, name: &'a str, keys: &'a Map<String, Json>) -> Self {
        let place = Place::Profile { file: path.to_owned(), name: name.to_owned() };
        Self { inputs, path, name, fields: Fields::new(place, keys) }
    }

    fn place(&self) -> Place {
        Place::Profile { file: self.path.to_owned(), name: self.name.to_owned() }
    }

    fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::wrong(self.place(), problem)
    }

    fn required(&self, key: &str) -> Result<&'a str, Error> {
        let mode = self.mode()?;
        self.fields.text(key)?.ok_or_else(|| self.missing(key, mode))
    }

    fn required_number(&self, key: &str) -> Result<i64, Error> {
        let mode = self.mode()?;
        self.fields.number(key)?.ok_or_else(|| self.missing(key, mode))
    }

    fn missing(&self, key: &str, mode: &str) -> Error {
        self.wrong(format!("the key `{key}` of mode {mode} is missing"))
    }

    /// A key, else the variable that the libraries read in its stead; with its place.
    fn required_or(&self, key: &str, variable: &'static str) -> Result<(Place, &'a str), Error> {
        let mode = self.mode()?;
        if let Some(text) = self.fields.text(key)? {
            return Ok((self.place(), text));
        }
        let missing =
            || self.wrong(format!("the key `{key}` of mode {mode} is missing, and {variable} is not set"));
        self.inputs.placed(&[variable]).ok_or_else(missing)
    }

    fn mode(&self) -> Result<&'a str, Error> {
        self.fields.text("mode")?.ok_or_else(|| self.wrong("the key `mode` is missing"))
    }

    fn source(&self) -> Result<&'a str, Error> {
        self.required("source_profile")
    }

    fn recipe(&self) -> Result<Recipe, Error> {
        Ok(Recipe::of(match self.mode()? {
            "AK" => self.access_key(None)?,
            "StsToken" => {
                let (_, token) = self.required_or("sts_token", variables::TOKEN_OF_PROFILE)?;
                self.access_key(Some(token))?
            }
            "RamRoleArn" => return Ok(Recipe::of(self.access_key(None)?).with_role(self.role()?)),
            "EcsRamRole" => {
                let role_name = self.fields.text("ram_role_name")?;
                Source::Metadata(metadata::of_profile(self.inputs, &self.place(), role_name)?)
            }
            "OIDC" => Source::Oidc(self.oidc()?),
            "CloudSSO" => Source::CloudSso(self.cloud_sso()?),
            "OAuth" => Source::OAuth(self.oauth()?),
            "External" => {
                let command = self.required("process_command")?;
                Source::Process(Process::of_profile(self.inputs, self.place(), command)?)
            }
            mode => return Err(self.other_mode(mode)),
        }))
    }

    fn other_mode(&self, mode: &str) -> Error {
        if ONLY_OF_THE_TOOL.contains(&mode) {
            return self.wrong(format!("the mode {mode} works in the aliyun tool alone")).advise(
                "Use another profile, or set `credentials_uri` or `ecs_role_name` in the provider block.",
            );
        }
        self.wrong(format!("the mode {}is not known", quote_name(mode)))
    }

    fn access_key(&self, token: Option<&str>) -> Result<Source, Error> {
        let id = self.required("access_key_id")?.to_owned();
        let secret = self.required("access_key_secret")?.into();
        let credentials = Credentials::new(id, secret, token.map(Into::into), self.place());
        credentials.map(Source::Keys).map_err(|problem| self.wrong(problem.to_string()))
    }

    fn role(&self) -> Result<RoleSettings, Error> {
        let text = |key: &str| self.fields.text(key).map(|text| text.map(str::to_owned));
        let request = RoleRequest {
            role_arn: None,
            session_name: text("ram_session_name")?,
            policy: text("policy")?,
            session_expiration: self.session_expiration()?,
            external_id: text("external_id")?,
        };
        let (place, arn) = self.required_or("ram_role_arn", variables::ROLE_ARN)?;
        let sts = self.sts()?;
        Ok(RoleSettings { sts, ..RoleSettings::new(self.inputs, &place, arn.to_owned(), request)? })
    }

    /// Too short a time is refused here, as by the libraries.
    fn session_expiration(&self) -> Result<Option<u64>, Error> {
        let Some(seconds) = self.fields.number("expired_seconds")? else { return Ok(None) };
        match u64::try_from(seconds) {
            Ok(seconds @ SHORTEST_SESSION..) => Ok(Some(seconds)),
            _ => Err(self.wrong(format!(
                "the key `expired_seconds` is {seconds}, and no session ends before {SHORTEST_SESSION} seconds"
            ))),
        }
    }

    /// The profile's own STS, unless one is set for the provider.
    fn sts(&self) -> Result<Option<Url>, Error> {
        let own = self.own_sts()?;
        Ok(own.filter(|_| !self.inputs.sts_is_set))
    }

    fn own_sts(&self) -> Result<Option<Url>, Error> {
        if let Some(host) = self.fields.text("sts_endpoint")? {
            let url = Url::parse(&format!("https://{host}"))
                .ok()
                .filter(|url| url.path() == "/" && url.query().is_none());
            return url
                .map(Some)
                .ok_or_else(|| self.wrong("the key `sts_endpoint` is not the name of a host"));
        }
        let Some(region) = self.fields.text("sts_region")? else { return Ok(None) };
        if !is_region(region) {
            return Err(self.wrong("the key `sts_region` is not the ID of a region"));
        }
        let vpc = match self.fields.flag("enable_vpc")? {
            Some(vpc) => vpc,
            None => self.inputs.is_true("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"),
        };
        Ok(sts_of_region(region, vpc))
    }

    fn oidc(&self) -> Result<Oidc, Error> {
        let (_, file) = self.required_or("oidc_token_file", variables::OIDC_TOKEN_FILE)?;
        let (_, provider_arn) = self.required_or("oidc_provider_arn", variables::OIDC_PROVIDER_ARN)?;
        let token = OidcToken::File(self.inputs.path(file));
        Ok(Oidc { provider_arn: provider_arn.to_owned(), token, role: self.role()? })
    }

    fn cloud_sso(&self) -> Result<CloudSso, Error> {
        let sign_in = self.required("cloud_sso_sign_in_url")?;
        let url = Url::parse(sign_in).and_then(|url| url.join("/cloud-credentials"));
        let url = url.map_err(|_| self.wrong("the key `cloud_sso_sign_in_url` is not a URL"))?;
        if !is_private(&url) {
            return Err(self.wrong(
                "the key `cloud_sso_sign_in_url` is not an HTTPS URL: the sign-in would be sent in the open",
            ));
        }
        Ok(CloudSso {
            place: self.place(),
            url,
            account_id: self.required("cloud_sso_account_id")?.to_owned(),
            access_configuration: self.required("cloud_sso_access_config")?.to_owned(),
            access_token: self.required("access_token")?.into(),
            expires_at: self.required_number("cloud_sso_access_token_expire")?,
        })
    }

    fn oauth(&self) -> Result<oauth::OAuth, Error> {
        let site_type = self.fields.text("oauth_site_type")?.unwrap_or_default();
        let Some((site, client_id)) = oauth::site(site_type) else {
            return Err(
                self.wrong(format!("the key `oauth_site_type` {}is not CN or INTL", quote_name(site_type)))
            );
        };
        let site = match &self.inputs.oauth_site {
            Some(site) => site.clone(),
            None => Url::parse(site).map_err(|error| self.wrong(error.to_string()))?,
        };
        Ok(oauth::OAuth {
            file: self.path.to_owned(),
            profile: self.name.to_owned(),
            site,
            client_id: client_id.to_owned(),
        })
    }
}

const DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
const ONLY_OF_THE_TOOL: [&str; 5] =
    ["CredentialsURI", "RamRoleArnWithRoleName", "RsaKeyPair", "BearerToken", "Anonymous"];
/// In seconds: the shortest session that AssumeRole opens (documented).
const SHORTEST_SESSION: u64 = 900;
/// More than anybody chains; each is a call to STS.
const LONGEST_CHAIN: usize = 20;
/// As many names as a person reads.
const MOST_NAMES: usize = 20;
