//! The role as Terraform holds it: each attribute is declared here, once.

use super::{
    MssRole,
    find::ExpectedRole,
    role_reference::RoleReference,
    timeouts::{self, Timeouts},
    validators::{validate_deletion_policy, validate_role_name, validate_service_name},
};
use crate::{
    cloud::api::resource_manager::Role,
    framework::{
        model::model,
        value::{Knowable, Object, Value},
    },
    provider::{account::validate_account_id, run::RoleKey},
};

model! {
    /// Configuration, plan or state of one role.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(super) struct Model {
        role_name: String = required(
            "Name of the role: `AliyunServiceRoleForMssp` (basic features of MSS), `AliyunServiceRoleForESAMssp` \
             (security operations on Edge Security Acceleration) or `AliyunServiceRoleForAntiRansomwareMssp` \
             (anti-ransomware service). Changing it replaces the role."
        ).requires_replace().validator(validate_role_name),

        service_name: String = optional_computed(
            "Service that the role trusts, such as `esa.mssp.aliyuncs.com`. Derived from `role_name`; set it only if an \
             error says that Alibaba Cloud has no such service, or that the existing role trusts another one. Changing \
             it replaces the role."
        ).requires_replace().keeps_prior().validator(validate_service_name),

        account_id: String = optional_computed(
            "ID of the account that holds the role, digits only. Default: the account of the provider's \
             credentials. For a member account of a resource directory, the provider assumes `member_account_role` \
             in that account. Changing it replaces the role."
        ).requires_replace().keeps_prior().validator(validate_account_id),

        adopt_existing: bool = optional_computed(
            "Take over the role if it already exists, instead of failing. Default: `false`."
        ).default(false),

        deletion_policy: String = optional_computed(
            "What destroying this resource does to the role: `delete` deletes it; `abandon` leaves it in the account \
             and only removes it from state; `delete_or_abandon` deletes it if Alibaba Cloud allows that, and \
             otherwise abandons it with a warning; `prevent` refuses to destroy. Default: `delete`, or `abandon` for \
             an adopted role."
        ).keeps_prior().validator(validate_deletion_policy),

        timeouts: Object = single(
            timeouts::attributes(),
            "How long operations may take, such as `30s` or `1h30m`. A refresh and a destroy use the values in state, so \
             apply a change before you rely on it."
        ),

        id: String = computed("`<account_id>:<role_name>`.").keeps_prior(),
        arn: String = computed(
            "ARN of the role, `acs:ram::<account_id>:role/<role_name>`, with the role's name in lower case, as RAM shows \
             it."
        ).keeps_prior(),
        role_id: String = computed(
            "ID of the role. A role that is deleted and created again gets another ID."
        ).keeps_prior(),
        role_principal_name: String = computed(
            "Principal name of the role, `<role_name>@role.<account_id>.onaliyunservice.com`; if the account has an \
             alias, with the alias instead of the ID."
        ).keeps_prior(),
        policy_name: String = computed("Name of the system policy attached to the role.").keeps_prior(),
        description: String = computed("Description that Alibaba Cloud gives the role.").keeps_prior(),
        assume_role_policy_document: String = computed(
            "Trust policy of the role, a JSON document: which service may assume it."
        ).keeps_prior(),
        create_date: String = computed("When the role was created, RFC 3339 in UTC.").keeps_prior(),

        adopted: bool = computed(
            "Whether the role existed before this resource and was taken over by `adopt_existing`. If you remove \
             `adopt_existing` later, this stays `true`, and the default of `deletion_policy` stays `abandon`."
        ).keeps_prior(),
    }
}

impl Model {
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

    /// The role, to be named in a text or a command.
    pub(super) fn reference(&self) -> RoleReference<'_> {
        RoleReference { role_name: self.role_name(), account_id: self.account_id() }
    }

    pub(super) fn deletion_policy(&self) -> DeletionPolicy {
        DeletionPolicy::from_state(self.deletion_policy.as_known().map(String::as_str))
    }

    /// The role among those of a run; `None` while its account or name is not known.
    pub(super) fn key(&self) -> Option<RoleKey> {
        let account_id = self.account_id.clone().known()?;
        Some(RoleKey { account_id, role_name: self.role_name.clone().known()? })
    }

    /// What a look at the role in state must show.
    pub(super) fn expected(&self) -> ExpectedRole {
        ExpectedRole {
            role_name: self.role_name().to_owned(),
            account_id: self.account_id.clone().known(),
            role_id: self.role_id.clone().known(),
        }
    }

    /// Whether the plan has found an existing role, and shows it as it will be taken over.
    pub(super) fn is_adopted_as_planned(&self) -> bool {
        self.adopted == Knowable::Known(true) && self.clone().into_object().is_wholly_known()
    }

    /// Whether the configuration takes a role over that exists.
    pub(super) fn adopts(&self) -> bool {
        self.adopt_existing == Knowable::Known(true)
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
        for attribute in Self::attributes().into_iter().map(|attribute| attribute.name) {
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
    /// What a state says; a state that says nothing (`None`), or a word of another version, deletes.
    pub(super) fn from_state(name: Option<&str>) -> Self {
        match name {
            Some("abandon") => Self::Abandon,
            Some("delete_or_abandon") => Self::DeleteOrAbandon,
            Some("prevent") => Self::Prevent,
            Some(_) | None => Self::Delete,
        }
    }

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
