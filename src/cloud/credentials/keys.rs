//! AccessKeys from the provider block and the environment. Each part is taken from the block, else
//! from the first variable that is set, as the alicloud provider does.

use secrecy::{ExposeSecret, SecretString};

use super::{Credentials, Error, Inputs, Passed, Recipe};

/// The AccessKey that is set.
pub(super) fn find(inputs: &Inputs) -> Result<Recipe, Passed> {
    let argument =
        |secret: &Option<SecretString>| secret.clone().filter(|secret| !secret.expose_secret().is_empty());
    let id = inputs.access_key_id.clone().filter(|id| !id.is_empty());
    let id = id.or_else(|| inputs.variable(ID).map(|(_, value)| value.to_owned()));
    let secret = argument(&inputs.access_key_secret);
    let secret = secret.or_else(|| inputs.variable(SECRET).map(|(_, value)| SecretString::from(value)));
    let token = argument(&inputs.security_token);
    let token = token.or_else(|| inputs.variable(TOKEN).map(|(_, value)| SecretString::from(value)));
    match (id, secret) {
        (Some(access_key_id), Some(access_key_secret)) => Ok(Recipe::Keys(Credentials {
            access_key_id,
            access_key_secret,
            security_token: token,
            expires_at: None,
        })),
        (None, None) => Err(Passed::NotConfigured(format!(
            "AccessKey: neither `access_key` in the provider block nor {} in the environment",
            ID.join(", ")
        ))),
        (Some(_), None) => Err(half(inputs, ID, "access_key", "secret_key", SECRET).into()),
        (None, Some(_)) => Err(half(inputs, SECRET, "secret_key", "access_key", ID).into()),
    }
}

fn half(
    inputs: &Inputs,
    present: &[&'static str],
    present_attribute: &str,
    missing_attribute: &str,
    missing: &[&str],
) -> Error {
    let place = inputs.variable(present).map_or(present_attribute, |(name, _)| name);
    let problem = format!(
        "half of an AccessKey; its other half is missing: set `{missing_attribute}` in the provider block, or one of {} \
         in the environment",
        missing.join(", ")
    );
    Error::wrong(place, problem)
}

const ID: &[&str] = &["ALICLOUD_ACCESS_KEY", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_ID"];
const SECRET: &[&str] =
    &["ALICLOUD_SECRET_KEY", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_ACCESS_KEY_SECRET"];
const TOKEN: &[&str] =
    &["ALICLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABACLOUD_SECURITY_TOKEN"];

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(block: [Option<&str>; 3], variables: &[(&str, &str)]) -> Inputs {
        let [id, secret, token] = block;
        Inputs {
            access_key_id: id.map(str::to_owned),
            access_key_secret: secret.map(SecretString::from),
            security_token: token.map(SecretString::from),
            environment: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Inputs::default()
        }
    }

    #[test]
    fn block_before_environment_and_each_prefix() {
        let both = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "id2"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s2")];
        let first = [
            ("ALICLOUD_ACCESS_KEY", "id1"),
            ("ALICLOUD_SECRET_KEY", "s1"),
            ("ALICLOUD_SECURITY_TOKEN", "t1"),
        ];
        let third = [("ALIBABACLOUD_ACCESS_KEY_ID", "id3"), ("ALIBABACLOUD_ACCESS_KEY_SECRET", "s3")];
        for (block, variables, id, secret, token) in [
            ([Some("id"), Some("s"), Some("t")], [&both[..], &first].concat(), "id", "s", Some("t")),
            ([None; 3], [&both[..], &first].concat(), "id1", "s1", Some("t1")),
            ([None; 3], [&third[..], &both].concat(), "id2", "s2", None),
            ([None; 3], third.to_vec(), "id3", "s3", None),
            ([Some("id"), None, None], both.to_vec(), "id", "s2", None),
            ([Some(""), Some(""), None], both.to_vec(), "id2", "s2", None),
        ] {
            let Recipe::Keys(found) = find(&inputs(block, &variables)).unwrap() else { panic!() };
            assert_eq!(found.access_key_id, id);
            assert_eq!(found.access_key_secret.expose_secret(), secret);
            assert_eq!(found.security_token.as_ref().map(ExposeSecret::expose_secret), token);
        }
    }

    #[test]
    fn half_an_access_key_names_both_places() {
        let half = [("ALICLOUD_ACCESS_KEY", "id")];
        let Err(Passed::Wrong(error)) = find(&inputs([None; 3], &half)) else { panic!() };
        let text = error.to_string();
        assert!(text.starts_with("ALICLOUD_ACCESS_KEY: ") && text.contains("`secret_key`"), "{text}");
        let Err(Passed::Wrong(error)) = find(&inputs([None, Some("hush"), None], &[])) else { panic!() };
        let text = error.to_string();
        assert!(text.starts_with("secret_key: ") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn nothing_set_passes_on() {
        assert!(matches!(find(&inputs([None; 3], &[])), Err(Passed::NotConfigured(_))));
        assert!(matches!(
            find(&inputs([None; 3], &[("ALICLOUD_ACCESS_KEY", "")])),
            Err(Passed::NotConfigured(_))
        ));
    }

    #[test]
    fn secrets_do_not_print() {
        let found = find(&inputs([Some("id"), Some("hush"), Some("hush-token")], &[])).unwrap();
        assert!(!format!("{found:?}").contains("hush"));
    }
}
