//! The role as Terraform holds it: one field for each attribute, in schema order.

use super::{MssRole, find::Expected, schema::schema, timeouts::Timeouts};
use crate::{
    cloud::api::resource_manager::Role,
    framework::value::{Knowable, Object, Value},
    provider::run::RoleKey,
};

/// Configuration, plan or state of one role.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model {
    pub(super) role_name: Knowable<String>,
    pub(super) service_name: Knowable<String>,
    pub(super) account_id: Knowable<String>,
    pub(super) adopt_existing: Knowable<bool>,
    pub(super) deletion_policy: Knowable<String>,
    pub(super) timeouts: Knowable<Object>,
    pub(super) id: Knowable<String>,
    pub(super) arn: Knowable<String>,
    pub(super) role_id: Knowable<String>,
    pub(super) role_principal_name: Knowable<String>,
    pub(super) policy_name: Knowable<String>,
    pub(super) description: Knowable<String>,
    pub(super) assume_role_policy_document: Knowable<String>,
    pub(super) create_date: Knowable<String>,
    pub(super) adopted: Knowable<bool>,
}

impl Model {
    pub(super) fn from_object(object: &Object) -> Self {
        Self {
            role_name: object.string("role_name"),
            service_name: object.string("service_name"),
            account_id: object.string("account_id"),
            adopt_existing: object.bool("adopt_existing"),
            deletion_policy: object.string("deletion_policy"),
            timeouts: object.object("timeouts"),
            id: object.string("id"),
            arn: object.string("arn"),
            role_id: object.string("role_id"),
            role_principal_name: object.string("role_principal_name"),
            policy_name: object.string("policy_name"),
            description: object.string("description"),
            assume_role_policy_document: object.string("assume_role_policy_document"),
            create_date: object.string("create_date"),
            adopted: object.bool("adopted"),
        }
    }

    pub(super) fn into_object(self) -> Object {
        let attributes = [
            ("role_name", self.role_name.into()),
            ("service_name", self.service_name.into()),
            ("account_id", self.account_id.into()),
            ("adopt_existing", self.adopt_existing.into()),
            ("deletion_policy", self.deletion_policy.into()),
            ("timeouts", self.timeouts.into()),
            ("id", self.id.into()),
            ("arn", self.arn.into()),
            ("role_id", self.role_id.into()),
            ("role_principal_name", self.role_principal_name.into()),
            ("policy_name", self.policy_name.into()),
            ("description", self.description.into()),
            ("assume_role_policy_document", self.assume_role_policy_document.into()),
            ("create_date", self.create_date.into()),
            ("adopted", self.adopted.into()),
        ];
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        Timeouts::from_attribute(&self.timeouts)
    }

    /// The role's name; empty only in a state that no version of the provider has written.
    pub(super) fn role_name(&self) -> &str {
        self.role_name.as_known().map_or("", String::as_str)
    }

    /// The account that holds the role, where it is known.
    pub(super) fn account_id(&self) -> Option<&str> {
        self.account_id.as_known().map(String::as_str)
    }

    pub(super) fn deletion_policy(&self) -> DeletionPolicy {
        match self.deletion_policy.as_known().map(String::as_str) {
            Some("abandon") => DeletionPolicy::Abandon,
            Some("delete_or_abandon") => DeletionPolicy::DeleteOrAbandon,
            Some("prevent") => DeletionPolicy::Prevent,
            Some(_) | None => DeletionPolicy::Delete,
        }
    }

    /// The role among those of a run; `None` while its account or name is not known.
    pub(super) fn key(&self) -> Option<RoleKey> {
        let account_id = self.account_id.clone().known()?;
        Some(RoleKey { account_id, role_name: self.role_name.clone().known()? })
    }

    /// The role of a key as an object in state holds it, as far as its destroy needs it.
    pub(super) fn held(key: &RoleKey, deletion_policy: String) -> Self {
        Self {
            role_name: Knowable::Known(key.role_name.clone()),
            account_id: Knowable::Known(key.account_id.clone()),
            deletion_policy: Knowable::Known(deletion_policy),
            ..Self::default()
        }
    }

    /// What a look at the role in state must show.
    pub(super) fn expected(&self) -> Expected {
        Expected {
            role_name: self.role_name().to_owned(),
            account_id: self.account_id.clone().known(),
            role_id: self.role_id.clone().known(),
        }
    }

    /// Whether the plan has found an existing role, and shows it as it will be taken over.
    pub(super) fn is_adopted_as_planned(&self) -> bool {
        self.adopted == Knowable::Known(true) && self.clone().into_object().is_wholly_known()
    }

    /// Whether the plan could not determine if the role exists, and may take it over if it does.
    pub(super) fn may_be_adopted(&self) -> bool {
        self.adopted.is_unknown() || self.adopted == Knowable::Known(true)
    }

