//! AccessKeys from the provider block and the environment. Each part is taken from the block, else
//! from the first variable that is set, as the alicloud provider does.

use secrecy::{ExposeSecret, SecretString};

use super::{
    error::{Error, NoRecipe},
    inputs::Inputs,
    variables::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN},
};
use crate::cloud::{
    key::{Credentials, Part},
    place::Place,
};

/// The AccessKey of the block and the environment.
///
/// # Errors
/// Nothing of it is set; or one half is missing, or a part cannot be used.
pub(super) fn find(inputs: &Inputs) -> Result<Credentials, NoRecipe> {
    let id = part(inputs, "access_key", inputs.access_key_id.as_deref(), ACCESS_KEY_ID);
    let secret = part(inputs, "secret_key", exposed(&inputs.access_key_secret), ACCESS_KEY_SECRET);
    let token = part(inputs, "security_token", exposed(&inputs.security_token), SECURITY_TOKEN);
    match (id, secret) {
        (Some((place, id)), Some((place_of_secret, secret))) => {
            let (place_of_token, token) = token.unzip();
            let others =
                [Some(place_of_secret.clone()), place_of_token.clone()].into_iter().flatten().collect();
            let whole = Place::AccessKey { id: Box::new(place.clone()), others };
            let credentials = Credentials::new(id.to_owned(), secret.into(), token.map(Into::into), whole);
            Ok(credentials.map_err(|unusable| {
                let place = match unusable.part {
                    Part::Id => place,
                    Part::Secret => place_of_secret,
                    Part::Token => place_of_token.unwrap_or(place),
                };
                Error::wrong(place, unusable.to_string())
            })?)
        }
        (None, None) => Err(NoRecipe::NotConfigured(format!(
            "AccessKey: neither `access_key` in the provider block nor {} in the environment",
            ACCESS_KEY_ID.join(", ")
        ))),
        (Some((place, _)), None) => Err(half(place, "secret_key", ACCESS_KEY_SECRET).into()),
        (None, Some((place, _))) => Err(half(place, "access_key", ACCESS_KEY_ID).into()),
    }
}

/// A part of the key and where it is set: the block, else the first variable.
fn part<'a>(
    inputs: &'a Inputs,
    attribute: &'static str,
    argument: Option<&'a str>,
    variables: &[&'static str],
) -> Option<(Place, &'a str)> {
    let argument = argument.filter(|text| !text.is_empty()).map(|text| (Place::Attribute(attribute), text));
    argument.or_else(|| inputs.placed(variables))
}

fn exposed(secret: &Option<SecretString>) -> Option<&str> {
    secret.as_ref().map(ExposeSecret::expose_secret)
}

fn half(present: Place, missing_attribute: &str, missing: &[&str]) -> Error {
    let missing = missing.join(", ");
    Error::wrong(present, "half of an AccessKey; its other half is missing").advise(format!(
        "Set `{missing_attribute}` in the provider block, or one of {missing} in the environment."
    ))
}

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
            let found = find(&inputs(block, &variables)).unwrap();
            assert_eq!(found.access_key_id(), id);
            assert_eq!(found.access_key_secret().expose_secret(), secret);
            assert_eq!(found.security_token().map(ExposeSecret::expose_secret), token);
        }
    }

    #[test]
    fn a_part_that_cannot_be_sent_is_named_where_it_is_set() {
        let variables = [
            ("ALICLOUD_ACCESS_KEY", "id"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s"),
            ("ALICLOUD_SECURITY_TOKEN", "t"),
        ];
        for (broken, _) in variables {
            let variables = variables.map(|(name, value)| match name == broken {
                true => (name, "hush\n"),
                false => (name, value),
            });
            let Err(NoRecipe::Wrong(error)) = find(&inputs([None; 3], &variables)) else {
                panic!("{broken}")
            };
            assert!(error.to_string().starts_with(broken), "{error}");
            assert!(error.next_step().contains(broken) && !error.to_string().contains("hush"), "{error}");
        }
    }

    #[test]
    fn half_an_access_key_names_both_places() {
        let half = [("ALICLOUD_ACCESS_KEY", "id")];
        let Err(NoRecipe::Wrong(error)) = find(&inputs([None; 3], &half)) else { panic!() };
        let text = format!("{error} {}", error.next_step());
        assert!(text.starts_with("ALICLOUD_ACCESS_KEY in") && text.contains("`secret_key`"), "{text}");
        let Err(NoRecipe::Wrong(error)) = find(&inputs([None, Some("hush"), None], &[])) else { panic!() };
        let text = error.to_string();
        assert!(text.starts_with("`secret_key` in") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn nothing_set_passes_on() {
        assert!(matches!(find(&inputs([None; 3], &[])), Err(NoRecipe::NotConfigured(_))));
        assert!(matches!(
            find(&inputs([None; 3], &[("ALICLOUD_ACCESS_KEY", "")])),
            Err(NoRecipe::NotConfigured(_))
        ));
    }

    #[test]
    fn secrets_do_not_print() {
        let found = find(&inputs([Some("id"), Some("hush"), Some("hush-token")], &[])).unwrap();
        assert!(!format!("{found:?}").contains("hush"));
    }
}
