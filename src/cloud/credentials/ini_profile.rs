//! The ini file of the official SDKs, `~/.alibabacloud/credentials`: one section for each profile.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    error::{Error, NoRecipe},
    files,
    ini::{self, Ini},
    inputs::{Inputs, RoleRequest},
    metadata,
    oidc::{Oidc, OidcToken},
    quote::{other_names, quote_name},
    recipe::{Recipe, Source},
    role::RoleSettings,
    variables::{self, CREDENTIALS_FILE},
};
use crate::cloud::{key::Credentials, place::Place};

/// The section of the profile, if there is such a file.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, NoRecipe> {
    let Some((path, text)) = file(inputs)? else { return Err(no_file(inputs)) };
    let name = profile_name(inputs);
    let ini = parse(&path, &text)?;
    let Some(values) = ini.get(name) else {
        let reason = format!("has no section [{name}]{}", other_names(ini.keys().map(String::as_str)));
        // A name that was asked for must be somewhere.
        return Err(match inputs.asked_profile().is_some() {
            true => Error::wrong(Place::File(path), reason).into(),
            false => NoRecipe::NotConfigured(format!("ini profile: {} {reason}", path.display())),
        });
    };
    Ok(Section { inputs, path, name, values }.recipe()?)
}

/// Whether the file holds a profile, so a name missing elsewhere is not a mistake.
pub(super) fn has_profile(inputs: &Inputs, name: &str) -> bool {
    let text = file(inputs).ok().flatten().map(|(_, text)| text);
    text.and_then(|text| ini::parse(&text).ok()).is_some_and(|ini| ini.contains_key(name))
}

fn no_file(inputs: &Inputs) -> NoRecipe {
    match inputs.value(&[CREDENTIALS_FILE]).map(|file| inputs.path(file)) {
        // A JSON file there has been read as the command-line tool's.
        Some(path) if files::is_missing(&path) => {
            Error::wrong(Place::Variable(CREDENTIALS_FILE), format!("there is no file {}", path.display()))
                .into()
        }
        _ => NoRecipe::NotConfigured("ini profile: no file ~/.alibabacloud/credentials".to_owned()),
    }
}

fn parse(path: &std::path::Path, text: &str) -> Result<Ini, Error> {
    let wrong = |line| Error::wrong(Place::File(path.to_owned()), format!("is not an ini file: line {line}"));
    ini::parse(text).map_err(wrong)
}

fn profile_name(inputs: &Inputs) -> &str {
    inputs.asked_profile().unwrap_or("default")
}

/// The file that is named, else one of the home folder: the libraries differ in its name.
fn file(inputs: &Inputs) -> Result<Option<(PathBuf, String)>, Error> {
    let named = inputs.value(&[CREDENTIALS_FILE]).map(|file| inputs.path(file));
    let of_home =
        ["credentials", "credentials.ini"].map(|name| inputs.in_home(&format!(".alibabacloud/{name}")));
    let paths = match named {
        Some(path) => vec![path],
        None => of_home.into_iter().flatten().collect(),
    };
    for path in paths {
        // The alicloud provider reads the command-line tool's JSON from the same variable.
        if let Some(text) = files::read(&path)?.filter(|text| !text.trim_start().starts_with('{')) {
            return Ok(Some((path, text)));
        }
    }
    Ok(None)
}

/// The section that is read, with its place for errors.
struct Section<'a> {
    inputs: &'a Inputs,
    path: PathBuf,
    name: &'a str,
    values: &'a BTreeMap<String, String>,
}

impl Section<'_> {
    fn place(&self) -> Place {
        Place::Section { file: self.path.clone(), name: self.name.to_owned() }
    }

    fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::wrong(self.place(), problem)
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn required(&self, key: &str) -> Result<&str, Error> {
        self.get(key).ok_or_else(|| self.wrong(format!("the key `{key}` is missing")))
    }

    /// A key, else the variable that the libraries read in its stead; with its place.
    fn required_or(&self, key: &str, variable: &'static str) -> Result<(Place, &str), Error> {
        let own = self.get(key).map(|value| (self.place(), value));
        let missing = || self.wrong(format!("the key `{key}` is missing, and {variable} is not set"));
        own.or_else(|| self.inputs.placed(&[variable])).ok_or_else(missing)
    }

    fn recipe(&self) -> Result<Recipe, Error> {
        match self.required("type")? {
            "access_key" => Ok(Recipe::of(self.access_key()?)),
            "ram_role_arn" => Ok(Recipe::of(self.access_key()?).with_role(self.role()?)),
            "oidc_role_arn" => Ok(Recipe::of(Source::Oidc(self.oidc()?))),
            "ecs_ram_role" => {
                let metadata = metadata::of_profile(self.inputs, &self.place(), self.get("role_name"))?;
                Ok(Recipe::of(Source::Metadata(metadata)))
            }
            other => {
                let problem = format!("the type {}is not supported", quote_name(other));
                Err(self
                    .wrong(problem)
                    .advise("Use access_key, ram_role_arn, oidc_role_arn or ecs_ram_role."))
            }
        }
    }

    fn access_key(&self) -> Result<Source, Error> {
        let (id, secret) = (self.required("access_key_id")?, self.required("access_key_secret")?);
        let credentials = Credentials::new(id.to_owned(), secret.into(), None, self.place());
        credentials.map(Source::Keys).map_err(|problem| self.wrong(problem.to_string()))
    }

    fn role(&self) -> Result<RoleSettings, Error> {
        let request = RoleRequest {
            session_name: self.get("role_session_name").map(str::to_owned),
            policy: self.get("policy").map(str::to_owned),
            ..RoleRequest::default()
        };
        let (place, arn) = self.required_or("role_arn", variables::ROLE_ARN)?;
        RoleSettings::new(self.inputs, &place, arn.to_owned(), request)
    }

    fn oidc(&self) -> Result<Oidc, Error> {
        let (_, file) = self.required_or("oidc_token_file_path", variables::OIDC_TOKEN_FILE)?;
        let (_, provider_arn) = self.required_or("oidc_provider_arn", variables::OIDC_PROVIDER_ARN)?;
        let token = OidcToken::File(self.inputs.path(file));
        Ok(Oidc { provider_arn: provider_arn.to_owned(), token, role: self.role()? })
    }
}
