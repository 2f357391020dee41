//! The OAuth sign-in of the `aliyun` command-line tool: an access token that a refresh token renews,
//! exchanged for credentials (SDK).
//!
//! A refresh token is good once: the new one is written back to the file, replaced as a whole, or the
//! next program would have to sign in again.

use std::{fs, io::Write, path::Path};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Error, read_file};

/// Base URL and client ID of a sign-in site: of the command-line tool, which is a public client.
pub(super) fn site(site_type: &str) -> Option<(&'static str, &'static str)> {
    match site_type.to_ascii_uppercase().as_str() {
        "CN" | "" => Some(("https://oauth.aliyun.com", "4038181954557748008")),
        "INTL" => Some(("https://oauth.alibabacloud.com", "4103531455503354461")),
        _ => None,
    }
}

/// Answer to a refresh.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: SecretString,
    pub(super) refresh_token: SecretString,
    #[serde(default = "an_hour")]
    pub(super) expires_in: i64,
}

fn an_hour() -> i64 {
    3600
}

/// Keeps new tokens in the tool's file; everything else in it stays.
pub(super) fn write_back(path: &Path, profile: &str, tokens: &Tokens, expires_at: i64) -> Result<(), Error> {
    let failed =
        |problem: String| Error::failed(path.display(), format!("new tokens cannot be kept: {problem}"));
    let text = read_file(path)?.ok_or_else(|| failed("the file is gone".to_owned()))?;
    let mut file: Json = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let profiles = file.get_mut("profiles").and_then(Json::as_array_mut).into_iter().flatten();
    let found = profiles.filter(|found| found.get("name").and_then(Json::as_str) == Some(profile));
    for fields in found.filter_map(Json::as_object_mut) {
        fields.insert("oauth_access_token".to_owned(), json!(tokens.access_token.expose_secret()));
        fields.insert("oauth_refresh_token".to_owned(), json!(tokens.refresh_token.expose_secret()));
        fields.insert("oauth_access_token_expire".to_owned(), json!(expires_at));
    }
    replace(path, &file).map_err(|error| failed(error.to_string()))
}

fn replace(path: &Path, file: &Json) -> std::io::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    let mut new = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    serde_json::to_writer_pretty(&mut new, file)?;
    new.flush()?;
    new.as_file().set_permissions(permissions)?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_kept_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let before =
            json!({ "current": "a", "extra": 1, "profiles": [{ "name": "a", "x": "y" }, { "name": "b" }] });
        fs::write(&path, before.to_string()).unwrap();
        let tokens = Tokens { access_token: "new".into(), refresh_token: "next".into(), expires_in: 60 };
        write_back(&path, "a", &tokens, 99).unwrap();
        let after: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!((&after["extra"], &after["profiles"][0]["x"]), (&json!(1), &json!("y")));
        assert_eq!(after["profiles"][0]["oauth_refresh_token"], "next");
        assert_eq!(after["profiles"][1], json!({ "name": "b" }));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
