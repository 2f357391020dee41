//! Seeds from files and JSON, checked as a whole, and the JSON Schema of them.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{
    error::Error,
    products::check_permissions,
    seed::Seed,
    state::{LONGEST_FILE, State},
};
use crate::file;

impl Seed {
    /// Reads a seed from a file.
    ///
    /// # Errors
    /// [`Error::Seed`]: it cannot be read, or says what no cloud can hold.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let problem = |problem: String| Error::Seed(Some(path.to_owned()), problem);
        let text = file::read(path, LONGEST_FILE).map_err(|error| problem(error.to_string()))?;
        let seed = serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))?;
        check(&seed).map_err(problem)?;
        Ok(seed)
    }

    /// Reads a seed from JSON.
    ///
    /// # Errors
    /// [`Error::Seed`]: it says what no cloud can hold.
    pub fn from_json(json: Json) -> Result<Self, Error> {
        let problem = |problem: String| Error::Seed(None, problem);
        let seed = serde_json::from_value(json).map_err(|error| problem(error.to_string()))?;
        check(&seed).map_err(problem)?;
        Ok(seed)
    }
}

/// Whether a cloud can begin with it.
fn check(seed: &Seed) -> Result<(), String> {
    check_permissions(seed.accounts.iter().flat_map(|(_, account)| &account.denied))?;
    State::new(seed).map(drop)
}

/// The JSON Schema of a seed, for editors and for checks before an emulator starts.
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Seed of mss-emulator",
        "description": "What an emulated cloud begins with, and goes back to on a reset.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "accounts": {
                "description": "By account ID. The first one is the management account.",
                "type": "object",
                "propertyNames": { "pattern": ACCOUNT_ID },
                "additionalProperties": { "$ref": "#/$defs/account" },
            },
            "members": {
                "description": "How many member accounts there are, or which.",
                "oneOf": [
                    { "type": "integer", "minimum": 0, "maximum": 10_000 },
                    { "type": "array", "items": { "oneOf": [
                        { "type": "string", "pattern": ACCOUNT_ID },
                        { "$ref": "#/$defs/listed_member" },
                    ] } },
                ],
            },
            "folders": { "type": "array", "items": { "$ref": "#/$defs/folder" } },
            "services": {
                "description": "Services with a service-linked role, besides those that are always there.",
                "type": "array",
                "items": { "$ref": "#/$defs/service" },
            },
            "metadata": { "$ref": "#/$defs/metadata" },
        },
        "$defs": definitions(),
    })
}

fn definitions() -> Json {
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean" });
    let nullable = json!({ "type": ["string", "null"] });
    let moment = json!({ "type": "string", "format": "date-time" });
    let member = member_properties(&text, &flag, &moment);
    let mut listed = member.clone();
    if let Some(fields) = listed.as_object_mut() {
        fields.insert("account_id".to_owned(), json!({ "type": "string", "pattern": ACCOUNT_ID }));
    }
    json!({
        "account": object(&json!({
            "access_keys": {
                "description": "Secrets by AccessKey ID.",
                "type": "object", "additionalProperties": { "type": "string" },
            },
            "subscription": { "$ref": "#/$defs/subscription" },
            "roles": { "type": "array", "items": { "oneOf": [{ "type": "string" }, { "$ref": "#/$defs/role" }] } },
            "denied": { "type": "array", "items": { "type": "string", "examples": ["ram:GetRole"] } },
            "policy": { "description": "A RAM policy document.", "type": "object" },
            "member": { "$ref": "#/$defs/member" },
            "standalone": { "description": "Not a member of the directory.", "type": "boolean" },
        }), &[]),
        "subscription": object(&json!({
            "status": { "enum": ["NotEnabled", "FirstLogin", "Enabled"] },
            "version": nullable, "customer_type": nullable, "instance_id": nullable,
            "start_date": nullable, "end_date": nullable,
        }), &[]),
        "role": object(&json!({
            "role_name": text, "service_name": text, "create_date": moment,
            "trusted_accounts": { "type": "array", "items": { "type": "string" } },
            "trusted_providers": { "type": "array", "items": { "type": "string" } },
            "trust_policy": { "description": "A trust policy document.", "type": "object" },
            "max_session_duration": { "type": "integer", "minimum": 3600, "maximum": 43200 },
        }), &[]),
        "member": object(&member, &[]),
        "listed_member": object(&listed, &["account_id"]),
        "folder": object(&json!({
            "folder_name": text,
            "folder_id": { "type": "string", "pattern": "^fd-[0-9A-Za-z]{10}$" },
            "parent": { "description": "ID or name of a folder above in this list.", "type": "string" },
        }), &["folder_name"]),
        "service": object(&json!({
            "service_name": text, "role_name": text, "policy_name": text, "product": text,
            "multiple_roles_allowed": flag, "used_by_mss": flag,
        }), &["service_name", "role_name", "policy_name", "product"]),
        "metadata": object(&json!({ "token_required": flag }), &[]),
    })
}

