//! The ini file of the official SDKs, `~/.alibabacloud/credentials`: one section for each profile.

use std::path::{Path, PathBuf};

use ini::{Ini, Properties};
use secrecy::SecretString;

use super::{Credentials, Error, Inputs, Passed, Recipe, RoleRequest, RoleSettings, read_file, shown};

/// The section of the profile, if there is such a file.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, Passed> {
    let (path, text) = match file(inputs)? {
        Some(found) => found,
        None => {
            return Err(Passed::NotConfigured("ini profile: no file ~/.alibabacloud/credentials".to_owned()));
        }
    };
    let name = profile_name(inputs);
    let ini = Ini::load_from_str_noescape(&text)
        .map_err(|error| Error::wrong(path.display(), format!("is not an ini file: {error}")))?;
    let Some(section) = ini.section(Some(name)) else {
        let known: Vec<_> = ini.sections().flatten().collect();
        let reason = format!("the file has no section [{name}], only {}", known.join(", "));
        // A name that was asked for must be somewhere.
        return Err(match inputs.profile.is_some() || inputs.variable(PROFILE).is_some() {
            true => Error::wrong(path.display(), reason).into(),
            false => Passed::NotConfigured(format!("ini profile: {}: {reason}", path.display())),
        });
    };
    recipe(inputs, &path, name, section)
}

/// Whether the file holds a profile, so that a name missing elsewhere is no mistake.
pub(super) fn has_profile(inputs: &Inputs, name: &str) -> bool {
    let text = file(inputs).ok().flatten().map(|(_, text)| text);
    let ini = text.and_then(|text| Ini::load_from_str_noescape(&text).ok());
    ini.is_some_and(|ini| ini.section(Some(name)).is_some())
}

fn profile_name(inputs: &Inputs) -> &str {
    let from_environment = || inputs.variable(PROFILE).map(|(_, name)| name);
    inputs.profile.as_deref().or_else(from_environment).unwrap_or("default")
}

fn file(inputs: &Inputs) -> Result<Option<(PathBuf, String)>, Error> {
    let named = inputs.variable(&["ALIBABA_CLOUD_CREDENTIALS_FILE"]).map(|(_, file)| inputs.path(file));
    let defaults =
        ["credentials", "credentials.ini"].map(|name| inputs.in_home(&format!(".alibabacloud/{name}")));
    for path in named.into_iter().chain(defaults.into_iter().flatten()) {
        // The alicloud provider reads the command-line tool's JSON from the same variable.
        if let Some(text) = read_file(&path)?.filter(|text| !text.trim_start().starts_with('{')) {
            return Ok(Some((path, text)));
        }
    }
    Ok(None)
}

fn recipe(inputs: &Inputs, path: &Path, name: &str, section: &Properties) -> Result<Recipe, Passed> {
    let place = format!("{}, section [{name}]", path.display());
    let get = |key: &str| section.get(key).filter(|value| !value.is_empty());
    let required = |key: &str| {
        get(key).map(str::to_owned).ok_or_else(|| Error::wrong(&place, format!("the key `{key}` is missing")))
    };
    let keys = || -> Result<Recipe, Error> {
        Ok(Recipe::Keys(Credentials {
            access_key_id: required("access_key_id")?,
            access_key_secret: SecretString::from(required("access_key_secret")?),
            security_token: None,
            expires_at: None,
        }))
    };
    let role = || -> Result<RoleSettings, Error> {
        let request = RoleRequest {
            session_name: get("role_session_name").map(str::to_owned),
            policy: get("policy").map(str::to_owned),
            ..RoleRequest::default()
        };
        RoleSettings::new(inputs, &place, required("role_arn")?, request)
    };
    Ok(match get("type") {
        Some("access_key") => keys()?,
        Some("ram_role_arn") => Recipe::AssumeRole { base: Box::new(keys()?), role: role()? },
        Some("oidc_role_arn") => Recipe::AssumeRoleWithOidc {
            provider_arn: required("oidc_provider_arn")?,
            token: super::OidcToken::File(inputs.path(&required("oidc_token_file_path")?)),
            role: role()?,
        },
        Some("ecs_ram_role") => {
            let named = Inputs { ecs_role_name: Some(required("role_name")?), ..inputs.clone() };
            return super::metadata::find(&named);
        }
        Some(other) => {
            let known = "access_key, ram_role_arn, oidc_role_arn, ecs_ram_role";
            let found = shown(other);
            return Err(Error::wrong(
                &place,
                format!("the type {found}is not supported; use one of {known}"),
            )
            .into());
        }
        None => return Err(Error::wrong(&place, "the key `type` is missing").into()),
    })
}

const PROFILE: &[&str] = &["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"];
