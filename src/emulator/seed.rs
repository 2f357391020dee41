//! What an emulator begins with, and goes back to on a reset: a seed, read from JSON.
//!
//! An unknown field is an error; so is whatever the cloud could not hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::Value as Json;

use super::{
    Error,
    account::Subscription,
    directory::{FolderSettings, MemberSettings},
    policy::Policy,
};

/// What an emulator begins with. The default is one account with a key and an active subscription.
///
/// ```json
/// {
///   "accounts": {
///     "1234567890123456": {
///       "access_keys": { "LTAI5tEXAMPLE": "secret" },
///       "subscription": { "status": "Enabled", "version": "mdrgaoji", "end_date": "2030-01-01 00:00:00" },
///       "roles": ["AliyunServiceRoleForMssp"],
///       "policy": { "Version": "1", "Statement": [{ "Effect": "Allow", "Action": "ram:*", "Resource": "*" }] },
///       "denied": ["ram:ListRoles"]
///     }
///   },
///   "folders": [{ "folder_name": "Production" }],
///   "members": ["2222222222222222", { "account_id": "3333333333333333", "folder": "Production" }]
/// }
/// ```
///
/// The first account is the management account of a resource directory; the emulator announces its
/// first key, and makes one if it has none. `members` is a list, or a number: then their IDs are
/// 2000000000000001 and following. Every other account of `accounts` is a member too, unless it is
/// `"standalone": true`; what it is as a member is in `member`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    /// In the order of the file.
    #[serde(deserialize_with = "in_order")]
    pub(super) accounts: Vec<(String, SeededAccount)>,
    pub(super) members: Members,
    pub(super) folders: Vec<FolderSettings>,
}

/// An account, as a seed has it and as `PUT /_emulator/accounts/{id}` takes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SeededAccount {
    /// Secrets by AccessKey ID.
    pub(super) access_keys: BTreeMap<String, String>,
    pub(super) subscription: Option<Subscription>,
    pub(super) roles: Vec<SeededRole>,
    pub(super) denied: BTreeSet<String>,
    pub(super) policy: Option<Policy>,
    pub(super) member: Option<MemberSettings>,
    /// Not a member of the directory.
    pub(super) standalone: bool,
}

/// A role as the console would have made it: its name, or an object with more.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Json")]
pub(super) struct SeededRole(pub(super) RoleSettings);

/// What a seed and `POST /_emulator/accounts/{id}/roles` say of a role.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RoleSettings {
    pub(super) role_name: Option<String>,
    pub(super) service_name: Option<String>,
    pub(super) create_date: Option<Timestamp>,
    pub(super) trusted_accounts: Vec<String>,
}

impl TryFrom<Json> for SeededRole {
    type Error = String;

    fn try_from(json: Json) -> Result<Self, String> {
        match json {
            Json::String(name) => Ok(Self(RoleSettings { role_name: Some(name), ..RoleSettings::default() })),
            object => read(object).map(Self),
        }
    }
}

/// The members that a seed lists or counts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Json")]
pub(super) struct Members(pub(super) Vec<(String, MemberSettings)>);

impl TryFrom<Json> for Members {
    type Error = String;

    fn try_from(json: Json) -> Result<Self, String> {
        match json {
            Json::Array(members) => members.into_iter().map(member).collect::<Result<_, _>>().map(Self),
            Json::Number(number) => {
                let count = number.as_u64().filter(|count| *count <= MEMBERS_LIMIT);
                let count = count.ok_or(format!("members: {number} is not between 0 and {MEMBERS_LIMIT}"))?;
                let id = |number| format!("{}", FIRST_MEMBER + number);
                Ok(Self((0..count).map(|number| (id(number), MemberSettings::default())).collect()))
            }
            other => Err(format!("members: {other} is neither a number nor a list")),
        }
    }
}

