//! What an emulator begins with, and goes back to on a reset: a seed, as JSON has it.
//!
//! An unknown field is an error; so is whatever the cloud could not hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeOwned},
};
use serde_json::Value as Json;

use super::{
    account::AccountSubscription,
    catalog::Template,
    directory::{FolderSettings, MemberSettings},
    policy::Policy,
    trust::TrustPolicy,
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
    /// Services with a service-linked role, besides those that are always there.
    pub(super) services: Vec<Template>,
    pub(super) metadata: MetadataSettings,
}

/// How the metadata service behaves: the part of it that a seed or a control call changes.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MetadataSettings {
    /// Whether it answers only those who show a token, as an instance in hardened mode does.
    pub(super) token_required: bool,
}

/// An account, as a seed has it and as `PUT /_emulator/accounts/{id}` takes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SeededAccount {
    /// The secret of each key, by AccessKey ID.
    pub(super) access_keys: BTreeMap<String, String>,
    pub(super) subscription: Option<AccountSubscription>,
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
    /// Accounts that an ordinary role trusts beside its own.
    pub(super) trusted_accounts: Vec<String>,
    /// ARNs of identity providers that an ordinary role trusts.
    pub(super) trusted_providers: Vec<String>,
    /// The whole trust policy of a role, instead of accounts.
    pub(super) trust_policy: Option<TrustPolicy>,
    /// In seconds; `None` for the shortest, an hour.
    pub(super) max_session_duration: Option<i64>,
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

/// The ID of the first member that is counted.
const FIRST_MEMBER: u64 = 2_000_000_000_000_001;
/// More than any resource directory has.
const MEMBERS_LIMIT: u64 = 10_000;