fn member_properties(text: &Json, flag: &Json, moment: &Json) -> Json {
    json!({
        "display_name": text,
        "folder": { "description": "ID or name of a folder; the Root folder without it.", "type": "string" },
        "status": { "enum": [
            "CreateSuccess", "PromoteVerifying", "PromoteFailed", "PromoteExpired", "PromoteCancelled",
            "PromoteSuccess", "InviteSuccess",
        ] },
        "type": { "enum": ["ResourceAccount", "CloudAccount"] },
        "join_method": { "enum": ["created", "invited"] },
        "join_time": moment,
        "deletion_status": { "enum": ["Checking", "Deleting", "CheckFailed", "DeleteFailed"] },
        "tags": { "type": "object", "additionalProperties": { "type": "string" } },
        "delegated_administrator": flag,
        "access_role": {
            "description": "Whether the management account can enter it.", "type": "boolean",
        },
    })
}

fn object(properties: &Json, required: &[&str]) -> Json {
    json!({
        "type": "object", "additionalProperties": false, "properties": properties, "required": required,
    })
}

const ACCOUNT_ID: &str = "^[0-9]{1,20}$";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn refused(seed: Json) -> String {
        Seed::from_json(seed.clone()).expect_err(&seed.to_string()).to_string()
    }

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
            (json!({ "accounts": { "1": {}, "2": { "member": {}, "standalone": true } } }), "stands alone"),
            (json!({ "accounts": { "1": { "roles": [{ "trusted_accounts": [] }] } } }), "role_name"),
            (json!({ "accounts": { "1": { "roles": ["x", "x"] } } }), "already exists"),
            (json!({ "accounts": { "1": { "subscription": { "status": "On" } } } }), "On"),
            (json!({ "metadata": { "token": true } }), "token"),
        ] {
            let refused = refused(seed.clone());
            assert!(refused.contains(problem), "{seed}: {refused}");
        }
    }

    #[test]
    fn files_name_themselves_in_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.json");
        std::fs::write(&path, r#"{"accounts":{"1":{},"1":{}}}"#).unwrap();
        let refused = Seed::read(&path).unwrap_err().to_string();
        assert!(refused.contains("seed.json") && refused.contains("given twice"), "{refused}");
        assert!(Seed::read(&folder.path().join("missing")).is_err());
    }

    /// The parser says which fields it knows; the schema has the same.
    #[test]
    fn the_schema_has_the_fields_that_are_read() {
        let unknown = json!({ "?": 1 });
        let account = |field: &str, value: Json| json!({ "accounts": { "1": {}, "2": { field: value } } });
        for (name, seed) in [
            ("", unknown.clone()),
            ("account", json!({ "accounts": { "1": unknown } })),
            ("subscription", account("subscription", unknown.clone())),
            ("role", account("roles", json!([unknown]))),
            ("member", account("member", unknown.clone())),
            ("folder", json!({ "folders": [unknown] })),
            ("service", json!({ "services": [unknown] })),
            ("metadata", json!({ "metadata": unknown })),
        ] {
            let refused = refused(seed);
            let read: BTreeSet<_> = refused.split('`').skip(3).step_by(2).map(str::to_owned).collect();
            let schema = schema();
            let definition = if name.is_empty() { &schema } else { &schema["$defs"][name] };
            let names: BTreeSet<_> = definition["properties"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(read, names, "{name}: {refused}");
        }
    }
}