fn member(json: Json) -> Result<(String, MemberSettings), String> {
    match json {
        Json::String(account_id) => Ok((account_id, MemberSettings::default())),
        Json::Object(mut fields) => match fields.remove("account_id") {
            Some(Json::String(account_id)) => Ok((account_id, read(Json::Object(fields))?)),
            _ => Err("members: a member needs an account_id, a text".to_owned()),
        },
        other => Err(format!("members: {other} is neither an account ID nor an object")),
    }
}

fn read<T: DeserializeOwned>(json: Json) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

/// A map as a list in the order of the text; a name that comes twice is an error.
fn in_order<'de, D, T>(from: D) -> Result<Vec<(String, T)>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct InOrder<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> de::Visitor<'de> for InOrder<T> {
        type Value = Vec<(String, T)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("accounts by ID")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries: Self::Value = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, T>()? {
                if entries.iter().any(|(known, _)| *known == name) {
                    return Err(de::Error::custom(format!("{name:?} is given twice")));
                }
                entries.push((name, value));
            }
            Ok(entries)
        }
    }

    from.deserialize_map(InOrder(std::marker::PhantomData))
}

impl Seed {
    /// Reads a seed from a file.
    ///
    /// # Errors
    /// [`Error::Seed`]: it cannot be read, or says what no cloud can hold.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let problem = |problem: String| Error::Seed(Some(path.to_owned()), problem);
        let text = fs::read(path).map_err(|error| problem(error.to_string()))?;
        let seed: Self = serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))?;
        super::state::State::new(&seed).map_err(problem)?;
        Ok(seed)
    }

    /// Reads a seed from JSON.
    ///
    /// # Errors
    /// [`Error::Seed`]: it says what no cloud can hold.
    pub fn from_json(json: Json) -> Result<Self, Error> {
        let seed: Self = read(json).map_err(|problem| Error::Seed(None, problem))?;
        super::state::State::new(&seed).map_err(|problem| Error::Seed(None, problem))?;
        Ok(seed)
    }
}

/// The ID of the first member that is counted.
const FIRST_MEMBER: u64 = 2_000_000_000_000_001;
/// More than any directory has.
const MEMBERS_LIMIT: u64 = 10_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seeds_are_strict() {
        for (seed, problem) in [
            (json!({ "accounts": { "1": { "rolls": [] } } }), "rolls"),
            (json!({ "members": -1 }), "between 0 and"),
            (json!({ "members": 1.5 }), "between 0 and"),
            (json!({ "members": "40" }), "neither a number nor a list"),
            (json!({ "members": [{ "display_name": "x" }] }), "account_id"),
            (json!({ "members": [{ "account_id": "2", "colour": "red" }] }), "colour"),
            (json!({ "members": [{ "account_id": "2", "status": "Happy" }] }), "Happy"),
            (json!({ "members": ["2", "2"] }), "given twice"),
            (json!({ "members": ["two"] }), "not an account ID"),
            (json!({ "members": [{ "account_id": "2", "folder": "Nowhere" }] }), "no folder \"Nowhere\""),
            (json!({ "folders": [{ "folder_name": "x", "folder_id": "x" }] }), "folder ID"),
            (json!({ "accounts": { "1": { "member": {} } } }), "management account"),
            (json!({ "accounts": { "1": { "roles": [{ "trusted_accounts": [] }] } } }), "role_name"),
            (json!({ "accounts": { "1": { "roles": ["x", "x"] } } }), "exists already"),
        ] {
            let refused = Seed::from_json(seed.clone()).expect_err(&seed.to_string()).to_string();
            assert!(refused.contains(problem), "{seed}: {refused}");
        }
    }

    #[test]
    fn files_name_themselves_in_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.json");
        fs::write(&path, r#"{"accounts":{"1":{},"1":{}}}"#).unwrap();
        let refused = Seed::read(&path).unwrap_err().to_string();
        assert!(refused.contains("seed.json") && refused.contains("given twice"), "{refused}");
        assert!(Seed::read(&folder.path().join("missing")).is_err());
    }
}