    /// The state in which every value that the plan showed is as planned, and what is so only there.
    ///
    /// # Errors
    /// The differences, if one of them makes it another role.
    pub(super) fn held_to_plan(self, planned: &Self) -> Result<(Object, Vec<Difference>), Vec<Difference>> {
        let (mut state, planned) = (self.into_object(), planned.clone().into_object());
        let mut differences = Vec::new();
        for attribute in schema().names() {
            let (planned, found) = (planned.get(attribute), state.get(attribute).clone());
            if planned.is_wholly_known() && *planned != found {
                state.set(attribute, planned.clone());
                differences.extend(Difference::between(attribute, planned, &found));
            }
        }
        let another_role = differences.iter().any(|difference| IDENTIFYING.contains(&difference.attribute));
        if another_role { Err(differences) } else { Ok((state, differences)) }
    }

    /// This model with everything that the cloud says of the role, and with the defaults of what
    /// only Terraform knows.
    pub(super) fn refreshed(mut self, role: Role) -> Self {
        let account_id = role.account_id().map(str::to_owned).or_else(|| self.account_id.known());
        self.service_name = match (trusted_service(&role), self.service_name) {
            (Some(service_name), _) => Knowable::Known(service_name),
            (None, known @ Knowable::Known(_)) => known,
            (None, _) => self.role_name.as_known().and_then(|name| default_service_name(name)).into(),
        };
        self.policy_name =
            MssRole::by_role_name(&role.role_name).map(|known| known.policy_name.to_owned()).into();
        self.id = account_id.as_ref().map(|account| format!("{account}:{}", role.role_name)).into();
        self.account_id = account_id.into();
        self.role_name = Knowable::Known(role.role_name);
        self.arn = Knowable::Known(role.arn);
        self.role_id = Knowable::Known(role.role_id);
        self.role_principal_name = role.role_principal_name.into();
        self.description = role.description.into();
        self.assume_role_policy_document = role.assume_role_policy_document.into();
        self.create_date = role.create_date.into();
        self.with_terraform_defaults()
    }

    /// What a person would write: nothing that follows from the rest. The account stays, since which
    /// credentials will read the configuration is not known.
    pub(super) fn without_defaults(mut self) -> Self {
        if self.service_name.as_known() == default_service_name(self.role_name()).as_ref() {
            self.service_name = Knowable::Null;
        }
        // Only what was imported is generated, and that is never adopted: its default is to delete.
        if self.deletion_policy() == DeletionPolicy::Delete {
            self.deletion_policy = Knowable::Null;
        }
        self
    }

    /// What only Terraform knows, where state has nothing (import, move).
    pub(super) fn with_terraform_defaults(mut self) -> Self {
        let adopted = self.adopted.known().unwrap_or(false);
        self.adopted = Knowable::Known(adopted);
        self.adopt_existing = Knowable::Known(self.adopt_existing.known().unwrap_or(false));
        let policy = self.deletion_policy.known();
        self.deletion_policy =
            Knowable::Known(policy.unwrap_or_else(|| default_deletion_policy(adopted).to_owned()));
        self
    }
}

/// What happens to the role when its resource is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeletionPolicy {
    Delete,
    Abandon,
    DeleteOrAbandon,
    Prevent,
}

impl DeletionPolicy {
    /// The word that configurations and states have for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Abandon => "abandon",
            Self::DeleteOrAbandon => "delete_or_abandon",
            Self::Prevent => "prevent",
        }
    }
}

/// An attribute that the cloud gives another value than the plan showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) attribute: &'static str,
    pub(super) planned: String,
    pub(super) found: String,
}

impl Difference {
    /// `None` for an ARN in another case, which is the same ARN (documented).
    fn between(attribute: &'static str, planned: &Value, found: &Value) -> Option<Self> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Bool(flag) => flag.to_string(),
            _ => "null".to_owned(),
        };
        let (planned, found) = (text(planned), text(found));
        let same = attribute == "arn" && planned.eq_ignore_ascii_case(&found);
        (!same).then_some(Self { attribute, planned, found })
    }
}

/// What makes a role that role and no other.
const IDENTIFYING: [&str; 4] = ["account_id", "id", "arn", "role_id"];

/// A role that was there before is left there, unless the practitioner says otherwise.
pub(super) fn default_deletion_policy(adopted: bool) -> &'static str {
    if adopted { "abandon" } else { "delete" }
}

/// The service in a role's trust policy; `None` if the policy has another shape.
///
/// A text that is not a service name counts as absent: our advice would repeat it.
pub(super) fn trusted_service(role: &Role) -> Option<String> {
    let document = role.assume_role_policy_document.as_deref()?;
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let service = document.pointer("/Statement/0/Principal/Service/0")?;
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    service.as_str().filter(|name| name.bytes().all(is_of_a_name)).map(str::to_owned)
}

pub(super) fn default_service_name(role_name: &str) -> Option<String> {
    MssRole::by_role_name(role_name).map(|role| role.service_name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::schema::schema, *};
    use crate::framework::value::{Type, Value};

    #[test]
    fn has_a_field_for_each_attribute() {
        let Type::Object(types) = schema().object_type() else { panic!("a schema is an object") };
        let marked: Object = types
            .into_iter()
            .map(|(name, of)| {
                let value = match of {
                    Type::Bool => Value::Bool(true),
                    Type::Object(_) => Value::Map([("create".to_owned(), "1m".into())].into_iter().collect()),
                    _ => Value::String(name.clone()),
                };
                (name, value)
            })
            .collect();
        assert_eq!(Model::from_object(&marked).into_object(), marked);
    }
}
